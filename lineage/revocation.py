"""Revocation feeds: which records of a published snapshot may no longer be used, signed, and a renewed lease.

``revocations/<name>/v<k>/<n>.dsse.json``, numbered from 1. The newest speaks for all before it. A snapshot is
never changed; whoever reads it skips the records that its newest feed names, and reads it only under a lease.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from lineage.canonical import digest_of
from lineage.dsse import Signer, TrustedKey
from lineage.manifest import AsOf, Digest, Instant, SnapshotManifest
from lineage.predicate import Predicate, PredicateError, read_predicate
from lineage.snapshot import MANIFEST_FILE
from lineage.statement import open_envelope, sign_statement, statement_of
from lineage.warehouse import Warehouse

REVOCATIONS_PREDICATE = "https://lineweight.dev/attestation/revocations/v1"
ROOT = "revocations"
FEED = re.compile(r"([0-9]{5,})\.dsse\.json")


def _sorted(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(ids)))


RecordIds = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], AfterValidator(_sorted)]


class FeedPolicy(Predicate):
    """The policy that the records were decided by again."""

    policy_id: str
    version: Annotated[int, Field(ge=1)]
    digest: Digest


class Revocations(Predicate):
    """What a feed says of a snapshot.

    Attributes:
        snapshot: ``name@vN``.
        as_of: The two clocks of the decisions.
        ledger_checkpoint: Of the ledgers they were made from.
        lease_expires_at: Until when the snapshot may be used with this feed, UTC.
        revoked: Ids of records that may no longer be used, by reason; each sorted.
    """

    snapshot: str
    as_of: AsOf
    ledger_checkpoint: Digest
    policy: FeedPolicy
    lease_expires_at: Instant
    revoked: dict[str, RecordIds]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed whose signature was verified.

    Attributes:
        number: From 1; a higher one was made later.
        said: What it says.
        digest: SHA-256 of what was signed, in hexadecimal.
        envelope: The file.
    """

    number: int
    said: Revocations
    digest: str
    envelope: bytes

    @property
    def revoked(self) -> frozenset[str]:
        """Ids of all records that may no longer be used."""
        return frozenset(record for records in self.said.revoked.values() for record in records)

    @property
    def lease_expires_at(self) -> datetime:
        """Until when the snapshot may be used with this feed, UTC."""
        return self.said.lease_expires_at

    @property
    def as_of(self) -> AsOf:
        """The two clocks of its decisions."""
        return self.said.as_of

    @property
    def file_name(self) -> str:
        """Its name among the feeds of the snapshot."""
        return feed_name(self.number)


def feeds_directory(manifest: SnapshotManifest) -> str:
    """Return where the feeds of a snapshot lie in a warehouse."""
    return f"{ROOT}/{manifest.name}/v{manifest.version}"


def feed_name(number: int) -> str:
    """Return the file name of a feed."""
    return f"{number:05d}.dsse.json"


def publish_feed(warehouse: Warehouse, manifest: SnapshotManifest, said: Revocations, signer: Signer) -> Feed:
    """Sign the next feed of a snapshot.

    Raises:
        PredicateError: It speaks of another snapshot.
    """
    number = 1 + max(_numbers(warehouse, manifest), default=0)
    _require_about(said, manifest, feed_name(number))
    statement = statement_of({MANIFEST_FILE: manifest.digest()}, REVOCATIONS_PREDICATE, said.document())
    envelope = sign_statement(statement, [signer])
    warehouse.write(f"{feeds_directory(manifest)}/{feed_name(number)}", envelope)
    return Feed(number, said, digest_of(statement), envelope)


def latest_feed(warehouse: Warehouse, manifest: SnapshotManifest, trusted: Sequence[TrustedKey]) -> Feed | None:
    """Return the newest feed of a snapshot, or ``None`` where none was made.

    Raises:
        SignatureRefusedError: No trusted key signed the newest: none before it is taken in its stead.
        PredicateError: It is no feed, or not of this snapshot.
    """
    number = max(_numbers(warehouse, manifest), default=0)
    if not number:
        return None
    return open_feed(warehouse.read(f"{feeds_directory(manifest)}/{feed_name(number)}"), number, manifest, trusted)


def open_feed(data: bytes, number: int, manifest: SnapshotManifest, trusted: Sequence[TrustedKey]) -> Feed:
    """Return the feed that some bytes are.

    Raises:
        SignatureRefusedError: No trusted key signed it.
        PredicateError: It is no feed, or not of this snapshot.
    """
    opened, name = open_envelope(data, trusted), feed_name(number)
    said = read_predicate(opened, REVOCATIONS_PREDICATE, Revocations, name)
    _require_about(said, manifest, name)
    if opened.artifacts != {MANIFEST_FILE: manifest.digest()}:
        raise PredicateError(f"{name}: is about another manifest than that of {manifest.label}.")
    return Feed(number, said, opened.statement_digest, data)


def lease_of(manifest: SnapshotManifest, feed: Feed | None) -> datetime:
    """Return until when a snapshot may be used, UTC: the later of what its manifest and its newest feed say."""
    return manifest.lease_expires_at if feed is None else max(manifest.lease_expires_at, feed.lease_expires_at)


def _require_about(said: Revocations, manifest: SnapshotManifest, name: str) -> None:
    if said.snapshot != manifest.label:
        raise PredicateError(f"{name}: speaks of another snapshot than {manifest.label}.")


def _numbers(warehouse: Warehouse, manifest: SnapshotManifest) -> list[int]:
    prefix = f"{feeds_directory(manifest)}/"
    found = (FEED.fullmatch(path.removeprefix(prefix)) for path in warehouse.files(prefix.rstrip("/")))
    return [int(match[1]) for match in found if match]
