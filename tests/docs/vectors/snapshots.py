"""Vectors of one small snapshot: its leaves, manifest and signed statement, and proofs under it."""

import copy
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pyarrow as pa

from lineage import leaf, merkle
from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.manifest import SnapshotManifest, snapshot_root, tenant_roots
from lineage.proving.data_subjects import COMMITMENT, data_subjects, stated
from lineage.proving.files import PersonProofFile, RecordProofFile
from lineage.proving.proofs import prove_person, prove_records
from lineage.residual import Canaries, Seen
from lineage.statement import sign_statement, snapshot_statement
from tests.docs.vectors.documents import Vector
from tests.docs.vectors.keys import FIRST

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = sha256_hex(b"a policy")
SHARDS = [("acme", ["ada", "ada", "bert"]), ("acme", ["bert"]), ("globex", ["carla", "dora", "dora", "dora", "emil"])]


def commitment(person: str) -> bytes:
    """Return what stands for a made-up person."""
    return bytes.fromhex(sha256_hex(person.encode()))


def leaves(shard: int) -> pa.Table:
    """Return the leaves of one shard, made up but for what a verifier compares."""
    tenant, written_by = SHARDS[shard]
    rows = [
        {
            "record_id": f"r{shard}{row:031}",
            **{name: bytes.fromhex(sha256_hex(f"{name} {shard} {row}".encode())) for name in leaf.DIGEST_COLUMNS},
            "data_subject_commitment": commitment(person),
            "tenant_commitment": leaf.tenant_commitment(tenant),
            "policy_digest": bytes.fromhex(POLICY),
        }
        for row, person in enumerate(written_by)
    ]
    return leaf.seal(pa.Table.from_pylist(rows, schema=leaf.UNSEALED_SCHEMA))


@cache
def manifest() -> SnapshotManifest:
    """Return the manifest; files that do not exist are named by digests of their names."""
    shards = [
        {
            "path": f"shards/{index:05}-{tenant}.parquet",
            "tenant": tenant,
            "rows": len(written_by),
            "bytes": 100,
            "sha256": sha256_hex(b"shard %d" % index),
            "leaves_path": f"leaves/{index:05}-{tenant}.parquet",
            "leaves_sha256": sha256_hex(b"leaves %d" % index),
            "root": merkle.root(leaf.leaf_hashes(leaves(index))).hex(),
            "split": "train",
        }
        for index, (tenant, written_by) in enumerate(SHARDS)
    ]
    attached = {
        name: {"path": f"{name}.json", "sha256": sha256_hex(name.encode())}
        for name in ("request", "inputs", "decisions", "quality")
    }
    residual = {
        "canaries": {"EMAIL_ADDRESS": Canaries.of(40, 40), "PERSON": Canaries.of(40, 31),
                     "IBAN_CODE": Canaries.of(0, 0)},
        "second_detector": {"detector": "another", "records": 9, "characters": 20_000,
                            "seen": {"EMAIL_ADDRESS": Seen.of(0, 20_000), "PERSON": Seen.of(2, 20_000)}},
    }  # fmt: skip
    document = {
        **attached,
        "name": "demo",
        "version": 2,
        "parent": sha256_hex(b"version 1"),
        "purpose": "train_ai_system.finetune",
        "pool": {"kind": "shared", "tenant": None},
        "sources": ["web"],
        "as_of": {"effective_at": JUNE, "recorded_at": JUNE},
        "seed": 7,
        "shards": shards,
        "tenant_roots": {},
        "root": snapshot_root([shard["root"] for shard in shards]),
        "rows": 9,
        "data_subjects": stated(people()),
        "policy": {"path": "policy.json", "sha256": POLICY, "digest": POLICY, "policy_id": "model-training"}
        | {"version": 1, "activation": {"path": "activation.dsse.json", "sha256": sha256_hex(b"activation")}},
        "redaction": {"profile": "strict-pseudonyms", "digest": sha256_hex(b"profile"), "engine": "none"}
        | {"residual": residual},
        "ledger_checkpoint": sha256_hex(b"ledger"),
        "counts": {"considered": 12, "permitted": 9, "denied": 2, "quarantined": 1}
        | {"denied_by_reason": {"consent-unknown": 1, "minors": 1}},
        "quality": {**attached["quality"], "success": True},
        "lease_expires_at": JUNE,
        "keys": "vault",
        "created_by": {"code_version": "0"},
    }
    read = SnapshotManifest.model_validate(document)
    return read.model_copy(update={"tenant_roots": tenant_roots(read.shards)})


def people() -> pa.Table:
    """Return who wrote the records."""
    return data_subjects(leaves(index)[COMMITMENT] for index in range(len(SHARDS)))


