"""Replay: the decisions of a published snapshot made again from what was known then, and held against the signed ones.

What they were made from is all still there: the policy as it was (``policy.json``), the ledgers as known at the
snapshot's ``recorded_at`` (their checkpoint is in the manifest), how the sources were declared and where records were
kept (``inputs.json``), the records' own columns. Decisions are a function of these, so whatever was recorded later
changes none of them; if one comes out differently, something of this was changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lineage.snapshot import Snapshot, find_snapshot
from pipelines.deployment import Deployment
from pipelines.replaying.case import Case
from pipelines.replaying.difference import (
    Difference,
    differing_counts,
    differing_reasons,
    differing_records,
    differing_selection,
    differing_verdicts,
    permitting,
)
from pipelines.snapshots.stretches import DENY
from policies.errors import LineweightError


class Verdict(StrEnum):
    """What came of a replay. Stored in reports, so members are never renamed."""

    REPRODUCED = "reproduced"
    DIFFERS = "differs"
    IMPOSSIBLE = "cannot be replayed"


@dataclass(frozen=True)
class Replayed:
    """What came of replaying a snapshot.

    Attributes:
        snapshot: Name and version.
        about: Policy, instants, checkpoint and counts of the snapshot, as signed.
        permitted: Permitted records decided again; 0 where none could be.
        denied: Denied records decided again, in the same way.
        differences: In what they differ.
        not_replayed: What was not made again, and why, in sentences.
        impossible: Why nothing could be made again; ``None`` where it could.
    """

    snapshot: str
    about: Mapping[str, Any]
    permitted: int = 0
    denied: int = 0
    differences: tuple[Difference, ...] = ()
    not_replayed: tuple[str, ...] = ()
    impossible: str | None = None

    @property
    def verdict(self) -> Verdict:
        """What came of it."""
        if self.impossible is not None:
            return Verdict.IMPOSSIBLE
        return Verdict.DIFFERS if self.differences else Verdict.REPRODUCED

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "snapshot": self.snapshot,
            "verdict": self.verdict.value,
            "why": self.impossible,
            **self.about,
            "replayed": {"permitted": self.permitted, "denied": self.denied},
            "differences": [one.document() for one in self.differences],
            "not_replayed": list(self.not_replayed),
        }


def replay(deployment: Deployment, label: str) -> Replayed:
    """Make the decisions of a snapshot again.

    Args:
        deployment: Holds the snapshot, the ledger, the vault and the governed records.
        label: ``name@vN``, or ``name`` for its newest version.

    Returns:
        Reproduced only if every permitted record was decided again, and each decision, its consent receipt and
        how often it was made are those signed. What was denied is decided again, too, where the governed
        records still are what they were; where not, ``not_replayed`` says how many were passed over.

    Raises:
        UsageError: There is no such snapshot.
        LineweightError: Its manifest or signature does not hold, so there is nothing to compare with.
    """
    warehouse = deployment.warehouse
    snapshot = Snapshot.open(warehouse, find_snapshot(warehouse, label), deployment.home.trusted())
    about = _about(snapshot)
    try:
        return _replayed(Case.of(deployment, snapshot), about)
    except LineweightError as error:
        return Replayed(snapshot.manifest.label, about, impossible=str(error))


def _about(snapshot: Snapshot) -> dict[str, Any]:
    manifest = snapshot.manifest
    return {
        "policy": {name: getattr(manifest.policy, name) for name in ("policy_id", "version", "digest")},
        "as_of": manifest.as_of.model_dump(mode="json"),
        "ledger_checkpoint": manifest.ledger_checkpoint,
        "records": {"permitted": manifest.counts.permitted, "denied": manifest.counts.denied},
    }


def _replayed(case: Case, about: Mapping[str, Any]) -> Replayed:
    again = case.permitted_again()
    differences = differing_records(case.leaves, again.rows, [*case.stated, *again.decisions])
    differences += differing_verdicts(case.stated, case.policy)
    counts, gated = case.manifest.counts, case.denied_when_governed
    passed_over = []
    if gated:
        passed_over.append(
            f"Denied when they were governed, before anybody asked for this snapshot: {gated:,} records. "
            "The decision log of governing says how."
        )
    try:
        account, taken = case.selected_again()
    except LineweightError as error:
        denied = 0
        differences += differing_counts(permitting(case.stated), again.decisions)
        passed_over.append(
            f"Denied for this snapshot, and cannot be replayed: {counts.denied - gated:,} records. {error}"
        )
    else:
        denied = counts.denied - gated
        differences += differing_counts(case.stated, account.decisions)
        differences += differing_reasons(counts.denied_by_reason, account.by("reason", effect=DENY))
        differences += differing_selection(case.leaves["record_id"], taken["record_id"])
    return Replayed(case.manifest.label, about, counts.permitted, denied, tuple(differences), tuple(passed_over))
