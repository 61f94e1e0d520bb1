"""The run as one JSON document, and as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.first_run.measured import Measured
from policies.terminal import out, table

Document = dict[str, Any]


def document(laid: Mapping[str, Any], measured: Sequence[Measured]) -> Document:
    """Return everything that was measured: what went in, the funnel of each tenant, and every stage."""
    return {
        "input": dict(laid),
        "funnel": {tenant: funnel(tenant, measured) for tenant in laid},
        "stages": [asdict(one) for one in measured],
    }


def funnel(tenant: str, measured: Sequence[Measured]) -> Document:
    """Return what became of everything a tenant's log held: rows in = permitted + denied + quarantined.

    Rows in are the interactions of the log and the lines that are none; a line that copies an earlier one is no row.
    """
    landed, governed = _result("land", tenant, measured), _result("govern", tenant, measured)
    quarantined = dict(landed["quarantined_by_reason"])
    for reason, count in governed["quarantined_by_reason"].items():
        quarantined[reason] = quarantined.get(reason, 0) + count
    return {
        "rows_in": landed["records"] + landed["quarantined"],
        "permitted": governed["permitted"],
        "denied": governed["denied"],
        "quarantined": sum(quarantined.values()),
        "repeated": landed["repeated"],
        "denied_by_reason": governed["denied_by_reason"],
        "quarantined_by_reason": quarantined,
        "redacted_by_type": governed["entities"],
    }


def adds_up(told: Mapping[str, Any]) -> bool:
    """Return whether nothing of a tenant was lost."""
    return bool(told["rows_in"] == told["permitted"] + told["denied"] + told["quarantined"])


def show(told: Document) -> None:
    """Print the funnel, what was redacted, and what each stage took."""
    columns = ("tenant", "rows in", "permitted", "denied", "quarantined", "adds up")
    rows = [
        (tenant, one["rows_in"], one["permitted"], one["denied"], one["quarantined"], "yes" if adds_up(one) else "NO")
        for tenant, one in told["funnel"].items()
    ]
    out.print(table("What became of the rows", columns, rows))
    types = sorted({kind for one in told["funnel"].values() for kind in one["redacted_by_type"]})
    redacted = [(kind, *(one["redacted_by_type"].get(kind, 0) for one in told["funnel"].values())) for kind in types]
    out.print(table("Redacted", ("type", *told["funnel"]), redacted))
    stages = [
        (
            one["stage"],
            one["about"],
            f"{one['seconds']:.1f}",
            f"{one['cpu_seconds']:.1f}",
            f"{one['peak_mib']:.0f}",
            f"{one['peak_worker_mib']:.0f}",
        )
        for one in told["stages"]
    ]
    columns = ("stage", "of", "seconds", "CPU seconds", "peak MiB", "largest worker MiB")
    out.print(table("What each stage took", columns, stages))


def _result(stage: str, about: str, measured: Sequence[Measured]) -> Document:
    return next(one.result for one in measured if (one.stage, one.about) == (stage, about))
