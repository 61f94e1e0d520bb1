"""The published test vectors are what the code computes, and the code refuses what they say must be refused.

``pytest tests/docs/test_vectors.py --update-goldens`` writes them anew. They are published: read the difference as a
change of every verifier that others have written.
"""

import hashlib
import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lineage import leaf, merkle
from lineage.canonical import NotCanonicalError, canonical_json, digest_of
from lineage.consumption import consumption_root, fault_in_order
from lineage.dsse import SignatureRefusedError, TrustedKey
from lineage.evidence_table import EvidenceUnreadableError
from lineage.keys.rotation import RotationError, trusted_over_rotations
from lineage.manifest import ManifestError, inconsistencies, parse_manifest
from lineage.predicate import PredicateError
from lineage.proving.files import EntryFile, PersonProofFile, ProofRefusedError, check_proof_file
from lineage.proving.proofs import opens
from lineage.proving.receipts import Receipts
from lineage.statement import open_envelope, sign_statement, snapshot_statement, statement_of
from lineage.ticket import Asked, NotReleasedError, open_ticket, require_permitted
from lineage.tlog.checkpoint import open_checkpoint
from lineage.tlog.note import NoteRefusedError
from lineage.tlog.proof import read_proof, verify_entry
from lineage.verifying.consents import require_ground
from lineage.verifying.depth import Depth, Level, drawn
from lineage.verifying.links import BrokenLinkError
from policies.consent import ConsentEvent
from policies.errors import LineweightError
from policies.instants import read_instant
from tests.conftest import UPDATE
from tests.docs.reading import ROOT, blocks
from tests.docs.vectors import documents, envelopes, grounds, logs, snapshots, trees
from tests.docs.vectors.documents import Vector
from tests.docs.vectors.keys import FIRST

VECTORS = ROOT / "docs/test-vectors"
COMPUTED: dict[str, Callable[[], Vector]] = {
    "canonical-json": documents.canonical,
    "merkle": trees.trees,
    "leaf": documents.leaf_of_record,
    "data-subjects": trees.data_subjects,
    "dsse": envelopes.dsse,
    "rotations": envelopes.rotations,
    "snapshot": snapshots.snapshot,
    "proofs": snapshots.proofs,
    "tickets": grounds.tickets,
    "consents": grounds.consents,
    "consumption": trees.consumption,
    "sample": documents.sample,
    "tlog": logs.tlog,
}


