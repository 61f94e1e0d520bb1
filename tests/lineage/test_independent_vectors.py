"""The independent verifier computes every published vector, and refuses what it must."""

import base64
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lineage.independent.canonical import canonical, document_of, sha256, sha256_hex
from lineage.independent.case import Snapshot
from lineage.independent.checkpoints import checkpoint_of
from lineage.independent.consents import Events, commitment_of, event_of
from lineage.independent.consumption import LEDGER, readings_of, require_order
from lineage.independent.envelopes import PAYLOAD_TYPE, LogState, Statement, Trust, encoded, opened, verified
from lineage.independent.files import Folder
from lineage.independent.grounds import require_ground
from lineage.independent.leaves import DIGESTS, leaves_of, tenant_commitment
from lineage.independent.log import included, require_logged_in_time
from lineage.independent.manifest import manifest_of, statement_about
from lineage.independent.proofs import records_of, verify_proof
from lineage.independent.report import Refused, Report
from lineage.independent.rotations import extended
from lineage.independent.sample import drawn
from lineage.independent.ticket import Run, require_permits
from lineage.independent.trees import leaf_of, person_entry, require_consistent, root_of, root_of_entries, root_of_path

VECTORS = Path(__file__).parents[2] / "docs/test-vectors"


def vectors(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / f"{name}.json").read_text())


def named(cases: list[dict[str, Any]]) -> dict[str, Any]:
    return {"argvalues": cases, "ids": [case.get("name", str(place)) for place, case in enumerate(cases)]}


def keys_of(ids: list[str]) -> dict[str, Ed25519PublicKey]:
    published = {one["keyid"]: bytes.fromhex(one["public"]) for one in vectors("dsse")["keys"]}
    return {one: Ed25519PublicKey.from_public_bytes(published[one]) for one in ids}


def hashes(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in path]


CANONICAL = vectors("canonical-json")


@pytest.mark.parametrize("case", **named(CANONICAL["documents"]))
def test_a_document_has_the_published_canonical_bytes(case: dict[str, Any]) -> None:
    written = canonical(case["document"])
    assert written == bytes.fromhex(case["canonical"]) == case["text"].encode()
    assert sha256_hex(written) == case["sha256"]


@pytest.mark.parametrize("case", **named(CANONICAL["refused"]))
def test_bytes_that_are_not_canonical_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        document_of(bytes.fromhex(case["bytes"]), "it")


MERKLE = vectors("merkle")


def test_roots_are_those_published() -> None:
    leaves = [leaf_of(bytes.fromhex(entry)) for entry in MERKLE["entries"]]
    assert [leaf.hex() for leaf in leaves] == MERKLE["leaves"]
    assert [root_of(leaves[:size]).hex() for size in range(len(leaves) + 1)] == MERKLE["roots"]


def includes(case: dict[str, Any]) -> bool:
    root = root_of_path(bytes.fromhex(case["leaf"]), case["index"], case["size"], hashes(case["proof"]))
    return root.hex() == case["root"]


def consistent(case: dict[str, Any]) -> None:
    roots = (bytes.fromhex(case["first_root"]), bytes.fromhex(case["second_root"]))
    require_consistent((case["first"], case["second"]), roots, hashes(case["proof"]))


@pytest.mark.parametrize("case", MERKLE["inclusion"])
def test_inclusion_holds(case: dict[str, Any]) -> None:
    assert includes(case)


@pytest.mark.parametrize("case", **named(MERKLE["refused"]["inclusion"]))
def test_inclusion_that_does_not_hold_is_refused(case: dict[str, Any]) -> None:
    try:
        held = includes(case)
    except Refused:
        held = False
    assert not held


@pytest.mark.parametrize("case", MERKLE["consistency"])
def test_consistency_holds(case: dict[str, Any]) -> None:
    consistent(case)


@pytest.mark.parametrize("case", **named(MERKLE["refused"]["consistency"]))
def test_consistency_that_does_not_hold_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        consistent(case)


def test_a_record_gives_the_published_leaf() -> None:
    case = vectors("leaf")
    record = sha256(canonical(case["record"]))
    assert record.hex() == case["record_digest"]
    salt = bytes.fromhex(case["opening"]["salt"])
    event = canonical(case["consent_event"])
    assert event_of(event).tenant == "acme"
    decision = {name: value for name, value in case["decision"].items() if name not in ("digest", "records")}
    digests = {
        "record_commitment": hmac.digest(salt, record, "sha256"),
        "data_subject_commitment": commitment_of(case["opening"]),
        "tenant_commitment": tenant_commitment("acme"),
        "source_batch_digest": bytes.fromhex(case["record"]["batch"]),
        "consent_receipt": sha256(event),
        "decision_digest": sha256(canonical(decision)),
        "policy_digest": bytes.fromhex(case["decision"]["policy"]),
        "redaction_digest": sha256(canonical(case["redaction"])),
    }
    assert {name: value.hex() for name, value in digests.items()} == case["digests"]
    assert b"".join(digests[name] for name in DIGESTS).hex() == case["entry"].removeprefix("00")
    assert leaves_of([digests[name] for name in DIGESTS])[0].hex() == case["leaf"]


