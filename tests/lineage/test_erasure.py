"""Erasure statements: all that was found is answered for, nothing in it names the person, and the sums are checked."""

import copy
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from lineage.canonical import sha256_hex
from lineage.erasure import (
    ERASURE_PREDICATE,
    Erasure,
    SignedErasure,
    open_erasure,
    request_commitment,
    sign_erasure,
)
from lineage.keys.vault import Vault
from lineage.predicate import PredicateError
from lineage.statement import SignatureRefusedError, TrustedKey, sign_statement, statement_of
from lineage.tlog.entry import LogEntry, signed_files
from tests.lineage.small_snapshot import SmallWorld

NONCE, REQUEST = bytes(range(32)), b"Please erase me. Ada, ada@example.com"
ABOUT = request_commitment(NONCE, REQUEST)
SHARD = {"snapshot": "demo@v1", "path": "shards/000-acme.parquet"}
WHOLE: dict[str, Any] = {
    "requested_at": "2026-06-01T08:00:00.000000Z",
    "done_at": "2026-06-03T08:00:00.000000Z",
    "found": {
        "landed": 7,
        "governed": 5,
        "snapshots": [{"snapshot": "demo@v1", "records": 3, "shards": [{"path": SHARD["path"], "records": 3}]}],
    },
    "done": {
        "landed": {"removed": 7, "rekeyed": 0, "kept": 0, "because": ""},
        "governed": {"removed": 3, "rekeyed": 2, "kept": 0, "because": ""},
        "shards": [{**SHARD, "removed": 0, "rekeyed": 2, "kept": 1, "because": "a claim is pending"}],
        "salts_destroyed": 2,
    },
    "models": [
        {
            "model": "little/run-1",
            "records": 3,
            "readings": 6,
            "tokens": 480,
            "first_step": 11,
            "last_step": 40,
            "decision": "rollback",
            "back_to_step": 10,
            "because": "a checkpoint from before is there",
        }
    ],
    "residual": {
        "scanned_at": "2026-06-03T07:00:00.000000Z",
        "scanner": "sweep 1",
        "files": 12,
        "records": 900,
        "left": 1,
    },
    "not_in": [{"snapshot": "demo@v2", "proof": sha256_hex(b"proof")}],
}


def signed(world: SmallWorld, predicate: Mapping[str, Any], about: Mapping[str, str] | None = None) -> bytes:
    """An envelope round whatever somebody says, true or not."""
    return sign_statement(statement_of(about or {"request": ABOUT}, ERASURE_PREDICATE, predicate), [world.vault])


def filed(world: SmallWorld, *signers: Vault) -> SignedErasure:
    return sign_erasure(world.warehouse, Erasure.model_validate(WHOLE), ABOUT, signers or [world.vault])


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """The sound statement, with what lies at a path replaced."""
    said: Any = copy.deepcopy(WHOLE)
    place = said
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return dict(said)


def test_an_erasure_says_after_signing_what_was_said_before(world: SmallWorld):
    made = filed(world)
    [path] = world.warehouse.files("erasures")
    assert path.startswith("erasures/2026-06-03T080000.000000Z-")
    found = open_erasure(world.warehouse.read(path), world.trusted, ABOUT)
    assert found == made
    assert found.said.document() == WHOLE
    assert found.said.done_at == datetime(2026, 6, 3, 8, tzinfo=UTC)
    [logged] = signed_files(world.warehouse, world.trusted)
    assert logged.entry == LogEntry(ERASURE_PREDICATE, made.digest)


def test_whose_erasure_it_was_only_the_holder_of_the_request_can_show(world: SmallWorld):
    made = filed(world)
    assert open_erasure(made.envelope, world.trusted, request_commitment(NONCE, REQUEST)).request == ABOUT
    for nonce, request in ((bytes(32), REQUEST), (NONCE, b"somebody else")):
        with pytest.raises(PredicateError, match="another request"):
            open_erasure(made.envelope, world.trusted, request_commitment(nonce, request))
    assert sha256_hex(REQUEST) not in made.envelope.decode()
    with pytest.raises(PredicateError, match="32 random bytes"):
        request_commitment(b"", REQUEST)


def test_nothing_in_an_erasure_has_room_for_a_person(world: SmallWorld):
    def fields(schema: Any) -> set[str]:
        inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        own = set(schema.get("properties", {})) if isinstance(schema, dict) else set()
        return own.union(*(fields(part) for part in inner))

    named = fields(json.loads(json.dumps(Erasure.model_json_schema())))
    assert not [name for name in named if "subject" in name or "person" in name or name.endswith("_id")]


