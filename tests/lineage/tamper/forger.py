"""Somebody with the deployment's signing key, who changes one thing and signs everything downstream anew.

What is computed from something else is computed again, so that only what the change itself contradicts can tell.
"""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import leaf, merkle
from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root
from lineage.dsse import Signer
from lineage.evidence_table import read_table, table_bytes
from lineage.manifest import SnapshotManifest, snapshot_root, tenant_roots
from lineage.model_signing import IGNORED, ROOT, SIGNATURE_FILE, files_root, sign_model
from lineage.proving.data_subjects import COMMITMENT, data_subjects, stated
from lineage.statement import sign_statement
from lineage.training_statement import header_metadata, training_statement

MODEL, SNAPSHOT = "models/little/run-1", "snapshots/demo/v1"
LEDGER = f"{MODEL}/consumption/rank-0.parquet"
WEIGHTS = f"{MODEL}/model.safetensors"
Document = dict[str, Any]


class Forger:
    """The files of a tree, and a key to sign them with.

    Attributes:
        manifest: The snapshot's, as a document to be changed.
        predicate: Of the training statement.
        tensors: Bytes of the model's tensors, by name.
        kind: ``predicateType`` of the training statement.
        stated: SHA-256 of the tensors by file, if not the true ones.
        signs_for_others: Whether there is a ``model.sig``.
    """

    def __init__(self, tree: Path, signer: Any) -> None:
        self.tree, self.signer = tree, signer
        self.manifest: Document = self.json(f"{SNAPSHOT}/manifest.json")
        self.predicate: Document = payload(self.read(f"{MODEL}/training.dsse.json"))["predicate"]
        self.tensors = {"embedding": b"\x01\x02\x03\x04", "head": b"\x05\x06\x07\x08"}
        self.metadata: dict[str, str] = {}
        self.stated: dict[str, str] = {}
        self.signs_for_others = (tree / MODEL / SIGNATURE_FILE).exists()
        self._about = sha256_hex(self.read(f"{SNAPSHOT}/manifest.json"))

    def read(self, path: str) -> bytes:
        return (self.tree / path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / path).write_bytes(data)

    def json(self, path: str) -> Any:
        return json.loads(self.read(path))

    # ── the snapshot ────────────────────────────────────────────────────────────────────────────────────────

    def leaves(self, index: int) -> pa.Table:
        path = self.manifest["shards"][index]["leaves_path"]
        return read_table(self.read(f"{SNAPSHOT}/{path}"), leaf.LEAF_SCHEMA, path)

    def put_leaves(self, index: int, table: pa.Table, *, sealed: bool = True) -> None:
        """Put other leaves in a shard's place; roots, people and the ledger follow. ``sealed``: hashed anew too."""
        shard = self.manifest["shards"][index]
        table = leaf.seal(table) if sealed else table
        data = table_bytes(table, leaf.LEAF_SCHEMA)
        self.write(f"{SNAPSHOT}/{shard['leaves_path']}", data)
        root = merkle.root(leaf.leaf_hashes(table)).hex()
        shard.update(leaves_sha256=sha256_hex(data), root=root, rows=table.num_rows)
        self.follow_shards()
        self._follow_leaves()

    def follow_shards(self) -> None:
        """Compute again what the manifest says over all shards."""
        said = SnapshotManifest.model_validate(self.manifest)
        tables = [self.leaves(index) for index in range(len(said.shards))]
        people = stated(data_subjects(table[COMMITMENT] for table in tables))
        self.manifest.update(
            root=snapshot_root([shard.root for shard in said.shards]),
            tenant_roots=tenant_roots(said.shards),
            data_subjects=people.model_dump(mode="json"),
        )

    def attach(self, name: str, data: bytes) -> None:
        """Put another file in the place of one that the manifest names, and name that."""
        named = self.manifest[name]
        self.write(f"{SNAPSHOT}/{named['path']}", data)
        named["sha256"] = sha256_hex(data)

    def change(self, name: str, change: Callable[[Any], object]) -> None:
        """Change a JSON file that the manifest names."""
        document = self.json(f"{SNAPSHOT}/{self.manifest[name]['path']}")
        change(document)
        self.attach(name, canonical_json(document))

    def save(self) -> None:
        """Sign the snapshot as it is now, and the model after it."""
        self._sign_snapshot(canonical_json(self.manifest))
        self.save_model()

    def save_spelled(self, spelled: bytes) -> None:
        """Sign the snapshot with a manifest of these bytes."""
        self._sign_snapshot(spelled)
        self.save_model()

    def _sign_snapshot(self, data: bytes) -> None:
        shards = self.manifest.get("shards", [])
        artifacts = {"manifest.json": sha256_hex(data)}
        for shard in shards:
            artifacts |= {shard["path"]: shard["sha256"], shard["leaves_path"]: shard["leaves_sha256"]}
        said = {name: value for name, value in self.manifest.items() if name != "shards"}
        template = payload(self.read(f"{SNAPSHOT}/statement.dsse.json"))
        subject = [{"name": name, "digest": {"sha256": artifacts[name]}} for name in sorted(artifacts)]
        statement = {**template, "subject": subject, "predicate": said}
        for directory, name in ((SNAPSHOT, "manifest.json"), (f"{MODEL}/snapshot", "manifest.json")):
            self.write(f"{directory}/{name}", data)
            self.write(f"{directory}/statement.dsse.json", sign_statement(statement, [self.signer]))

    # ── the model ───────────────────────────────────────────────────────────────────────────────────────────

    def ledger(self) -> pa.Table:
        return read_table(self.read(LEDGER), CONSUMPTION_SCHEMA, LEDGER)

    def put_ledger(self, table: pa.Table) -> None:
        self.write(LEDGER, table_bytes(table, CONSUMPTION_SCHEMA))

    def change_ledger(self, change: Callable[[list[Document]], object]) -> None:
        """Change the rows of the ledger; the model is not signed yet."""
        rows = self.ledger().to_pylist()
        change(rows)
        self.put_ledger(pa.Table.from_pylist(rows, schema=CONSUMPTION_SCHEMA))

    @property
    def recipe(self) -> Document:
        """What was asked of the training."""
        asked: Document = self.predicate["buildDefinition"]["externalParameters"]
        return asked

    def dependency(self, name: str) -> Document:
        found = [one for one in self.predicate["buildDefinition"]["resolvedDependencies"] if one["name"] == name]
        return found[-1]

    def sign_again(self, path: str, change: Callable[[Document], object], signer: Signer | None = None) -> str:
        """Change a signed statement of the tree and sign it, by the deployment's key if not said; its digest."""
        statement = payload(self.read(path))
        change(statement)
        self.write(path, sign_statement(statement, [signer or self.signer]))
        return digest_of(statement)

    def save_model(self, artifacts: Mapping[str, str] | None = None) -> None:
        """Sign the model as it is now; ``artifacts`` are those of the statement, if not the true ones."""
        self._follow_snapshot()
        self._follow_files()
        internal = self.predicate["buildDefinition"]["internalParameters"]
        internal["tensors"] = self.stated or {"model.safetensors": sha256_hex(b"".join(self.tensors.values()))}
        self.write(f"{MODEL}/recipe.json", canonical_json(self.recipe))
        self.write(WEIGHTS, safetensors({**header_metadata(self.predicate), **self.metadata}, self.tensors))
        digests = {"model.safetensors": sha256_hex(self.read(WEIGHTS))}
        digests |= self._for_others() if self.signs_for_others else {}
        statement = training_statement(self.predicate, digests if artifacts is None else artifacts)
        self.write(f"{MODEL}/training.dsse.json", sign_statement(statement, [self.signer]))

    def _follow_leaves(self) -> None:
        """Name in the ledger what stands in the leaves now."""
        leaves = [self.leaves(index).to_pylist() for index in range(len(self.manifest["shards"]))]

        def named(rows: list[Document]) -> None:
            for row in rows:
                stands = leaves[row["shard"]][row["row"]]
                row.update(record_id=stands["record_id"], leaf=stands["leaf"])

        self.change_ledger(named)

    def _follow_snapshot(self) -> None:
        data = self.read(f"{SNAPSHOT}/manifest.json")
        label = f"{self.manifest['name']}@v{self.manifest['version']}"
        statement = payload(self.read(f"{SNAPSHOT}/statement.dsse.json"))
        named = self.dependency("snapshot")
        named.update(uri=f"snapshot:{label}", digest={"sha256": sha256_hex(data)})
        named["annotations"] = {"root": self.manifest["root"]}
        self.dependency("snapshot-statement")["digest"] = {"sha256": digest_of(statement)}
        self.dependency("policy")["digest"] = {"sha256": self.manifest["policy"]["digest"]}
        if sha256_hex(data) == self._about:
            return
        self._about = sha256_hex(data)
        policy = self.manifest["policy"]
        self.dependency("policy")["uri"] = f"policy:{policy['policy_id']}@v{policy['version']}"
        self.dependency("snapshot-statement")["uri"] = f"snapshot:{label}"
        for one in self.predicate["buildDefinition"]["resolvedDependencies"]:
            if one["name"] in ("release-ticket", "revocation-feed"):
                path = f"{MODEL}/{one['annotations']['path']}"
                one["digest"] = {"sha256": self.sign_again(path, self._about_this)}

    def _about_this(self, statement: Document) -> None:
        statement["subject"] = [{"name": "manifest.json", "digest": {"sha256": self._about}}]
        statement["predicate"]["snapshot"] = f"{self.manifest['name']}@v{self.manifest['version']}"

    def _follow_files(self) -> None:
        for one in self.predicate["runDetails"]["byproducts"]:
            data = self.read(f"{MODEL}/{one['annotations']['path']}")
            one["digest"] = {"sha256": sha256_hex(data)}
            if one["name"] == "consumption":
                table = self.ledger()
                one["annotations"].update(root=consumption_root(table).hex(), rows=str(table.num_rows))

    def _for_others(self) -> dict[str, str]:
        place = self.tree / MODEL
        files = {path.relative_to(place).as_posix(): path for path in place.rglob("*") if path.is_file()}
        digests = {path: sha256_hex(file.read_bytes()) for path, file in files.items() if path not in IGNORED}
        self.write(f"{MODEL}/{SIGNATURE_FILE}", sign_model("run-1", digests, self.signer))
        return {SIGNATURE_FILE: sha256_hex(self.read(f"{MODEL}/{SIGNATURE_FILE}")), ROOT: files_root(digests)}


def payload(envelope: bytes) -> Document:
    """Return the statement in an envelope, whoever signed it."""
    return dict(json.loads(base64.b64decode(json.loads(envelope)["payload"])))


def safetensors(metadata: Mapping[str, str], tensors: Mapping[str, bytes]) -> bytes:
    """Return tensors of bytes, in the format of https://github.com/huggingface/safetensors."""
    header: Document = {"__metadata__": dict(metadata)}
    body = b""
    for name, data in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + body