def envelope() -> bytes:
    """Return the signed statement."""
    return sign_statement(snapshot_statement(manifest(), manifest().digest()), [FIRST])


Change = tuple[str, list[Any], Any, str]
CONTRADICTIONS: list[Change] = [
    ("considered", ["counts", "considered"], 13, "considered is not permitted + denied + quarantined"),
    ("denied by reason", ["counts", "denied_by_reason", "minors"], 2, "denied_by_reason does not add up to denied"),
    ("rows", ["rows"], 8, "rows is not the number permitted"),
    ("rows of a shard", ["shards", 0, "rows"], 4, "the shards' rows do not add up to rows"),
    ("people", ["data_subjects", "count"], 10, "there are more people than records"),
    ("a file twice", ["shards", 1, "path"], "shards/00000-acme.parquet", "a file is named twice"),
    ("a file twice, elsewhere", ["inputs", "path"], "policy.json", "a file is named twice"),
    ("root", ["root"], sha256_hex(b"root"), "root is not the root of the shards"),
    ("root of a shard", ["shards", 2, "root"], sha256_hex(b"root"), "root is not the root of the shards"),
    ("root of a tenant", ["tenant_roots", "acme"], sha256_hex(b"root"), "tenant_roots are not the roots"),
    ("a tenant more", ["tenant_roots", "other"], merkle.EMPTY_ROOT.hex(), "tenant_roots are not the roots"),
    ("a pool of nobody", ["pool", "kind"], "tenant", "a pool of one tenant names it"),
    ("a shared pool of one", ["pool", "tenant"], "acme", "a pool of one tenant names it"),
    ("another tenant's shard", ["pool"], {"kind": "tenant", "tenant": "acme"}, "a shard is of a tenant outside"),
    ("canaries", ["redaction", "residual", "canaries", "PERSON", "found"], 41, "more canaries of PERSON are found"),
    ("a bound on canaries", ["redaction", "residual", "canaries", "PERSON", "at_least"], 0.7, "does not follow"),
    ("a bound on what is seen", ["redaction", "residual", "second_detector", "seen", "PERSON", "at_most_per_10k"], 0.5,
     "does not follow"),
]  # fmt: skip
MALFORMED: list[Change] = [
    ("a field more", ["more"], 1, "It is closed."),
    ("a field more inside", ["shards", 0, "more"], 1, "It is closed."),
    ("another format", ["format"], "lineweight.snapshot/v2", "It is another format."),
    ("another spelling of a time", ["lease_expires_at"], "2026-06-01T00:00:00Z", "An instant has one spelling."),
    (
        "a time of another zone",
        ["lease_expires_at"],
        "2026-06-01T02:00:00.000000+02:00",
        "An instant has one spelling.",
    ),
    ("a digest in capitals", ["root"], "AB" * 32, "Digests are in lower case."),
    ("a digest that is short", ["root"], "ab" * 31, "Digests have 64 digits."),
    ("a path that leads out", ["shards", 0, "path"], "../00000-acme.parquet", "Paths stay inside."),
    ("a path from the root", ["shards", 0, "path"], "/etc/passwd", "Paths stay inside."),
    ("version 0", ["version"], 0, "Versions count from 1."),
    ("a name with capitals", ["name"], "Demo", "It is no slug."),
    ("a number as text", ["rows"], "9", "A number is a number."),
    ("a number below 0", ["counts", "quarantined"], -1, "Counts are not negative."),
]


def snapshot() -> Vector:
    """Return leaves, roots, manifest and signed statement, and manifests that must be refused."""
    document = manifest().document()
    missing = [
        {"name": f"without {name}", "path": [name], "remove": True, "because": "It is closed."}
        for name in ("data_subjects", "format", "parent")
    ]
    return {
        "about": "One snapshot. `refused` are changes to `manifest`: at `path`, `value` is put, or what is there is "
        "removed. The manifest with the change, in canonical form, must be refused, whoever signed it. "
        "The key is the first of dsse.json.",
        "shards": [
            {
                "tenant": tenant,
                "record_ids": leaves(index)["record_id"].to_pylist(),
                "digests": [
                    {name: row[name].hex() for name in leaf.DIGEST_COLUMNS} for row in leaves(index).to_pylist()
                ],
                "leaves": [one.hex() for one in leaf.leaf_hashes(leaves(index))],
            }
            for index, (tenant, _) in enumerate(SHARDS)
        ],
        "people": [
            {"commitment": row[COMMITMENT].hex(), "records": row["records"]} for row in people().to_pylist()
        ],
        "manifest": document,
        "manifest_sha256": manifest().digest(),
        "statement": snapshot_statement(manifest(), manifest().digest()),
        "statement_digest": digest_of(snapshot_statement(manifest(), manifest().digest())),
        "envelope": envelope().decode(),
        "trusted": [FIRST.key_id],
        "refused": [
            *({"name": name, "path": path, "value": value, "because": why}
              for name, path, value, why in (*CONTRADICTIONS, *MALFORMED)),
            *missing,
        ],
    }  # fmt: skip