@pytest.mark.parametrize("case", **named(vectors("leaf")["refused"]))
def test_another_commitment_or_leaf_is_refused(case: dict[str, Any]) -> None:
    if "opening" in case:
        assert commitment_of(case["opening"]).hex() != case["data_subject_commitment"]
    else:
        made = leaves_of([bytes.fromhex(case["digests"][name]) for name in DIGESTS])
        assert made[0].hex() != case["leaf"]


PEOPLE = vectors("data-subjects")
SHOWN = [(tree, proof) for tree in PEOPLE["trees"] for proof in tree["proofs"]]


@pytest.mark.parametrize("tree", **named(PEOPLE["trees"]))
def test_the_tree_over_people_is_made_so(tree: dict[str, Any]) -> None:
    entries = [person_entry(bytes.fromhex(one["commitment"]), one["records"]) for one in tree["people"]]
    assert [entry.hex() for entry in entries] == tree["entries"]
    assert [leaf_of(entry).hex() for entry in entries] == tree["leaves"]
    assert root_of_entries(entries).hex() == tree["root"]


@pytest.mark.parametrize(("tree", "proof"), SHOWN, ids=[f"{tree['name']}, {proof['name']}" for tree, proof in SHOWN])
def test_what_is_shown_of_a_person(tree: dict[str, Any], proof: dict[str, Any]) -> None:
    assert records_of(proof, tree["root"], tree["count"]) == proof["records"]


@pytest.mark.parametrize("case", **named(PEOPLE["refused"]))
def test_what_shows_nothing_of_a_person_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        records_of(case, case["root"], case["count"])


DSSE = vectors("dsse")


@pytest.mark.parametrize("case", **named(DSSE["accepted"]))
def test_an_envelope_is_opened(case: dict[str, Any]) -> None:
    statement = opened(case["envelope"].encode(), keys_of(case["trusted"]), "it")
    assert sorted(statement.signers) == sorted(case["signed_by"])
    assert statement.payload.decode() == DSSE["payload"]
    assert statement.digest == DSSE["statement_digest"]
    assert encoded(DSSE["payload_type"].encode(), statement.payload).hex() == DSSE["pae"]


@pytest.mark.parametrize("case", **named(DSSE["refused"]))
def test_an_envelope_is_refused_with_the_published_word(case: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=f"^{case['refusal']}:"):
        opened(case["envelope"].encode(), keys_of(case["trusted"]), "it")


ROTATIONS = vectors("rotations")


def chained(chain: list[str], trusted: str) -> Trust:
    files = {f"{place}": envelope.encode() for place, envelope in enumerate(chain)}
    return extended(Trust(keys_of([trusted])), files)


@pytest.mark.parametrize("trusted", ROTATIONS["keys"])
@pytest.mark.parametrize("case", **named(ROTATIONS["statements"]))
def test_each_key_of_a_chain_counts_for_its_time(case: dict[str, Any], trusted: str) -> None:
    trust = chained(ROTATIONS["chain"], trusted)
    kind = opened(case["envelope"].encode(), trust.keys, "it").kind
    if case["refusal"] is None:
        assert verified(case["envelope"].encode(), trust, "it", kind).signers
    else:
        with pytest.raises(Refused, match=f"^{case['refusal']}:"):
            verified(case["envelope"].encode(), trust, "it", kind)


@pytest.mark.parametrize("case", **named(ROTATIONS["refused"]))
def test_what_makes_no_chain_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        chained(case["chain"], ROTATIONS["keys"][0])


SNAPSHOT = vectors("snapshot")


def test_a_manifest_its_leaves_roots_and_statement() -> None:
    data = canonical(SNAPSHOT["manifest"])
    manifest = manifest_of(data)
    people: dict[bytes, int] = {}
    for shard, stated in zip(SNAPSHOT["shards"], manifest["shards"], strict=True):
        columns = [b"".join(bytes.fromhex(row[name]) for row in shard["digests"]) for name in DIGESTS]
        leaves = leaves_of(columns)
        assert [leaf.hex() for leaf in leaves] == shard["leaves"]
        assert root_of(leaves).hex() == stated["root"]
        for row in shard["digests"]:
            who = bytes.fromhex(row["data_subject_commitment"])
            people[who] = people.get(who, 0) + 1
    entries = [person_entry(who, people[who]) for who in sorted(people)]
    assert {"root": root_of_entries(entries).hex(), "count": len(people)} == manifest["data_subjects"]
    statement = opened(SNAPSHOT["envelope"].encode(), keys_of(SNAPSHOT["trusted"]), "it")
    assert statement_about(manifest, data) == statement.payload
    assert statement.digest == SNAPSHOT["statement_digest"]


