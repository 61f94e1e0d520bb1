"""What a warehouse proves, opened once: snapshots, and the models trained on them.

Evidence that does not verify is never followed, and never passed over in silence either: it is listed, so
that whoever reads the answer knows that it may be incomplete.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lineage.canonical import rfc3339
from lineage.consumption import CONSUMPTION_SCHEMA
from lineage.index.table import IndexContradictedError
from lineage.leaf import NO_CONSENT_RECEIPT
from lineage.models import Model, model_directories, open_model
from lineage.snapshot import Snapshot, list_snapshots
from lineage.statement import TrustedKey, open_envelope
from lineage.verifying.model import TRAINING_FILE
from lineage.warehouse import Warehouse
from policies.consent import ConsentEvent
from policies.errors import LineweightError

Found = TypeVar("Found")


@dataclass
class Evidence:
    """What a warehouse holds; ``unverified`` says what of it was not followed, and why."""

    snapshots: list[Snapshot]
    models: list[Model]
    unverified: list[dict[str, str]]

    def search(self, find: Callable[[Snapshot], list[Found]]) -> Iterator[tuple[Snapshot, list[Found]]]:
        """Yield what is found in each snapshot; one whose files do not verify goes to ``unverified``."""
        for snapshot in self.snapshots:
            with noting(self.unverified, snapshot.directory):
                yield snapshot, find(snapshot)

    def models_that_read(self, snapshot: Snapshot, record_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return the models that read any of these records of a snapshot, and in which steps."""
        wanted = set(record_ids)
        trained = [model for model in self.models if model.snapshot_digest == snapshot.manifest_digest]
        readings = [(model, model.reading_of(wanted)) for model in trained]
        return [model.document() | reading for model, reading in readings if reading is not None]


def gather(warehouse: Warehouse, trusted: Sequence[TrustedKey], *, ledgers: bool = True) -> Evidence:
    """Open every snapshot and model of a warehouse whose statement a trusted key signed.

    Args:
        warehouse: Holds them.
        trusted: The keys that may have signed.
        ledgers: Read what each model consumed; else each is returned as if it had read nothing.
    """
    opened = open_model if ledgers else _stated_model
    evidence = Evidence([], [], [])
    for _, _, directory in list_snapshots(warehouse):
        with noting(evidence.unverified, directory):
            evidence.snapshots.append(Snapshot.open(warehouse, directory, trusted))
    for directory in model_directories(warehouse):
        with noting(evidence.unverified, directory):
            evidence.models.append(opened(warehouse, directory, trusted))
    evidence.unverified += _without_snapshot(evidence)
    return evidence


def _stated_model(warehouse: Warehouse, directory: str, trusted: Sequence[TrustedKey]) -> Model:
    opened = open_envelope(warehouse.read(f"{directory}/{TRAINING_FILE}"), trusted)
    name, run = directory.split("/")[-2:]
    return Model(name, run, directory, opened, CONSUMPTION_SCHEMA.empty_table())


def _without_snapshot(evidence: Evidence) -> list[dict[str, str]]:
    """Return the models whose snapshot was not opened, each with the reason why it is not followed."""
    at_hand = {snapshot.manifest_digest for snapshot in evidence.snapshots}
    return [
        {
            "directory": model.directory,
            "why": f"It was trained on {model.snapshot}, which is not at hand or does not verify.",
        }
        for model in evidence.models
        if model.snapshot_digest not in at_hand
    ]


@contextlib.contextmanager
def noting(unverified: list[dict[str, str]], directory: str) -> Iterator[None]:
    """Note what does not verify, and go on; an index that was changed is no evidence, and ends the answer.

    Raises:
        IndexContradictedError: The block does.
    """
    try:
        yield
    except IndexContradictedError:
        raise
    except LineweightError as error:
        unverified.append({"directory": directory, "why": str(error)})


def decisions_of(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Return the distinct decisions of a snapshot by their digest (hexadecimal).

    Raises:
        SnapshotError: The file is not the one signed.
        WarehouseError: The file is missing.
    """
    attached = snapshot.manifest.decisions
    return {str(entry["digest"]): dict(entry) for entry in json.loads(snapshot.file(attached.path, attached.sha256))}


def consent_document(event: ConsentEvent) -> dict[str, Any]:
    """Return what a reader needs of a consent event; times RFC 3339, UTC."""
    late = event.recorded_at - event.effective_at
    return {
        "event_id": event.event_id,
        "state": event.state.value,
        "legal_basis": event.legal_basis.value,
        "purposes": list(event.purposes),
        "notice": " ".join(part for part in (event.notice_id, event.notice_version) if part),
        "method": event.method,
        "effective_at": rfc3339(event.effective_at),
        "expires_at": rfc3339(event.expires_at) if event.expires_at else None,
        "recorded_at": rfc3339(event.recorded_at),
        "recorded_days_later": max(late.days, 0),
    }


def receipt_of(leaf: Mapping[str, Any]) -> str | None:
    """Return a leaf's consent receipt in hexadecimal; None where the ground is not consent."""
    receipt: bytes = leaf["consent_receipt"]
    return None if receipt == NO_CONSENT_RECEIPT else receipt.hex()