def changed(document: Any, change: Vector) -> Any:
    """Return a document with one change of ``refused`` made to it."""
    copied = copy.deepcopy(document)
    place = copied
    for name in change["path"][:-1]:
        place = place[name]
    if change.get("remove"):
        del place[change["path"][-1]]
    else:
        place[change["path"][-1]] = change["value"]
    return copied


def proofs() -> Vector:
    """Return proof files that hold under the statement, and changed ones that do not."""
    roots = [shard.root for shard in manifest().shards]
    files: dict[str, RecordProofFile | PersonProofFile] = {
        f"row {row} of shard {index}": RecordProofFile.of(
            prove_records(leaves(index), [row], index, roots)[0], manifest()
        )
        for index, row in ((0, 0), (0, 2), (1, 0), (2, 3))
    }
    wanted = {"somebody in it": ["dora"], "somebody not in it": ["nobody"], "one person of two ids": ["ada", "who"]}
    for name, who in wanted.items():
        shown = [prove_person(people(), commitment(person)) for person in who]
        files[name] = PersonProofFile.of(shown, manifest())
    texts = {name: json.loads(file.to_bytes()) for name, file in files.items()}
    return {
        "about": "Proof files under the signed statement of snapshot.json. `proof` is the document; the file is its "
        "canonical form. `records` is what a person's proof shows.",
        "envelope": envelope().decode(),
        "trusted": [FIRST.key_id],
        "accepted": [
            {"name": name, "proof": texts[name]}
            | ({"records": file.records} if isinstance(file, PersonProofFile) else {})
            for name, file in files.items()
        ],
        "refused": _refused_proofs(texts),
    }


def _refused_proofs(texts: dict[str, Any]) -> list[Vector]:
    record, person, absent = (texts[name] for name in ("row 2 of shard 0", "somebody in it", "somebody not in it"))
    other, node = sha256_hex(b"other"), record["shard_path"][0]
    twice = [*absent["entries"], *absent["entries"]]
    cases: list[tuple[str, Any, list[Any], Any, str]] = [
        ("another manifest", record, ["manifest"], other, "The statement is about another."),
        ("another label", record, ["snapshot"], "demo@v1", "The statement names another."),
        ("another root", record, ["root"], other, "The statement says another."),
        ("another digest", record, ["digests", "record_commitment"], other, "It is another leaf."),
        ("a digest more", record, ["digests", "more"], other, "A leaf has eight."),
        ("another row", record, ["row", "index"], 1, "The path is of one place."),
        ("a row beyond the end", record, ["row", "index"], 3, "Places are below the count."),
        ("another shard", record, ["shard", "index"], 1, "The path is of one place."),
        ("a path too short", record, ["shard_path"], [], "It does not lead to the shard's root."),
        ("a path too long", record, ["shard_path"], [*record["shard_path"], node], "It does not lead there."),
        ("paths joined", record, ["snapshot_path"], record["snapshot_path"][:1], "It does not lead to the root."),
        ("a field more", record, ["more"], 1, "It is closed."),
        ("another format", record, ["format"], "lineweight.record-proof/v2", "It is another format."),
        ("a number as text", record, ["row", "index"], "2", "A number is a number."),
        ("another root of people", person, ["root"], other, "The statement says another."),
        ("another count", person, ["count"], 6, "The statement says another."),
        ("another number of records", person, ["entries", 0, "neighbours", 0, "records"], 2, "It is hashed."),
        ("nobody shown", person, ["entries"], [], "A proof is of somebody."),
        ("a member shown as absent", person, ["entries", 0, "neighbours"], [], "Only a tree of nobody shows it so."),
        ("one neighbour", absent, ["entries", 0, "neighbours"], absent["entries"][0]["neighbours"][:1],
         "Somebody can stand after it."),
        ("another person's gap", absent, ["entries", 0, "commitment"], "ff" * 32, "It does not stand there."),
        ("a commitment twice", absent, ["entries"], twice, "Each id stands once."),
    ]  # fmt: skip
    return [
        {"name": name, "proof": changed(proof, {"path": path, "value": value}), "because": why}
        for name, proof, path, value, why in cases
    ]


def proof_bytes(proof: Any) -> bytes:
    """Return the file of a proof of the vectors."""
    return canonical_json(proof)
