"""The sweep: look everywhere, tell everything, and remove only when asked to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from lineage.canonical import rfc3339
from lineage.tlog.log import enter_statements
from pipelines.deployment import Deployment
from pipelines.retention.found import Found, Outlived
from pipelines.retention.governed import find_in_governed
from pipelines.retention.landing import find_in_landing
from pipelines.retention.limits import Limits
from pipelines.retention.snapshots import SnapshotSweep
from pipelines.retention.unfinished import find_unfinished


@dataclass(frozen=True)
class Sweep:
    """What a sweep found at an instant, and whether it took it away.

    Attributes:
        at: The instant the limits were held against, UTC; what was known then decides.
        applied: Whether what was found was removed.
        areas: What was found, area by area.
    """

    at: datetime
    applied: bool
    areas: tuple[Found, ...]

    @property
    def outlived(self) -> list[Outlived]:
        """Everything that has outlived its time, in order of area and place."""
        return [one for area in self.areas for one in area.outlived]

    @property
    def unread(self) -> list[dict[str, str]]:
        """What could not be looked at, with the reason and a remedy."""
        return [told for area in self.areas for told in area.unread]

    def document(self) -> dict[str, Any]:
        """Return what is printed for machines."""
        return {
            "at": rfc3339(self.at),
            "applied": self.applied,
            "outlived": [one.document() for one in self.outlived],
            "totals": {area.where.value: _total(area.outlived) for area in self.areas},
            "remains": {area.where.value: asdict(area.remains) for area in self.areas},
            "not_looked_at": self.unread,
        }


def sweep(deployment: Deployment, at: datetime, *, apply: bool = False) -> Sweep:
    """Find what has outlived its time in landing, governed store and snapshots, and remove it if asked to.

    Everything is looked at before anything is removed. A removal can be cut short anywhere and done again: what
    is read in between is the old state or the new one. A sweep that finds nothing changes nothing.

    Args:
        deployment: Whose warehouse, ledgers, policies and keys.
        at: The instant asked about, on both clocks, UTC.
        apply: Remove what is found.

    Raises:
        UsageError: There is no such home.
        PolicyError: A policy cannot be read: without the policies no limit is known.
        InputError: There is no key to trust.
    """
    deployment.home.require()
    warehouse, vault = deployment.warehouse, deployment.vault
    policies = deployment.policies
    limits = Limits(
        tuple(policies.values()), lambda tenant: deployment.ledger.agreements(tenant=tenant, known_at=at), at
    )
    snapshots = SnapshotSweep(warehouse, vault, limits, policies, deployment.home.trusted(), at)
    areas = (
        find_in_landing(warehouse, at),
        find_in_governed(warehouse, vault, limits),
        snapshots.find_staged(),
        snapshots.find(),
        find_unfinished(warehouse, at),
    )
    if apply:
        for area in areas:
            for remove in area.removals:
                remove()
        enter_statements(deployment.home, at)
    return Sweep(at, apply, areas)


def _total(outlived: Sequence[Outlived]) -> dict[str, int]:
    names = ("records", "along", "bytes")
    return {"files": len(outlived)} | {name: sum(getattr(one, name) for one in outlived) for name in names}