def test_two_may_sign_and_nobody_may_not(world: SmallWorld, tmp_path):
    officer = Vault.open(tmp_path / "officer")
    made = filed(world, world.vault, officer)
    trusted = [TrustedKey.from_pem(officer.public_key_pem)]
    assert open_erasure(made.envelope, trusted).key_ids == (officer.key_id,)
    assert made.key_ids == tuple(sorted((world.vault.key_id, officer.key_id)))
    with pytest.raises(SignatureRefusedError, match="no-signature"):
        sign_erasure(world.warehouse, made.said, ABOUT, [])
    with pytest.raises(SignatureRefusedError, match="unknown-key"):
        open_erasure(filed(world).envelope, trusted)


KEPT = {"removed": 6, "rekeyed": 0, "kept": 1, "because": "asked by a court"}
MODEL = WHOLE["models"][0]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (changed("done", "landed", "removed", to=6), "what was done is not about what was found"),
        (changed("found", "governed", to=6), "what was done is not about what was found"),
        (changed("done", "shards", to=[]), "in snapshots is not about what was found"),
        (changed("done", "shards", to=WHOLE["done"]["shards"] * 2), "in snapshots is not about what was found"),
        (changed("done", "shards", 0, "rekeyed", to=3), "in snapshots is not about what was found"),
        (changed("done", "shards", 0, "snapshot", to="demo@v3"), "in snapshots is not about what was found"),
        (changed("done", "landed", to=KEPT), "what is left is not what was kept"),
        (changed("residual", "left", to=0), "what is left is not what was kept"),
        (changed("residual", "records", to=0), "more is left than was looked at"),
        (changed("done", "shards", 0, "because", to=" "), "what is kept has a reason"),
        (changed("done", "landed", "because", to="why not"), "nothing else has one"),
        (changed("found", "snapshots", 0, "records", to=4), "do not add up to the snapshot"),
        (changed("found", "snapshots", 0, "shards", to=[]), "found"),
        (changed("found", "snapshots", to=WHOLE["found"]["snapshots"] * 2), "a snapshot is listed twice"),
        (changed("not_in", 0, "snapshot", to="demo@v1"), "proved to hold nothing"),
        (changed("not_in", to=WHOLE["not_in"] * 2), "a snapshot is proved twice"),
        (changed("models", to=[MODEL, MODEL]), "a model is listed twice"),
        (changed("models", 0, "because", to=""), "models"),
        (changed("models", 0, "decision", to="forget"), "models"),
        (changed("models", 0, "decision", to="retrain"), "a rollback, and nothing else"),
        (changed("models", 0, "back_to_step", to=None), "a rollback, and nothing else"),
        (changed("models", 0, "back_to_step", to=12), "before the first reading"),
        (changed("models", 0, "last_step", to=10), "does not add up"),
        (changed("models", 0, "readings", to=2), "does not add up"),
        (changed("done_at", to="2026-05-01T00:00:00.000000Z"), "before it was asked for"),
        (changed("residual", "scanned_at", to="2026-06-04T00:00:00.000000Z"), "searched at another time"),
        (changed("done", "salts_destroyed", to=-1), "done"),
        (changed("found", "landed", to=True), "predicate|found"),
        (changed("data_subject_id", to="ds_1"), "data_subject_id"),
    ],
)
def test_what_does_not_add_up_is_refused_although_it_is_signed(world: SmallWorld, said: dict[str, Any], says: str):
    with pytest.raises(PredicateError, match=says):
        open_erasure(signed(world, said), world.trusted)


@pytest.mark.parametrize("decision", ["keep", "retrain", "withdraw"])
def test_a_model_may_be_kept_trained_again_or_withdrawn_for_a_stated_reason(world: SmallWorld, decision: str):
    said = changed("models", 0, to={**MODEL, "decision": decision, "back_to_step": None})
    assert open_erasure(signed(world, said), world.trusted).said.models[0].decision == decision


def test_of_somebody_nobody_knew_nothing_is_found_and_that_can_be_signed(world: SmallWorld):
    nothing = {"removed": 0, "rekeyed": 0, "kept": 0, "because": ""}
    said = {
        **WHOLE,
        "found": {"landed": 0, "governed": 0, "snapshots": []},
        "done": {"landed": nothing, "governed": nothing, "shards": [], "salts_destroyed": 0},
        "models": [],
        "residual": {**WHOLE["residual"], "left": 0},
    }
    assert open_erasure(signed(world, said), world.trusted).said.done.kept == 0


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda world: signed(world, WHOLE, {"person": ABOUT}), "not about one request"),
        (lambda world: signed(world, WHOLE, {"request": ABOUT, "more": ABOUT}), "not about one request"),
        (lambda world: sign_statement(statement_of({"request": ABOUT}, "https://x/v1", WHOLE), [world.vault]),
         "something else"),
    ],
    ids=["of a person", "of two things", "of another kind"],
)  # fmt: skip
def test_what_is_not_about_one_request_is_no_erasure(world: SmallWorld, harm: Callable[[SmallWorld], bytes], says: str):
    with pytest.raises(PredicateError, match=says):
        open_erasure(harm(world), world.trusted)
