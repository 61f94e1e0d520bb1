"""The manifest of a snapshot: what is in it, why, and the digests that hold it together.

Its bytes are canonical JSON (RFC 8785), so anybody can recompute its digest. Paths are relative to the
snapshot's directory. Roots are Merkle roots (RFC 9162): a shard's over its leaves, a tenant's over the
roots of its shards, the snapshot's over all shards' roots, each in the order of the manifest.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)

from lineage import merkle
from lineage.canonical import canonical_json, rfc3339, sha256_hex
from lineage.residual import Residual
from policies.errors import LineweightError
from policies.instants import read_instant

TRAIN = "train"  # the split a trainer reads; all there is of a snapshot that was not split


class ManifestError(LineweightError):
    """A manifest is not what it should be: other bytes, other fields, or numbers that do not add up."""

    remedy = "The snapshot is damaged or was not made by Lineweight: build it again, or restore it."


def _relative(path: str) -> str:
    if "\\" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError("not a path inside the snapshot's directory")
    return path


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
RelativePath = Annotated[str, AfterValidator(_relative)]
Count = Annotated[int, Field(ge=0)]
Instant = Annotated[AwareDatetime, AfterValidator(read_instant), PlainSerializer(rfc3339, return_type=str)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pool(_Part):
    """Whose records may lie together: one tenant's, or those of all who agreed to share."""

    kind: Literal["tenant", "shared"]
    tenant: Slug | None = None


class AsOf(_Part):
    """The two clocks of the decisions: what was in force when, as known when (UTC)."""

    effective_at: Instant
    recorded_at: Instant


class Shard(_Part):
    """One tenant's encrypted file of records of one split, and the leaves that stand for them, row for row."""

    path: RelativePath
    tenant: Slug
    rows: Count
    bytes: Count
    sha256: Digest
    leaves_path: RelativePath
    leaves_sha256: Digest
    root: Digest
    split: Slug = TRAIN


class DataSubjects(_Part):
    """Who wrote the records: root of the tree over them (`lineage.proving.data_subjects`), and how many they are."""

    root: Digest
    count: Count


class Attached(_Part):
    """A further file of the snapshot."""

    path: RelativePath
    sha256: Digest


class PolicyVersion(Attached):
    """The policy decided by; ``digest`` is of its canonical document, ``sha256`` of the file kept beside.

    ``activation`` is the envelope by which two people put this version in force; null where nobody but the
    deployment itself did.
    """

    policy_id: str
    version: Annotated[int, Field(ge=1)]
    digest: Digest
    activation: Attached | None = None


class Redaction(_Part):
    """What redacted the text: profile, its digest with the engine's version, the engine in words; what may be left."""

    profile: str
    digest: Digest
    engine: str
    residual: Residual


class Counts(_Part):
    """What became of every record considered; ``denied_by_reason`` adds up to ``denied``."""

    considered: Count
    permitted: Count
    denied: Count
    quarantined: Count
    denied_by_reason: dict[str, Count]


class Quality(Attached):
    """The quality gates' results."""

    success: bool


class CreatedBy(_Part):
    """The code that made it."""

    code_version: str


class SnapshotManifest(_Part):
    """Everything there is to say about one version of a snapshot, but its signature."""

    format: Literal["lineweight.snapshot/v1"] = "lineweight.snapshot/v1"
    name: Slug
    version: Annotated[int, Field(ge=1)]
    parent: Digest | None
    request: Attached
    purpose: str
    pool: Pool
    sources: tuple[str, ...]
    as_of: AsOf
    seed: int
    shards: tuple[Shard, ...]
    tenant_roots: dict[str, Digest]
    root: Digest
    rows: Count
    data_subjects: DataSubjects
    policy: PolicyVersion
    redaction: Redaction
    ledger_checkpoint: Digest
    inputs: Attached
    counts: Counts
    decisions: Attached
    quality: Quality
    lease_expires_at: Instant
    keys: Literal["vault", "derived-from-seed"]
    created_by: CreatedBy

    @property
    def directory(self) -> str:
        """Where the snapshot lies in a warehouse."""
        return snapshot_directory(self.name, self.version)

    @property
    def attached(self) -> tuple[Attached, ...]:
        """The further files that the manifest names, beside shards and leaves."""
        activation = () if self.policy.activation is None else (self.policy.activation,)
        return (self.request, self.policy, *activation, self.inputs, self.decisions, self.quality)

    def rows_of(self, split: str) -> int:
        """Return how many records a split has; 0 for one that is not there."""
        return sum(shard.rows for shard in self.shards if shard.split == split)

    @property
    def label(self) -> str:
        """Name and version, as a person writes them: ``demo@v1``."""
        return f"{self.name}@v{self.version}"

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return self.model_dump(mode="json")

    def to_bytes(self) -> bytes:
        """Return the canonical bytes: what is stored, and what the digest is of."""
        return canonical_json(self.document())

    def digest(self) -> str:
        """Return the SHA-256 of the canonical bytes, in hexadecimal."""
        return sha256_hex(self.to_bytes())


