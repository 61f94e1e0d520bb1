"""The seal of an index: what it was built from, the digest of each of its files, and the deployment's signature.

Without the seal, whoever can write ``index/`` could hide a person: that something is *not* in an index cannot be
checked against what it points to. With it, every block that is read is proven, also the one that does not hold the
person. The envelope is DSSE, its payload canonical JSON of a type of its own, so a seal can never stand for evidence.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lineage.canonical import canonical_json
from lineage.dsse import SignatureRefusedError, Signer, TrustedKey, seal_envelope, verified_payload
from lineage.index.bitmaps import WrittenBitmap
from lineage.index.table import Written
from lineage.warehouse import Warehouse

SEAL_TYPE = "application/vnd.lineweight.index+json"
SEAL_FILE = "seal.dsse.json"
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SealedTable(_Part):
    """A table: its rows, and the SHA-256 of its ``.blocks``."""

    rows: Count
    sha256: Digest

    @classmethod
    def of(cls, written: Written) -> "SealedTable":
        """Return what a seal says of a table that was written."""
        return cls(rows=written.rows, sha256=written.sha256)

    def written(self) -> Written:
        """Return what the table was when it was written."""
        return Written(self.rows, self.sha256)


class SealedBitmap(_Part):
    """A bitmap: where it is in its file, and the SHA-256 of its bytes."""

    at: Count
    bytes: Count
    sha256: Digest
    ordinals: Count

    @classmethod
    def of(cls, written: WrittenBitmap) -> "SealedBitmap":
        """Return what a seal says of a bitmap that was written."""
        return cls(at=written.at, bytes=written.bytes, sha256=written.sha256, ordinals=written.ordinals)

    def written(self) -> WrittenBitmap:
        """Return what the bitmap was when it was written."""
        return WrittenBitmap(self.at, self.bytes, self.sha256, self.ordinals)


class SnapshotSeal(_Part):
    """What an index of a snapshot was built from, and its files.

    Attributes:
        manifest: SHA-256 of the manifest.
        statement: SHA-256 of the signed statement.
        rows: Records of the snapshot.
        unread: Places of the shards of which nobody could read who takes part in their records.
        people, records: The tables.
        consented: Which records rest on a consent.
        batches: Which records came with a landed file, by its SHA-256.
    """

    format: Literal["lineweight.index.snapshot/v1"] = "lineweight.index.snapshot/v1"
    manifest: Digest
    statement: Digest
    rows: Count
    unread: tuple[Count, ...]
    people: SealedTable
    records: SealedTable
    consented: SealedBitmap
    batches: dict[str, SealedBitmap]


class ModelSeal(_Part):
    """What an index of a model was built from, and its files.

    Attributes:
        statement: SHA-256 of the signed training statement.
        manifest: SHA-256 of the manifest of the snapshot it was trained on.
        consumption: SHA-256 of the consumption ledger.
        rows: Records of the snapshot.
        read: Which records it read.
        readings: The table of how often, and in which steps.
    """

    format: Literal["lineweight.index.model/v1"] = "lineweight.index.model/v1"
    statement: Digest
    manifest: Digest
    consumption: Digest
    rows: Count
    read: SealedBitmap
    readings: SealedTable


Seal = TypeVar("Seal", SnapshotSeal, ModelSeal)


def write_seal(warehouse: Warehouse, directory: str, seal: SnapshotSeal | ModelSeal, signer: Signer) -> None:
    """Sign a seal and write it: from then on the index is complete."""
    payload = canonical_json(seal.model_dump(mode="json"))
    warehouse.write(f"{directory}/{SEAL_FILE}", seal_envelope(SEAL_TYPE, payload, [signer]))


def read_seal(warehouse: Warehouse, directory: str, kind: type[Seal], key: TrustedKey) -> Seal | None:
    """Return the seal of an index; None where there is none of this version that the deployment signed."""
    path = f"{directory}/{SEAL_FILE}"
    if not warehouse.exists(path):
        return None
    try:
        payload, _ = verified_payload(warehouse.read(path), SEAL_TYPE, [key])
        return kind.model_validate_json(payload)
    except (SignatureRefusedError, ValidationError):
        return None
