"""What the stages did, as documents for machines and tables for people."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.governed import Governed
from pipelines.landing.landed import LandResult
from pipelines.snapshots.publish import Published
from policies.terminal import out, table

Report = dict[str, Any]


def landing_report(landed: Mapping[str, Sequence[LandResult]]) -> Report:
    """Return what landed, by source."""
    return {
        "sources": {
            source: {
                "files": len(results),
                "landed_before": sum(result.already for result in results),
                "records": sum(result.records for result in results),
                "quarantined": sum(result.quarantined for result in results),
                "repeated": sum(result.repeated for result in results),
                "quarantined_by_reason": added(result.reasons for result in results),
                "by_tenant": added(result.tenants for result in results),
            }
            for source, results in landed.items()
        }
    }


def show_landing(report: Report) -> None:
    """Print what landed."""
    names = ("files", "landed_before", "records", "quarantined", "repeated")
    rows = [(source, *(counts[name] for name in names)) for source, counts in report["sources"].items()]
    out.print(table("Landed", ("source", "files", "landed before", "records", "quarantined", "repeated"), rows))
    reasons = added(counts["quarantined_by_reason"] for counts in report["sources"].values())
    if reasons:
        out.print(table("Quarantined", ("reason", "lines"), sorted(reasons.items())))


def governing_report(governed: Mapping[str, Sequence[Governed]]) -> Report:
    """Return what was governed, by source."""
    return {
        "sources": {
            source: {
                "records": sum(part.records for part in parts),
                "permitted": sum(part.permitted for part in parts),
                "redacted": sum(part.redacted for part in parts),
                "denied": sum(sum(part.denied.values()) for part in parts),
                "quarantined": sum(sum(part.quarantined.values()) for part in parts),
                "denied_by_reason": added(part.denied for part in parts),
                "quarantined_by_reason": added(part.quarantined for part in parts),
                "entities": added(part.entities for part in parts),
            }
            for source, parts in governed.items()
        }
    }


def show_governing(report: Report) -> None:
    """Print what was governed."""
    names = ("records", "permitted", "redacted", "denied", "quarantined")
    rows = [(source, *(counts[name] for name in names)) for source, counts in report["sources"].items()]
    out.print(table("Governed", ("source", "records", "permitted", "of them redacted", "denied", "quarantined"), rows))
    for title, name, what in (
        ("Denied", "denied_by_reason", "reason"),
        ("Quarantined", "quarantined_by_reason", "reason"),
        ("Redacted", "entities", "type"),
    ):
        counted = most_first(added(counts[name] for counts in report["sources"].values()))
        if counted:
            out.print(table(title, (what, "count"), counted))


def snapshot_report(published: Published) -> Report:
    """Return what was published."""
    manifest = published.manifest
    return {
        "snapshot": manifest.label,
        "path": published.directory,
        "published_before": published.already,
        "root": manifest.root,
        "statement": published.statement_digest,
        "records": manifest.counts.model_dump(),
        "tenants": {
            tenant: sum(shard.rows for shard in manifest.shards if shard.tenant == tenant)
            for tenant in manifest.tenant_roots
        },
        "parts": {part: manifest.rows_of(part) for part in sorted({shard.split for shard in manifest.shards})},
    }


def show_published(report: Report) -> None:
    """Print what was published."""
    counts = report["records"]
    before = " (nothing changed: the version before stands)" if report["published_before"] else ""
    out.print(f"[bold]{report['snapshot']}[/bold] stands in {report['path']}{before}")
    out.print(f"root {report['root']}", soft_wrap=True)
    rows: list[tuple[str, int]] = [("considered", counts["considered"]), ("permitted", counts["permitted"])]
    rows += [(f"denied: {reason}", count) for reason, count in sorted(counts["denied_by_reason"].items())]
    rows += [("quarantined", counts["quarantined"])]
    out.print(table("Records", ("what became of them", "records"), rows))
    out.print(table("Tenants", ("tenant", "records"), sorted(report["tenants"].items())))
    if len(report["parts"]) > 1:
        out.print(table("Parts", ("part", "records"), sorted(report["parts"].items())))
    if not report["published_before"]:
        out.print(f"Next, whoever may release it: lineweight snapshot approve {report['snapshot']}", highlight=False)


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of several counts, sorted by name."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return names and counts, the largest count first, equal ones by name."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
