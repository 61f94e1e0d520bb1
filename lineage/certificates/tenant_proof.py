"""That some shards of a snapshot are under its root, and what root they have together: a customer's part, no more.

The file names no other customer. That the shards named are all the customer has in the snapshot is said by the
snapshot's signed statement, whose ``tenant_roots`` name the customer's root.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lineage import merkle
from lineage.canonical import canonical_json
from lineage.manifest import Count, Digest, SnapshotManifest, snapshot_root
from lineage.proving.files import Label, Path, ProofRefusedError


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShardFile(_File):
    """One shard: its place among the snapshot's, from 0, its root, and the hashes up to the snapshot's root."""

    index: Count
    root: Digest
    path: Path


class TenantProofFile(_File):
    """The part of a snapshot that is one customer's."""

    format: Literal["lineweight.tenant-proof/v1"] = "lineweight.tenant-proof/v1"
    snapshot: Label
    manifest: Digest
    root: Digest
    tenant_root: Digest
    count: Count
    shards: Annotated[tuple[ShardFile, ...], Field(min_length=1)]

    @classmethod
    def of(cls, manifest: SnapshotManifest, tenant: str) -> "TenantProofFile":
        """Return the proof of a customer's part of a snapshot."""
        entries = [merkle.leaf_hash(bytes.fromhex(shard.root)) for shard in manifest.shards]
        levels = merkle.levels(entries)
        shards = tuple(
            ShardFile(
                index=place,
                root=shard.root,
                path=tuple(node.hex() for node in merkle.path_in(levels, place)),
            )
            for place, shard in enumerate(manifest.shards)
            if shard.tenant == tenant
        )
        return cls(
            snapshot=manifest.label,
            manifest=manifest.digest(),
            root=manifest.root,
            tenant_root=manifest.tenant_roots[tenant],
            count=len(entries),
            shards=shards,
        )

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return canonical_json(self.model_dump(mode="json"))

    def require_holds(self) -> None:
        """Do nothing if every shard is under the snapshot's root, and together they have the root that is named.

        Raises:
            ProofRefusedError: They are not, or have not.
        """
        places = [shard.index for shard in self.shards]
        if places != sorted(set(places)):
            raise ProofRefusedError("The proof names a shard twice, or out of order.")
        for shard in self.shards:
            path = [bytes.fromhex(node) for node in shard.path]
            leaf = merkle.leaf_hash(bytes.fromhex(shard.root))
            if not merkle.verify_inclusion(leaf, shard.index, self.count, path, bytes.fromhex(self.root)):
                raise ProofRefusedError("A shard of the proof does not lead to the snapshot's root.")
        if snapshot_root([shard.root for shard in self.shards]) != self.tenant_root:
            raise ProofRefusedError("The shards of the proof have not the root that it names.")


def read_tenant_proof(piece: Any) -> TenantProofFile:
    """Return the proof that some JSON is; whether it holds is not asked yet.

    Raises:
        ProofRefusedError: It is none.
    """
    try:
        return TenantProofFile.model_validate_json(canonical_json(piece))
    except ValidationError as error:
        raise ProofRefusedError("This is no proof of a customer's part of a snapshot.") from error
