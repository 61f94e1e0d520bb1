"""Which models hold records whose consent is not valid any more: withdrawn, refused, expired, or simply gone.

This is not `trace late`. A withdrawal that came after training made no use unlawful, and so is no late news; the
model was trained on the record all the same. What of a model's records is *now* without consent is asked here:

- Whoever refuses, in any way, counts with every record they wrote or take part in.
- Of whoever's consent is only unanswered, those records count that rest on a consent: the leaf holds a receipt.

Status is heard under all ids of a person, as everywhere (`lineage.trace.words`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from lineage.canonical import rfc3339
from lineage.index.bitmaps import Ordinals
from lineage.index.keeping import Indexes
from lineage.index.of_model import ModelIndex, Read
from lineage.keys.vault import Vault
from lineage.ledger.store import Ledger
from lineage.models import Model
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace.fallen import Fallen, fallen
from lineage.trace.hearing import Hearing
from lineage.trace.indexed import gather_stated
from lineage.trace.turning import Reading
from lineage.warehouse import Warehouse
from policies.instants import BEGINNING

Document = dict[str, Any]


def trace_withdrawn(
    warehouse: Warehouse,
    ledger: Ledger,
    vault: Vault,
    trusted: Sequence[TrustedKey],
    at: datetime,
    indexes: Indexes,
) -> Document:
    """Answer which models read records whose consent is not valid at an instant.

    Args:
        warehouse: Holds the snapshots and models; those made after ``at`` are not asked about.
        ledger: Holds consents and links.
        vault: Holds the people's salts.
        trusted: The keys that may have signed.
        at: The instant for which the answer is given, on both clocks, UTC.
        indexes: Where to look.

    Returns:
        A JSON document: ``models`` with counts of records and people, and the first step that read one; nobody is
        named. What could not be followed is under ``unverified``.

    Raises:
        IndexContradictedError: An index was changed.
    """
    evidence = gather_stated(warehouse, trusted, indexes)
    evidence.snapshots = [one for one in evidence.snapshots if one.manifest.as_of.recorded_at <= at]
    hearing = Hearing(ledger, vault, at, BEGINNING)
    asked, told = 0, []
    for snapshot, index, trained in evidence.followed():
        begun = [one for one in trained if Reading.of(snapshot.manifest, one[0]).begun(at)]
        asked += len(begun)
        if begun:
            gone = fallen(snapshot, index, hearing, at)
            entries = (_entry(snapshot, model, of_model, gone) for model, of_model in begun)
            told += [entry for entry in entries if entry is not None]
    return {
        "asked_at": rfc3339(at),
        "models_asked_about": asked,
        "models": told,
        "not_looked_up": sorted(set(hearing.not_looked_up)),
        "unverified": evidence.unverified,
    }


def _entry(snapshot: Snapshot, model: Model, index: ModelIndex, gone: Fallen) -> Document | None:
    rows = snapshot.manifest.rows
    read = index.read & Ordinals.of(gone.ordinals, rows)
    if not len(read):
        return None
    numbers = read.numbers()
    was_read = np.isin(gone.ordinals, numbers)
    return {
        **model.document(),
        "purpose": snapshot.manifest.purpose,
        **Read.of(index.readings(numbers)).document(),
        "of_records": len(index.read),
        "people": len(np.unique(gone.people[was_read])),
        "by_status": [
            {"status": status.value, **_counted(gone, was_read & (gone.statuses == code))}
            for code, status in enumerate(gone.known_statuses)
            if (was_read & (gone.statuses == code)).any()
        ],
    }


def _counted(gone: Fallen, those: npt.NDArray[np.bool_]) -> dict[str, int]:
    return {
        "records": len(np.unique(gone.ordinals[those])),
        "people": len(np.unique(gone.people[those])),
    }
