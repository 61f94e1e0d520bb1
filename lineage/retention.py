"""What of a snapshot's content was removed because its time was over: said and signed before it goes.

A snapshot never changes, and nobody's words are kept for ever (storage limitation, Art. 5(1)(e) GDPR). So the
content goes and the evidence stays: of a shard the encrypted file is removed, while manifest, statement, leaves
and decisions remain and go on to verify. A signed note beside them says what was removed, why and when::

    snapshots/<name>/v<k>/retention/<digest>.dsse.json

It is an in-toto statement about the manifest and each removed file. It is written before the first file goes:
a removal that was cut short leaves a file that has to go still, and never one that is missing for no reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from lineage.canonical import digest_of, rfc3339
from lineage.dsse import Signer
from lineage.manifest import SnapshotManifest
from lineage.statement import Opened, TrustedKey, open_envelope, sign_statement, statement_of
from lineage.warehouse import Warehouse
from policies.errors import LineweightError

RETENTION_PREDICATE = "https://lineweight.dev/attestation/retention/v1"
DIRECTORY = "retention"
SUFFIX = ".dsse.json"
MANIFEST = "manifest.json"


class RetentionNoteError(LineweightError):
    """A signed note does not say what was removed of this snapshot under retention."""

    remedy = "Restore the note from a copy; a file that is missing without one was not removed by Lineweight."


class ContentRemovedError(LineweightError):
    """Content was asked for that was removed because its time was over."""

    remedy = "Build the snapshot again: the next version holds what may still be used."


@dataclass(frozen=True, slots=True)
class RemovedShard:
    """One shard whose content has to go.

    Attributes:
        path: The file, relative to the snapshot's directory.
        sha256: Of the file as it was signed, in hexadecimal.
        records: Records in it; they go together, because a file is one thing.
        outlived: How many of them had outlived their time.
        outlived_since: When the first of them had, RFC 3339, UTC.
        because: The limit they outlived, in words: a policy's days, or an agreement's.
    """

    path: str
    sha256: str
    tenant: str
    records: int
    outlived: int
    outlived_since: str
    because: str


@dataclass(frozen=True, slots=True)
class Removal:
    """A signed word that a shard's content was removed.

    Attributes:
        removed_at: When the note was signed for, RFC 3339, UTC.
        note: The note's path, relative to the snapshot's directory.
        key_ids: The trusted keys that signed it.
    """

    shard: RemovedShard
    removed_at: str
    note: str
    key_ids: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What to tell whoever asks for the content."""
        return f"content of {self.shard.path} was removed under retention on {self.removed_at[:10]}, as signed"


NOTHING_REMOVED: Mapping[str, Removal] = MappingProxyType({})


def is_note(path: str) -> bool:
    """Return whether a file of a snapshot, by its path there, is a note of what was removed."""
    return path.startswith(f"{DIRECTORY}/") and path.endswith(SUFFIX)


def retention_statement(manifest: SnapshotManifest, removed: Sequence[RemovedShard], at: datetime) -> dict[str, Any]:
    """Return what is signed of a removal: about the manifest and the files removed; a function of its arguments.

    Args:
        manifest: Of the snapshot.
        removed: The shards whose content goes, by path.
        at: The instant the limits were held against, UTC.
    """
    artifacts = {MANIFEST: manifest.digest()} | {shard.path: shard.sha256 for shard in removed}
    listed = [asdict(shard) for shard in sorted(removed, key=lambda shard: shard.path)]
    predicate = {"snapshot": manifest.label, "removed_at": rfc3339(at), "removed": listed}
    return statement_of(artifacts, RETENTION_PREDICATE, predicate)


def write_note(
    warehouse: Warehouse,
    directory: str,
    manifest: SnapshotManifest,
    removed: Sequence[RemovedShard],
    at: datetime,
    signer: Signer,
) -> str:
    """Sign what is about to be removed, and return the note's path in the warehouse; the same twice is one note."""
    statement = retention_statement(manifest, removed, at)
    path = f"{directory}/{DIRECTORY}/{digest_of(statement)[:32]}{SUFFIX}"
    warehouse.write(path, sign_statement(statement, [signer]))
    return path


def read_notes(
    warehouse: Warehouse, directory: str, manifest: SnapshotManifest, trusted: Sequence[TrustedKey]
) -> Mapping[str, Removal]:
    """Return what was removed of a snapshot, by the path of the shard; of several notes the earliest stands.

    Args:
        warehouse: Holds the snapshot.
        directory: The snapshot's, empty where it is the warehouse's root.
        manifest: The snapshot's, already verified.
        trusted: The keys that may have signed.

    Raises:
        RetentionNoteError: A note is about something else, or contradicts the manifest.
        SignatureRefusedError: No trusted key signed a note.
    """
    inside = f"{directory}/" if directory else ""
    found: dict[str, Removal] = {}
    for path in warehouse.files(f"{inside}{DIRECTORY}"):
        if is_note(note := path.removeprefix(inside)):
            for removal in _removals(open_envelope(warehouse.read(path), trusted), manifest, note):
                known = found.setdefault(removal.shard.path, removal)
                found[removal.shard.path] = min(known, removal, key=lambda one: (one.removed_at, one.note))
    return found


def _removals(opened: Opened, manifest: SnapshotManifest, note: str) -> list[Removal]:
    """Return what one note says, if it is about this manifest and about files that the manifest names."""
    try:
        said = opened.predicate
        shards = [RemovedShard(**shard) for shard in said["removed"]]
        removed_at = str(said["removed_at"])
        stated = {MANIFEST: manifest.digest()} | {shard.path: shard.sha256 for shard in shards}
    except (KeyError, TypeError, AttributeError) as error:
        raise RetentionNoteError(f"{note}: cannot be read as a note of what was removed.") from error
    named = {MANIFEST: manifest.digest()} | {shard.path: shard.sha256 for shard in manifest.shards}
    about_this = opened.statement["predicateType"] == RETENTION_PREDICATE and opened.artifacts == stated
    if not shards or not about_this or not stated.items() <= named.items():
        raise RetentionNoteError(f"{note}: is not about files of {manifest.label}.")
    return [Removal(shard, removed_at, note, opened.key_ids) for shard in shards]
