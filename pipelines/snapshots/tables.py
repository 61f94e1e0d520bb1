"""Requests, previews, snapshots and what differs between them, as a person reads them."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

from lineage.commands.wording import moment
from lineage.release import ANY
from pipelines.reports import most_first
from pipelines.snapshots.residual_table import show_residual
from pipelines.snapshots.standing import sentence
from policies.terminal import out, table

Document = Mapping[str, Any]
EFFECTS = ("permit", "deny", "quarantine")


def show_list(report: Document) -> None:
    """Show requests and published snapshots."""
    columns = ("request", "pool", "sources", "requested by", "state")
    asked = [
        (one["name"], one["pool"], ", ".join(one["sources"]), escape(one["requested_by"]), escape(one["standing"]))
        for one in report["requests"]
    ]
    if asked:
        out.print(table("Requests", columns, asked))
    published = ("snapshot", "purpose", "pool", "records", "policy", "decided for", "state")
    out.print(table("Snapshots", published, [_listed(entry) for entry in report["snapshots"]]))


def _listed(entry: Document) -> list[object]:
    if not entry["verified"]:
        return [entry["snapshot"], f"[red]not verified: {escape(entry['why'])}[/red]", "", "", "", "", ""]
    whose = entry["tenant"] or f"shared by {len(entry['tenants'])} tenants"
    when, stands = moment(entry["decided_for"]), escape(sentence(entry["standing"]))
    return [entry["snapshot"], entry["purpose"], whose, entry["rows"], entry["policy"], when, stands]


def show_filed(report: Document) -> None:
    """Show what became of a request that was filed."""
    done = {"filed": "is filed", "replaced": "is filed in the other's stead", "unchanged": "was filed before"}
    out.print(f"[bold]{report['name']}[/bold] {done[report['done']]}: {escape(report['path'])}", soft_wrap=True)
    out.print(f"Next: lineweight snapshot show {report['name']} --preview", highlight=False)


def show_manifest(document: Document) -> None:
    """Show what is in a snapshot, what was left out and why, and how it stands."""
    rows = list(_described(document))
    out.print(table(f"{document['name']}@v{document['version']}", ("what", "value"), rows))
    counts = document["counts"]
    told = [[name, counts[name]] for name in ("considered", "permitted", "denied", "quarantined")]
    out.print(table("Records", ("what became of them", "records"), told))
    if counts["denied_by_reason"]:
        out.print(table("Denied", ("reason", "records"), most_first(counts["denied_by_reason"])))
    show_residual(document["redaction"]["residual"])
    revoked = document["standing"]["revoked"]
    if revoked and revoked["records"]:
        out.print(table("Revoked since", ("reason", "records"), most_first(revoked["by_reason"])))
    shards = [[one["tenant"], one["split"], one["path"], one["rows"], one["bytes"]] for one in document["shards"]]
    out.print(table("Files", ("tenant", "part", "file", "records", "bytes"), shards))


def _described(document: Document) -> Iterator[list[object]]:
    policy, standing = document["policy"], document["standing"]
    yield ["state", escape(sentence(standing))]
    if standing["release"] and standing["state"] == "approved":
        release = standing["release"]
        who = ", ".join(release["may_train"]).replace(ANY, "everybody")
        yield ["may train", f"{who}; epochs at most: {release['max_epochs']}"]
        yield ["from", ", ".join(release["base_models"]).replace(ANY, "any base model")]
    yield ["lease", f"until {moment(standing['lease_expires_at'])}"]
    yield ["purpose", document["purpose"]]
    yield ["pool", document["pool"]["tenant"] or "shared"]
    yield ["sources", ", ".join(document["sources"])]
    yield ["decided for", moment(document["as_of"]["effective_at"])]
    yield ["as known at", moment(document["as_of"]["recorded_at"])]
    yield ["policy", f"{policy['policy_id']} v{policy['version']}, {policy['digest']}"]
    yield ["put in force by", "two officers" if policy["activation"] else "the deployment alone"]
    yield ["redaction", f"{document['redaction']['profile']}, {document['redaction']['digest']}"]
    yield ["quality gates", "passed" if document["quality"]["success"] else "failed"]
    yield ["keys", document["keys"]]
    yield ["root", document["root"]]
    yield ["manifest", document["digest"]]
    yield ["signed by", ", ".join(document["signed_by"])]


def show_preview(report: Document) -> None:
    """Show what a snapshot would hold, and why the rest is out."""
    request, policy, counts = report["request"], report["policy"], report["counts"]
    out.print(f"[bold]{report['would_be']}[/bold] would hold this; nothing was written.")
    rows = [
        ["purpose", request["purpose"]],
        ["pool", request["pool"]],
        ["sources", ", ".join(request["sources"])],
        ["policy", f"{policy['policy_id']} v{policy['version']}, {policy['digest']}"],
        ["put in force by", "two officers" if policy["activated"] else "the deployment alone"],
        ["decided for", moment(report["as_of"]["effective_at"])],
        ["requested by", escape(request["requested_by"]) or "nobody who was named"],
        ["because", escape(request["because"]) or "nobody said"],
        ["recipe", ", ".join(f"{name}: {value}" for name, value in sorted(request["recipe"].items())) or "none"],
    ]
    out.print(table("Request", ("what", "value"), rows))
    told = [[name, counts[name]] for name in ("considered", "permitted", "denied", "quarantined")]
    out.print(table("Records", ("what would become of them", "records"), told))
    if len(report["parts"]) > 1:
        out.print(table("Parts", ("part", "records"), sorted(report["parts"].items())))
    for title, name in (("Tenants", "by_tenant"), ("Sources", "by_source"), ("Jurisdictions", "by_jurisdiction")):
        out.print(_became(title, report[name]))
    _show_rows("Left out", ("effect", "reason", "tenant", "source", "jurisdiction", "records"), report["left_out"])
    for source, records in sorted(report["landed_not_governed"].items()):
        out.print(f"• {records:,} records of {source} have landed and are not governed: lineweight govern {source}")


def _became(title: str, counts: Mapping[str, Mapping[str, int]]) -> Any:
    rows = [[name, *(effects.get(effect, 0) for effect in EFFECTS)] for name, effects in sorted(counts.items())]
    return table(title, (title.lower().removesuffix("s"), "permitted", "denied", "quarantined"), rows)


def _show_rows(title: str, columns: tuple[str, ...], rows: list[Document]) -> None:
    if rows:
        out.print(table(title, columns, [[row[name] for name in columns] for row in rows]))


def show_difference(report: Document) -> None:
    """Show what a snapshot gained and lost against another, and what else changed."""
    records, label = report["records"], f"{report['from']} → {report['to']}"
    if report["same"]:
        out.print(f"No difference between {report['from']} and {report['to']}.", highlight=False)
        return
    out.print(table(label, ("records", "number"), [[name.replace("_", " "), records[name]] for name in records]))
    columns = ("reason", "tenant", "source", "jurisdiction", "records")
    _show_rows(f"Lost: why {report['to']} has them not", columns, report["lost"])
    _show_rows(f"Gained: why {report['from']} has them not", columns, report["gained"])
    changed = [[name, _said(pair["from"]), _said(pair["to"])] for name, pair in report["changed"].items()]
    if changed:
        out.print(table("Changed", ("what", report["from"], report["to"]), changed))
    for side, exact in report.get("reasons", {}).items():
        if not exact:
            out.print(f"• The reasons of {side} are as the governed store tells today; it has changed since.")


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_said(one)}" for name, one in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    return escape("none" if value is None else str(value))


def show_refreshed(report: Document) -> None:
    """Show what a renewed lease revoked."""
    out.print(f"[bold]{report['snapshot']}[/bold] may be used until {moment(report['lease_expires_at'])}.")
    told = [["records", report["records"]], ["revoked", report["revoked"]], ["of them now", report["newly_revoked"]]]
    out.print(table(f"Feed {report['feed']}", ("what", "records"), [*told, ["usable", report["usable"]]]))
    if report["revoked"]:
        out.print(table("Revoked", ("reason", "records"), most_first(report["revoked_by_reason"])))