@pytest.mark.parametrize("case", **named(SNAPSHOT["refused"]))
def test_a_manifest_that_contradicts_itself_is_refused(case: dict[str, Any]) -> None:
    manifest = json.loads(json.dumps(SNAPSHOT["manifest"]))
    *way, last = case["path"]
    at = manifest
    for step in way:
        at = at[step]
    if case.get("remove"):
        del at[last]
    else:
        at[last] = case["value"]
    with pytest.raises(Refused):
        manifest_of(canonical(manifest))


PROOFS = vectors("proofs")


def prove(case: dict[str, Any]) -> str:
    report = Report()
    trust = Trust(keys_of(PROOFS["trusted"]))
    verify_proof(canonical(case["proof"]), PROOFS["envelope"].encode(), trust, report)
    return report.links[-1][1]


@pytest.mark.parametrize("case", **named(PROOFS["accepted"]))
def test_a_proof_holds_under_the_signed_statement(case: dict[str, Any]) -> None:
    told = prove(case)
    assert "records" not in case or f"wrote {case['records']} records" in told


@pytest.mark.parametrize("case", **named(PROOFS["refused"]))
def test_a_changed_proof_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        prove(case)


CONSUMPTION = vectors("consumption")


def consumed(rows: list[dict[str, Any]]) -> str:
    columns = {name: [row[name] for row in rows] for name in LEDGER}
    columns["leaf"] = hashes(columns["leaf"])
    return root_of(readings_of(columns)).hex()


def test_a_consumption_ledger_has_the_published_root() -> None:
    assert consumed(CONSUMPTION["rows"]) == CONSUMPTION["root"]
    leaves = [leaf_of(bytes.fromhex(entry)) for entry in CONSUMPTION["entries"]]
    assert root_of(leaves).hex() == CONSUMPTION["root"]
    assert consumed([]) == CONSUMPTION["root_of_nothing"]


@pytest.mark.parametrize("case", **named(CONSUMPTION["refused"]["rows"]))
def test_a_changed_ledger_has_another_root(case: dict[str, Any]) -> None:
    try:
        root = consumed(case["rows"])
    except Refused:
        root = ""
    assert root != case["root"]


def order(case: dict[str, Any]) -> None:
    names = ("epoch", "optimizer_step", "shard", "row")
    columns = (
        dict(zip(names, zip(*case["rows"], strict=True), strict=True)) if case["rows"] else {name: [] for name in names}
    )
    schema = pa.schema([(name, LEDGER[name]) for name in names])
    require_order(pa.table(columns, schema), case["records"])


@pytest.mark.parametrize("case", **named(CONSUMPTION["orders"]))
def test_records_can_be_read_in_this_order(case: dict[str, Any]) -> None:
    order(case)


