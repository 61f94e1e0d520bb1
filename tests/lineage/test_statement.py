"""Signed statements: what a trusted key did not sign is refused, with the reason."""

import base64
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lineage.canonical import canonical_json, digest_of
from lineage.dsse import seal_envelope
from lineage.keys.vault import Vault
from lineage.statement import (
    PAYLOAD_TYPE,
    Refusal,
    SignatureRefusedError,
    TrustedKey,
    load_trusted,
    open_envelope,
    pae,
    sign_statement,
    snapshot_statement,
    statement_of,
)
from policies.errors import InputError
from tests.lineage.small_snapshot import SmallWorld

STATEMENT = statement_of({"a.txt": "0" * 64}, "https://example.com/p/v1", {"says": "so"})


@pytest.fixture
def ours(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path / "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path / "theirs")


def trusting(*vaults: Vault) -> tuple[TrustedKey, ...]:
    return tuple(TrustedKey.from_pem(vault.public_key_pem) for vault in vaults)


def refusal(data: bytes, trusted: tuple[TrustedKey, ...]) -> Refusal:
    with pytest.raises(SignatureRefusedError) as refused:
        open_envelope(data, trusted)
    return refused.value.reason


def test_the_bytes_signed_are_those_of_the_dsse_specification():
    # The vector of github.com/secure-systems-lab/dsse, protocol.md.
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_signed_statement_opens_for_whoever_trusts_the_key(ours: Vault):
    opened = open_envelope(sign_statement(STATEMENT, [ours]), trusting(ours))
    assert opened.statement == STATEMENT
    assert opened.statement_digest == digest_of(STATEMENT)
    assert opened.key_ids == (ours.key_id,)
    assert opened.artifacts == {"a.txt": "0" * 64}
    assert opened.predicate == {"says": "so"}


def test_a_second_signature_adds_a_key_and_leaves_the_digest(ours: Vault, theirs: Vault):
    envelope = sign_statement(STATEMENT, [ours, theirs])
    both = open_envelope(envelope, trusting(ours, theirs))
    assert both.key_ids == tuple(sorted((ours.key_id, theirs.key_id)))
    assert open_envelope(envelope, trusting(ours)).key_ids == (ours.key_id,)
    assert both.statement_digest == open_envelope(sign_statement(STATEMENT, [ours]), trusting(ours)).statement_digest


def test_without_keys_to_trust_nothing_is_believed(ours: Vault):
    assert refusal(sign_statement(STATEMENT, [ours]), ()) is Refusal.NO_TRUSTED_KEY


def test_an_unknown_key_is_refused(ours: Vault, theirs: Vault):
    assert refusal(sign_statement(STATEMENT, [theirs]), trusting(ours)) is Refusal.UNKNOWN_KEY


def _changed(envelope: bytes, **changes: Any) -> bytes:
    return canonical_json({**json.loads(envelope), **changes})


def test_an_envelope_without_signatures_is_refused(ours: Vault):
    unsigned = _changed(sign_statement(STATEMENT, [ours]), signatures=[])
    assert refusal(unsigned, trusting(ours)) is Refusal.NO_SIGNATURE
    with pytest.raises(SignatureRefusedError):
        sign_statement(STATEMENT, [])


def test_a_changed_payload_is_refused(ours: Vault):
    payload = base64.b64encode(canonical_json({**STATEMENT, "predicate": {"says": "no"}})).decode()
    assert refusal(_changed(sign_statement(STATEMENT, [ours]), payload=payload), trusting(ours)) is (
        Refusal.BAD_SIGNATURE
    )


def test_a_bad_signature_by_a_trusted_key_is_not_made_good_by_another(ours: Vault, theirs: Vault):
    envelope = json.loads(sign_statement(STATEMENT, [ours, theirs]))
    envelope["signatures"][0]["sig"] = envelope["signatures"][1]["sig"]
    assert refusal(canonical_json(envelope), trusting(ours, theirs)) is Refusal.BAD_SIGNATURE


def test_a_signature_under_a_trusted_name_by_another_key_is_refused(ours: Vault, theirs: Vault):
    envelope = json.loads(sign_statement(STATEMENT, [theirs]))
    envelope["signatures"][0]["keyid"] = ours.key_id
    assert refusal(canonical_json(envelope), trusting(ours)) is Refusal.BAD_SIGNATURE


def test_another_payload_type_is_refused_even_if_signed(ours: Vault):
    envelope = seal_envelope("text/plain", canonical_json(STATEMENT), [ours])
    assert refusal(envelope, trusting(ours)) is Refusal.PAYLOAD_TYPE


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b"[]",
        json.dumps(STATEMENT).encode(),
        canonical_json({**STATEMENT, "_type": "https://in-toto.io/Statement/v0.1"}),
        canonical_json({**STATEMENT, "subject": STATEMENT["subject"] * 2}),
        canonical_json({**STATEMENT, "subject": [{"name": ["a"], "digest": {"sha256": "0"}}]}),
        canonical_json({**STATEMENT, "subject": [{"name": "a", "digest": {"md5": "0"}}]}),
        canonical_json({**STATEMENT, "predicate": "so"}),
    ],
    ids=["no JSON", "no object", "not canonical", "old type", "twice", "odd name", "no SHA-256", "no predicate"],
)
def test_a_signed_payload_that_is_no_statement_is_refused(ours: Vault, payload: bytes):
    envelope = seal_envelope(PAYLOAD_TYPE, payload, [ours])
    assert refusal(envelope, trusting(ours)) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"{}", b'{"payload":"!","payloadType":"t","signatures":[]}', b"\xff", b"[" * 100_000],
)
def test_what_is_no_envelope_is_refused(ours: Vault, data: bytes):
    assert refusal(data, trusting(ours)) is Refusal.MALFORMED


def test_the_reason_survives_a_process_boundary():
    again = pickle.loads(pickle.dumps(SignatureRefusedError(Refusal.UNKNOWN_KEY)))
    assert again.reason is Refusal.UNKNOWN_KEY
    assert str(again).startswith("unknown-key")


def test_trusted_keys_are_read_from_pem_files(ours: Vault, tmp_path: Path):
    (key,) = load_trusted([tmp_path / "ours/signing.pub"])
    assert key.key_id == ours.key_id
    elliptic = generate_private_key(SECP256R1()).public_key()
    (tmp_path / "elliptic.pem").write_bytes(elliptic.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "text.pem").write_text("hello")
    for name in ("elliptic.pem", "text.pem", "absent.pem"):
        with pytest.raises(InputError, match=name):
            load_trusted([tmp_path / name])


def test_a_snapshots_statement_names_the_manifest_every_shard_and_every_leaves_file(world: SmallWorld):
    manifest = world.publish()
    statement = snapshot_statement(manifest, manifest.digest())
    opened = open_envelope(sign_statement(statement, [world.vault]), world.trusted)
    assert opened.artifacts == {
        "manifest.json": manifest.digest(),
        **{shard.path: shard.sha256 for shard in manifest.shards},
        **{shard.leaves_path: shard.leaves_sha256 for shard in manifest.shards},
    }
    assert opened.predicate["root"] == manifest.root
    assert opened.predicate["policy"]["digest"] == manifest.policy.digest
