"""What is disclosed is verified first, link by link, as `lineweight verify` does; what does not hold is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lineage.leaf import LEAF_SCHEMA
from lineage.models import Model, NotVerifiedError, open_model
from lineage.revocation import Feed, latest_feed
from lineage.snapshot import MANIFEST_FILE, STATEMENT_FILE, Snapshot
from lineage.statement import TrustedKey
from lineage.training_statement import consumption
from lineage.verifying.verify import verify_path
from lineage.warehouse import Warehouse
from policies.errors import UsageError

NO_SNAPSHOT = "This is no snapshot."
NO_MODEL = "This is no model."


@dataclass(frozen=True, slots=True)
class OpenedSnapshot:
    """A snapshot that holds.

    Attributes:
        snapshot: Opened with trusted keys.
        leaves: Rows of ``LEAF_SCHEMA``: every record's leaf, in the order of the manifest.
        feed: The newest feed of what was revoked of it; None where there is none.
    """

    snapshot: Snapshot
    leaves: pa.Table
    feed: Feed | None


@dataclass(frozen=True, slots=True)
class OpenedModel:
    """A model that holds, and the snapshot it was trained on."""

    model: Model
    snapshot: OpenedSnapshot

    @property
    def label(self) -> str:
        """``model/run``."""
        return f"{self.model.name}/{self.model.run}"

    @property
    def consumption_path(self) -> str:
        """The consumption ledger, in the home."""
        return f"models/{self.label}/{consumption(self.model.opened.predicate).path}"


def open_snapshot(place: Path, home: Warehouse, trusted: Sequence[TrustedKey]) -> OpenedSnapshot:
    """Verify a snapshot and open it.

    Args:
        place: Its directory.
        home: Where feeds of revocations are.
        trusted: The keys that may have signed.

    Raises:
        NotVerifiedError: A link does not hold; the message names it.
        UsageError: There is something else at ``place``, or nothing.
    """
    if not (place / MANIFEST_FILE).is_file() and not (place / STATEMENT_FILE).is_file():
        raise UsageError(f"{place}: {NO_SNAPSHOT}", remedy="Name a snapshot, as NAME@vN.")
    _require_verified(place, trusted)
    return _opened(place, home, trusted)


def open_trained(place: Path, home: Warehouse, trusted: Sequence[TrustedKey]) -> OpenedModel:
    """Verify a model with the snapshot it was trained on, and open both.

    Raises:
        NotVerifiedError: A link does not hold; the message names it.
        UsageError: There is something else at ``place``, or nothing.
    """
    directory = (place if place.is_dir() else place.parent).resolve()
    if (directory / MANIFEST_FILE).is_file() or len(directory.parts) < 4:
        raise UsageError(f"{place}: {NO_MODEL}", remedy="Name a model, as NAME or NAME/RUN.")
    _require_verified(place, trusted)
    name, run = directory.parts[-2:]
    model = open_model(Warehouse(directory.parent.parent), f"{name}/{run}", trusted)
    label, _, version = model.snapshot.partition("@")
    trained_on = directory.parent.parent.parent / "snapshots" / label / version
    opened = _opened(trained_on, home, trusted)
    if opened.snapshot.manifest_digest != model.snapshot_digest:
        raise NotVerifiedError(f"{place}: it was trained on another {model.snapshot} than is at hand.")
    return OpenedModel(model, opened)


def _opened(place: Path, home: Warehouse, trusted: Sequence[TrustedKey]) -> OpenedSnapshot:
    snapshot = Snapshot.open(Warehouse(place.resolve()), "", trusted)
    leaves = [snapshot.leaves_file(index) for index in range(len(snapshot.manifest.shards))]
    return OpenedSnapshot(
        snapshot, pa.concat_tables([LEAF_SCHEMA.empty_table(), *leaves]), latest_feed(home, snapshot.manifest, trusted)
    )


def _require_verified(place: Path, trusted: Sequence[TrustedKey]) -> None:
    report = verify_path(place, trusted)
    if report.broken is not None:
        raise NotVerifiedError(f"{place}: {report.broken.link}: {report.broken.detail}")
