"""What reads files that strangers bring: each with sound bytes of its kind, and how these are changed."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from lineage import leaf
from lineage.canonical import canonical_json, sha256_hex
from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root
from lineage.dsse import seal_envelope
from lineage.evidence_table import read_table
from lineage.inputs import parse_inputs
from lineage.manifest import parse_manifest
from lineage.model_signing import read_signature
from lineage.proving.bundle import opened_bundle
from lineage.proving.data_subjects import COMMITMENT, data_subjects
from lineage.proving.files import PersonProofFile, RecordProofFile, check_proof_file, read_proof_file
from lineage.proving.proofs import prove_person, prove_records
from lineage.proving.receipts import read_receipts
from lineage.snapshot import Snapshot
from lineage.snapshot_request import parse_request
from lineage.statement import PAYLOAD_TYPE, SNAPSHOT_PREDICATE, open_envelope, statement_of
from lineage.tlog.checkpoint import open_checkpoint
from lineage.tlog.note import NoteKey, open_note
from lineage.tlog.proof import read_proof, verify_entry
from lineage.verifying.asked import gates_passed
from lineage.verifying.bundle import verify_bundle
from lineage.verifying.decisions import read_decisions, require_replayed
from lineage.verifying.model import header_of
from lineage.verifying.scope import Scope
from lineage.verifying.verify import verify_within
from lineage.warehouse import Warehouse
from lineage.weights.tensors import read_tensors
from policies.document import load_policy
from tests.lineage.fuzzing import Read, changed_bytes, changed_json
from tests.lineage.small_snapshot import POLICY
from tests.lineage.tamper.attack import Attack, Attacker, Copy, packed
from tests.lineage.tamper.forger import MODEL, SNAPSHOT, WEIGHTS, payload
from tests.lineage.tamper.world import Genuine

SIGNED = ("training", "ticket", "feed", "snapshot", "manifest", "decisions", "request", "inputs", "quality")
WHOLE = ("bundle verified", *(f"signed {name}" for name in SIGNED))
"""Readers that verify everything, so that each look takes a few hundredths of a second."""

FAST = (
    "statement", "training", "manifest", "request", "inputs", "quality", "decisions", "model.sig", "weights header",
    "tensors", "consents", "openings", "bundle", "ledger", "leaves", "record proof", "person proof", "log proof",
    "checkpoint", "note",
)  # fmt: skip
NAMES = (*FAST, *WHOLE)

Change = Callable[[bytes, Random], bytes]


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes:
        read: Reads some bytes; raises nothing but errors of our own.
        sound: Bytes that it reads.
        changes: How sound bytes are changed, beside byte by byte.
    """

    read: Read
    sound: bytes
    changes: tuple[Change, ...] = ()


def targets(genuine: Genuine, scratch: Path) -> dict[str, Target]:
    """Return all readers by name; ``scratch`` is an empty directory for files that are read by their path."""
    return {
        **_statements(genuine),
        **_documents(genuine),
        **_files(genuine, scratch),
        **_proofs(genuine),
        **_signed(genuine, scratch),
    }


def _statements(genuine: Genuine) -> dict[str, Target]:
    trusted = genuine.trusted
    names = {"statement": f"{SNAPSHOT}/statement.dsse.json", "training": f"{MODEL}/training.dsse.json"}
    return {
        name: Target(lambda data: open_envelope(data, trusted), (genuine.taken / path).read_bytes(), (changed_json,))
        for name, path in names.items()
    }


def _documents(genuine: Genuine) -> dict[str, Target]:
    policy = load_policy(POLICY, "policy.yaml")

    def decisions(data: bytes) -> None:
        for one in read_decisions(data, "decisions.json"):
            require_replayed(one, "decisions.json", policy)

    readers: dict[str, tuple[Read, str]] = {
        "manifest": (parse_manifest, f"{SNAPSHOT}/manifest.json"),
        "request": (parse_request, f"{SNAPSHOT}/request.json"),
        "inputs": (parse_inputs, f"{SNAPSHOT}/inputs.json"),
        "quality": (lambda data: gates_passed(data, "quality.json"), f"{SNAPSHOT}/quality.json"),
        "decisions": (decisions, f"{SNAPSHOT}/decisions.json"),
        "model.sig": (read_signature, f"{MODEL}/model.sig"),
    }
    return {
        name: Target(read, (genuine.taken / path).read_bytes(), (changed_json,))
        for name, (read, path) in readers.items()
    }


