"""What somebody who holds the keys can do to a published snapshot: change it, and sign it again as if it were whole."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lineage import merkle
from lineage.canonical import canonical_json, sha256_hex
from lineage.leaf import leaf_hashes, seal
from lineage.manifest import SnapshotManifest, snapshot_root, tenant_roots
from lineage.proving.data_subjects import read_data_subjects, stated
from lineage.statement import sign_statement, snapshot_statement
from pipelines.snapshots.publish import Published
from tests.pipelines.acme import Acme

Change = Callable[[Any], Any]


def forged(world: Acme, published: Published, leaves: Change | None = None, **files: Change) -> None:
    """Change a snapshot in place and sign it again.

    Args:
        world: Holds the snapshot and the keys.
        published: The snapshot.
        leaves: What to make of each shard's leaves, as a list of rows.
        files: What to make of the documents kept with it, by the manifest's name for them.
    """
    directory, document = world.home / published.directory, published.manifest.document()
    for shard in document["shards"] if leaves else ():
        path = directory / shard["leaves_path"]
        table = pq.read_table(path)
        table = seal(pa.Table.from_pylist(leaves(table.to_pylist()), table.schema))
        pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
        shard["leaves_sha256"] = sha256_hex(path.read_bytes())
        shard["root"] = merkle.root(leaf_hashes(table)).hex()
    for name, change in files.items():
        path = directory / document[name]["path"]
        path.write_bytes(canonical_json(change(json.loads(path.read_bytes()))))
        document[name]["sha256"] = sha256_hex(path.read_bytes())
        if name == "policy":
            document[name]["digest"] = document[name]["sha256"]
    signed_again(world, published, document)


def signed_again(world: Acme, published: Published, document: dict[str, Any]) -> None:
    """Write and sign a manifest whose roots go with its shards."""
    whole = SnapshotManifest.model_validate(document)
    paths = [f"{published.directory}/{shard.leaves_path}" for shard in whole.shards]
    roots = {
        "data_subjects": stated(read_data_subjects(world.deployment.warehouse, paths)),
        "root": snapshot_root([shard.root for shard in whole.shards]),
        "tenant_roots": tenant_roots(whole.shards),
    }
    manifest = SnapshotManifest.model_validate(document | roots)
    directory = world.home / published.directory
    (directory / "manifest.json").write_bytes(manifest.to_bytes())
    statement = snapshot_statement(manifest, manifest.digest())
    (directory / "statement.dsse.json").write_bytes(sign_statement(statement, [world.deployment.vault]))
