"""Drawing the facts of records: each one's author, and everybody else in it, looked up in what stands."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.facts.coding import Numbers, numbered, whole
from pipelines.facts.known import AsOf, Known, Terms
from pipelines.facts.numbering import PLACE_VALUES, facts_of, part
from pipelines.facts.records import Records
from pipelines.facts.standing import Standing
from pipelines.facts.turns import in_turn
from policies.facts import Facts, ParticipantsPermit

ROWS = 1 << 19
"""Records looked up at a time: what is worked on then lies near the processor."""

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Drawn:
    """The facts of ``n`` records, before any policy is asked.

    Attributes:
        terms: What they were drawn for.
        record_ids: ``[n]``.
        numbers: The numbers (``numbering.facts_of``) of the distinct facts that occurred, as if nobody else were
            in the conversation.
        author: ``[n]``, the facts of each record, by place.
        others: ``[m]``, the facts the record would have if a further person in it were its author, by place.
        of_record: ``[m]``, the record each of them is in, by place.
        receipt: ``[n]``, the place of each record's receipt among ``receipts``.
        receipts: Of all consent events, and last ``NO_RECEIPT``.
    """

    terms: Terms
    record_ids: pa.Array
    numbers: Numbers
    author: Codes
    others: Codes
    of_record: Numbers
    receipt: Numbers
    receipts: pa.Array

    @property
    def facts(self) -> tuple[Facts, ...]:
        """The distinct facts that occurred, in the order of ``numbers``."""
        return tuple(facts_of(number) for number in self.numbers.tolist())


def draw(keys: pa.Table, known: Known, terms: Terms, pool: str, as_of: AsOf) -> Drawn:
    """Draw the facts of every record.

    Args:
        keys: ``n`` rows with at least record_id, source, tenant, data_subject_id, participants, occurred_at,
            jurisdiction, age_band and source_licence, as in ``RECORD_SCHEMA``.
        known: The ledgers and declarations. Events recorded after ``as_of.recorded_at`` are not heard.
        terms: What of the policy facts depend on.
        pool: ``tenant`` or ``shared``: whether text of several tenants will meet.
        as_of: The instant asked about, on both clocks.

    Raises:
        UnreadableEventError: An event in the ledger names nobody, or holds a word that no event has.
    """
    pieces = [keys.slice(start, ROWS) for start in range(0, max(keys.num_rows, 1), ROWS)]
    return _together(list(draw_batches(pieces, known, terms, pool, as_of)))


def draw_batches(
    batches: Iterable[pa.RecordBatch | pa.Table], known: Known, terms: Terms, pool: str, as_of: AsOf
) -> Iterator[Drawn]:
    """Draw the facts of any number of records, a batch at a time and in order, as ``draw`` does.

    Memory is that of the ledgers and a few batches.
    """
    drawing = Drawing(Standing.of(known, terms, as_of), pool)
    return in_turn(drawing.drawn, batches)


class Drawing:
    """Draws the facts of records out of what stands."""

    def __init__(self, standing: Standing, pool: str) -> None:
        self._standing = standing
        self._same_for_all = part("pool", pool) + part("participants", ParticipantsPermit.NONE)

    def drawn(self, keys: pa.RecordBatch | pa.Table) -> Drawn:
        """Return the facts of ``n`` records."""
        standing = self._standing
        records = Records.of(keys, standing)
        parents, others = _others(keys["participants"])
        of_others = records.of_further_people(parents)
        authors = whole(keys["data_subject_id"])
        who = standing.heard.who(authors, records.tenants)
        own = self._numbers(records, who, authors)
        theirs = self._numbers(of_others, standing.heard.who(others, of_others.tenants), others)
        case, example = numbered(np.concatenate([own, theirs]))
        numbers = np.concatenate([own, theirs])[example]
        author, other = np.split(case, [len(own)])
        receipt = standing.receipt.take(who)
        return Drawn(
            standing.terms, whole(keys["record_id"]), numbers, author, other, parents, receipt, standing.receipts
        )

    def _numbers(self, records: Records, who: Numbers, ids: pa.Array) -> Numbers:
        """Return the number of the facts of each of ``n`` persons of a record."""
        uses, periods = self._standing.uses, self._standing.history
        use = uses.of.take(who)
        then = periods.status_at(periods.last_before(who, records.at), records.at)
        number = self._same_for_all + records.number + uses.spoken.take(use)
        number += uses.collected.ravel().take(then.astype(np.int32) * len(uses.spoken) + use)
        number += np.where(records.place_unknown, uses.place.take(use), records.place)
        number += PLACE_VALUES["age_band"] * np.maximum(records.age, uses.age.take(use))
        number += records.covered.ravel().take(records.source * len(uses.limits) + uses.limit.take(use))
        number += part("data_subject_known", True) * ids.is_valid().to_numpy(zero_copy_only=False)
        return number


def _others(participants: pa.Array | pa.ChunkedArray) -> tuple[Numbers, pa.Array]:
    """Return the record of each further person, by place, and the person; a list nobody gave is somebody unknown."""
    lists = whole(participants)
    people = pc.list_flatten(lists)
    parents = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    missing = np.flatnonzero(lists.is_null().to_numpy(zero_copy_only=False))
    return np.concatenate([parents, missing]), pa.concat_arrays([people, pa.nulls(len(missing), people.type)])


def _together(parts: Sequence[Drawn]) -> Drawn:
    """Return the facts of all records in one piece, in order; there is at least one part."""
    first, *more = parts
    if not more:
        return first
    numbers, place = np.unique(np.concatenate([part.numbers for part in parts]), return_inverse=True)
    codes = np.split(place.astype(np.int32), np.cumsum([len(part.numbers) for part in parts])[:-1])
    before = np.cumsum([0, *(len(part.record_ids) for part in parts)])
    return Drawn(
        first.terms,
        pa.concat_arrays([part.record_ids for part in parts]),
        numbers,
        np.concatenate([code[part.author] for code, part in zip(codes, parts, strict=True)]),
        np.concatenate([code[part.others] for code, part in zip(codes, parts, strict=True)]),
        np.concatenate([start + part.of_record for start, part in zip(before, parts, strict=False)]),
        np.concatenate([part.receipt for part in parts]),
        first.receipts,
    )
