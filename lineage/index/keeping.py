"""The indices of a warehouse: which are at hand, which are missing or stale, and building those.

An index is taken for what it says only while it is sealed by this deployment's key over the very manifest and
statements at hand. What was built once is never built again: a new snapshot indexes itself and nothing else.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lineage.dsse import TrustedKey
from lineage.index.building import index_model, index_snapshot, unreadable
from lineage.index.kinds import NotIndexedError
from lineage.index.of_model import ModelIndex
from lineage.index.of_snapshot import SnapshotIndex
from lineage.index.seal import SEAL_FILE, ModelSeal, SnapshotSeal, read_seal, write_seal
from lineage.keys.vault import Vault
from lineage.models import Model, open_model
from lineage.snapshot import Snapshot
from lineage.training_statement import consumption
from lineage.warehouse import Warehouse, WarehouseError
from policies.errors import LineweightError

INDEX = "index"
TAG_FILE = "CACHEDIR.TAG"
TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# Derived from snapshots and models; see docs/tracing.md.\n"
"""By https://bford.info/cachedir/ backups leave out what can be derived again."""
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Due:
    """An index that has to be built.

    Attributes:
        directory: Of the snapshot or model.
        records: How many records, or readings, there are to take in.
        build: Builds it.
    """

    directory: str
    records: int
    build: Callable[[Progress], None]


class Indexes:
    """The indices of a warehouse.

    Args:
        warehouse: Holds snapshots and models.
        vault: Its key seals; it reads who takes part in records.
        trusted: The keys that may have signed snapshots and models.
        kept_in: Where the indices are kept; in the warehouse, if not given.

    Attributes:
        failed: Why the index of a snapshot or model could not be built, by its directory.
    """

    def __init__(
        self, warehouse: Warehouse, vault: Vault, trusted: Sequence[TrustedKey], kept_in: Warehouse | None = None
    ) -> None:
        self._warehouse, self._vault, self._trusted = warehouse, vault, tuple(trusted)
        self._kept_in = kept_in or warehouse
        self._key = TrustedKey.from_pem(vault.public_key_pem)
        self.failed: dict[str, LineweightError] = {}
        self._snapshots: dict[str, SnapshotIndex] = {}
        self._models: dict[str, ModelIndex] = {}

    def of_snapshot(self, snapshot: Snapshot) -> SnapshotIndex | None:
        """Return the index of a snapshot; None where there is none of it as it is now."""
        known = self._snapshots.get(snapshot.manifest_digest)
        if known is None:
            directory = f"{INDEX}/{snapshot.directory}"
            seal = read_seal(self._kept_in, directory, SnapshotSeal, self._key)
            if seal is None or not self._is_of(seal, snapshot):
                return None
            known = self._snapshots[snapshot.manifest_digest] = SnapshotIndex(self._kept_in, directory, seal)
        return known

    def of_model(self, model: Model) -> ModelIndex | None:
        """Return the index of a model; None where there is none of it as it is now."""
        known = self._models.get(model.directory)
        if known is None:
            directory = f"{INDEX}/{model.directory}"
            seal = read_seal(self._kept_in, directory, ModelSeal, self._key)
            if seal is None or not _is_of_model(seal, model):
                return None
            known = self._models[model.directory] = ModelIndex(self._kept_in, directory, seal)
        return known

    def due(self, snapshots: Sequence[Snapshot], models: Sequence[Model]) -> list[Due]:
        """Return what has to be built: snapshots, then models whose snapshot is at hand."""
        by_digest = {snapshot.manifest_digest: snapshot for snapshot in snapshots}
        wanted = [
            Due(one.directory, one.manifest.rows, self._building_snapshot(one))
            for one in snapshots
            if self.of_snapshot(one) is None
        ]
        wanted += [
            Due(
                model.directory,
                consumption(model.opened.predicate).rows,
                self._building_model(model, by_digest[model.snapshot_digest]),
            )
            for model in models
            if model.snapshot_digest in by_digest and self.of_model(model) is None
        ]
        return wanted

    def build(self, due: Sequence[Due], progress: Progress) -> None:
        """Build what is due; evidence that cannot be indexed is noted in ``failed``, and the others are built.

        Raises:
            WarehouseError: Nothing can be written there.
        """
        if due:
            self._kept_in.write(f"{INDEX}/{TAG_FILE}", TAG)
        for one in due:
            one.build(progress)

    def raise_if_failed(self, directory: str) -> None:
        """Do nothing unless the index of a snapshot or model could not be built because its evidence does not verify.

        Raises:
            LineweightError: Why not.
        """
        error = self.failed.get(directory)
        if error is not None and not isinstance(error, NotIndexedError):
            raise error

    def _is_of(self, seal: SnapshotSeal, snapshot: Snapshot) -> bool:
        return (
            seal.manifest == snapshot.manifest_digest
            and seal.statement == snapshot.statement_digest
            and seal.rows == snapshot.manifest.rows
            and seal.unread == unreadable(snapshot, self._vault)
        )

    def _building_snapshot(self, snapshot: Snapshot) -> Callable[[Progress], None]:
        def build(progress: Progress) -> None:
            with self._building(snapshot.directory) as directory:
                seal = index_snapshot(self._kept_in, directory, snapshot, self._vault, progress)
                write_seal(self._kept_in, directory, seal, self._vault)

        return build

    def _building_model(self, model: Model, snapshot: Snapshot) -> Callable[[Progress], None]:
        def build(progress: Progress) -> None:
            with self._building(model.directory) as directory:
                opened = open_model(self._warehouse, model.directory, self._trusted)
                seal = index_model(self._kept_in, directory, opened, snapshot.manifest, progress)
                write_seal(self._kept_in, directory, seal, self._vault)

        return build

    @contextlib.contextmanager
    def _building(self, of: str) -> Iterator[str]:
        """Give the directory to write an index in, without its old seal; note why it could not be built."""
        directory = f"{INDEX}/{of}"
        try:
            self._kept_in.delete_file(f"{directory}/{SEAL_FILE}")
            yield directory
        except OSError as error:
            self.failed[of] = WarehouseError(f"{directory}: cannot be written: {error.strerror}.")
        except LineweightError as error:
            self.failed[of] = error


def _is_of_model(seal: ModelSeal, model: Model) -> bool:
    return (
        seal.statement == model.opened.statement_digest
        and seal.manifest == model.snapshot_digest
        and seal.consumption == consumption(model.opened.predicate).sha256
    )