def published(name: str) -> Vector:
    return dict(json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8")))


def keys() -> dict[str, TrustedKey]:
    return {key["keyid"]: TrustedKey.from_pem(key["pem"].encode()) for key in published("dsse")["keys"]}


def trusted(case: Vector) -> list[TrustedKey]:
    return [keys()[key_id] for key_id in case["trusted"]]


def raw(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


@pytest.mark.parametrize("name", COMPUTED)
def test_the_published_vectors_are_what_the_code_computes(name: str, request: pytest.FixtureRequest):
    text = json.dumps(COMPUTED[name](), indent=1) + "\n"
    path = VECTORS / f"{name}.json"
    if request.config.getoption(UPDATE):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path.name} is published and would change"


def test_every_file_of_vectors_is_computed_and_named_by_the_page():
    page = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
    assert {path.stem for path in VECTORS.iterdir()} == set(COMPUTED)
    assert [name for name in COMPUTED if f"| `{name}.json` |" not in page] == []


def test_every_refusal_says_why():
    def cases(held: Any) -> list[Vector]:
        return [one for part in held.values() for one in cases(part)] if isinstance(held, dict) else list(held)

    for name in COMPUTED:
        refused = cases(published(name)["refused"])
        assert refused, name
        assert all(case["because"] and case["name"] for case in refused), name


def test_canonical_documents_are_written_so_and_others_are_not_canonical():
    vector = published("canonical-json")
    for case in vector["documents"]:
        assert canonical_json(case["document"]).hex() == case["canonical"]
        assert bytes.fromhex(case["canonical"]).decode() == case["text"]
        assert digest_of(case["document"]) == case["sha256"]
    assert [case["name"] for case in vector["refused"] if _is_canonical(bytes.fromhex(case["bytes"]))] == []


def _is_canonical(data: bytes) -> bool:
    try:
        return canonical_json(json.loads(data)) == data
    except (ValueError, NotCanonicalError):
        return False


def test_a_leaf_is_made_of_its_eight_digests_in_order():
    vector = published("leaf")
    assert digest_of(vector["record"]) == vector["record_digest"]
    assert ConsentEvent.model_validate(vector["consent_event"]).receipt() == vector["consent_receipt"]
    assert digest_of(vector["redaction"]) == vector["digests"]["redaction_digest"]
    stated = {name: value for name, value in vector["decision"].items() if name != "digest"}
    assert digest_of(stated) == vector["decision"]["digest"] == vector["digests"]["decision_digest"]
    assert _leaf(vector) == vector["leaf"]
    for case in vector["refused"]:
        assert not (_leaf(case) == case["leaf"] if "leaf" in case else _opens(case))
    assert _opens(vector | {"data_subject_commitment": vector["digests"]["data_subject_commitment"]})


def _leaf(case: Vector) -> str:
    return merkle.leaf_hash(b"".join(bytes.fromhex(case["digests"][name]) for name in leaf.DIGEST_COLUMNS)).hex()


def _opens(case: Vector) -> bool:
    said = case["opening"]
    salt = bytes.fromhex(said["salt"])
    return opens(bytes.fromhex(case["data_subject_commitment"]), salt, said["tenant"], said["data_subject_id"])


def test_inclusion_and_consistency_are_shown_and_nothing_else_is():
    vector = published("merkle")
    assert [merkle.leaf_hash(entry) for entry in raw(vector["entries"])] == raw(vector["leaves"])
    for case in vector["inclusion"]:
        assert _included(case)
    for case in vector["consistency"]:
        assert _consistent(case)
    refused = vector["refused"]
    assert [case["name"] for case in refused["inclusion"] if _included(case)] == []
    assert [case["name"] for case in refused["consistency"] if _consistent(case)] == []


def _included(case: Vector) -> bool:
    found, root = bytes.fromhex(case["leaf"]), bytes.fromhex(case["root"])
    return merkle.verify_inclusion(found, case["index"], case["size"], raw(case["proof"]), root)


def _consistent(case: Vector) -> bool:
    roots = raw([case["first_root"], case["second_root"]])
    return merkle.verify_consistency(case["first"], case["second"], *roots, raw(case["proof"]))


def test_people_are_shown_to_be_in_a_tree_or_not_and_nothing_else_is():
    vector = published("data-subjects")
    for tree in vector["trees"]:
        assert merkle.root([merkle.leaf_hash(entry) for entry in raw(tree["entries"])]).hex() == tree["root"]
        for case in tree["proofs"]:
            assert _shown(case, tree["root"], tree["count"]) == case["records"]
    refused = vector["refused"]
    assert [case["name"] for case in refused if _shown(case, case["root"], case["count"]) is not None] == []
    for case in vector["refused_trees"]:
        entries = raw(case["entries"])
        assert merkle.root([merkle.leaf_hash(entry) for entry in entries]).hex() == case["root"]
        assert [entry[:32] for entry in entries] != sorted({entry[:32] for entry in entries})


def _shown(case: Vector, root: str, count: int) -> int | None:
    proof = EntryFile.model_validate({name: case[name] for name in ("commitment", "neighbours")}).proof(count)
    return proof.records if proof.holds(bytes.fromhex(root)) else None


def test_envelopes_are_opened_by_whoever_trusts_a_signer_and_refused_in_a_word():
    vector = published("dsse")
    for case in vector["accepted"]:
        opened = open_envelope(case["envelope"].encode(), trusted(case))
        assert (opened.statement_digest, list(opened.key_ids)) == (vector["statement_digest"], case["signed_by"])
    for case in vector["refused"]:
        assert _refusal(case["envelope"], trusted(case)) == case["refusal"], case["name"]


def _refusal(envelope: str, known: list[TrustedKey]) -> str | None:
    try:
        open_envelope(envelope.encode(), known)
    except SignatureRefusedError as error:
        return error.reason.value
    return None


def test_keys_of_a_chain_count_each_for_its_time_and_no_other_chain_is_followed():
    vector = published("rotations")
    chain = {f"{number}": data.encode() for number, data in enumerate(vector["chain"])}
    for key_id in vector["keys"]:
        known = list(trusted_over_rotations([keys()[key_id]], chain))
        assert [key.key_id for key in known] == vector["keys"]
        for case in vector["statements"]:
            assert _refusal(case["envelope"], known) == case["refusal"], case["name"]
    for case in vector["refused"]:
        with pytest.raises(RotationError):
            trusted_over_rotations([], {f"{number}": data.encode() for number, data in enumerate(case["chain"])})


def test_the_snapshot_holds_together_and_no_changed_manifest_does():
    vector = published("snapshot")
    manifest = parse_manifest(canonical_json(vector["manifest"]))
    assert not inconsistencies(manifest)
    assert manifest.digest() == vector["manifest_sha256"]
    assert snapshot_statement(manifest, manifest.digest()) == vector["statement"]
    assert open_envelope(vector["envelope"].encode(), trusted(vector)).statement == vector["statement"]
    for shard, stated in zip(vector["shards"], manifest.shards, strict=True):
        assert merkle.root(raw(shard["leaves"])).hex() == stated.root
        assert [_leaf({"digests": digests}) for digests in shard["digests"]] == shard["leaves"]
    assert [case["name"] for case in vector["refused"] if _holds(vector["manifest"], case)] == []


def _holds(document: Any, case: Vector) -> bool:
    try:
        faults = inconsistencies(parse_manifest(canonical_json(snapshots.changed(document, case))))
    except ManifestError:
        return False
    return not faults


def test_each_contradiction_breaks_the_law_that_it_names():
    for name, path, value, law in snapshots.CONTRADICTIONS:
        change = {"path": path, "value": value}
        faults = inconsistencies(
            parse_manifest(canonical_json(snapshots.changed(snapshots.manifest().document(), change)))
        )
        assert any(law in fault for fault in faults), name


def test_proof_files_hold_under_the_statement_and_no_changed_one_does():
    vector = published("proofs")
    for case in vector["accepted"]:
        shown = check_proof_file(canonical_json(case["proof"]), vector["envelope"].encode(), trusted(vector))
        assert not isinstance(shown.file, PersonProofFile) or shown.file.records == case["records"]
    for case in vector["refused"]:
        with pytest.raises(ProofRefusedError):
            check_proof_file(canonical_json(case["proof"]), vector["envelope"].encode(), trusted(vector))


def test_the_program_of_the_page_agrees_about_every_proof(tmp_path: Path):
    (program,) = [block.text for block in blocks(ROOT / "docs/evidence.md") if block.file == "check_proof.py"]
    module = types.ModuleType("check_proof")
    exec(compile(program, "check_proof.py", "exec"), module.__dict__)
    vector = published("proofs")
    statement, key, proof = (tmp_path / name for name in ("statement", "key", "proof"))
    statement.write_text(vector["envelope"], encoding="utf-8")
    key.write_bytes(trusted(vector)[0].pem)
    for case in [*vector["accepted"], *vector["refused"]]:
        proof.write_bytes(canonical_json(case["proof"]))
        refused = False
        try:
            module.main(proof, statement, key)
        except (SystemExit, KeyError, TypeError):
            refused = True
        assert refused == ("because" in case), case["name"]


def test_a_ticket_permits_what_it_says_and_nothing_else():
    vector = published("tickets")
    for case in vector["permitted"]:
        assert _permitted(vector, case), case["name"]
    assert [case["name"] for case in vector["refused"] if _permitted(vector, case)] == []
    refusal = open_ticket(_ticket(vector, vector["refusal"]), snapshots.manifest(), _signers())
    assert refusal.refused
    assert not refusal.holds_at(read_instant(grounds.ASKED["at"]))


def _permitted(vector: Vector, case: Vector) -> bool:
    asked = {name: value for name, value in case["asked"].items() if name != "at"}
    try:
        data = _ticket(vector, vector["predicate"] | case["change"])
        ticket = open_ticket(data, snapshots.manifest(), _signers())
        require_permitted(ticket, Asked(**asked))
    except (PredicateError, NotReleasedError):
        return False
    return ticket.holds_at(read_instant(case["asked"]["at"]))


def _ticket(vector: Vector, predicate: dict[str, Any]) -> bytes:
    about = {"manifest.json": published("snapshot")["manifest_sha256"]}
    return sign_statement(statement_of(about, vector["predicate_type"], predicate), [FIRST])


def _signers() -> list[TrustedKey]:
    return [FIRST.trusted]


def test_a_record_rests_on_an_event_that_bears_its_decision():
    vector = published("consents")
    assert vector["as_of"] == snapshots.manifest().as_of.model_dump(mode="json")
    for case in vector["accepted"]:
        assert _rests(case), case["name"]
    assert [case["name"] for case in vector["refused"] if _rests(case)] == []


def _rests(case: Vector) -> bool:
    told = [one for one in [case["event"], *case.get("beside", [])] if one is not None]
    events = [ConsentEvent.model_validate(one) for one in told]
    receipts = Receipts({event.receipt(): event for event in events}, given=True)
    receipt = bytes.fromhex(case["receipt"])
    try:
        require_ground(case["facts"], receipt, case["tenant"], snapshots.manifest(), receipts)
    except BrokenLinkError:
        return False
    return True


def test_what_was_consumed_has_the_root_and_nothing_else_has():
    vector = published("consumption")
    assert consumption_root(trees.ledger(vector["rows"])).hex() == vector["root"]
    assert merkle.root([merkle.leaf_hash(entry) for entry in raw(vector["entries"])]).hex() == vector["root"]
    assert hashlib.sha256(b"").hexdigest() == vector["root_of_nothing"]
    assert [case["name"] for case in vector["refused"]["rows"] if _consumed(case) == vector["root"]] == []


def test_what_was_read_was_read_in_order():
    vector = published("consumption")
    for case in [*vector["orders"], *vector["refused"]["orders"]]:
        fault = fault_in_order(trees.read_in_order(case), case["records"])
        assert bool(fault) == ("because" in case), case["name"]


def _consumed(case: Vector) -> str | None:
    try:
        return consumption_root(trees.ledger(case["rows"])).hex()
    except EvidenceUnreadableError:
        return None


def test_a_draw_follows_from_seed_and_root():
    vector = published("sample")
    for case in [*vector["draws"], *vector["refused"]]:
        places = drawn(Depth(Level.SAMPLE, case["records"], case["seed"]), case["root"], case["size"])
        assert (places == case["places"]) == ("because" not in case), case


def test_entries_are_proved_to_be_in_the_log_and_nothing_else_is():
    vector = published("tlog")
    for case in vector["accepted"]:
        assert _in_log(case, vector["origin"])
    assert [case["name"] for case in vector["refused"] if _in_log(case, vector["origin"])] == []


def _in_log(case: Vector, origin: str) -> bool:
    known = [keys()[published("proofs")["trusted"][0]]]
    try:
        found = verify_entry(case["entry"].encode(), read_proof(case["proof"].encode()), origin, known)
        outside = [open_checkpoint(case["published"].encode(), origin, known)] if "published" in case else [found]
    except (NoteRefusedError, LineweightError):
        return False
    return found in outside
