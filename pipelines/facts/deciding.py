"""Deciding records under a policy: facts drawn, verdicts given; all at once, or as they come."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from pipelines.facts.drawing import Drawing, draw
from pipelines.facts.known import AsOf, Known, Terms
from pipelines.facts.standing import Standing
from pipelines.facts.turns import in_turn
from pipelines.facts.verdicts import Decided, Verdicts, broadcast, conclude
from policies.document import Policy


def decide_records(keys: pa.Table, known: Known, policy: Policy, pool: str, as_of: AsOf) -> Decided:
    """Decide every record under one policy.

    A record has an author and may have participants. Each person is decided as if they were the author; a
    record passes only if all of them do.

    Args:
        keys: ``n`` rows with at least record_id, source, tenant, data_subject_id, participants, occurred_at,
            jurisdiction, age_band and source_licence, as in ``RECORD_SCHEMA``.
        known: The ledgers and declarations. Events recorded after ``as_of.recorded_at`` are not heard.
        policy: The policy in force.
        pool: ``tenant`` or ``shared``: whether text of several tenants will meet.
        as_of: The instant asked about, on both clocks.

    Returns:
        One decision a record, in order. Deterministic: a function of the arguments alone.

    Raises:
        UnreadableEventError: An event in the ledger names nobody, or holds a word that no event has.
    """
    return conclude(draw(keys, known, Terms.of(policy), pool, as_of), policy)


def decide_batches(
    batches: Iterable[pa.RecordBatch | pa.Table], known: Known, policy: Policy, pool: str, as_of: AsOf
) -> Iterator[pa.RecordBatch]:
    """Decide any number of records, a batch at a time and in order, as ``decide_records`` does.

    Memory is that of the ledgers and a few batches; batches of some hundred thousand rows are the fastest.

    Returns:
        For each batch one of ``DECISION_SCHEMA``, row for row.
    """
    drawing, verdicts = Drawing(Standing.of(known, Terms.of(policy), as_of), pool), Verdicts(policy)

    def decided(batch: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
        drawn = drawing.drawn(batch)
        return broadcast(drawn, *verdicts.of(drawn))

    return in_turn(decided, batches)
