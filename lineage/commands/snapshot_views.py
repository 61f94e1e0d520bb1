"""Snapshots and verifications as a person reads them."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.progress import Progress

from lineage.commands.wording import moment
from lineage.snapshot import Snapshot, list_snapshots
from lineage.statement import TrustedKey
from lineage.warehouse import Warehouse
from policies.errors import LineweightError
from policies.terminal import err, out, table

Document = Mapping[str, Any]


def list_report(warehouse: Warehouse, trusted: Sequence[TrustedKey]) -> dict[str, Any]:
    """Return the published snapshots; of one whose signature does not verify only the name, and why."""
    return {"snapshots": [_listed(warehouse, *found, trusted) for found in list_snapshots(warehouse)]}


def show_list(report: Document) -> None:
    """Show the published snapshots."""
    rows = []
    for entry in report["snapshots"]:
        if entry["verified"]:
            whose = entry["tenant"] or f"shared by {len(entry['tenants'])} tenants"
            rows.append(
                [
                    entry["snapshot"],
                    entry["purpose"],
                    whose,
                    entry["rows"],
                    entry["policy"],
                    moment(entry["decided_for"]),
                ]
            )
        else:
            rows.append([entry["snapshot"], f"[red]not verified: {escape(entry['why'])}[/red]", "", "", "", ""])
    out.print(table("Snapshots", ("snapshot", "purpose", "pool", "records", "policy", "decided for"), rows))


def show_manifest(document: Document) -> None:
    """Show what is in a snapshot, and what was left out and why."""
    policy, counts = document["policy"], document["counts"]
    rows = [
        ["purpose", document["purpose"]],
        ["pool", document["pool"]["tenant"] or "shared"],
        ["sources", ", ".join(document["sources"])],
        ["decided for", moment(document["as_of"]["effective_at"])],
        ["as known at", moment(document["as_of"]["recorded_at"])],
        ["policy", f"{policy['policy_id']} v{policy['version']}, {policy['digest']}"],
        ["redaction", f"{document['redaction']['profile']}, {document['redaction']['digest']}"],
        ["quality gates", "passed" if document["quality"]["success"] else "failed"],
        ["to be checked again by", moment(document["lease_expires_at"])],
        ["keys", document["keys"]],
        ["root", document["root"]],
        ["manifest", document["digest"]],
        ["signed by", ", ".join(document["signed_by"])],
    ]
    out.print(table(f"{document['name']}@v{document['version']}", ("what", "value"), rows))
    told = [[name, counts[name]] for name in ("considered", "permitted", "denied", "quarantined")]
    out.print(table("Records", ("what became of them", "records"), told))
    denied = sorted(counts["denied_by_reason"].items(), key=lambda entry: (-entry[1], entry[0]))
    if denied:
        out.print(table("Denied", ("reason", "records"), denied))
    shards = [[shard["tenant"], shard["path"], shard["rows"], shard["bytes"]] for shard in document["shards"]]
    out.print(table("Files", ("tenant", "file", "records", "bytes"), shards))


def show_verification(document: Document) -> None:
    """Show every link that was looked at, the verdict, and what nobody looked at."""
    rows = [
        ["[green]holds[/green]" if check["verified"] else "[red]BROKEN[/red]", check["link"], escape(check["detail"])]
        for check in document["checks"]
    ]
    out.print(table(escape(document["artifact"]), ("", "link", "what was compared"), rows))
    verdict = "[green]Verified.[/green]"
    if not document["verified"]:
        verdict = f"[red]Not verified: the link '{document['broken_link']}' does not hold.[/red]"
    out.print(verdict, highlight=False)
    for sentence in document["not_checked"]:
        out.print(f"• Not checked. {escape(sentence)}", highlight=False)


@contextlib.contextmanager
def exporting(rows: int) -> Iterator[Callable[[int], None]]:
    """Show how many of a number of records were written, on the error stream."""
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("exporting", total=rows)
        yield lambda written: progress.advance(task, written)


def _listed(
    warehouse: Warehouse, name: str, version: int, directory: str, trusted: Sequence[TrustedKey]
) -> dict[str, Any]:
    label = f"{name}@v{version}"
    try:
        manifest = Snapshot.open(warehouse, directory, trusted).manifest
    except LineweightError as error:
        return {"snapshot": label, "verified": False, "why": str(error)}
    return {
        "snapshot": label,
        "verified": True,
        "purpose": manifest.purpose,
        "tenant": manifest.pool.tenant,
        "tenants": sorted(manifest.tenant_roots),
        "rows": manifest.rows,
        "policy": f"{manifest.policy.policy_id} v{manifest.policy.version}",
        "decided_for": manifest.as_of.model_dump(mode="json")["effective_at"],
        "digest": manifest.digest(),
    }