def _files(genuine: Genuine, scratch: Path) -> dict[str, Target]:
    def by_path(name: str, read: Callable[[Path], object]) -> Read:
        def reading(data: bytes) -> object:
            (scratch / name).write_bytes(data)
            return read(scratch / name)

        return reading

    def bundle(path: Path) -> None:
        with opened_bundle(path):
            pass

    def tensors(path: Path) -> None:
        for tensor in read_tensors(path):
            tensor.digest()

    def ledger(data: bytes) -> None:
        consumption_root(read_table(data, CONSUMPTION_SCHEMA, "ledger"))

    def leaves(data: bytes) -> None:
        leaf.check(read_table(data, leaf.LEAF_SCHEMA, "leaves"))

    taken = genuine.taken
    whole = packed(Copy(taken, genuine), Attack("nothing", Attacker.FILES, lambda copy: None)).read_bytes()
    weights = (taken / WEIGHTS).read_bytes()
    scope = Scope(genuine.trusted)
    lines = (_a_line_changed,)
    return {
        "weights header": Target(by_path("h.safetensors", header_of), weights, (_header_changed,)),
        "tensors": Target(by_path("t.safetensors", tensors), weights, (_header_changed,)),
        "consents": Target(by_path("consents.jsonl", read_receipts), (taken / "consents.jsonl").read_bytes(), lines),
        "openings": Target(
            by_path("openings.jsonl", lambda path: read_receipts(None, path)),
            (taken / "openings.jsonl").read_bytes(),
            lines,
        ),
        "bundle": Target(by_path("a.bundle", bundle), whole, (_contents_changed,)),
        "bundle verified": Target(
            by_path("b.bundle", lambda path: verify_bundle(path, scope)), whole, (_contents_changed, _member_changed)
        ),
        "ledger": Target(ledger, (taken / MODEL / "consumption/rank-0.parquet").read_bytes()),
        "leaves": Target(leaves, (taken / SNAPSHOT / "leaves/000-acme.parquet").read_bytes()),
    }


def _proofs(genuine: Genuine) -> dict[str, Target]:
    key = genuine.trusted[0]
    warehouse = Warehouse(genuine.taken)
    snapshot = Snapshot.open(warehouse, SNAPSHOT, genuine.trusted)
    statement = warehouse.read(f"{SNAPSHOT}/statement.dsse.json")
    [record] = prove_records(snapshot.leaves(0), [1], 0, [shard.root for shard in snapshot.manifest.shards])
    people = _people(snapshot)
    person = prove_person(people, bytes(32))
    log = next(iter(sorted((genuine.taken / "log").glob("*")))).read_bytes()
    checkpoint = (genuine.published / "checkpoint").read_bytes()

    def in_log(data: bytes) -> None:
        verify_entry(b"entry", read_proof(data), key.log, [key])

    def checked(data: bytes) -> None:
        read_proof_file(data)
        check_proof_file(data, statement, genuine.trusted)

    return {
        "record proof": Target(checked, RecordProofFile.of(record, snapshot.manifest).to_bytes(), (changed_json,)),
        "person proof": Target(checked, PersonProofFile.of([person], snapshot.manifest).to_bytes(), (changed_json,)),
        "log proof": Target(in_log, log),
        "checkpoint": Target(lambda data: open_checkpoint(data, key.log, [key]), checkpoint),
        "note": Target(lambda data: open_note(data, [NoteKey(key.log, key)]), checkpoint),
    }


