"""Vectors of signatures: DSSE envelopes, and keys that follow one another."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from lineage.canonical import canonical_json, rfc3339, sha256_hex
from lineage.dsse import Refusal, Signer, pae, seal_envelope
from lineage.keys.rotation import LogThen, NamedKey, Rotation, sign_rotation
from lineage.merkle import EMPTY_ROOT
from lineage.statement import PAYLOAD_TYPE, SNAPSHOT_PREDICATE, sign_statement, statement_of
from lineage.ticket import RELEASE_PREDICATE
from tests.docs.vectors.documents import Vector
from tests.docs.vectors.keys import FIRST, FOURTH, SECOND, STRANGER, PublishedKey

DAY = datetime(2026, 6, 1, tzinfo=UTC)
SAID = statement_of(
    {"manifest.json": sha256_hex(b"{}"), "a": sha256_hex(b"a")}, SNAPSHOT_PREDICATE, {"name": "démo", "version": 1}
)
PAYLOAD = canonical_json(SAID)


def dsse() -> Vector:
    """Return an envelope, what was signed, and envelopes that must be refused, each with the word for it."""
    envelope = seal_envelope(PAYLOAD_TYPE, PAYLOAD, [FIRST])
    return {
        "about": "A statement in a DSSE envelope. `seed` is the private key, published: trust nothing that it signs. "
        "`pae` is what is signed. Envelopes are text; `refusal` is the word of docs/evidence.md.",
        "keys": [
            {"seed": key.seed.hex(), "public": key.trusted.raw.hex(), "pem": key.pem, "keyid": key.key_id}
            for key in (FIRST, SECOND, STRANGER, FOURTH)
        ],
        "payload_type": PAYLOAD_TYPE,
        "payload": PAYLOAD.decode(),
        "pae": pae(PAYLOAD_TYPE, PAYLOAD).hex(),
        "statement_digest": sha256_hex(PAYLOAD),
        "accepted": [
            _trusting("one signature", envelope, [FIRST], [FIRST]),
            _trusting("two signatures", seal_envelope(PAYLOAD_TYPE, PAYLOAD, [FIRST, SECOND]), [FIRST, SECOND],
                      [FIRST, SECOND]),
            _trusting("one of them trusted", seal_envelope(PAYLOAD_TYPE, PAYLOAD, [STRANGER, SECOND]), [FIRST, SECOND],
                      [SECOND]),
            _trusting("a stranger's does not match", _with_signature(envelope, STRANGER, bytes(64)), [FIRST], [FIRST]),
        ],
        "refused": _refused_envelopes(envelope),
    }  # fmt: skip


def _trusting(name: str, envelope: bytes, trusted: list[PublishedKey], signers: list[PublishedKey]) -> Vector:
    return {
        "name": name,
        "envelope": envelope.decode(),
        "trusted": [key.key_id for key in trusted],
        "signed_by": sorted(key.key_id for key in signers),
    }


def _refused_envelopes(envelope: bytes) -> list[Vector]:
    other = canonical_json(SAID | {"predicate": {"name": "other", "version": 1}})
    written = json.loads(envelope)
    nameless = written | {"signatures": [{"sig": written["signatures"][0]["sig"]}]}
    misspelt = {"keyid": FIRST.key_id, "sig": another_spelling(written["signatures"][0]["sig"])}
    spaced = json.dumps(SAID, sort_keys=True, ensure_ascii=False).encode()
    twice = canonical_json(SAID | {"subject": [SAID["subject"][0], SAID["subject"][0]]})
    cases: list[tuple[str, bytes, list[PublishedKey], Refusal, str]] = [
        ("no key", envelope, [], Refusal.NO_TRUSTED_KEY, "An empty list is not a yes."),
        ("no signature", canonical_json(written | {"signatures": []}), [FIRST], Refusal.NO_SIGNATURE, "Nobody signed."),
        ("a stranger's", envelope, [SECOND], Refusal.UNKNOWN_KEY, "No trusted key signed."),
        ("another payload", canonical_json(written | {"payload": _base64(other)}), [FIRST], Refusal.BAD_SIGNATURE,
         "Something else was signed."),
        ("signed without PAE", _with_signature(_unsigned(), FIRST, FIRST.sign(PAYLOAD)), [FIRST], Refusal.BAD_SIGNATURE,
         "What is signed is the PAE."),
        ("a good and a bad one", _with_signature(envelope, SECOND, bytes(64)), [FIRST, SECOND], Refusal.BAD_SIGNATURE,
         "A trusted key's signature that does not match refuses the whole."),
        ("another key's under a trusted id", _with_signature(_unsigned(), FIRST, STRANGER.sign(_signed())), [FIRST],
         Refusal.BAD_SIGNATURE, "The id names a key that did not sign."),
        ("another type", seal_envelope("application/json", PAYLOAD, [FIRST]), [FIRST], Refusal.PAYLOAD_TYPE,
         "It is no in-toto statement."),
        ("no JSON", b"{", [FIRST], Refusal.MALFORMED, "It is no envelope."),
        ("base64 in another spelling", canonical_json(written | {"signatures": [misspelt]}), [FIRST], Refusal.MALFORMED,
         "Base64 has one spelling."),
        ("no keyid", canonical_json(nameless), [FIRST], Refusal.MALFORMED, "Each signature names its key."),
        ("a payload with spaces", seal_envelope(PAYLOAD_TYPE, spaced, [FIRST]), [FIRST], Refusal.MALFORMED,
         "It is signed, and not canonical."),
        ("an artifact twice", seal_envelope(PAYLOAD_TYPE, twice, [FIRST]), [FIRST], Refusal.MALFORMED,
         "A name stands once."),
        ("another statement type", _sealed({"_type": "https://in-toto.io/Statement/v0.1"}), [FIRST], Refusal.MALFORMED,
         "It is no Statement v1."),
        ("a predicate that is a text", _sealed({"predicate": "all is well"}), [FIRST], Refusal.MALFORMED,
         "It is an object."),
    ]  # fmt: skip
    return [
        {"name": name, "envelope": data.decode(), "trusted": [key.key_id for key in trusted]}
        | {"refusal": str(refusal), "because": why}
        for name, data, trusted, refusal, why in cases
    ]


def _signed() -> bytes:
    return pae(PAYLOAD_TYPE, PAYLOAD)


def _sealed(change: dict[str, Any]) -> bytes:
    return seal_envelope(PAYLOAD_TYPE, canonical_json(SAID | change), [FIRST])


def _unsigned() -> bytes:
    return canonical_json({"payload": _base64(PAYLOAD), "payloadType": PAYLOAD_TYPE, "signatures": []})


def _with_signature(envelope: bytes, key: PublishedKey, signature: bytes) -> bytes:
    written = json.loads(envelope)
    added = {"keyid": key.key_id, "sig": _base64(signature)}
    return canonical_json(written | {"signatures": [*written["signatures"], added]})


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def another_spelling(text: str) -> str:
    """Return base64 that stands for the same bytes, with an unused bit set."""
    characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    padded = text.rstrip("=")
    changed = padded[:-1] + characters[characters.index(padded[-1]) + 1] + text[len(padded) :]
    assert base64.b64decode(changed) == base64.b64decode(text)
    return changed


def rotation(number: int, old: Signer, new: Signer, **changes: Any) -> dict[str, Any]:
    """Return what a rotation says, made on the day of its number."""
    said = {
        "number": number,
        "previous": None,
        "retired_at": DAY + timedelta(days=number),
        "old_key": NamedKey.of(old.trusted),  # type: ignore[attr-defined]
        "new_key": NamedKey.of(new.trusted),  # type: ignore[attr-defined]
        "log": LogThen(origin=FIRST.trusted.log, size=number, root=EMPTY_ROOT.hex()),
        "because": "a yearly change",
    }
    return said | changes


def rotations() -> Vector:
    """Return a chain of three keys, whose statements count when, and chains that are none."""
    one = sign_rotation(Rotation(**rotation(1, FIRST, SECOND)), FIRST, SECOND)
    two = sign_rotation(Rotation(**rotation(2, SECOND, STRANGER, previous=one.digest)), SECOND, STRANGER)
    return {
        "about": "Keys that follow one another. `chain` is all rotations of one deployment, in order, as envelopes. "
        "`statements` are looked at by whoever trusts one key of the chain; `refusal` is null where it counts. "
        "The keys are those of dsse.json.",
        "chain": [one.envelope.decode(), two.envelope.decode()],
        "digests": [one.digest, two.digest],
        "keys": [key.key_id for key in (FIRST, SECOND, STRANGER)],
        "statements": _statements(),
        "refused": _no_chains(one.envelope, two.envelope, one.digest),
    }


def _statements() -> list[Vector]:
    def snapshot(at: datetime) -> dict[str, Any]:
        return statement_of({"a": sha256_hex(b"a")}, SNAPSHOT_PREDICATE, {"as_of": {"recorded_at": rfc3339(at)}})

    def ticket(at: datetime) -> dict[str, Any]:
        return statement_of({"a": sha256_hex(b"a")}, RELEASE_PREDICATE, {"decided_at": rfc3339(at)})

    first_end, second_end, late = DAY + timedelta(days=1), DAY + timedelta(days=2), timedelta(microseconds=1)
    unknown = statement_of({"a": sha256_hex(b"a")}, "https://example.com/other/v1", {"at": rfc3339(DAY)})
    cases: list[tuple[str, dict[str, Any], PublishedKey, Refusal | None]] = [
        ("by the first, at its end", snapshot(first_end), FIRST, None),
        ("by the first, after its end", snapshot(first_end + late), FIRST, Refusal.NOT_VALID_THEN),
        ("by the second, on older knowledge", snapshot(DAY), SECOND, None),
        ("by the second, an act before its time", ticket(first_end - late), SECOND, Refusal.NOT_VALID_THEN),
        ("by the second, an act at its beginning", ticket(first_end), SECOND, None),
        ("by the second, after its end", snapshot(second_end + late), SECOND, Refusal.NOT_VALID_THEN),
        ("by the newest", ticket(second_end + timedelta(days=999)), STRANGER, None),
        ("of a kind whose time is not known", unknown, SECOND, Refusal.TIME_UNKNOWN),
        ("without its time", statement_of({"a": sha256_hex(b"a")}, SNAPSHOT_PREDICATE, {}), SECOND,
         Refusal.TIME_UNKNOWN),
    ]  # fmt: skip
    return [
        {"name": name, "envelope": sign_statement(said, [key]).decode()}
        | {"refusal": None if refusal is None else str(refusal)}
        for name, said, key, refusal in cases
    ]


def _no_chains(one: bytes, two: bytes, first: str) -> list[Vector]:
    def signed(number: int, old: PublishedKey, new: PublishedKey, **changes: Any) -> bytes:
        return sign_rotation(Rotation(**rotation(number, old, new, **changes)), old, new).envelope

    alone = json.loads(one)
    by_one = [canonical_json(alone | {"signatures": [signature]}) for signature in alone["signatures"]]
    shorter = LogThen(origin=FIRST.trusted.log, size=0, root=EMPTY_ROOT.hex())
    elsewhere = LogThen(origin="example.com/log", size=2, root=EMPTY_ROOT.hex())
    cases = [
        ("signed by one key", [by_one[0]], "Both keys sign."),
        ("signed by the other key", [by_one[1]], "Both keys sign."),
        ("the first is missing", [two], "A chain has no gap."),
        ("a fork", [one, signed(1, FIRST, STRANGER)], "A key is retired once."),
        ("another key before", [one, signed(2, STRANGER, FOURTH, previous=first)], "Another was put in place."),
        ("another rotation before", [one, signed(2, SECOND, STRANGER, previous=sha256_hex(b"other"))], "It names one."),
        ("back in time", [one, signed(2, SECOND, STRANGER, previous=first, retired_at=DAY)], "Time goes on."),
        ("a shorter log", [one, signed(2, SECOND, STRANGER, previous=first, log=shorter)], "Logs grow."),
        ("another log", [one, signed(2, SECOND, STRANGER, previous=first, log=elsewhere)], "The log stays."),
        ("round", [one, signed(2, SECOND, FIRST, previous=first)], "No key comes back."),
    ]
    return [{"name": name, "chain": [data.decode() for data in chain], "because": why} for name, chain, why in cases]
