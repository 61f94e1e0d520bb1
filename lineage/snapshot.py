"""A snapshot as its readers see it: signed, immutable, opened only after its signature was verified."""

import re
from collections.abc import Mapping, Sequence

import pyarrow as pa

from lineage import leaf, merkle
from lineage.canonical import sha256_hex
from lineage.encrypted import read_encrypted_source
from lineage.evidence_table import read_table
from lineage.keys.vault import Vault
from lineage.manifest import SnapshotManifest, inconsistencies, parse_manifest, shard_aad
from lineage.retention import NOTHING_REMOVED, ContentRemovedError, Removal, read_notes
from lineage.statement import Opened, TrustedKey, open_envelope, snapshot_statement
from lineage.warehouse import Warehouse
from policies.errors import LineweightError, UsageError

ROOT = "snapshots"
MANIFEST_FILE = "manifest.json"
STATEMENT_FILE = "statement.dsse.json"
VERSION = re.compile(r"v([1-9][0-9]*)")
LABEL = re.compile(r"(?P<name>[a-z0-9][a-z0-9_-]{0,62})(@v(?P<version>[1-9][0-9]*))?")


class SnapshotError(LineweightError):
    """A snapshot is incomplete, or is not the one that was signed."""

    remedy = "Verify it with `lineweight verify`; restore what is named from a copy, or build a new version."