def _signed(genuine: Genuine, scratch: Path) -> dict[str, Target]:
    """Readers of what the deployment's key signed, whatever it says: verification as a whole."""
    tree = scratch / "signed"
    shutil.copytree(genuine.taken, tree)
    receipts = read_receipts(tree / "consents.jsonl")
    scope = Scope(genuine.trusted, receipts=receipts)

    def signed(path: str, artifact: str = MODEL) -> Target:
        sound = (genuine.taken / path).read_bytes()

        def read(data: bytes) -> None:
            (tree / path).write_bytes(_under_our_key(data, genuine))
            try:
                verify_within(tree / artifact, scope)
            finally:
                (tree / path).write_bytes(sound)

        return Target(read, canonical_json(payload(sound)), (changed_json, changed_json, changed_json))

    def of_manifest(data: bytes) -> None:
        said = _object(data)
        envelope = _under_our_key(canonical_json(_statement_about(said, data)), genuine)
        (tree / SNAPSHOT / "manifest.json").write_bytes(data)
        (tree / SNAPSHOT / "statement.dsse.json").write_bytes(envelope)
        try:
            verify_within(tree / SNAPSHOT, scope)
        finally:
            for name in ("manifest.json", "statement.dsse.json"):
                shutil.copyfile(genuine.taken / SNAPSHOT / name, tree / SNAPSHOT / name)

    def attached(name: str) -> Target:
        manifest = json.loads((genuine.taken / SNAPSHOT / "manifest.json").read_bytes())
        path = SNAPSHOT + "/" + manifest[name]["path"]
        sound = (genuine.taken / path).read_bytes()

        def read(data: bytes) -> None:
            (tree / path).write_bytes(data)
            try:
                of_manifest(canonical_json({**manifest, name: {**manifest[name], "sha256": sha256_hex(data)}}))
            finally:
                (tree / path).write_bytes(sound)

        return Target(read, sound, (changed_json, changed_json, changed_json))

    return {
        "signed training": signed(f"{MODEL}/training.dsse.json"),
        "signed ticket": signed(f"{MODEL}/ticket.dsse.json"),
        "signed feed": signed(f"{MODEL}/revocations/00002.dsse.json"),
        "signed snapshot": signed(f"{SNAPSHOT}/statement.dsse.json", SNAPSHOT),
        "signed manifest": Target(
            of_manifest,
            (genuine.taken / SNAPSHOT / "manifest.json").read_bytes(),
            (changed_json, changed_json, changed_json),
        ),
        **{f"signed {name}": attached(name) for name in ("decisions", "request", "inputs", "quality")},
    }


def _under_our_key(data: bytes, genuine: Genuine) -> bytes:
    return seal_envelope(PAYLOAD_TYPE, data, [genuine.vault])


def _object(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    return said if isinstance(said, dict) else {}


def _statement_about(said: dict[str, Any], data: bytes) -> dict[str, Any]:
    """Return the statement that a manifest would have, as far as it says what one needs."""
    artifacts = {"manifest.json": sha256_hex(data)}
    shards = said.get("shards")
    for shard in shards if isinstance(shards, list) else []:
        if isinstance(shard, dict):
            artifacts |= {str(shard.get(path)): str(shard.get(sha)) for path, sha in _NAMED}
    predicate = {name: value for name, value in said.items() if name != "shards"}
    return statement_of(artifacts, SNAPSHOT_PREDICATE, predicate)


_NAMED = (("path", "sha256"), ("leaves_path", "leaves_sha256"))


def _people(snapshot: Snapshot) -> pa.Table:
    return data_subjects(snapshot.leaves(index)[COMMITMENT] for index in range(len(snapshot.manifest.shards)))


def _header_changed(sound: bytes, chance: Random) -> bytes:
    length = int.from_bytes(sound[:8], "little")
    header = changed_json(sound[8 : 8 + length], chance)
    stated = chance.choice((len(header), len(header), len(header), 0, len(header) + 1, 2**20, 10**8, 2**63))
    return stated.to_bytes(8, "little") + header + sound[8 + length :]


def _a_line_changed(sound: bytes, chance: Random) -> bytes:
    lines = sound.splitlines()
    place = chance.randrange(len(lines))
    lines[place] = changed_json(lines[place], chance)
    return b"".join(line + b"\n" for line in lines)


def _members(sound: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(held.pop("bundle.json")), held


def _packed(said: bytes, held: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("bundle.json", said)
        for name, data in held.items():
            archive.writestr(name, data)
    return sink.getvalue()


def _contents_changed(sound: bytes, chance: Random) -> bytes:
    """Another ``bundle.json`` over the same members."""
    said, held = _members(sound)
    return _packed(changed_json(json.dumps(said).encode(), chance), held)


def _member_changed(sound: bytes, chance: Random) -> bytes:
    """Another member, which ``bundle.json`` lists as it is."""
    said, held = _members(sound)
    name = chance.choice(sorted(held))
    change = changed_json if name.endswith(".json") and chance.randrange(2) else changed_bytes
    held[name] = change(held[name], chance)
    for one in said["files"]:
        if one["path"] == name:
            one.update(sha256=sha256_hex(held[name]), bytes=len(held[name]))
    return _packed(canonical_json(said), held)


def change_any(target: Target, chance: Random) -> bytes:
    """Return sound bytes of a reader, changed in one of its ways; one time in eight, bytes that are nothing at all."""
    if chance.randrange(8) == 0:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(64)))
    return chance.choice((changed_bytes, *target.changes))(target.sound, chance)
