"""Verdicts: a policy is asked once about every distinct tuple of facts, and its answer handed to all records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lineage.canonical import digest_of
from pipelines.facts.coding import numbered
from pipelines.facts.drawing import Codes, Drawn
from pipelines.facts.known import Terms
from pipelines.facts.numbering import facts_of, part
from policies.decision import Effect, decide
from policies.document import Policy
from policies.errors import LineweightError
from policies.facts import ParticipantsPermit
from policies.written_out import canonical_digest

DECISION_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("permitted", pa.bool_(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("consent_receipt", pa.binary(32), nullable=False),
        pa.field("decision_digest", pa.binary(32), nullable=False),
    ]
)

_SAY = (ParticipantsPermit.NONE, ParticipantsPermit.ALL, ParticipantsPermit.NOT_ALL)
OTHERS = np.array([part("participants", say) - part("participants", ParticipantsPermit.NONE) for say in _SAY])
"""What it adds to the number of a record's facts that nobody else is in it, that all permit, that not all do."""


class OtherTermsError(LineweightError):
    """Facts were drawn for another purpose, or other terms, than the policy's."""

    remedy = "Draw the facts for the terms of this policy."


@dataclass(frozen=True)
class Decided:
    """Decisions of ``n`` records.

    Attributes:
        rows: ``n`` rows of ``DECISION_SCHEMA``, in the order of the records given.
        decisions: Every distinct decision that occurred: its digest, the facts, the verdict and how often.
    """

    rows: pa.Table
    decisions: tuple[Mapping[str, Any], ...]


def conclude(drawn: Drawn, policy: Policy) -> Decided:
    """Decide records whose facts are drawn.

    A record has an author and may have participants. Each person is decided as if they were the author; a
    record passes only if all of them do.

    Raises:
        OtherTermsError: The facts were drawn for other terms than the policy's.
    """
    verdicts = Verdicts(policy)
    made, case = verdicts.of(drawn)
    counts = np.bincount(case, minlength=len(made)).tolist()
    listed = [
        {"digest": verdict.digest.hex(), "records": count, **verdict.document}
        for verdict, count in zip(made, counts, strict=True)
    ]
    rows = pa.Table.from_batches([broadcast(drawn, made, case)])
    return Decided(rows, tuple(sorted(listed, key=lambda one: str(one["digest"]))))


@dataclass(frozen=True)
class Verdict:
    """What a policy answers to one tuple of facts: the decision, and the digest of its document."""

    permitted: bool
    reason: str
    digest: bytes
    document: Mapping[str, Any]


class Verdicts:
    """A policy's answers, each made once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._digest = digest_of(policy.document())
        self._terms = Terms.of(policy)
        self._made: dict[int, Verdict] = {}

    def of(self, drawn: Drawn) -> tuple[list[Verdict], Codes]:
        """Return the distinct verdicts on ``n`` records, and which of them each record has.

        Raises:
            OtherTermsError: The facts were drawn for other terms than the policy's.
        """
        if drawn.terms != self._terms:
            raise OtherTermsError(f"The facts are not drawn for the terms of {self._policy.policy_id}.")
        others = self._others(drawn)
        case, example = numbered(drawn.author.astype(np.int64) * len(OTHERS) + others)
        told = drawn.numbers[drawn.author[example]] + OTHERS[others[example]]
        return [self._verdict(number) for number in told.tolist()], case

    def _others(self, drawn: Drawn) -> npt.NDArray[np.int8]:
        """Return for each record what the further people in it say, by place in ``OTHERS``."""
        say = np.zeros(len(drawn.author), np.int8)
        if len(drawn.others):
            permits = np.array([self._verdict(number).permitted for number in drawn.numbers.tolist()])
            say[drawn.of_record] = 1
            say[drawn.of_record[~permits[drawn.others]]] = 2
        return say

    def _verdict(self, number: int) -> Verdict:
        verdict = self._made.get(number)
        if verdict is None:
            facts = facts_of(number)
            decision = decide(self._policy, facts)
            document = {"facts": facts.document(), "policy": self._digest} | decision.document()
            digest = bytes.fromhex(canonical_digest(document))
            verdict = Verdict(decision.effect is Effect.PERMIT, str(decision.reason), digest, document)
            self._made[number] = verdict
        return verdict


def broadcast(drawn: Drawn, made: Sequence[Verdict], case: Codes) -> pa.RecordBatch:
    """Return ``n`` rows of ``DECISION_SCHEMA``: every record with its verdict."""
    code = pa.array(case)
    return pa.RecordBatch.from_arrays(
        [
            drawn.record_ids.cast(pa.string()),
            pa.array([verdict.permitted for verdict in made], pa.bool_()).take(code),
            pa.array([verdict.reason for verdict in made], pa.string()).take(code),
            drawn.receipts.take(pa.array(drawn.receipt)),
            pa.array([verdict.digest for verdict in made], pa.binary(32)).take(code),
        ],
        schema=DECISION_SCHEMA,
    )
