"""Counting leaves: by the decisions they rest on, the files they came from and the consents that decided."""

from collections import Counter, defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.exports.opening import OpenedSnapshot
from lineage.inputs import parse_inputs
from lineage.leaf import DIGEST, NO_CONSENT_RECEIPT
from lineage.ledger.store import Ledger
from lineage.proving.data_subjects import COMMITMENT
from lineage.snapshot import SnapshotError
from lineage.trace.evidence import consent_document, decisions_of
from policies.consent import ConsentEvent


def once(readings: pa.Table) -> pa.Table:
    """Return each record read, once, with the most tokens any reading of it had."""
    return readings.group_by("record_id").aggregate([("n_tokens", "max")])


def by_fact(opened: OpenedSnapshot, rows: pa.Table, fact: str, fewest: int = 1) -> dict[str, int]:
    """Count leaves by a fact of the decision that each rests on, sorted.

    Args:
        opened: Whose decisions they are.
        rows: Leaves of it, or what was joined with them.
        fact: Which.
        fewest: What is said of fewer people than this is counted together, under `together`.

    Raises:
        SnapshotError: A decision is not kept with the snapshot.
    """
    known = decisions_of(opened.snapshot)
    digests = pa.array([bytes.fromhex(digest) for digest in known], DIGEST)
    place = pc.index_in(rows["decision_digest"], value_set=digests)
    if place.null_count:
        raise SnapshotError(f"{opened.snapshot.manifest.label}: a leaf rests on a decision that is not kept with it.")
    values = pa.array([str(decision["facts"][fact]) for decision in known.values()], pa.string())
    told = pa.table([values.take(place), rows[COMMITMENT]], ["value", "person"])
    counted: Counter[str] = Counter()
    for one in told.group_by("value").aggregate([([], "count_all"), ("person", "count_distinct")]).to_pylist():
        few = one["person_count_distinct"] < fewest
        counted[together(fewest) if few else one["value"]] += one["count_all"]
    return dict(sorted(counted.items()))


def together(fewest: int) -> str:
    """Return the name under which is counted what is said of few people only."""
    return f"of fewer than {fewest} people each"


def by_source(opened: OpenedSnapshot, rows: pa.Table, summed: str = "") -> dict[str, int]:
    """Count rows, or add up a column of them, by the source of the file they came from, sorted.

    Raises:
        SnapshotError: A file was not considered.
    """
    attached = opened.snapshot.manifest.inputs
    named: dict[str, set[str]] = defaultdict(set)
    for part in parse_inputs(opened.snapshot.file(attached.path, attached.sha256)).parts:
        named[part.batch].add(part.source)
    counted: Counter[str] = Counter()
    for digest, number in _counts(rows, "source_batch_digest", summed):
        if not (sources := named.get(digest.hex())):
            raise SnapshotError(f"{opened.snapshot.manifest.label}: a leaf names a file that was not considered.")
        counted[" or ".join(sorted(sources))] += number
    return dict(sorted(counted.items()))


def _counts(rows: pa.Table, column: str, summed: str = "") -> list[tuple[bytes, int]]:
    how = (summed, "sum") if summed else ([], "count_all")
    counted = rows.group_by(column).aggregate([how])
    name = f"{summed}_sum" if summed else "count_all"
    return list(zip(counted[column].to_pylist(), counted[name].to_pylist(), strict=True))


def receipts(leaves: pa.Table) -> int:
    """Return how many different consents decided; what rests on no consent is none."""
    distinct = pc.unique(leaves["consent_receipt"])
    none = pc.sum(pc.equal(distinct, pa.scalar(NO_CONSENT_RECEIPT, distinct.type))).as_py() or 0
    return len(distinct) - int(none)


def grounds(rows: pa.Table, ledger: Ledger) -> list[dict[str, Any]]:
    """Count records and people by what the consent says that each leaf's receipt names, as `trace model` does."""
    counted = {receipt.hex(): number for receipt, number in _counts(rows, "consent_receipt")}
    events = ledger.consents_by_receipt(counted)
    records: Counter[tuple[str, str, str]] = Counter()
    people: dict[tuple[str, str, str], set[tuple[str, str]]] = defaultdict(set)
    for receipt, number in counted.items():
        ground, person = _ground(receipt, events.get(receipt))
        records[ground] += number
        people[ground] |= person
    return [
        {"legal_basis": basis, "state": state, "notice": notice, "records": records[key], "people": len(people[key])}
        for key in sorted(records)
        for basis, state, notice in [key]
    ]


def _ground(receipt: str, event: ConsentEvent | None) -> tuple[tuple[str, str, str], set[tuple[str, str]]]:
    if event is None:
        no_consent = receipt == NO_CONSENT_RECEIPT.hex()
        return ("not consent" if no_consent else "receipt not in this ledger", "", ""), set()
    said = consent_document(event)
    return (said["legal_basis"], said["state"], said["notice"]), {(event.tenant, event.data_subject_id)}
