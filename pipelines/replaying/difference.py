"""What a replay compares: decisions as they were stated, and as they are made again; bit for bit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import digest_of
from policies.decision import Effect, decide
from policies.document import Policy
from policies.facts import Facts

SHOWN_IDS = 5
STATED_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("consent_receipt", pa.binary(32), nullable=False),
        pa.field("decision_digest", pa.binary(32), nullable=False),
    ]
)
"""What a leaf states of a permitted record. ``DECISION_SCHEMA`` has the same columns of a decision made again."""

Told = Mapping[str, Any]


class Differs(StrEnum):
    """What is not the same. Stored in reports, so members are never renamed."""

    DECISION = "decision"  # a record is decided otherwise
    RECEIPT = "consent-receipt"  # the same decision rests on another consent event
    VERDICT = "verdict"  # the policy decides otherwise about the very facts stated
    COUNT = "count"  # a decision is made more, or less, often
    REASON = "reason-count"  # a reason left out more, or fewer, records
    TAKEN_IN = "taken-in"  # in the snapshot, and would not be selected
    LEFT_OUT = "left-out"  # not in the snapshot, and would be selected


@dataclass(frozen=True)
class Difference:
    """Records for which one thing is not the same.

    Attributes:
        records: How many.
        was: What was stated: effect, reason, rule and digest of a decision, or a count.
        now: The same, made again; of both, ``None`` where there is none.
        facts: The facts that two decisions do not share, as (stated, drawn again).
        record_ids: The first of the records, in order; none where only a count differs.
    """

    differs: Differs
    records: int
    was: Told | None = None
    now: Told | None = None
    facts: Mapping[str, tuple[Any, Any]] | None = None
    record_ids: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "differs": self.differs.value,
            "records": self.records,
            "was": None if self.was is None else dict(self.was),
            "now": None if self.now is None else dict(self.now),
            "facts": {name: list(pair) for name, pair in (self.facts or {}).items()},
            "record_ids": list(self.record_ids),
        }


def differing_records(stated: pa.Table, again: pa.Table, decisions: Iterable[Told]) -> list[Difference]:
    """Return how the records' decisions differ, the most records first.

    Args:
        stated: ``n`` rows of ``STATED_SCHEMA``: what the leaves say.
        again: ``n`` rows of the same columns, row for row: what is decided again.
        decisions: Every distinct decision of both, by which they are named.

    Returns:
        One entry for each pair of decisions that should be one; empty where all is the same, bit for bit.
    """
    named = {str(decision["digest"]): decision for decision in decisions}
    decided_otherwise = pc.not_equal(stated["decision_digest"], again["decision_digest"])
    other_receipt = pc.and_not(pc.not_equal(stated["consent_receipt"], again["consent_receipt"]), decided_otherwise)
    side_by_side = pa.table(
        {"record_id": stated["record_id"], "was": stated["decision_digest"], "now": again["decision_digest"]}
    )
    found = []
    for differs, chosen in ((Differs.DECISION, decided_otherwise), (Differs.RECEIPT, other_receipt)):
        pairs: dict[tuple[str, str], list[str]] = {}
        for row in side_by_side.filter(chosen).to_pylist():
            pairs.setdefault((row["was"].hex(), row["now"].hex()), []).append(row["record_id"])
        found += [_difference(differs, ids, *pair, named) for pair, ids in pairs.items()]
    return sorted(found, key=lambda one: (-one.records, one.record_ids))


def differing_counts(stated: Iterable[Told], again: Iterable[Told]) -> list[Difference]:
    """Return the decisions that are made more or less often than stated, in order of digest."""
    was, now = ({str(one["digest"]): one for one in decisions} for decisions in (stated, again))
    found = []
    for digest in sorted(was.keys() | now.keys()):
        before, after = (None if one is None else _counted(one) for one in (was.get(digest), now.get(digest)))
        often = [0 if one is None else one["records"] for one in (before, after)]
        if often[0] != often[1]:
            found.append(Difference(Differs.COUNT, abs(often[0] - often[1]), before, after))
    return found


def differing_verdicts(stated: Iterable[Told], policy: Policy) -> list[Difference]:
    """Return the decisions that the policy does not make from the very facts that they state."""
    revision = digest_of(policy.document())
    found = []
    for decision in stated:
        facts = Facts(**decision["facts"])
        verdict = {"facts": facts.document(), "policy": revision} | decide(policy, facts).document()
        if digest_of(verdict) != decision["digest"]:
            now = _named(verdict | {"digest": digest_of(verdict)})
            found.append(Difference(Differs.VERDICT, decision["records"], _named(decision), now))
    return found


def differing_reasons(stated: Mapping[str, int], again: Mapping[str, int]) -> list[Difference]:
    """Return the reasons that left out more or fewer records than stated, in order of reason."""
    found = []
    for reason in sorted(stated.keys() | again.keys()):
        was, now = stated.get(reason, 0), again.get(reason, 0)
        if was != now:
            before, after = ({"reason": reason, "records": count} for count in (was, now))
            found.append(Difference(Differs.REASON, abs(was - now), before, after))
    return found


def differing_selection(stated: pa.ChunkedArray, again: pa.ChunkedArray) -> list[Difference]:
    """Return which records are in the snapshot and would not be selected again, and the other way round."""
    was, now = set(stated.to_pylist()), set(again.to_pylist())
    sides = ((Differs.TAKEN_IN, was - now), (Differs.LEFT_OUT, now - was))
    return [Difference(differs, len(ids), record_ids=_first(ids)) for differs, ids in sides if ids]


def added_up(decisions: Iterable[Told]) -> list[Told]:
    """Return each distinct decision once, with how often it was made over all, in order of digest."""
    total: dict[str, dict[str, Any]] = {}
    for decision in decisions:
        known = total.setdefault(decision["digest"], dict(decision) | {"records": 0})
        known["records"] += decision["records"]
    return [total[digest] for digest in sorted(total)]


def permitting(decisions: Iterable[Told]) -> list[Told]:
    """Return the decisions that permit."""
    return [decision for decision in decisions if decision["effect"] == Effect.PERMIT]


def _difference(differs: Differs, ids: Sequence[str], was: str, now: str, named: Mapping[str, Told]) -> Difference:
    before, after = (named.get(digest, {"digest": digest}) for digest in (was, now))
    shared = before.get("facts", {}).keys() & after.get("facts", {}).keys()
    facts = {
        name: (before["facts"][name], after["facts"][name])
        for name in sorted(shared)
        if before["facts"][name] != after["facts"][name]
    }
    return Difference(differs, len(ids), _named(before), _named(after), facts, _first(ids))


def _named(decision: Told) -> dict[str, Any]:
    return {name: decision.get(name) for name in ("effect", "reason", "rule", "digest")}


def _counted(decision: Told) -> dict[str, Any]:
    return _named(decision) | {"records": decision["records"]}


def _first(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(ids)[:SHOWN_IDS])