@pytest.mark.parametrize("case", **named(CONSUMPTION["refused"]["orders"]))
def test_nothing_can_have_been_read_in_this_order(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        order(case)


SAMPLE = vectors("sample")


@pytest.mark.parametrize("case", SAMPLE["draws"])
def test_a_word_draws_the_published_places(case: dict[str, Any]) -> None:
    assert drawn(case["seed"], case["root"], case["size"], case["records"]) == case["places"]


@pytest.mark.parametrize("case", **named(SAMPLE["refused"]))
def test_other_places_are_not_drawn(case: dict[str, Any]) -> None:
    assert drawn(case["seed"], case["root"], case["size"], case["records"]) != case["places"]


TLOG = vectors("tlog")


def logged(case: dict[str, Any]) -> None:
    trust = Trust(keys_of([vectors("dsse")["keys"][0]["keyid"]]))
    entry = json.loads(case["entry"])
    statement = Statement(entry["statement"], entry["predicateType"], {}, {}, b"", frozenset())
    published = [checkpoint_of(case["published"], trust).state] if "published" in case else None
    included(case["proof"], statement, trust, published)


def test_a_log_has_the_published_checkpoints() -> None:
    trust = Trust(keys_of([vectors("dsse")["keys"][0]["keyid"]]))
    leaves = [leaf_of(entry.encode()) for entry in TLOG["entries"]]
    assert [leaf.hex() for leaf in leaves] == TLOG["leaves"]
    states = [checkpoint_of(note, trust).state for note in TLOG["checkpoints"]]
    sizes = range(1, len(leaves) + 1)
    roots = [root_of(leaves[:size]).hex() for size in sizes]
    assert states == [LogState(TLOG["origin"], size, root) for size, root in zip(sizes, roots, strict=True)]


@pytest.mark.parametrize("case", TLOG["accepted"])
def test_a_proof_of_the_log_holds(case: dict[str, Any]) -> None:
    logged(case)


@pytest.mark.parametrize("case", **named(TLOG["refused"]))
def test_a_proof_of_the_log_that_does_not_hold_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        logged(case)


TICKETS = vectors("tickets")


def train(case: dict[str, Any]) -> None:
    ticket = TICKETS["predicate"] | case.get("change", {})
    require_permits(ticket, Run(**case["asked"]), SNAPSHOT["manifest"])


@pytest.mark.parametrize("case", **named(TICKETS["permitted"]))
def test_a_ticket_permits(case: dict[str, Any]) -> None:
    train(case)


@pytest.mark.parametrize("case", **named(TICKETS["refused"]))
def test_a_ticket_does_not_permit(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        train(case)


CONSENTS = vectors("consents")


def ground(case: dict[str, Any]) -> None:
    events = Events()
    for event in [case["event"], *case.get("beside", [])]:
        if event is not None:
            events.hear(canonical(event))
    manifest = {"as_of": CONSENTS["as_of"], "purpose": case.get("purpose", CONSENTS["purpose"])}
    statement = Statement("", "", {}, {}, b"", frozenset())
    decided = {"decision": {"facts": case["facts"]}}
    snapshot = Snapshot(Folder(Path()), manifest, statement, {}, decided)
    require_ground(snapshot, case["tenant"], "decision", bytes.fromhex(case["receipt"]), events)


@pytest.mark.parametrize("case", **named(CONSENTS["accepted"]))
def test_a_leaf_rests_on_its_consent_event(case: dict[str, Any]) -> None:
    ground(case)


@pytest.mark.parametrize("case", **named(CONSENTS["refused"]))
def test_an_event_that_bears_no_decision_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        ground(case)


def test_what_a_retired_key_signed_lies_before_its_rotation_in_its_own_log() -> None:
    """The chain of the vectors: the first key was retired when its log had so many entries."""
    first = ROTATIONS["keys"][0]
    trust = chained(ROTATIONS["chain"], first)
    then = trust.spans[first].log
    assert then is not None
    statement = Statement("", "", {}, {}, b"", frozenset({first}))
    now = replace(then, size=then.size + 10)
    require_logged_in_time(statement, then.size - 1, now, trust)
    with pytest.raises(Refused, match="after its key was retired"):
        require_logged_in_time(statement, then.size, now, trust)
    with pytest.raises(Refused, match="another log"):
        require_logged_in_time(statement, 0, replace(now, origin="lineweight.dev/log/other"), trust)
    by_both = replace(statement, signers=frozenset({first, ROTATIONS["keys"][-1]}))
    require_logged_in_time(by_both, then.size, now, trust)


def test_a_rotation_is_about_the_new_keys_file() -> None:
    """Signed by both of its keys, as the vectors publish them, and about another file: no rotation."""
    envelope = json.loads(ROTATIONS["chain"][0])
    statement = json.loads(base64.b64decode(envelope["payload"]))
    statement["subject"][0]["digest"]["sha256"] = "00" * 32
    payload = canonical(statement)
    seeds = {one["keyid"]: bytes.fromhex(one["seed"]) for one in vectors("dsse")["keys"]}
    signatures = []
    for key_id in ROTATIONS["keys"][:2]:
        key = Ed25519PrivateKey.from_private_bytes(seeds[key_id])
        signature = key.sign(encoded(PAYLOAD_TYPE.encode(), payload))
        signatures.append({"keyid": key_id, "sig": base64.b64encode(signature).decode()})
    envelope |= {"payload": base64.b64encode(payload).decode(), "signatures": signatures}
    with pytest.raises(Refused, match="about something else"):
        chained([json.dumps(envelope)], ROTATIONS["keys"][0])


NOTE = TLOG["checkpoints"][-1]


@pytest.mark.parametrize(
    "note",
    [
        NOTE.replace("\u2014 ", "- "),
        NOTE + "\n",
        NOTE.rstrip("\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE + "\u2014 too few\n",
        NOTE.partition("\n\n")[0] + "\n\n\n",
        NOTE + "\u2014 another YWJjZA==\n",
        NOTE + NOTE.partition("\n\n")[2] * 16,
    ],
    ids=["no dash", "a line more", "cut off", "no blank line", "two words", "no signature", "too short", "too many"],
)
def test_a_text_that_is_no_checkpoint_is_refused(note: str) -> None:
    trust = Trust(keys_of([vectors("dsse")["keys"][0]["keyid"]]))
    checkpoint_of(NOTE, trust)
    with pytest.raises(Refused):
        checkpoint_of(note, trust)