class Snapshot:
    """One version of a snapshot.

    `open` verifies the signature and that it is about this manifest. Every file is compared with the
    signed digest when it is read, and before anything in it is decrypted or believed.

    Attributes:
        manifest: What is in it.
        manifest_digest: SHA-256 of ``manifest.json``, in hexadecimal.
        statement_digest: SHA-256 of the signed statement, in hexadecimal.
        key_ids: The trusted keys that signed it.
        removed: The shards whose content was removed under retention, by path; their leaves stand.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        directory: str,
        manifest: SnapshotManifest,
        opened: Opened,
        removed: Mapping[str, Removal] = NOTHING_REMOVED,
    ) -> None:
        self.directory = directory
        self.manifest = manifest
        self.manifest_digest = manifest.digest()
        self.statement_digest = opened.statement_digest
        self.key_ids = opened.key_ids
        self.removed = removed
        self._warehouse = warehouse

    @classmethod
    def open(cls, warehouse: Warehouse, directory: str, trusted: Sequence[TrustedKey]) -> "Snapshot":
        """Open the snapshot in a directory of the warehouse.

        Raises:
            SnapshotError: It is not complete, or the statement is about something else.
            SignatureRefusedError: No trusted key signed it.
            ManifestError: The manifest cannot be read or contradicts itself.
            RetentionNoteError: What is said to have been removed of it is about something else.
        """
        if not warehouse.exists(_inside(directory, STATEMENT_FILE)):
            raise SnapshotError(f"{directory}: is not a complete snapshot: {STATEMENT_FILE} is missing.")
        opened = open_envelope(warehouse.read(_inside(directory, STATEMENT_FILE)), trusted)
        manifest = parse_manifest(warehouse.read(_inside(directory, MANIFEST_FILE)))
        require_stated(manifest, opened)
        if directory.startswith(f"{ROOT}/") and directory != manifest.directory:
            raise SnapshotError(f"{directory}: holds {manifest.label}, which belongs in {manifest.directory}.")
        return cls(warehouse, directory, manifest, opened, read_notes(warehouse, directory, manifest, trusted))

    def file(self, path: str, sha256: str) -> bytes:
        """Return the bytes of a file of the snapshot, if they are the ones signed.

        Raises:
            SnapshotError: They are not.
            WarehouseError: The file is missing.
        """
        data = self._warehouse.read(_inside(self.directory, path))
        if sha256_hex(data) != sha256:
            raise SnapshotError(f"{path}: its bytes are not the ones that were signed.")
        return data

    def files(self) -> list[str]:
        """Return the paths of all files that stand in the snapshot's directory, sorted."""
        prefix = f"{self.directory}/" if self.directory else ""
        return [path.removeprefix(prefix) for path in self._warehouse.files(self.directory)]

    def unfinished(self) -> list[str]:
        """Return the paths of files in the snapshot's directory that somebody left half-written, sorted."""
        prefix = f"{self.directory}/" if self.directory else ""
        return [path.removeprefix(prefix) for path, _, _ in self._warehouse.unfinished(self.directory)]

    def shard(self, index: int, vault: Vault, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the records of one shard, all columns of ``RECORD_SCHEMA`` or those named.

        Raises:
            SnapshotError: The file is not the one signed, or has not the rows the manifest says.
            ContentRemovedError: It was removed, or has to be, because its time is over.
            KeyUnavailableError: The vault has no key of the tenant.
            ContentUnreadableError: The file does not open with the key.
        """
        shard = self.manifest.shards[index]
        if shard.path in self.removed:
            raise ContentRemovedError(f"{self.manifest.label}: {self.removed[shard.path].sentence}.")
        data = self.file(shard.path, shard.sha256)
        aad = shard_aad(self.manifest, shard)
        key = vault.file_key(shard.tenant, aad)
        table = read_encrypted_source(pa.BufferReader(data), shard.path, key=key, aad=aad, columns=columns)
        if table.num_rows != shard.rows:
            raise SnapshotError(f"{shard.path}: has not the number of rows the manifest says.")
        return table

    def require_leaves_file(self, index: int) -> None:
        """Do nothing if one shard's leaves file is the one signed.

        Raises:
            SnapshotError: It is not.
        """
        shard = self.manifest.shards[index]
        self.file(shard.leaves_path, shard.leaves_sha256)

    def leaves_file(self, index: int) -> pa.Table:
        """Return one shard's leaves as the file holds them: the signed bytes, and no more checked.

        Raises:
            SnapshotError: The file is not the one signed.
            EvidenceUnreadableError: It holds no leaves.
        """
        shard = self.manifest.shards[index]
        return read_table(self.file(shard.leaves_path, shard.leaves_sha256), leaf.LEAF_SCHEMA, shard.leaves_path)

    def leaves(self, index: int) -> pa.Table:
        """Return one shard's leaves, row for row with `shard`: recomputed, and their root compared.

        Raises:
            SnapshotError: The file is not the one signed, or a leaf or the root is not what it should be.
            EvidenceUnreadableError: It holds no leaves.
        """
        shard, table = self.manifest.shards[index], self.leaves_file(index)
        require_leaves(table, shard.leaves_path)
        require_root(table, shard.root, shard.leaves_path)
        return table


def require_stated(manifest: SnapshotManifest, opened: Opened) -> None:
    """Do nothing if a signed statement says what the manifest says, and that does not contradict itself.

    Raises:
        SnapshotError: Otherwise; the message names what does not hold.
    """
    if opened.statement != snapshot_statement(manifest, manifest.digest()):
        raise SnapshotError(f"The signed statement is not about this manifest of {manifest.label}.")
    faults = inconsistencies(manifest)
    if faults:
        raise SnapshotError(f"The manifest of {manifest.label} contradicts itself: {'; '.join(faults)}.")


def require_leaves(table: pa.Table, name: str) -> None:
    """Do nothing if every leaf is the hash of its digests.

    Raises:
        SnapshotError: One is not.
    """
    if not leaf.check(table):
        raise SnapshotError(f"{name}: a leaf is not the hash of its digests.")


def require_root(table: pa.Table, root: str, name: str) -> None:
    """Do nothing if ``root`` is the Merkle root of the leaves, in hexadecimal.

    Raises:
        SnapshotError: It is not.
    """
    if merkle.root(leaf.leaf_hashes(table)).hex() != root:
        raise SnapshotError(f"{name}: the leaves do not add up to the shard's root.")


def list_snapshots(warehouse: Warehouse) -> list[tuple[str, int, str]]:
    """Return (name, version, directory) of every complete snapshot, sorted by name and version."""
    found = []
    for name in warehouse.directories(ROOT):
        for version in warehouse.directories(f"{ROOT}/{name}"):
            matched, directory = VERSION.fullmatch(version), f"{ROOT}/{name}/{version}"
            if matched and warehouse.exists(f"{directory}/{STATEMENT_FILE}"):
                found.append((name, int(matched[1]), directory))
    return sorted(found)


def newest_version(warehouse: Warehouse, name: str) -> int:
    """Return the number of the newest complete version of a snapshot; 0 where there is none."""
    return max((version for known, version, _ in list_snapshots(warehouse) if known == name), default=0)


def find_snapshot(warehouse: Warehouse, label: str) -> str:
    """Return the directory of ``name@vN``, or of the latest version of ``name``.

    Raises:
        UsageError: There is no such snapshot, or the label is not one.
    """
    asked = LABEL.fullmatch(label)
    if asked is None:
        raise UsageError(f"{label!r} does not name a snapshot.", remedy="Write name, or name@v2.")
    version = int(asked["version"]) if asked["version"] else None
    complete = list_snapshots(warehouse)
    found = [entry for entry in complete if entry[0] == asked["name"] and version in (None, entry[1])]
    if not found:
        there = ", ".join(f"{name}@v{number}" for name, number, _ in complete) or "none"
        raise UsageError(f"There is no snapshot {label} in {warehouse.uri}.", remedy=f"Complete ones: {there}.")
    return found[-1][2]


def _inside(directory: str, path: str) -> str:
    return f"{directory}/{path}" if directory else path
