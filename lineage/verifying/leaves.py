"""Do the leaves add up? Every leaf from its digests, every root from its leaves, and who is in the snapshot."""

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from lineage import leaf
from lineage.manifest import Shard, SnapshotManifest
from lineage.proving.data_subjects import COMMITMENT, data_subjects, stated
from lineage.snapshot import Snapshot, require_leaves, require_root
from lineage.verifying.consents import verify_consents
from lineage.verifying.depth import Level
from lineage.verifying.links import Chain, Link, require
from lineage.verifying.scope import Scope

NOT_RECOMPUTED = "Leaves: they were not recomputed, nor who is in the snapshot, nor the decisions made again (--full)."


def verify_leaves(chain: Chain, snapshot: Snapshot, scope: Scope) -> Counter[bytes] | None:
    """Verify the leaves file by file.

    Returns:
        How many leaves name each decision, by its digest; ``None`` where the leaves were not recomputed.

    Raises:
        BrokenLinkError: A leaf, a root or a count is not what it should be.
    """
    manifest = snapshot.manifest
    if scope.depth.level is not Level.FULL:
        for index in range(len(manifest.shards)):
            with chain.testing(Link.LEAVES_FILES):
                snapshot.require_leaves_file(index)
        chain.holds(Link.LEAVES_FILES, f"{len(manifest.shards)} files, each as signed")
        chain.passes_over(NOT_RECOMPUTED)
        return None
    decided = Counter[bytes]()
    grounds: list[pa.Table] = []
    with_people = data_subjects(_columns(chain, snapshot, decided, grounds))
    chain.holds(Link.LEAVES_FILES, f"{len(manifest.shards)} files, each as signed")
    chain.holds(Link.LEAVES, f"{manifest.rows:,} leaves recomputed from their digests")
    chain.holds(Link.SHARD_ROOTS, f"{len(manifest.shards)} recomputed")
    chain.holds(Link.TENANTS, f"every leaf is of its shard's tenant: {', '.join(sorted(manifest.tenant_roots))}")
    _require_people(chain, manifest, with_people)
    verify_consents(chain, snapshot, grounds, scope)
    return decided


def _columns(
    chain: Chain, snapshot: Snapshot, decided: Counter[bytes], grounds: list[pa.Table]
) -> Iterator[pa.ChunkedArray]:
    """Verify one shard's leaves after the other, note what they rest on, and yield whose they are."""
    for index, shard in enumerate(snapshot.manifest.shards):
        with chain.testing(Link.LEAVES_FILES):
            table = snapshot.leaves_file(index)
            require(table.num_rows == shard.rows, f"{shard.leaves_path}: has not the rows the manifest says.")
        with chain.testing(Link.LEAVES):
            require_leaves(table, shard.leaves_path)
        with chain.testing(Link.SHARD_ROOTS):
            require_root(table, shard.root, shard.leaves_path)
        with chain.testing(Link.TENANTS):
            _require_everywhere(table, "tenant_commitment", leaf.tenant_commitment(shard.tenant), shard)
        with chain.testing(Link.POLICY):
            _require_everywhere(table, "policy_digest", bytes.fromhex(snapshot.manifest.policy.digest), shard)
        rests_on = table.group_by(["decision_digest", "consent_receipt"]).aggregate([([], "count_all")])
        for digest, count in zip(
            rests_on["decision_digest"].to_pylist(), rests_on["count_all"].to_pylist(), strict=True
        ):
            decided[digest] += count
        grounds.append(rests_on.append_column("tenant", pa.repeat(pa.scalar(shard.tenant), rests_on.num_rows)))
        yield table[COMMITMENT]


def _require_people(chain: Chain, manifest: SnapshotManifest, people: pa.Table) -> None:
    with chain.testing(Link.DATA_SUBJECTS):
        same = stated(people) == manifest.data_subjects
        require(same, "The people in the leaves are not those that the manifest's root and count stand for.")
    chain.holds(Link.DATA_SUBJECTS, f"{people.num_rows:,} people, their root recomputed from the leaves")


def _require_everywhere(table: pa.Table, column: str, digest: bytes, shard: Shard) -> None:
    same = pc.all(pc.equal(table[column], pa.scalar(digest, leaf.DIGEST)), min_count=0).as_py()
    require(bool(same), f"{shard.leaves_path}: a {column} is another one than the manifest's.")
