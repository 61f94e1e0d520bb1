"""Rotations: keys that follow one another, each valid for its time."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .canonical import document_of, from_base64, parsed, sha256_hex
from .envelopes import ENVELOPE, ROTATION, STATEMENT, LogState, Span, Statement, Trust, opened
from .report import require
from .shapes import closed, count, digest, holding, instant, nullable, ordinal, said

PUBLIC_KEY = closed(public_key=digest, key_id=digest)
ROTATED = closed(
    number=ordinal,
    previous=nullable(digest),
    retired_at=instant,
    old_key=PUBLIC_KEY,
    new_key=PUBLIC_KEY,
    log=closed(origin=said, size=count, root=digest),
    because=holding(lambda value: isinstance(value, str) and 0 < len(value) <= 500, "a reason"),
)


def rotation_of(data: bytes, name: str) -> Statement:
    """Return a rotation that both of its keys signed, about the new one."""
    claimed = parsed(data, name)
    ENVELOPE(claimed, name)
    statement = document_of(from_base64(claimed["payload"], name), name)
    STATEMENT(statement, name)
    ROTATED(statement["predicate"], name)
    keys: dict[str, Ed25519PublicKey] = {}
    for which in ("old_key", "new_key"):
        stated = statement["predicate"][which]
        raw = bytes.fromhex(stated["public_key"])
        require(sha256_hex(raw) == stated["key_id"], f"{name}: {which} is not the key of its id")
        keys[stated["key_id"]] = Ed25519PublicKey.from_public_bytes(raw)
    rotation = opened(data, keys, name)
    require(rotation.kind == ROTATION, f"{name} is no rotation")
    require(len(keys) == 2, f"{name}: a key follows itself")
    require(rotation.signers == keys.keys(), f"{name} is not signed by both of its keys")
    new = keys[statement["predicate"]["new_key"]["key_id"]]
    pem = new.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    require(rotation.artifacts == {"signing.pub": sha256_hex(pem)}, f"{name} is about something else")
    return rotation


def require_chain(rotations: list[Statement]) -> None:
    """Refuse rotations, sorted by number, that do not make one chain."""
    told = [rotation.predicate for rotation in rotations]
    require([one["number"] for one in told] == list(range(1, len(told) + 1)), "the rotations have a gap or a fork")
    require(told[0]["previous"] is None, "the first rotation follows one that is not here")
    named = f"lineweight.dev/log/{told[0]['old_key']['key_id'][:16]}"
    require(told[0]["log"]["origin"] == named, "the log is not named after the first key")
    for before, after, statement in zip(told, told[1:], rotations, strict=False):
        where = f"rotation {after['number']}"
        require(after["previous"] == statement.digest, f"{where} follows another rotation")
        require(after["old_key"] == before["new_key"], f"{where} retires another key")
        require(after["retired_at"] >= before["retired_at"], f"{where} goes back in time")
        require(after["log"]["origin"] == before["log"]["origin"], f"{where} is of another log")
        require(after["log"]["size"] >= before["log"]["size"], f"{where}: the log shrinks")
        same = after["log"]["size"] > before["log"]["size"] or after["log"]["root"] == before["log"]["root"]
        require(same, f"{where}: a log of one size has two roots")
    keys = [told[0]["old_key"]["key_id"], *(one["new_key"]["key_id"] for one in told)]
    require(len(set(keys)) == len(keys), "a key comes back")


def extended(trust: Trust, rotations: dict[str, bytes]) -> Trust:
    """Return the trust that a chain of rotations gives whoever trusts one of its keys, and as it was without."""
    if not rotations:
        return trust
    chain = sorted(
        (rotation_of(data, name) for name, data in rotations.items()), key=lambda one: one.predicate["number"]
    )
    require_chain(chain)
    told = [rotation.predicate for rotation in chain]
    raw = [told[0]["old_key"], *(one["new_key"] for one in told)]
    if not any(one["key_id"] in trust.keys for one in raw):
        return trust
    starts: list[str | None] = [None, *(one["retired_at"] for one in told)]
    ends: list[str | None] = [*(one["retired_at"] for one in told), None]
    logs: list[LogState | None] = [*(LogState(**one["log"]) for one in told), None]
    keys, spans = dict(trust.keys), {}
    for place, one in enumerate(raw):
        keys[one["key_id"]] = Ed25519PublicKey.from_public_bytes(bytes.fromhex(one["public_key"]))
        spans[one["key_id"]] = Span(starts[place], ends[place], logs[place], place)
    return Trust(keys, spans, raw[0]["key_id"])