def snapshot_directory(name: str, version: int) -> str:
    """Return where a version of a snapshot lies in a warehouse."""
    return f"snapshots/{name}/v{version}"


def shard_aad(manifest: SnapshotManifest, shard: Shard) -> str:
    """Return the logical name a shard is encrypted under, wherever the file lies."""
    return f"{manifest.directory}/{shard.path}"


def parse_manifest(data: bytes) -> SnapshotManifest:
    """Return the manifest that some bytes are.

    Raises:
        ManifestError: The bytes are not a manifest in canonical form; the message names the fields.
    """
    try:
        manifest = SnapshotManifest.model_validate_json(data)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        places = {".".join(map(str, fault["loc"])) or "the document" for fault in faults}
        raise ManifestError(f"The manifest cannot be read: {', '.join(sorted(places))}.") from error
    if manifest.to_bytes() != data:
        raise ManifestError("The manifest's bytes are not in canonical form.")
    return manifest


def snapshot_root(shard_roots: Sequence[str]) -> str:
    """Return the Merkle root, in hexadecimal, of a tree whose entries are the shards' roots."""
    return merkle.root([merkle.leaf_hash(bytes.fromhex(digest)) for digest in shard_roots]).hex()


def tenant_roots(shards: Iterable[Shard]) -> dict[str, str]:
    """Return each tenant's root: that of a snapshot of its shards alone."""
    roots: dict[str, list[str]] = {}
    for shard in shards:
        roots.setdefault(shard.tenant, []).append(shard.root)
    return {tenant: snapshot_root(of_tenant) for tenant, of_tenant in roots.items()}


def inconsistencies(manifest: SnapshotManifest) -> list[str]:
    """Return every way in which a manifest contradicts itself, in words; an empty list when it does not."""
    counts, shards, alone = manifest.counts, manifest.shards, manifest.pool.tenant
    paths = [path for shard in shards for path in (shard.path, shard.leaves_path)]
    paths += [file.path for file in manifest.attached]
    laws = {
        "considered is not permitted + denied + quarantined": (
            counts.considered == counts.permitted + counts.denied + counts.quarantined
        ),
        "denied_by_reason does not add up to denied": sum(counts.denied_by_reason.values()) == counts.denied,
        "rows is not the number permitted": manifest.rows == counts.permitted,
        "the shards' rows do not add up to rows": sum(shard.rows for shard in shards) == manifest.rows,
        "there are more people than records": manifest.data_subjects.count <= manifest.rows,
        "a first version has a parent, or a later one has none": (manifest.parent is None) == (manifest.version == 1),
        "a file is named twice": len(set(paths)) == len(paths),
        "root is not the root of the shards": (manifest.root == snapshot_root([shard.root for shard in shards])),
        "tenant_roots are not the roots of the tenants' shards": (manifest.tenant_roots == tenant_roots(shards)),
        "a pool of one tenant names it, a shared one names none": (manifest.pool.kind == "tenant")
        == (alone is not None),
        "a shard is of a tenant outside the pool": alone is None or all(shard.tenant == alone for shard in shards),
    }
    return [fault for fault, kept in laws.items() if not kept] + list(manifest.redaction.residual.faults())
