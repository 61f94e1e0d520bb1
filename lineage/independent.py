"""A second verifier of Lineweight's evidence, in one file, written from its published documentation alone.

Why it stands alone: whoever doubts Lineweight has no reason to believe Lineweight's own verifier. This file imports
the standard library, ``cryptography`` and ``pyarrow``, and nothing of ours. It was written by somebody who read
docs/evidence.md and the test vectors, and none of the code that makes the evidence. An auditor can read it, copy it
out, and run it::

    python independent.py PATH --trust KEY.pem [--trust …] [--bundle FILE] [--published DIR] [--statement FILE]
                          [--fast | --full | --sample N --seed WORD] [--json]

PATH is a bundle, the directory of a snapshot or of a model, a file of weights (with ``--bundle``), or a proof (with
``--statement``). Exit codes: 0 if every link holds, 1 if one does not (its name and one sentence say which), 2 if the
question cannot be asked (no such path, no such key).

Everything fails closed: what is missing, malformed, unknown or unsigned refuses. Nothing here decides: without a
policy engine the decisions are not made again, and the report says so. It reads shard by shard; what is held whole
are one shard, the commitments of the people, the consent events, and the consumption ledger.

The sections follow the page: bytes, shapes, trees, keys and envelopes, files, the snapshot, the model, the log,
proofs, the report, the command line.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import itertools
import json
import math
import os
import re
import stat
import struct
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

MOST_IN_MEMORY = 1 << 30  # bytes of a file that is read whole
MOST_IN_A_DOCUMENT = 1 << 28  # bytes of a JSON document
PIECE = 1 << 20  # bytes hashed at once


class Refused(Exception):  # noqa: N818 - it is a verdict, and the word of the page
    """Something does not hold. ``link`` says where, once it is known; the message is one sentence."""

    def __init__(self, fault: str, link: str = "") -> None:
        super().__init__(fault)
        self.link = link


def require(kept: bool, fault: str) -> None:
    """Refuse, in these words, unless something is kept."""
    if not kept:
        raise Refused(fault)


@contextmanager
def link(name: str) -> Iterator[None]:
    """Say of what is refused within that it was this link, and refuse what cannot be read."""
    try:
        yield
    except Refused as refused:
        refused.link = refused.link or name
        raise
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, pa.ArrowException) as error:
        raise Refused("a file cannot be read", name) from error
    except (MemoryError, RecursionError) as error:
        raise Refused("it is larger than can be read", name) from error


# ----------------------------------------------------------------------------------------------------------- bytes


def sha256(data: bytes) -> bytes:
    """Return the 32 bytes of a SHA-256."""
    return hashlib.sha256(data).digest()


def sha256_hex(data: bytes) -> str:
    """Return a SHA-256 as the 64 digits that JSON holds."""
    return hashlib.sha256(data).hexdigest()


def canonical(document: Any) -> bytes:
    """Return the canonical bytes of a document (RFC 8785).

    Raises:
        Refused: It holds what canonical JSON cannot: NaN, a whole number beyond 2^53 - 1, a lone surrogate.
    """
    try:
        return _written(document).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise Refused("a document has no canonical form") from error


def _written(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, float):
        return _ecmascript(value)
    if type(value) is int:
        require(abs(value) < 1 << 53, "a whole number is beyond 2^53 - 1")
    return json.dumps(value, ensure_ascii=False)


def _ecmascript(number: float) -> str:
    """Write a float as ECMAScript does (ECMA-262, Number::toString)."""
    require(math.isfinite(number), "a number is not finite")
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, decimals = mantissa.partition(".")
    decimals = "" if decimals == "0" else decimals
    digits = (whole + decimals).lstrip("0")
    point = int(exponent or 0) + len(whole) if whole != "0" else int(exponent or 0) - (len(decimals) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    require(len(document) == len(pairs), "a key stands twice")
    return document


def _constant(name: str) -> Any:
    raise Refused(f"{name} is no number of JSON")


def parsed(data: bytes, name: str) -> Any:
    """Read JSON in any spelling; refuse a key that stands twice, NaN, and what is no UTF-8."""
    require(len(data) <= MOST_IN_A_DOCUMENT, f"{name} is larger than a document may be")
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_constant)
    except Refused as refused:
        raise Refused(f"{name}: {refused}") from refused
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name} is no JSON") from error


def document_of(data: bytes, name: str) -> Any:
    """Read JSON that is hashed or signed: only its canonical bytes are taken."""
    document = parsed(data, name)
    require(canonical(document) == data, f"{name} is not in canonical form")
    return document


def from_base64(text: str, name: str) -> bytes:
    """Read base64 in its one spelling (RFC 4648, section 4, padded)."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refused(f"{name} is no base64") from error
    require(base64.b64encode(data).decode() == text, f"{name} is base64 in another spelling")
    return data


# ---------------------------------------------------------------------------------------------------------- shapes

Shape = Callable[[Any, str], None]
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def holding(kept: Callable[[Any], bool], what: str) -> Shape:
    """A shape that asks one question of a value."""

    def shape(value: Any, name: str) -> None:
        require(kept(value), f"{name} is not {what}")

    return shape


def matching(pattern: str, what: str) -> Shape:
    """A text that a pattern matches whole."""
    compiled = re.compile(pattern)
    return holding(lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None, what)


def is_instant(value: Any) -> bool:
    """Whether a value is an instant in its one spelling, and a day that exists."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_path(value: Any) -> bool:
    """Whether a value is a path that leads out of no directory."""
    if not isinstance(value, str) or "\\" in value or "\x00" in value:
        return False
    return all(part not in ("", ".", "..") for part in value.split("/"))


def is_whole(value: Any) -> bool:
    """Whether a value is a number that counts: whole, and not below 0."""
    return type(value) is int and value >= 0


text = holding(lambda value: isinstance(value, str), "a text")
said = holding(lambda value: isinstance(value, str) and value != "", "a text that says something")
truth = holding(lambda value: isinstance(value, bool), "true or false")
integer = holding(lambda value: type(value) is int, "a whole number")
count = holding(is_whole, "a count")
ordinal = holding(lambda value: is_whole(value) and value > 0, "a number from 1 on")
real = holding(lambda value: type(value) in (int, float), "a number")
digest = matching(r"[0-9a-f]{64}", "a digest")
slug = matching(r"[a-z0-9][a-z0-9_-]{0,62}", "a slug")
label = matching(r"[a-z0-9][a-z0-9_-]{0,62}@v[1-9][0-9]*", "a label")
decimal = matching(r"0|[1-9][0-9]{0,14}", "a number in decimal")
instant = holding(is_instant, "an instant")
path = holding(is_path, "a path that stays inside")


def closed(**fields: Shape) -> Shape:
    """An object of exactly these fields."""

    def shape(value: Any, name: str) -> None:
        require(isinstance(value, dict) and value.keys() == fields.keys(), f"{name} has other fields than told")
        for key, of in fields.items():
            of(value[key], f"{name}.{key}")

    return shape


def holds(**fields: Shape) -> Shape:
    """An object of these fields, and perhaps more."""

    def shape(value: Any, name: str) -> None:
        require(isinstance(value, dict) and value.keys() >= fields.keys(), f"{name} has fewer fields than told")
        for key, of in fields.items():
            of(value[key], f"{name}.{key}")

    return shape


def listed(of: Shape, least: int = 0, most: int | None = None) -> Shape:
    """A list of one kind of thing."""

    def shape(value: Any, name: str) -> None:
        require(isinstance(value, list) and len(value) >= least, f"{name} is not such a list")
        require(most is None or len(value) <= most, f"{name} is too long")
        for place, one in enumerate(value):
            of(one, f"{name}[{place}]")

    return shape


def mapped(key: Shape, of: Shape) -> Shape:
    """An object with keys of one kind and values of another."""

    def shape(value: Any, name: str) -> None:
        require(isinstance(value, dict), f"{name} is no object")
        for one, other in value.items():
            key(one, f"a key of {name}")
            of(other, f"{name}.{one}")

    return shape


def nullable(of: Shape) -> Shape:
    """Null, or what another shape takes."""

    def shape(value: Any, name: str) -> None:
        if value is not None:
            of(value, name)

    return shape


def one_of(*values: Any) -> Shape:
    """One of a few values, of the same type."""
    return holding(lambda value: any(value == one and type(value) is type(one) for one in values), "one of its values")


def ascending(values: list[str]) -> bool:
    """Whether a list is sorted and holds nothing twice."""
    return all(one < other for one, other in itertools.pairwise(values))


def covers(wide: str, narrow: str) -> bool:
    """Whether a purpose covers another: itself, and what begins with it and a dot."""
    return narrow == wide or narrow.startswith(f"{wide}.")


# ----------------------------------------------------------------------------------------------------------- trees

NOTHING = sha256(b"")


def leaf_of(entry: bytes) -> bytes:
    """Return the leaf hash of an entry (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + entry)


def root_of(level: list[bytes]) -> bytes:
    """Return the root over leaf hashes; a last node without a neighbour rises as it is."""
    new = hashlib.sha256
    while len(level) > 1:
        paired = [new(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[-1:] if len(level) % 2 else paired
    return level[0] if level else NOTHING


def root_of_path(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to (RFC 9162, section 2.1.3.2).

    Raises:
        Refused: The place is not below the size, or the proof is too short or too long.
    """
    require(is_whole(index) and is_whole(size) and index < size and len(hashes) <= 63, "there is no such place")
    place, last, node = index, size - 1, leaf
    for sibling in hashes:
        require(last > 0, "a path is too long")
        if place % 2 or place == last:
            node = sha256(b"\x01" + sibling + node)
            while place and place % 2 == 0:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + sibling)
        place, last = place >> 1, last >> 1
    require(last == 0, "a path is too short")
    return node


def require_consistent(sizes: tuple[int, int], roots: tuple[bytes, bytes], hashes: list[bytes]) -> None:
    """Refuse unless the first tree is the beginning of the second (RFC 9162, section 2.1.4.2)."""
    first, second = sizes
    require(is_whole(first) and is_whole(second) and first <= second, "a tree does not shrink")
    if first == 0 or first == second:
        require(not hashes, "nothing has to be shown here")
        require(roots[0] == (roots[1] if first else NOTHING), "the roots differ")
        return
    hashes = [roots[0], *hashes] if first & (first - 1) == 0 else list(hashes)
    require(0 < len(hashes) <= 64, "a proof is too short or too long")
    place, last = first - 1, second - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for one in hashes[1:]:
        require(last > 0, "a proof is too long")
        if place % 2 or place == last:
            old, new = sha256(b"\x01" + one + old), sha256(b"\x01" + one + new)
            while place and place % 2 == 0:
                place, last = place >> 1, last >> 1
        else:
            new = sha256(b"\x01" + new + one)
        place, last = place >> 1, last >> 1
    require(last == 0, "a proof is too short")
    require((old, new) == roots, "the first tree is not the beginning of the second")


def root_of_entries(entries: Iterable[bytes]) -> bytes:
    """Return the root over entries, each hashed as a leaf first."""
    return root_of([leaf_of(entry) for entry in entries])


def person_entry(commitment: bytes, records: int) -> bytes:
    """Return the entry of a person in the tree over people, 40 bytes."""
    require(0 <= records < 1 << 64, "a count is not of 64 bits")
    return commitment + records.to_bytes(8, "big")


# ------------------------------------------------------------------------------------------------ keys and envelopes

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
ATTESTATION = "https://lineweight.dev/attestation/"
SNAPSHOT, RETENTION, ACTIVATION, TICKET, REVOCATIONS, ROTATION = (
    f"{ATTESTATION}{name}/v1"
    for name in ("snapshot", "retention", "policy-activation", "release-ticket", "revocations", "key-rotation")
)
TRAINING = "https://slsa.dev/provenance/v1"

# Where a statement tells its time, and whether that is the time of the act itself.
TIMES: dict[str, tuple[tuple[str, ...], bool]] = {
    SNAPSHOT: (("as_of", "recorded_at"), False),
    REVOCATIONS: (("as_of", "recorded_at"), False),
    RETENTION: (("removed_at",), False),
    ACTIVATION: (("proposed_at",), False),
    TICKET: (("decided_at",), True),
    TRAINING: (("runDetails", "metadata", "finishedOn"), False),
    f"{ATTESTATION}evaluation/v1": (("evaluated_at",), False),
    f"{ATTESTATION}erasure/v1": (("done_at",), False),
    f"{ATTESTATION}certificate/v1": (("at",), False),
    ROTATION: (("retired_at",), True),
}


@dataclass(frozen=True)
class LogState:
    """How the log stood: its name, size and root."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True)
class Span:
    """When a key of a chain is valid: from, until (null: from ever, for ever), and the log when it was retired."""

    begins: str | None
    ends: str | None
    log: LogState | None
    place: int


@dataclass
class Trust:
    """The keys that count, by id; of those in a chain, when; and what the log of a chain is called."""

    keys: dict[str, Ed25519PublicKey]
    spans: dict[str, Span] = field(default_factory=dict)
    first: str = ""

    def origin_of(self, key_id: str) -> str:
        """Return the name of the log that a key signs."""
        return f"lineweight.dev/log/{(self.first if key_id in self.spans else key_id)[:16]}"

    def kin(self, key_ids: set[str]) -> set[str]:
        """Return keys, and those that came before or after one of them in a chain."""
        return key_ids | (self.spans.keys() if key_ids & self.spans.keys() else set())


@dataclass(frozen=True)
class Statement:
    """What a trusted key signed, and which trusted keys did, each valid when it did."""

    digest: str
    kind: str
    artifacts: dict[str, str]
    predicate: dict[str, Any]
    payload: bytes
    signers: frozenset[str]


def id_of(key: Ed25519PublicKey) -> str:
    """Return a key's id: the SHA-256 of its 32 raw bytes."""
    return sha256_hex(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def encoded(kind: bytes, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def matches(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether a signature is a key's, over these bytes."""
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


ENVELOPE = holds(payload=text, payloadType=text, signatures=listed(holds(keyid=text, sig=text)))
STATEMENT = closed(
    _type=one_of(STATEMENT_TYPE),
    subject=listed(holds(name=text, digest=holds(sha256=digest))),
    predicateType=text,
    predicate=holding(lambda value: isinstance(value, dict), "an object"),
)


def opened(data: bytes, keys: Mapping[str, Ed25519PublicKey], name: str) -> Statement:
    """Return the statement in an envelope, whatever the time: every signature of a known key has to match.

    Raises:
        Refused: In the words of the page: no-trusted-key, malformed, payload-type, no-signature, unknown-key,
            bad-signature.
    """
    require(bool(keys), "no-trusted-key: no key is trusted, so nothing is signed")
    with _malformed(name):
        envelope = parsed(data, name)
        ENVELOPE(envelope, name)
        payload = from_base64(envelope["payload"], f"{name}: payload")
        signatures = [(one["keyid"], from_base64(one["sig"], f"{name}: sig")) for one in envelope["signatures"]]
    require(envelope["payloadType"] == PAYLOAD_TYPE, f"payload-type: {name} holds no in-toto statement")
    require(bool(signatures), f"no-signature: nobody signed {name}")
    ours = [(key_id, signature) for key_id, signature in signatures if key_id in keys]
    require(bool(ours), f"unknown-key: no trusted key signed {name}")
    for key_id, signature in ours:
        fits = matches(keys[key_id], signature, encoded(PAYLOAD_TYPE.encode(), payload))
        require(fits, f"bad-signature: a signature of {name} does not match")
    with _malformed(name):
        statement = document_of(payload, name)
        STATEMENT(statement, name)
        artifacts = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
        require(len(artifacts) == len(statement["subject"]), f"{name} names an artifact twice")
    signers = frozenset(key_id for key_id, _ in ours)
    kind, predicate = statement["predicateType"], statement["predicate"]
    return Statement(sha256_hex(payload), kind, artifacts, predicate, payload, signers)


@contextmanager
def _malformed(name: str) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise Refused(f"malformed: {refused}") from refused


def time_of(statement: Statement) -> str | None:
    """Return the instant that a statement tells as its own, if it tells one."""
    value: Any = statement.predicate
    for step in TIMES.get(statement.kind, (("",), False))[0]:
        value = value.get(step) if isinstance(value, dict) else None
    return value if is_instant(value) else None


def verified(data: bytes, trust: Trust, name: str, kind: str) -> Statement:
    """Return a statement of one kind that a trusted key signed while it was valid."""
    statement = opened(data, trust.keys, name)
    at, acts = time_of(statement), TIMES.get(statement.kind, ((), False))[1]
    valid = {key_id for key_id in statement.signers if _in_time(trust.spans.get(key_id), at, acts)}
    require(bool(valid) or at is not None, f"time-unknown: {name} does not tell when it was signed")
    require(bool(valid), f"key-not-valid-then: the key that signed {name} was not valid then")
    require(statement.kind == kind, f"{name} is a statement of another kind")
    return Statement(**{**vars(statement), "signers": frozenset(valid)})


def _in_time(span: Span | None, at: str | None, acts: bool) -> bool:
    if span is None:
        return True
    if at is None:
        return False
    return (span.ends is None or at <= span.ends) and (not acts or span.begins is None or at >= span.begins)


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


# ----------------------------------------------------------------------------------------------------------- files


class Files:
    """Files by path, to be read again and again: of a directory, or of a bundle."""

    left_out: dict[str, str]

    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""
        raise NotImplementedError

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        raise NotImplementedError

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        raise NotImplementedError

    def read(self, name: str, most: int = MOST_IN_MEMORY) -> bytes:
        """Return what a file holds, and refuse one that is missing or too long."""
        require(self.has(name), f"{name} is missing")
        with self.open(name) as stream:
            data = stream.read(most + 1)
        require(len(data) <= most, f"{name} is too long")
        return data

    def hashed(self, name: str) -> tuple[str, int]:
        """Return the SHA-256 and the length of a file."""
        require(self.has(name), f"{name} is missing")
        with self.open(name) as stream:
            return hashed(stream)

    def signed(self, name: str, stated: str, most: int = MOST_IN_MEMORY) -> bytes:
        """Return what a file holds, and refuse it unless it has the digest that was stated."""
        data = self.read(name, most)
        require(sha256_hex(data) == stated, f"{name} is not the file that was signed")
        return data


def hashed(stream: IO[bytes]) -> tuple[str, int]:
    """Return the SHA-256 and the length of what is left of a stream."""
    state, length = hashlib.sha256(), 0
    while piece := stream.read(PIECE):
        state.update(piece)
        length += len(piece)
    return state.hexdigest(), length


class Folder(Files):
    """The files under a directory. What is no regular file is not there."""

    def __init__(self, root: Path) -> None:
        self.root, self.left_out = root, {}

    def names(self) -> list[str]:
        """Return the paths of all files, sorted; links are files, and are not followed into directories."""
        found = []
        for where, _, files in os.walk(self.root):
            found += [(Path(where) / name).relative_to(self.root).as_posix() for name in files]
        return sorted(found)

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.root / name).open("rb")

    def has(self, name: str) -> bool:
        """Whether a regular file is there."""
        try:
            return stat.S_ISREG((self.root / name).stat().st_mode)
        except (OSError, ValueError):
            return False


class Within(Files):
    """The files of another's that lie in one directory."""

    def __init__(self, files: Files, prefix: str) -> None:
        self.files, self.prefix = files, f"{prefix}/"
        cut = len(self.prefix)
        self.left_out = {name[cut:]: stated for name, stated in files.left_out.items() if name.startswith(self.prefix)}

    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""
        if isinstance(self.files, Folder):
            return Folder(self.files.root / self.prefix).names()
        return [name[len(self.prefix) :] for name in self.files.names() if name.startswith(self.prefix)]

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return self.files.open(self.prefix + name)

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return self.files.has(self.prefix + name)


class Replaced(Files):
    """The files of another's, one of them found elsewhere."""

    def __init__(self, files: Files, name: str, found: Path) -> None:
        self.files, self.name, self.found, self.left_out = files, name, found, files.left_out

    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""
        return sorted({*self.files.names(), self.name})

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return self.found.open("rb") if name == self.name else self.files.open(name)

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return name == self.name or self.files.has(name)


BUNDLE = closed(
    format=one_of("lineweight.bundle/v1"),
    artifact=path,
    files=listed(closed(path=path, sha256=digest, bytes=count)),
    left_out=listed(closed(path=path, sha256=digest)),
)
ARTIFACT = re.compile(r"snapshots/[a-z0-9][a-z0-9_-]{0,62}/v[1-9][0-9]*|models/[a-z0-9][a-z0-9_-]{0,62}/[^/]+")
MAY_BE_LEFT_OUT = re.compile(r"snapshots/[^/]+/[^/]+/shards/.+|models/[^/]+/[^/]+/.*\.safetensors")
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


class Bundle(Files):
    """The members of a bundle, each of which is as ``bundle.json`` lists it."""

    def __init__(self, file: Path) -> None:
        with _zipped():
            self.archive = zipfile.ZipFile(file)
        with _zipped():
            self.sizes, self.artifact, self.left_out = self._looked_at(file.stat().st_size)

    def _looked_at(self, length: int) -> tuple[dict[str, int], str, dict[str, str]]:
        members = self.archive.infolist()
        names = [member.filename for member in members]
        require(names[:1] == ["bundle.json"], "the first member is not bundle.json")
        require(len(set(names)) == len(names), "a member stands twice")
        stored = all(member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members)
        require(stored, "a member is compressed in another way")
        with self.archive.open("bundle.json") as stream:
            data = stream.read((64 << 20) + 1)
        require(len(data) <= 64 << 20, "bundle.json is too long")
        told = document_of(data, "bundle.json")
        BUNDLE(told, "bundle.json")
        sizes = {one["path"]: one["bytes"] for one in told["files"]}
        require(len(sizes) == len(told["files"]), "bundle.json lists a member twice")
        require(sorted(names[1:]) == sorted(sizes), "it holds other members than it lists")
        claimed = {member.filename: member.file_size for member in members[1:]}
        require(claimed == sizes, "a member is of another size than listed")
        require(sum(sizes.values()) <= 100 * length + (64 << 20), "it lists more than it can hold")
        above = {name[:at] for name in names for at, letter in enumerate(name) if letter == "/"}
        require(not above & set(names), "a file stands where a directory has to")
        require(ARTIFACT.fullmatch(told["artifact"]) is not None, "it is about no snapshot and no model")
        for one in told["files"]:
            digest_here, bytes_here = self._measured(one["path"], one["bytes"])
            same = (digest_here, bytes_here) == (one["sha256"], one["bytes"])
            require(same, f"{one['path']} is not the member that is listed")
        left_out = {one["path"]: one["sha256"] for one in told["left_out"]}
        require(all(map(MAY_BE_LEFT_OUT.fullmatch, left_out)), "what may not be left out is left out")
        return sizes, told["artifact"], left_out

    def _measured(self, name: str, size: int) -> tuple[str, int]:
        state, length = hashlib.sha256(), 0
        with self.archive.open(name) as stream:
            while length <= size and (piece := stream.read(min(PIECE, size + 1 - length))):
                state.update(piece)
                length += len(piece)
        return state.hexdigest(), length

    def names(self) -> list[str]:
        """Return the paths of all members, sorted."""
        return sorted(self.sizes)

    def open(self, name: str) -> IO[bytes]:
        """Open a member."""
        with _zipped():
            return self.archive.open(name)

    def has(self, name: str) -> bool:
        """Whether a member is there."""
        return name in self.sizes


@contextmanager
def _zipped() -> Iterator[None]:
    try:
        yield
    except BROKEN_ZIP as error:
        raise Refused("the bundle is no ZIP file that can be read") from error


# --------------------------------------------------------------------------------------------------- the manifest

DIGESTS = (
    "record_commitment",
    "data_subject_commitment",
    "tenant_commitment",
    "source_batch_digest",
    "consent_receipt",
    "decision_digest",
    "policy_digest",
    "redaction_digest",
)
FILE = closed(path=path, sha256=digest)
PURPOSE = matching(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", "a purpose")
CLOCKS = closed(effective_at=instant, recorded_at=instant)
ENTITY = matching(r"[A-Z][A-Z0-9_]*", "an entity type")
TREE = closed(root=digest, count=count)
CANARIES = mapped(ENTITY, closed(planted=count, found=count, at_least=real))
SEEN = mapped(ENTITY, closed(spans=count, at_most_per_10k=real))
RESIDUAL = closed(
    canaries=nullable(CANARIES),
    second_detector=closed(detector=text, records=count, characters=count, seen=SEEN),
)
SHARD = closed(
    path=path,
    tenant=slug,
    split=slug,
    rows=count,
    bytes=count,
    sha256=digest,
    leaves_path=path,
    leaves_sha256=digest,
    root=digest,
)
MANIFEST = closed(
    format=one_of("lineweight.snapshot/v1"),
    name=slug,
    version=ordinal,
    parent=nullable(digest),
    request=FILE,
    purpose=PURPOSE,
    pool=closed(kind=one_of("shared", "tenant"), tenant=nullable(slug)),
    sources=listed(said),
    as_of=CLOCKS,
    seed=integer,
    shards=listed(SHARD),
    tenant_roots=mapped(slug, digest),
    root=digest,
    rows=count,
    data_subjects=TREE,
    policy=closed(policy_id=slug, version=ordinal, digest=digest, path=path, sha256=digest, activation=nullable(FILE)),
    redaction=closed(profile=said, digest=digest, engine=text, residual=RESIDUAL),
    ledger_checkpoint=digest,
    inputs=FILE,
    counts=closed(
        considered=count, permitted=count, denied=count, quarantined=count, denied_by_reason=mapped(said, count)
    ),
    decisions=FILE,
    quality=closed(path=path, sha256=digest, success=truth),
    lease_expires_at=instant,
    keys=one_of("vault", "derived-from-seed"),
    created_by=closed(code_version=text),
)


def manifest_of(data: bytes, name: str = "manifest.json") -> dict[str, Any]:
    """Return a manifest that is canonical, closed, and keeps the laws of manifests."""
    manifest: dict[str, Any] = document_of(data, name)
    MANIFEST(manifest, name)
    require((manifest["parent"] is None) == (manifest["version"] == 1), "a parent is the version before")
    require_counts(manifest)
    require_one_digest_a_path(manifest)
    require_roots(manifest)
    require_bounds(manifest["redaction"]["residual"])
    return manifest


def label_of(manifest: Mapping[str, Any]) -> str:
    """Return what a snapshot is called."""
    return f"{manifest['name']}@v{manifest['version']}"


def require_counts(manifest: dict[str, Any]) -> None:
    """Laws 1, 2 and 5: nothing is unaccounted for, nobody is there without a record, or in another one's pool."""
    counts, shards, pool = manifest["counts"], manifest["shards"], manifest["pool"]
    parts = counts["permitted"] + counts["denied"] + counts["quarantined"]
    require(counts["considered"] == parts, "the counts do not add up to those considered")
    require(sum(counts["denied_by_reason"].values()) == counts["denied"], "the reasons do not add up to those denied")
    require(manifest["rows"] == counts["permitted"], "the rows are not those permitted")
    require(sum(shard["rows"] for shard in shards) == manifest["rows"], "the shards' rows do not add up")
    require(manifest["data_subjects"]["count"] <= manifest["rows"], "there are more people than records")
    require((pool["kind"] == "tenant") == (pool["tenant"] is not None), "the pool contradicts itself")
    require(all(pool["tenant"] in (None, shard["tenant"]) for shard in shards), "a shard lies outside of the pool")


def require_one_digest_a_path(manifest: dict[str, Any]) -> None:
    """Law 3: no path stands twice."""
    further = [manifest[name] for name in ("request", "policy", "inputs", "decisions", "quality")]
    further += [one for one in [manifest["policy"]["activation"]] if one is not None]
    paths = [one["path"] for one in further]
    paths += [shard[which] for shard in manifest["shards"] for which in ("path", "leaves_path")]
    require(len(set(paths)) == len(paths), "a path stands twice")


def root_of_shards(shards: list[dict[str, Any]]) -> str:
    """Return the root over shards: their roots are entries."""
    return root_of_entries(bytes.fromhex(shard["root"]) for shard in shards).hex()


def require_roots(manifest: dict[str, Any]) -> None:
    """Law 4: the roots of tenants and snapshot follow from those of the shards."""
    of_tenant: dict[str, list[dict[str, Any]]] = {}
    for shard in manifest["shards"]:
        of_tenant.setdefault(shard["tenant"], []).append(shard)
    roots = {tenant: root_of_shards(shards) for tenant, shards in of_tenant.items()}
    require(manifest["tenant_roots"] == roots, "the tenants' roots do not follow from the shards")
    require(manifest["root"] == root_of_shards(manifest["shards"]), "the root does not follow from the shards")


def require_bounds(residual: dict[str, Any]) -> None:
    """Law 6: what is said to be left at most follows from what was counted."""
    for kind, one in (residual["canaries"] or {}).items():
        require(one["found"] <= one["planted"], f"more canaries of {kind} are found than planted")
        require(one["at_least"] == _wilson(one["found"], one["planted"]), f"the bound of {kind} does not follow")
    detector = residual["second_detector"]
    for kind, one in detector["seen"].items():
        bound = _byar(one["spans"], detector["characters"])
        require(one["at_most_per_10k"] == bound, f"the bound of {kind} does not follow")


def _wilson(found: int, planted: int) -> float:
    if planted == 0:
        return 0.0
    p, n, z = found / planted, planted, 1.959963984540054
    low = (p + z**2 / (2 * n) - z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)
    return max(0, math.floor(low * 10000)) / 10000


def _byar(spans: int, characters: int) -> float:
    if characters == 0:
        return 10000.0
    k = spans + 1
    most = 3.0 if spans == 0 else k * (1 - 1 / (9 * k) + 1.6448536269514722 / (3 * math.sqrt(k))) ** 3
    return math.ceil(most * 10000 / characters * 10000) / 10000


def statement_about(manifest: dict[str, Any], data: bytes) -> bytes:
    """Return the payload that is signed of a manifest: a function of its bytes alone."""
    artifacts = {"manifest.json": sha256_hex(data)}
    for shard in manifest["shards"]:
        artifacts |= {shard["path"]: shard["sha256"], shard["leaves_path"]: shard["leaves_sha256"]}
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": artifacts[name]}} for name in sorted(artifacts)],
        "predicateType": SNAPSHOT,
        "predicate": {name: value for name, value in manifest.items() if name != "shards"},
    }
    return canonical(statement)


# ---------------------------------------------------------------------------------------------------- the snapshot


@dataclass
class Report:
    """The links that hold, in order, what each was found to say, and what nobody looked at."""

    links: list[tuple[str, str]] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    before: str = ""

    @contextmanager
    def link(self, name: str) -> Iterator[list[str]]:
        """A link: what is told within is what it says, if nothing is refused."""
        told: list[str] = []
        with link(self.before + name):
            yield told
        self.held(name, "; ".join(told))

    def held(self, name: str, told: str) -> None:
        """Enter a link that holds."""
        self.links.append((self.before + name, told))

    def skip(self, what: str) -> None:
        """Enter what nobody looked at, once."""
        if what not in self.not_checked:
            self.not_checked.append(what)


@dataclass(frozen=True)
class Depth:
    """How deep to look: ``fast``, ``full``, or ``sample`` with the number of records and the auditor's word."""

    kind: str = "full"
    records: int = 0
    seed: str = ""


@dataclass
class Case:
    """What is at hand to verify with: files of the home or bundle, keys, the depth, and the report that grows."""

    home: Files
    trust: Trust
    depth: Depth
    report: Report
    events: Events | None = None
    openings: list[dict[str, str]] = field(default_factory=list)
    signatures: dict[str, Statement] = field(default_factory=dict)

    def verified(self, data: bytes, name: str, kind: str) -> Statement:
        """Return a statement, and remember that it was met."""
        statement = verified(data, self.trust, name, kind)
        self.signatures[statement.digest] = statement
        return statement


def signed_by(statement: Statement) -> str:
    """Say who signed."""
    return "signed by " + ", ".join(sorted(key_id[:16] for key_id in statement.signers))


@dataclass
class Snapshot:
    """A snapshot whose manifest is the signed one, and what of it was found."""

    files: Files
    manifest: dict[str, Any]
    statement: Statement
    removed: dict[str, str]
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def shards(self) -> list[dict[str, Any]]:
        """The shards, as the manifest lists them."""
        listed_shards: list[dict[str, Any]] = self.manifest["shards"]
        return listed_shards

    def attached(self, name: str) -> bytes:
        """Return a further file of the manifest."""
        return self.files.signed(self.manifest[name]["path"], self.manifest[name]["sha256"], MOST_IN_A_DOCUMENT)


def verify_snapshot(case: Case, files: Files, place: str) -> Snapshot:
    """Verify a snapshot to the depth asked for.

    Args:
        case: What is at hand.
        files: The snapshot's directory.
        place: Where it lies, ``snapshots/<name>/v<k>`` of a home or bundle, or anywhere.
    """
    report = case.report
    with report.link("signature") as told:
        statement = case.verified(files.read("statement.dsse.json"), "statement.dsse.json", SNAPSHOT)
        told.append(signed_by(statement))
    with report.link("manifest") as told:
        data = files.read("manifest.json", MOST_IN_A_DOCUMENT)
        require(statement.artifacts.get("manifest.json") == sha256_hex(data), "manifest.json is not the one signed")
        manifest = document_of(data, "manifest.json")
        MANIFEST(manifest, "manifest.json")
        require_place(place, f"snapshots/{manifest['name']}/v{manifest['version']}")
        told.append(f"{label_of(manifest)}, {manifest['rows']} records for {manifest['purpose']}")
    with report.link("statement ↔ manifest"):
        require(
            statement_about(manifest, data) == statement.payload, "something else was signed than the manifest says"
        )
    with report.link("counts") as told:
        manifest_of(data)
        counts = manifest["counts"]
        told.append(f"{counts['considered']} considered, {counts['denied']} denied, {counts['quarantined']} set aside")
    with report.link("retention") as told:
        removed = removed_of(case, files, manifest, sha256_hex(data))
        told.append(f"{len(removed)} shards removed, as signed" if removed else "nothing was removed")
    snapshot = Snapshot(files, manifest, statement, removed)
    verify_files(case, snapshot)
    verify_policy(case, snapshot)
    verify_decisions(case, snapshot)
    verify_accounts(case, snapshot)
    if case.depth.kind == "full":
        verify_leaves(case, snapshot)
    else:
        report.skip("Leaves, roots from leaves, people and decisions of the records that were not drawn (not --full).")
        with report.link("leaves files") as told:
            for shard in snapshot.shards:
                stated = (shard["leaves_sha256"], files.hashed(shard["leaves_path"])[0])
                require(stated[0] == stated[1], f"{shard['leaves_path']} is not the file that was signed")
            told.append(f"{len(snapshot.shards)} files")
    report.skip("Content: without keys nobody sees that the shards hold what the leaves stand for.")
    return snapshot


def require_place(place: str, named: str) -> None:
    """Refuse what lies in a directory that is named after something else."""
    here, there = place.split("/")[-3:], named.split("/")
    require(len(here) < 3 or here[0] != there[0] or here == there, f"it lies where something else than {named} has to")


REMOVED = closed(
    path=path, sha256=digest, tenant=slug, records=count, outlived=count, outlived_since=instant, because=said
)
NOTE = closed(snapshot=label, removed_at=instant, removed=listed(REMOVED, 1))


def removed_of(case: Case, files: Files, manifest: dict[str, Any], manifest_digest: str) -> dict[str, str]:
    """Return the shards that signed notes say were removed, and when the earliest says so."""
    shards = {shard["path"]: shard for shard in manifest["shards"]}
    removed: dict[str, str] = {}
    for name in files.names():
        if not name.startswith("retention/"):
            continue
        note = case.verified(files.read(name), name, RETENTION)
        NOTE(note.predicate, name)
        told = note.predicate["removed"]
        require(note.predicate["snapshot"] == label_of(manifest), f"{name} is about another snapshot")
        require(ascending([one["path"] for one in told]), f"{name} is not in order")
        artifacts = {"manifest.json": manifest_digest} | {one["path"]: one["sha256"] for one in told}
        require(note.artifacts == artifacts, f"{name} is not about what it lists")
        for one in told:
            shard = shards.get(one["path"])
            require(shard is not None and one["sha256"] == shard["sha256"], f"{name} names a shard that is not here")
            require(shard is not None and one["tenant"] == shard["tenant"], f"{name} names another tenant")
            require(one["outlived"] <= one["records"], f"{name}: more outlived their time than there are")
            at = note.predicate["removed_at"]
            removed[one["path"]] = min(removed.get(one["path"], at), at)
    return removed


def verify_files(case: Case, snapshot: Snapshot) -> None:
    """Links ``file listing`` and ``shard files``: nothing is added, and nothing missing without a ground."""
    files, shards, manifest = snapshot.files, snapshot.shards, snapshot.manifest
    further = [manifest[name] for name in ("request", "policy", "inputs", "decisions", "quality")]
    known = {"manifest.json", "statement.dsse.json", *(one["path"] for one in further)}
    known |= {one["path"] for one in [manifest["policy"]["activation"]] if one is not None}
    with case.report.link("file listing") as told:
        named = {shard[which] for shard in shards for which in ("path", "leaves_path")}
        here, unnamed = set(files.names()), set[str]()
        for name in here - named:
            require(not name.startswith(("shards/", "leaves/")) or is_unfinished(name), "a file was added")
            unnamed |= set() if name in known or name.startswith("retention/") else {name}
        missing = [shard for shard in shards if not files.has(shard["path"])]
        for shard in missing:
            left_out = files.left_out.get(shard["path"]) == shard["sha256"]
            require(left_out or shard["path"] in snapshot.removed, f"{shard['path']} is missing")
        told.append(f"{len(shards) - len(missing)} of {len(shards)} shards are here")
    tell_unnamed(case.report, unnamed)
    with case.report.link("shard files") as told:
        present = [shard for shard in shards if files.has(shard["path"])]
        for shard in present:
            same = files.hashed(shard["path"]) == (shard["sha256"], shard["bytes"])
            require(same, f"{shard['path']} is not the file that was signed")
        told.append(f"{len(present)} files")
    if len(present) < len(shards):
        case.report.skip(f"{len(shards) - len(present)} shards, left out or removed: their bytes.")


def is_unfinished(name: str) -> bool:
    """Whether a file is one that was being written: readers ignore it."""
    return ".staging-" in name.rpartition("/")[2]


def tell_unnamed(report: Report, names: set[str]) -> None:
    """Tell of files that no statement names: they prove nothing."""
    if names:
        report.skip(f"Files that no statement names: {', '.join(sorted(names))}.")


ACTIVATED = closed(
    policy_id=slug, version=ordinal, purpose=PURPOSE, previous=nullable(digest), author=said, proposed_at=instant
)


def verify_policy(case: Case, snapshot: Snapshot) -> None:
    """Links ``policy`` and ``activation``: which policy, and which two people put it in force."""
    stated = snapshot.manifest["policy"]
    with case.report.link("policy") as told:
        policy = document_of(snapshot.attached("policy"), stated["path"])
        holds(policy_id=slug, version=ordinal, purpose=PURPOSE, redaction_profile=said)(policy, stated["path"])
        require(stated["digest"] == stated["sha256"], "the policy's digest is not that of its file")
        named = (policy["policy_id"], policy["version"])
        require(named == (stated["policy_id"], stated["version"]), "policy.json is another policy")
        require(covers(policy["purpose"], snapshot.manifest["purpose"]), "the policy is for another purpose")
        redacted = snapshot.manifest["redaction"]["profile"]
        require(policy["redaction_profile"] == redacted, "the policy asks for another redaction")
        told.append(f"{stated['policy_id']}@v{stated['version']}")
    with case.report.link("activation") as told:
        if stated["activation"] is None:
            told.append("none: the deployment alone put the policy in force")
            return
        name = stated["activation"]["path"]
        activation = case.verified(snapshot.files.signed(name, stated["activation"]["sha256"]), name, ACTIVATION)
        ACTIVATED(activation.predicate, name)
        require(activation.artifacts == {"policy.json": stated["digest"]}, "the activation is about another policy")
        named = (activation.predicate["policy_id"], activation.predicate["version"])
        require(named == (stated["policy_id"], stated["version"]), "the activation names another policy")
        require(activation.predicate["purpose"] == policy["purpose"], "the activation is for another purpose")
        others = activation.signers - case.trust.kin(set(snapshot.statement.signers))
        require(len(others) >= 2, "fewer than two people who did not sign the snapshot put the policy in force")
        told.append(signed_by(activation))


STATES: tuple[str, ...] = (
    "unknown",
    "requested",
    "deferred",
    "refused",
    "given",
    "renewed",
    "withdrawn",
    "revoked",
    "expired",
)
STATES += ("invalidated", "terminated")
JURISDICTION = matching(r"unknown|[a-z]{2}(-[a-z0-9]{1,3})?", "a jurisdiction")
AGE_BAND = one_of("under-13", "13-15", "16-17", "adult", "unknown")
FACTS = closed(
    data_subject_known=truth,
    consent_at_use=one_of(*STATES),
    consent_at_collection=one_of(*STATES, "retroactive"),
    legal_basis=one_of("none", "consent", "contract", "legitimate-interest"),
    notice=one_of("unknown", "outdated", "accepted"),
    expressed_by=one_of("nobody", "other", "data-subject", "guardian"),
    categories_covered=truth,
    jurisdiction=JURISDICTION,
    age_band=AGE_BAND,
    tenant_scope=one_of("unknown", "none", "tenant-only", "shared"),
    purpose_in_agreement=truth,
    region_allowed=truth,
    pool=one_of("tenant", "shared"),
    participants=one_of("none", "all-permit", "not-all-permit"),
    licence=one_of("commercial", "non-commercial", "unknown"),
    retention_exceeded=truth,
)
DECISION = closed(
    facts=FACTS,
    policy=digest,
    effect=one_of("permit", "deny"),
    reason=said,
    rule=nullable(said),
    digest=digest,
    records=count,
)


def decisions_of(data: bytes, policy: str) -> dict[str, dict[str, Any]]:
    """Return distinct decisions by digest: each is its digest's, and the policy's."""
    told = document_of(data, "decisions.json")
    listed(DECISION)(told, "decisions.json")
    require(ascending([one["digest"] for one in told]), "decisions.json is not in order")
    for one in told:
        decided = {name: one[name] for name in ("facts", "policy", "effect", "reason", "rule")}
        require(sha256_hex(canonical(decided)) == one["digest"], "a decision is not the one of its digest")
        require(one["policy"] == policy, "a decision was made by another policy")
        require((one["effect"] == "permit") == (one["reason"] == "permitted"), "a decision contradicts its reason")
    return {one["digest"]: one for one in told}


def verify_decisions(case: Case, snapshot: Snapshot) -> None:
    """Link ``decisions``, as far as it goes without a policy engine and without leaves."""
    manifest = snapshot.manifest
    with case.report.link("decisions") as told:
        snapshot.decisions = decisions_of(snapshot.attached("decisions"), manifest["policy"]["digest"])
        denied: Counter[str] = Counter()
        permitted = 0
        for one in snapshot.decisions.values():
            if one["effect"] == "permit":
                permitted += one["records"]
            else:
                denied[one["reason"]] += one["records"]
        require(permitted == manifest["rows"], "more or fewer are permitted than there are")
        by_reason = manifest["counts"]["denied_by_reason"]
        require(all(by_reason.get(why, 0) >= many for why, many in denied.items()), "more are denied than counted")
        told.append(f"{len(snapshot.decisions)} distinct decisions, {permitted} records permitted")
    case.report.skip("Decisions: they were not made again, for this verifier has no policy engine.")


REQUEST = closed(
    name=slug,
    policy=slug,
    purpose=PURPOSE,
    pool=said,
    sources=listed(said, 1),
    period=closed(**{"from": nullable(instant), "to": nullable(instant)}),
    outcome=nullable(closed(label=listed(said, 1))),
    split=nullable(holds(parts=mapped(slug, real))),
    seed=integer,
    shard_rows=ordinal,
    lease_days=count,
    recipe=holding(lambda value: isinstance(value, dict), "an object"),
    requested_by=text,
    because=text,
)
PART = closed(
    output=path,
    tenant=slug,
    source=said,
    batch=digest,
    inputs=digest,
    redaction=digest,
    records=count,
    permitted=count,
    denied=count,
    quarantined=count,
)
INPUTS = closed(
    parts=listed(PART),
    sources=mapped(said, closed(declaration_digest=digest, data_categories=listed(text))),
    region=nullable(text),
    landed_not_governed=mapped(said, count),
)
QUALITY = holds(success=one_of(True), results=listed(holds(success=truth, severity=text)))


def verify_accounts(case: Case, snapshot: Snapshot) -> None:
    """Links ``request``, ``inputs`` and ``quality``: what was asked for, from what, and how good it was."""
    manifest = snapshot.manifest
    with case.report.link("request") as told:
        request = document_of(snapshot.attached("request"), manifest["request"]["path"])
        REQUEST(request, "request.json")
        require_asked(request, manifest)
        told.append(request["requested_by"] and f"asked for by {request['requested_by']}")
    with case.report.link("inputs") as told:
        inputs = document_of(snapshot.attached("inputs"), manifest["inputs"]["path"])
        INPUTS(inputs, "inputs.json")
        require_considered(inputs, manifest)
        told.append(f"{len(inputs['parts'])} parts")
    with case.report.link("quality") as told:
        require(manifest["quality"]["success"], "a quality gate failed")
        quality = document_of(snapshot.attached("quality"), manifest["quality"]["path"])
        QUALITY(quality, "quality.json")
        failed = [one["severity"] for one in quality["results"] if not one["success"]]
        require(all(severity == "warning" for severity in failed), "a quality gate failed")
        told.append(f"{len(quality['results'])} gates, {len(failed)} warnings")


def require_asked(request: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Refuse a snapshot that is not the one asked for."""
    alone = manifest["pool"]["tenant"]
    made = {name: manifest[name] for name in ("name", "purpose", "sources", "seed")}
    made |= {"policy": manifest["policy"]["policy_id"], "pool": alone if alone is not None else "shared"}
    for name, value in made.items():
        require(request[name] == value, f"another {name} was asked for")
    parts = {"train"} if request["split"] is None else set(request["split"]["parts"])
    require(all(shard["split"] in parts for shard in manifest["shards"]), "a shard is of a part nobody asked for")
    largest = max((shard["rows"] for shard in manifest["shards"]), default=0)
    require(largest <= request["shard_rows"], "a shard has more rows than were asked for")


def require_considered(inputs: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Refuse inputs that do not add up to what the manifest counts."""
    counts, parts, alone = manifest["counts"], inputs["parts"], manifest["pool"]["tenant"]
    for part in parts:
        split = part["permitted"] + part["denied"] + part["quarantined"]
        require(part["records"] == split, "a part does not add up")
        require(part["source"] in manifest["sources"], "a part is of a source nobody asked for")
        require(alone in (None, part["tenant"]), "a part is of another tenant")
        require(part["redaction"] == manifest["redaction"]["digest"], "a part was redacted otherwise")
    sums = {name: sum(part[name] for part in parts) for name in ("records", "denied", "quarantined")}
    require(sums["records"] == counts["considered"], "the parts do not add up to those considered")
    require(sums["quarantined"] == counts["quarantined"], "the parts do not add up to those set aside")
    require(sums["denied"] <= counts["denied"], "the parts deny more than are counted")
    require(sorted(inputs["sources"]) == sorted(manifest["sources"]), "the sources are not those asked for")


# ------------------------------------------------------------------------------------------------- leaves, columns

ROWS_AT_ONCE = 8192
DIGEST_TYPE = pa.binary(32)
LEAVES = {"record_id": pa.string(), **dict.fromkeys((*DIGESTS, "leaf"), DIGEST_TYPE)}


def batches_of(data: bytes, columns: dict[str, pa.DataType], may_be_null: str, rows: int, name: str) -> Iterator[Any]:
    """Yield the record batches of a Parquet file of exactly these columns and so many rows."""
    try:
        table = pq.ParquetFile(pa.BufferReader(data))
        schema = table.schema_arrow
        require(schema.names == list(columns), f"{name} has other columns than told")
        require(schema.types == list(columns.values()), f"{name} has columns of other types than told")
        require(table.metadata.num_rows == rows, f"{name} has another number of rows than stated")
        found = 0
        for batch in table.iter_batches(ROWS_AT_ONCE, use_threads=False):
            nulls = [one for one in columns if one != may_be_null and batch.column(one).null_count]
            require(not nulls, f"{name} holds nulls")
            found += batch.num_rows
            yield pa.RecordBatch.from_arrays(batch.columns, names=list(columns))  # whether a null is allowed apart
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refused(f"{name} is no Parquet file that can be read") from error
    require(found == rows, f"{name} has another number of rows than stated")


def raw(column: Any) -> bytes:
    """Return the bytes of a column of digests, side by side."""
    if not len(column):
        return b""
    data: bytes = column.buffers()[1].slice(column.offset * 32, len(column) * 32).to_pybytes()
    return data


def leaves_of(columns: list[bytes]) -> list[bytes]:
    """Return the leaf of every row, from its eight digests column by column: SHA-256(0x00 and the eight).

    The entries are put side by side byte column by byte column, which costs 256 copies a batch and no work a row.
    """
    width = 1 + 32 * len(columns)
    entries = bytearray(len(columns[0]) // 32 * width)
    for place, column in enumerate(columns):
        for byte in range(32):
            entries[1 + 32 * place + byte :: width] = column[byte::32]
    view, new = memoryview(entries), hashlib.sha256
    return [new(view[start : start + width]).digest() for start in range(0, len(entries), width)]


def tenant_commitment(tenant: str) -> bytes:
    """Return what stands in a leaf for its tenant."""
    return sha256(b"lineweight tenant\x00" + tenant.encode())


@dataclass
class Walked:
    """What was counted on the way through the leaves."""

    people: Counter[bytes] = field(default_factory=Counter)
    decided: Counter[bytes] = field(default_factory=Counter)
    receipts: int = 0


def verify_leaves(case: Case, snapshot: Snapshot) -> None:
    """Make every leaf and root again, shard by shard, and compare what they name with what was signed."""
    report, manifest, walked = case.report, snapshot.manifest, Walked()
    for place, shard in enumerate(snapshot.shards):
        walk_shard(case, snapshot, place, shard, walked)
    report.held("leaves files", f"{len(snapshot.shards)} files")
    report.held("leaves", f"{manifest['rows']} made again")
    report.held("shard roots", f"{len(snapshot.shards)}")
    report.held("leaves ↔ tenant", f"{len(manifest['tenant_roots'])} tenants")
    with report.link("data subjects") as told:
        entries = (person_entry(who, many) for who, many in sorted(walked.people.items()))
        root = root_of_entries(entries).hex()
        require({"root": root, "count": len(walked.people)} == manifest["data_subjects"], "the people are others")
        told.append(f"{len(walked.people)} people")
    with report.link("leaves ↔ decisions") as told:
        permitted = {key: one["records"] for key, one in snapshot.decisions.items() if one["effect"] == "permit"}
        decided = {key.hex(): many for key, many in walked.decided.items()}
        require({key: many for key, many in permitted.items() if many} == decided, "the leaves are not those permitted")
        told.append(f"{len(decided)} decisions are named")
    if case.events is None:
        report.skip("Consent events: none were brought.")
    else:
        report.held("consent receipts", f"{walked.receipts} pairs of decision and event")
    report.held("snapshot root", manifest["root"])


def walk_shard(case: Case, snapshot: Snapshot, place: int, shard: dict[str, Any], walked: Walked) -> None:
    """Verify the leaves of one shard, and add up what they name."""
    before, name = case.report.before, shard["leaves_path"]
    tenant, policy = tenant_commitment(shard["tenant"]), bytes.fromhex(snapshot.manifest["policy"]["digest"])
    leaves: list[bytes] = []
    pairs: set[tuple[bytes, bytes]] = set()
    with link(before + "leaves files"):
        data = snapshot.files.signed(name, shard["leaves_sha256"])
        for batch in batches_of(data, LEAVES, "", shard["rows"], name):
            columns = {one: raw(batch.column(one)) for one in (*DIGESTS, "leaf")}
            made = leaves_of([columns[one] for one in DIGESTS])
            with link(before + "leaves"):
                require(b"".join(made) == columns["leaf"], f"{name} holds a leaf that its digests do not give")
            with link(before + "leaves ↔ tenant"):
                require(columns["tenant_commitment"] == tenant * len(made), f"{name} holds another tenant's leaf")
            with link(before + "policy"):
                require(columns["policy_digest"] == policy * len(made), f"{name} names another policy")
            leaves += made
            pairs |= counted(batch, walked)
    with link(before + "shard roots"):
        require(root_of(leaves).hex() == shard["root"], f"the leaves of shard {place} do not give its root")
    with link(before + "consent receipts"):
        for decision, receipt in pairs:
            require_ground(snapshot, shard["tenant"], decision.hex(), receipt, case.events)
    walked.receipts += len(pairs)


def counted(batch: Any, walked: Walked) -> set[tuple[bytes, bytes]]:
    """Count people and decisions of a batch; return its distinct pairs of decision and consent receipt."""
    people = pc.value_counts(batch.column("data_subject_commitment"))
    for who, many in zip(people.field(0).to_pylist(), people.field(1).to_pylist(), strict=True):
        walked.people[who] += many
    grounds = pa.Table.from_batches([batch.select(["decision_digest", "consent_receipt"])])
    distinct = grounds.group_by(grounds.column_names).aggregate([([], "count_all")])
    pairs = list(zip(*(distinct.column(one).to_pylist() for one in grounds.column_names), strict=True))
    for (decision, _), many in zip(pairs, distinct.column("count_all").to_pylist(), strict=True):
        walked.decided[decision] += many
    return set(pairs)


# ---------------------------------------------------------------------------------------------- consents, openings


@dataclass(frozen=True, slots=True)
class Event:
    """What a leaf's ground asks of a consent event."""

    tenant: str
    data_subject_id: str
    state: str
    legal_basis: str
    purposes: tuple[str, ...]
    derivatives: bool
    effective_at: str
    expires_at: str | None
    recorded_at: str


AGREES = ("given", "renewed")
EVENT_ID = matching(r"[^@]{1,200}", "an id of an event")
NOTED = holding(lambda value: is_noted(value), "a short text")
ASKED_FOR = [f"train_ai_system{below}" for below in ("", ".finetune", ".preference", ".evaluation", ".synthetic")]
CONSENT = closed(
    **dict.fromkeys(("language", "method", "notice_id", "notice_version", "evidence"), NOTED),
    **dict.fromkeys(("effective_at", "recorded_at"), instant),
    **dict.fromkeys(("derivatives", "retroactive"), truth),
    event_id=EVENT_ID,
    tenant=slug,
    data_subject_id=said,
    state=one_of(*STATES),
    legal_basis=one_of("consent", "contract", "legitimate-interest"),
    purposes=listed(one_of(*ASKED_FOR), 1),
    data_categories=listed(said),
    jurisdiction=JURISDICTION,
    age_band=AGE_BAND,
    expressed_by=one_of("data-subject", "guardian", "other"),
    expires_at=nullable(instant),
    supersedes=nullable(EVENT_ID),
)


def is_noted(value: Any) -> bool:
    """Whether a value is a text that the ledger takes: printable, without an address, 500 characters at most."""
    return isinstance(value, str) and len(value) <= 500 and value.isprintable() and "@" not in value


def event_of(line: bytes) -> Event:
    """Return a consent event from its canonical bytes."""
    told = parsed(line, "an event")
    CONSENT(told, "an event")
    require(canonical_event(told) == line, "an event is not in canonical form")
    require(ascending(told["purposes"]) and ascending(told["data_categories"]), "an event's lists are not in order")
    ends = told["expires_at"]
    require(ends is None or ends > told["effective_at"], "an event ends before it begins")
    purposes = tuple(told["purposes"])
    kept = {name: told[name] for name in Event.__slots__ if name != "purposes"}
    return Event(purposes=purposes, **kept)


def canonical_event(told: dict[str, Any]) -> bytes:
    """Return the canonical bytes of an event, fast: its keys are ASCII, and it holds no numbers."""
    try:
        return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise Refused("an event is no text") from error


def lines_of(files: Files, name: str) -> Iterator[bytes]:
    """Yield the lines of a file without their line feeds."""
    with files.open(name) as stream:
        while line := stream.readline(PIECE):
            require(line.endswith(b"\n") and line != b"\n", f"{name} holds a line that is empty, cut off or too long")
            yield line[:-1]


@dataclass
class Events:
    """The consent events at hand: by receipt, and of those that refuse, by tenant and person."""

    by_receipt: dict[bytes, Event] = field(default_factory=dict)
    refusals: dict[tuple[str, str], list[Event]] = field(default_factory=dict)

    def hear(self, line: bytes) -> None:
        """Take an event."""
        event = event_of(line)
        self.by_receipt[sha256(line)] = event
        if event.state not in AGREES:
            self.refusals.setdefault((event.tenant, event.data_subject_id), []).append(event)


def events_of(files: Files) -> Events | None:
    """Return the consent events at hand, or null where none were brought."""
    if not files.has("consents.jsonl"):
        return None
    events = Events()
    for line in lines_of(files, "consents.jsonl"):
        events.hear(line)
    return events


def require_ground(snapshot: Snapshot, tenant: str, decision: str, receipt: bytes, events: Events | None) -> None:
    """Refuse a decision and a consent receipt that stand together in a leaf and do not bear each other."""
    decided = snapshot.decisions.get(decision)
    require(decided is not None, "a leaf names a decision that is not in decisions.json")
    facts = decided["facts"] if decided is not None else {}
    by_consent = facts["legal_basis"] == "consent"
    require(by_consent == (receipt != bytes(32)), "a leaf names a consent event exactly if the basis is consent")
    if by_consent and events is not None:
        event = events.by_receipt.get(receipt)
        require(event is not None, "a consent event is not at hand")
        if event is not None:
            require_consent(event, tenant, facts, snapshot.manifest)
            require(not taken_back(event, events, snapshot.manifest), "a consent was taken back before it was used")


def require_consent(event: Event, tenant: str, facts: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Refuse an event that does not say what was decided by."""
    at, purpose = manifest["as_of"], manifest["purpose"]
    require(event.tenant == tenant, "a consent was given to another tenant")
    require(event.legal_basis == "consent", "an event is of another basis than consent")
    require(event.effective_at <= at["effective_at"], "a consent took effect after the decision")
    require(event.recorded_at <= at["recorded_at"], "a consent was recorded after the decision")
    require(any(covers(one, purpose) for one in event.purposes), "a consent is for another purpose")
    require(facts["consent_at_use"] in AGREES, "a decision permits without a consent in force")
    require(event.state == facts["consent_at_use"], "an event says something else than was decided by")
    lasts = event.expires_at is None or event.expires_at > at["effective_at"]
    require(lasts, "a consent had ended")
    require(event.derivatives or purpose == "train_ai_system.evaluation", "a consent covers nothing that lasts")


def taken_back(event: Event, events: Events, manifest: dict[str, Any]) -> bool:
    """Whether another event at hand takes a consent back, as known when it was decided."""
    at, purpose = manifest["as_of"], manifest["purpose"]
    return any(
        event.effective_at <= other.effective_at <= at["effective_at"]
        and other.recorded_at <= at["recorded_at"]
        and any(covers(one, purpose) for one in other.purposes)
        for other in events.refusals.get((event.tenant, event.data_subject_id), [])
    )


OPENING = closed(tenant=said, data_subject_id=said, salt=digest)


def openings_of(files: Files) -> list[dict[str, str]]:
    """Return the openings that were brought: whose a commitment is."""
    if not files.has("openings.jsonl"):
        return []
    openings = []
    for line in lines_of(files, "openings.jsonl"):
        opening = document_of(line, "an opening")
        OPENING(opening, "an opening")
        openings.append(opening)
    return openings


def commitment_of(opening: dict[str, str]) -> bytes:
    """Return the commitment that a salt makes of a person of a tenant."""
    message = f"{opening['tenant']}\x00{opening['data_subject_id']}".encode()
    return hmac.digest(bytes.fromhex(opening["salt"]), message, "sha256")


# ------------------------------------------------------------------------------------------------------ the sample


def drawn(seed: str, root: str, size: int, records: int) -> list[int]:
    """Return the places that an auditor's word draws of a tree, sorted."""
    if records >= size:
        return list(range(size))
    before = b"\x00".join([b"lineweight-sample-v1", seed.encode(), root.encode()])
    places: set[int] = set()
    draw = 0
    while len(places) < records:
        places.add(int.from_bytes(sha256(b"%b\x00%d" % (before, draw)), "big") % size)
        draw += 1
    return sorted(places)


def verify_sample(case: Case, snapshot: Snapshot, places: list[tuple[int, int]], of: str) -> None:
    """Show the whole chain of each record drawn: shard and row, in order."""
    people = {commitment_of(opening): opening for opening in case.openings}
    require(len(people) == len(case.openings), "two openings open one commitment")
    shown: list[str] = []
    opened_people = 0
    with case.report.link("sample") as told:
        for place, shard in enumerate(snapshot.shards):
            rows = [row for at, row in places if at == place]
            if not rows:
                continue
            columns = columns_of(snapshot, shard)
            leaves = leaves_of([columns[name] for name in DIGESTS])
            require(b"".join(leaves) == columns["leaf"], f"shard {place} holds a leaf that its digests do not give")
            require(root_of(leaves).hex() == shard["root"], f"the leaves of shard {place} do not give its root")
            for row in rows:
                digests = {name: columns[name][32 * row : 32 * row + 32] for name in DIGESTS}
                line, who = shown_record(case, snapshot, shard, digests, people)
                shown.append(f"shard {place} row {row}: {line}")
                opened_people += who
        told.append("\n".join([f"{len(places)} records of {of} drawn, {opened_people} opened", *shown]))
    if opened_people < len(places):
        case.report.skip("Whose the records drawn are, where no opening was brought.")


def columns_of(snapshot: Snapshot, shard: dict[str, Any]) -> dict[str, bytes]:
    """Return the digests of a shard's leaves file, column by column."""
    data = snapshot.files.signed(shard["leaves_path"], shard["leaves_sha256"])
    columns = dict.fromkeys((*DIGESTS, "leaf"), b"")
    for batch in batches_of(data, LEAVES, "", shard["rows"], shard["leaves_path"]):
        for name in columns:
            columns[name] += raw(batch.column(name))
    return columns


def shown_record(
    case: Case,
    snapshot: Snapshot,
    shard: dict[str, Any],
    digests: dict[str, bytes],
    people: dict[bytes, dict[str, str]],
) -> tuple[str, bool]:
    """Verify what one leaf says; return it in words, and whether its person was opened."""
    require(digests["tenant_commitment"] == tenant_commitment(shard["tenant"]), "a leaf is another tenant's")
    require(digests["policy_digest"].hex() == snapshot.manifest["policy"]["digest"], "a leaf names another policy")
    decision, receipt = digests["decision_digest"].hex(), digests["consent_receipt"]
    require_ground(snapshot, shard["tenant"], decision, receipt, case.events)
    decided = snapshot.decisions[decision]
    require(decided["effect"] == "permit", "a record that was drawn was not permitted")
    said_so = [shard["tenant"], f"permitted by {decided['rule']}"]
    event = case.events.by_receipt.get(receipt) if case.events is not None else None
    if event is not None:
        said_so.append(f"consent {event.state} from {event.effective_at}")
    opening = people.get(digests["data_subject_commitment"])
    if opening is not None:
        require(opening["tenant"] == shard["tenant"], "an opening is of another tenant's person")
        said_so.append(f"of {opening['data_subject_id']}")
        if event is not None and event.data_subject_id != opening["data_subject_id"]:
            said_so.append(f"by consent of {event.data_subject_id}, which only the ledger knows to be the same person")
    return ", ".join(said_so), opening is not None


# ------------------------------------------------------------------------------------------------------- the model

DEPENDENCY = holds(name=said, digest=holds(sha256=digest))
TRAINED = holds(
    buildDefinition=holds(
        buildType=one_of("https://lineweight.dev/training/sft/v1"),
        externalParameters=holds(snapshot=text, base=text, trained_by=text),
        internalParameters=holds(plan=digest, purpose=PURPOSE, tensors=mapped(path, digest)),
        resolvedDependencies=listed(DEPENDENCY),
    ),
    runDetails=holds(
        builder=holds(id=one_of("https://lineweight.dev/training_jobs/sft")),
        metadata=holds(invocationId=said, startedOn=instant, finishedOn=instant),
        byproducts=listed(holds(name=one_of("consumption", "file"), digest=holds(sha256=digest))),
    ),
)
ONCE = ("snapshot", "snapshot-statement", "policy", "base-model", "tokenizer", "code", "release-ticket")
LEDGER = {
    "epoch": pa.int32(),
    "optimizer_step": pa.int64(),
    "micro_step": pa.int32(),
    "shard": pa.int32(),
    "row": pa.int64(),
    "record_id": pa.string(),
    "leaf": DIGEST_TYPE,
    "n_tokens": pa.int32(),
    "skipped_reason": pa.string(),
}


@dataclass
class Model:
    """A model by its signed training statement, what of it was found, and its consumption ledger."""

    files: Files
    statement: Statement
    weights: dict[str, str] = field(default_factory=dict)
    ledger: Any = None

    @property
    def build(self) -> dict[str, Any]:
        """What was built from what."""
        return dict(self.statement.predicate["buildDefinition"])

    @property
    def run(self) -> dict[str, Any]:
        """When it ran, and what else came of it."""
        return dict(self.statement.predicate["runDetails"])

    def dependency(self, name: str) -> dict[str, Any]:
        """Return what stands once among the dependencies."""
        found = [one for one in self.build["resolvedDependencies"] if one["name"] == name]
        require(len(found) == 1, f"the training statement does not name {name} once")
        annotations = found[0].get("annotations", {})
        mapped(text, text)(annotations, f"the annotations of {name}")
        return {**found[0], "annotations": annotations}

    def byproducts(self, name: str) -> list[dict[str, Any]]:
        """Return byproducts of one name, each with a path that stays inside, none twice."""
        found = [dict(one) for one in self.run["byproducts"] if one["name"] == name]
        for one in found:
            holds(annotations=holds(path=path))(one, name)
            mapped(text, text)(one["annotations"], name)
        require(len({one["annotations"]["path"] for one in found}) == len(found), f"a {name} stands twice")
        return found

    def named(self) -> set[str]:
        """Return the paths of all files that its statement speaks of."""
        names = {"training.dsse.json", "recipe.json", "ticket.dsse.json", "model.sig", *self.weights}
        names |= {"snapshot/manifest.json", "snapshot/statement.dsse.json"}
        names |= {one["annotations"]["path"] for kind in ("file", "consumption") for one in self.byproducts(kind)}
        feeds = (one for one in self.build["resolvedDependencies"] if one["name"] == "revocation-feed")
        return names | {one["annotations"]["path"] for one in feeds}


def verify_model(case: Case, files: Files, place: str, found: Path | None = None) -> None:
    """Verify a model, and then its snapshot.

    Args:
        case: What is at hand.
        files: The model's directory.
        place: Where it lies, ``models/<name>/<run>`` of a home or bundle, or anywhere.
        found: A file of weights that was found elsewhere, of which it is asked whether it is this model's.
    """
    model = verify_training(case, files, place)
    if found is not None:
        with link("weights"):
            with found.open("rb") as stream:
                stated = hashed(stream)[0]
            names = [name for name, one in model.weights.items() if one == stated]
            require(bool(names), f"{found.name} is not a file of weights that this training statement names")
            model.files = files = Replaced(files, names[0], found)
    verify_weights(case, model)
    verify_model_files(case, model)
    verify_ledger(case, model)
    manifest = verify_copies(case, model)
    with case.report.link("order of reading"):
        train = sum(shard["rows"] for shard in manifest["shards"] if shard["split"] == "train")
        require_order(model.ledger, train)
    with case.report.link("release ticket") as told:
        told.append(verify_ticket(case, model, manifest))
    with case.report.link("revocations") as told:
        told.append(verify_revocations(case, model, manifest))
    verify_model_signature(case, model)
    tell_unnamed(case.report, set(model.files.names()) - model.named())
    case.report.skip("Training: that these steps give these weights is the trainer's signed word.")
    case.report.skip("Base model, tokenizer and code: they are named by digest, and were not compared.")
    verify_read(case, model, manifest)


def verify_training(case: Case, files: Files, place: str) -> Model:
    """Link ``signature`` of a model: the training statement."""
    with case.report.link("signature") as told:
        statement = case.verified(files.read("training.dsse.json"), "training.dsse.json", TRAINING)
        TRAINED(statement.predicate, "training.dsse.json")
        model = Model(files, statement)
        further = {"model.sig", "model-signing-root"}
        model.weights = {name: one for name, one in statement.artifacts.items() if name not in further}
        require(all(is_path(name) and name.endswith(".safetensors") for name in model.weights), "it is about others")
        require(bool(model.weights), "the training statement names no weights")
        require(len(further & statement.artifacts.keys()) != 1, "a model signature without its root, or the reverse")
        run = model.run["metadata"]["invocationId"]
        there = place.split("/")[-3:]
        require(len(there) < 3 or there[0] != "models" or there[2] == run, "it lies where another run has to")
        for name in ONCE:
            model.dependency(name)
        told += [f"run {run}", signed_by(statement)]
    return model


def verify_weights(case: Case, model: Model) -> None:
    """Links ``weights`` and ``weights header``: the bytes are those signed, and name what they came from."""
    files, weights = model.files, model.weights
    with case.report.link("weights") as told:
        here = {name for name in files.names() if name.endswith(".safetensors")}
        require(here <= weights.keys(), "there are weights that the training statement does not name")
        missing = weights.keys() - here
        left_out = all(files.left_out.get(name) == weights[name] for name in missing)
        require(left_out or isinstance(files, Replaced), "weights are missing")
        tensors = model.build["internalParameters"]["tensors"]
        require(tensors.keys() == weights.keys(), "the tensors named are not those of the weights")
        for name in sorted(here):
            require(files.hashed(name)[0] == weights[name], f"{name} is not the file that was signed")
        told.append(f"{len(here)} of {len(weights)} files are here")
    if missing:
        case.report.skip("Weights: " + (f"{len(missing)} files" if here else "they") + " were left out.")
    if here:
        with case.report.link("weights header"):
            for name in sorted(here):
                with files.open(name) as stream:
                    require_header(stream, files.hashed(name)[1], header_of(model), name)
                    require(hashed(stream)[0] == tensors[name], f"{name} holds other tensors than stated")


def header_of(model: Model) -> dict[str, str]:
    """Return what the header of a model's weights has to say."""
    snapshot = model.dependency("snapshot")
    root = snapshot["annotations"].get("root", "")
    (consumption,) = model.byproducts("consumption")
    return {
        "format": "pt",
        "lineweight.snapshot": f"{str(snapshot.get('uri', '')).removeprefix('snapshot:')} {root}",
        "lineweight.snapshot_statement": model.dependency("snapshot-statement")["digest"]["sha256"],
        "lineweight.consumption_root": consumption["annotations"].get("root", ""),
        "lineweight.predicate": sha256_hex(canonical(model.statement.predicate)),
        "lineweight.run": model.run["metadata"]["invocationId"],
    }


def require_header(stream: IO[bytes], length: int, stated: dict[str, str], name: str) -> None:
    """Refuse a safetensors file whose header does not say exactly this; leave the stream behind the header."""
    size = int.from_bytes(stream.read(8), "little")
    require(length >= 8 and size <= min(100_000_000, length - 8), f"{name} has a header longer than it may be")
    header = parsed(stream.read(size), f"the header of {name}")
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    require(isinstance(metadata, dict), f"the header of {name} says nothing of where it came from")
    ours = {key: value for key, value in (metadata or {}).items() if key == "format" or key.startswith("lineweight.")}
    require(ours == stated, f"the header of {name} says something else than the training statement")


def verify_model_files(case: Case, model: Model) -> None:
    """Links ``model files`` and ``recipe``."""
    with case.report.link("model files") as told:
        byproducts = model.byproducts("file")
        for one in byproducts:
            name = one["annotations"]["path"]
            require(model.files.hashed(name)[0] == one["digest"]["sha256"], f"{name} is not the file that was signed")
        told.append(f"{len(byproducts)} files")
    with case.report.link("recipe"):
        recipe = model.files.read("recipe.json", MOST_IN_A_DOCUMENT)
        require(recipe == canonical(model.build["externalParameters"]), "recipe.json is another recipe")


def verify_ledger(case: Case, model: Model) -> None:
    """Link ``consumption ledger``: its bytes, columns, rows and root."""
    with case.report.link("consumption ledger") as told:
        found = model.byproducts("consumption")
        require(len(found) == 1, "the training statement does not name one consumption ledger")
        holds(annotations=holds(path=path, root=digest, rows=decimal))(found[0], "consumption")
        stated, name = found[0]["annotations"], found[0]["annotations"]["path"]
        data = model.files.signed(name, found[0]["digest"]["sha256"])
        batches, leaves = [], []
        for batch in batches_of(data, LEDGER, "skipped_reason", int(stated["rows"]), name):
            leaves += readings_of(batch.to_pydict())
            batches.append(batch)
        require(root_of(leaves).hex() == stated["root"], "the ledger's rows do not give its root")
        model.ledger = pa.Table.from_batches(batches, pa.schema(LEDGER)).combine_chunks()
        told.append(f"{len(leaves)} rows")


def readings_of(columns: dict[str, list[Any]]) -> list[bytes]:
    """Return the leaf hashes of rows of a consumption ledger; refuse a number below 0."""
    new, pack = hashlib.sha256, struct.Struct(">cIQIIQ32sI").pack
    leaves = []
    try:
        for epoch, step, micro, shard, row, record_id, leaf, tokens, reason in zip(
            *(columns[name] for name in LEDGER), strict=True
        ):
            record = record_id.encode()
            entry = (
                pack(b"\x00", epoch, step, micro, shard, row, leaf, tokens) + len(record).to_bytes(4, "big") + record
            )
            if reason is None:
                entry += b"\x00"
            else:
                words = reason.encode()
                entry += b"\x01" + len(words).to_bytes(4, "big") + words
            leaves.append(new(entry).digest())
    except (struct.error, UnicodeEncodeError) as error:
        raise Refused("a row of the ledger holds a number below 0, or no text") from error
    return leaves


def require_order(ledger: Any, train: int) -> None:
    """Refuse an order in which nothing can have been read, of a snapshot with so many records to train on."""
    require(ledger.num_rows > 0, "nothing was read")
    for name in ("epoch", "optimizer_step"):
        column = ledger.column(name).combine_chunks()
        steps = pc.unique(pc.pairwise_diff(column)).to_pylist()
        require(column[0].as_py() == 0 and set(steps) <= {None, 0, 1}, f"{name} does not count up from 0")
    places = ledger.select(["epoch", "shard", "row"])
    distinct = places.group_by(places.column_names).aggregate([])
    require(distinct.num_rows == ledger.num_rows, "a record was read twice in one epoch")
    epochs = pc.value_counts(ledger.column("epoch"))
    read = dict(zip(epochs.field(0).to_pylist(), epochs.field(1).to_pylist(), strict=True))
    last = max(read)
    whole = all(rows == train for epoch, rows in read.items() if epoch != last) and read[last] <= train
    require(whole, "an epoch has other rows than the split train has records")


def verify_copies(case: Case, model: Model) -> dict[str, Any]:
    """Link ``snapshot copies``: the manifest that training read under; return it."""
    with case.report.link("snapshot copies") as told:
        named = model.dependency("snapshot")
        data = model.files.signed("snapshot/manifest.json", named["digest"]["sha256"], MOST_IN_A_DOCUMENT)
        manifest = manifest_of(data, "snapshot/manifest.json")
        name = "snapshot/statement.dsse.json"
        statement = case.verified(model.files.read(name), name, SNAPSHOT)
        require(statement_about(manifest, data) == statement.payload, "the copies are not of each other")
        require(named.get("uri") == f"snapshot:{label_of(manifest)}", "the training statement names another snapshot")
        require(named["annotations"].get("root") == manifest["root"], "it names another root")
        stated = model.dependency("snapshot-statement")["digest"]["sha256"]
        require(stated == statement.digest, "it names another statement of the snapshot")
        require(model.dependency("snapshot-statement").get("uri") == named["uri"], "the statement has another name")
        policy, version = manifest["policy"], f"{manifest['policy']['policy_id']}@v{manifest['policy']['version']}"
        used = model.dependency("policy")
        by_name = (used["digest"]["sha256"], used.get("uri")) == (policy["digest"], f"policy:{version}")
        require(by_name, "it names another policy")
        asked_for = model.build["externalParameters"]["snapshot"]
        require(asked_for in (label_of(manifest), manifest["name"]), "the recipe asks for another snapshot")
        told.append(label_of(manifest))
    return manifest


NAMES = holding(
    lambda value: isinstance(value, list) and all(map(is_said, value)) and len(set(value)) == len(value),
    "a set of names",
)
RELEASED = closed(
    snapshot=label,
    verdict=one_of("approved", "refused"),
    purpose=PURPOSE,
    may_train=NAMES,
    base_models=NAMES,
    max_epochs=holding(lambda value: is_whole(value) and value <= 10_000, "a number of epochs"),
    decided_at=instant,
    expires_at=nullable(instant),
    approver=said,
    because=holding(lambda value: isinstance(value, str) and len(value) <= 500, "a reason"),
)


def is_said(value: Any) -> bool:
    """Whether a value is a text that says something."""
    return isinstance(value, str) and value != ""


@dataclass(frozen=True)
class Run:
    """What was trained: when it began, what for, by whom, from which base, and how many passes were begun."""

    at: str
    purpose: str
    trained_by: str
    base: str
    epochs: int


def require_permits(ticket: dict[str, Any], run: Run, manifest: Mapping[str, Any]) -> None:
    """Refuse a training that a release ticket does not permit."""
    RELEASED(ticket, "the ticket")
    grants = [bool(ticket[name]) for name in ("may_train", "base_models", "max_epochs", "expires_at")]
    approves = ticket["verdict"] == "approved"
    require(all(grants) if approves else not any(grants), "the ticket contradicts itself")
    require(approves, "the release was refused")
    require(ticket["snapshot"] == label_of(manifest), "the ticket is for another snapshot")
    require(covers(manifest["purpose"], ticket["purpose"]), "the ticket is for more than the snapshot is for")
    expires = ticket["expires_at"]
    require(ticket["decided_at"] < expires, "the ticket ends before it begins")
    require(ticket["decided_at"] <= run.at < expires, "the ticket did not hold when training began")
    require(covers(ticket["purpose"], run.purpose), "the ticket is for another purpose")
    require(run.trained_by in ticket["may_train"] or "*" in ticket["may_train"], "the ticket is for other teams")
    require(run.base in ticket["base_models"] or "*" in ticket["base_models"], "the ticket is for other base models")
    require(run.epochs <= ticket["max_epochs"], "it was read more often than the ticket permits")


def verify_ticket(case: Case, model: Model, manifest: dict[str, Any]) -> str:
    """Link ``release ticket``: somebody released this snapshot for this, before it began."""
    named = model.dependency("release-ticket")
    require(named["annotations"].get("path") == "ticket.dsse.json", "the ticket is said to lie elsewhere")
    ticket = case.verified(model.files.read("ticket.dsse.json"), "ticket.dsse.json", TICKET)
    require(ticket.digest == named["digest"]["sha256"], "the training statement names another ticket")
    require_about(ticket, model, manifest)
    recipe, epochs = model.build["externalParameters"], pc.max(model.ledger.column("epoch")).as_py() + 1
    purpose = model.build["internalParameters"]["purpose"]
    run = Run(model.run["metadata"]["startedOn"], purpose, recipe["trained_by"], recipe["base"], epochs)
    require_permits(ticket.predicate, run, manifest)
    return f"{ticket.predicate['approver']}, {epochs} of {ticket.predicate['max_epochs']} epochs, {signed_by(ticket)}"


def require_about(statement: Statement, model: Model, manifest: dict[str, Any]) -> None:
    """Refuse a statement that is not about this snapshot's manifest and label."""
    about = {"manifest.json": model.dependency("snapshot")["digest"]["sha256"]}
    require(statement.artifacts == about, "it is about another manifest")
    require(statement.predicate.get("snapshot") == label_of(manifest), "it is about another snapshot")


REVOKED = closed(
    snapshot=label,
    as_of=CLOCKS,
    ledger_checkpoint=digest,
    policy=closed(policy_id=slug, version=ordinal, digest=digest),
    lease_expires_at=instant,
    revoked=mapped(
        said, holding(lambda ids: isinstance(ids, list) and all(map(is_said, ids)) and ascending(ids), "sorted ids")
    ),
)
FED = holds(annotations=holds(number=decimal, path=path, from_step=decimal))


def verify_revocations(case: Case, model: Model, manifest: dict[str, Any]) -> str:
    """Link ``revocations``: nothing was read after a feed took it back, and the lease had not ended."""
    lease, revoked = manifest["lease_expires_at"], set[str]()
    ledger = model.ledger
    skipped = pc.fill_null(pc.equal(ledger.column("skipped_reason"), "revoked"), False)
    trained = ledger.filter(pc.is_null(ledger.column("skipped_reason")))
    feeds = [one for one in model.build["resolvedDependencies"] if one["name"] == "revocation-feed"]
    before = 0
    for feed in feeds:
        FED(feed, "revocation-feed")
        number, from_step = int(feed["annotations"]["number"]), int(feed["annotations"]["from_step"])
        name = f"revocations/{number:05d}.dsse.json"
        require(number > before and feed["annotations"]["path"] == name, "the feeds are not in order, or lie elsewhere")
        statement = case.verified(model.files.read(name), name, REVOCATIONS)
        require(statement.digest == feed["digest"]["sha256"], f"{name} is another feed than stated")
        require_about(statement, model, manifest)
        REVOKED(statement.predicate, name)
        ids = {one for of_reason in statement.predicate["revoked"].values() for one in of_reason}
        later = trained.filter(pc.greater_equal(trained.column("optimizer_step"), from_step))
        read = pc.any(pc.is_in(later.column("record_id"), pa.array(sorted(ids), pa.string()))).as_py()
        require(not read, f"a record was read after {name} revoked it")
        lease = max(manifest["lease_expires_at"], statement.predicate["lease_expires_at"]) if not from_step else lease
        revoked, before = revoked | ids, number
    left_out = set(ledger.filter(skipped).column("record_id").to_pylist())
    require(left_out <= revoked, "a record was skipped as revoked that no feed names")
    require(model.run["metadata"]["startedOn"] < lease, "the lease had ended when training began")
    return f"{len(feeds)} feeds, {len(revoked)} records revoked"


RESOURCES = listed(closed(algorithm=one_of("sha256"), digest=digest, name=path), 1)


def verify_model_signature(case: Case, model: Model) -> None:
    """Link ``model signature``: the list that another tool signs is of these files."""
    stated = model.statement.artifacts
    with case.report.link("model signature") as told:
        if "model.sig" not in stated:
            told.append("none")
            return
        bundle = parsed(model.files.signed("model.sig", stated["model.sig"], MOST_IN_A_DOCUMENT), "model.sig")
        holds(dsseEnvelope=holds(payload=text))(bundle, "model.sig")
        payload = parsed(from_base64(bundle["dsseEnvelope"]["payload"], "model.sig"), "model.sig")
        holds(predicate=holds(resources=RESOURCES))(payload, "model.sig")
        files = {one["name"]: one["digest"] for one in payload["predicate"]["resources"]}
        require(len(files) == len(payload["predicate"]["resources"]), "model.sig lists a file twice")
        in_order = sorted(files, key=lambda name: name.split("/"))
        root = sha256_hex(b"".join(bytes.fromhex(files[name]) for name in in_order))
        require(root == stated["model-signing-root"], "model.sig lists other files than the training statement says")
        known = dict(model.weights)
        for one in model.byproducts("file") + model.byproducts("consumption"):
            known[one["annotations"]["path"]] = one["digest"]["sha256"]
        require(known.items() <= files.items(), "model.sig does not list every file as the training statement does")
        for name in files.keys() - known.keys():
            require(model.files.hashed(name)[0] == files[name], f"{name} is not the file that model.sig lists")
        told.append(f"{len(files)} files")
    case.report.skip("model.sig: its own signature; the model-signing tool verifies it with keys/model-signing.pub.")


def verify_read(case: Case, model: Model, manifest: dict[str, Any]) -> None:
    """Link ``consumption ⊆ snapshot``, then the snapshot itself, and the sample of what was read."""
    report = case.report
    place = f"snapshots/{manifest['name']}/v{manifest['version']}"
    files = Within(case.home, place)
    with report.link("consumption ⊆ snapshot") as told:
        require(files.has("manifest.json"), f"the snapshot {label_of(manifest)} is not at hand")
        same = files.hashed("manifest.json")[0] == model.dependency("snapshot")["digest"]["sha256"]
        require(same, f"the snapshot at hand is not the {label_of(manifest)} that was trained on")
        require_read(model.ledger, manifest, files)
        told.append(f"{model.ledger.num_rows} rows")
    report.before = "snapshot: "
    snapshot = verify_snapshot(case, files, place)
    report.before = ""
    if case.depth.kind == "sample":
        trained = model.ledger.filter(pc.is_null(model.ledger.column("skipped_reason")))
        (consumption,) = model.byproducts("consumption")
        places = drawn(case.depth.seed, consumption["annotations"]["root"], trained.num_rows, case.depth.records)
        rows = trained.take(pa.array(places, pa.int64())).select(["shard", "row"])
        shown = sorted({(one["shard"], one["row"]) for one in rows.to_pylist()})
        verify_sample(case, snapshot, shown, f"{trained.num_rows} readings")


def require_read(ledger: Any, manifest: dict[str, Any], files: Files) -> None:
    """Refuse a ledger with a row that is not a record of the snapshot, as its leaves file has it."""
    shards = manifest["shards"]
    by_shard = ledger.select(["shard", "row", "record_id", "leaf"]).sort_by([("shard", "ascending")])
    counts = pc.value_counts(by_shard.column("shard"))
    start = 0
    for place, rows in zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True):
        require(place < len(shards), f"shard {place} does not exist")
        shard = shards[place]
        require(shard["split"] == "train", f"shard {place} is of a part that is not to be trained on")
        data = files.signed(shard["leaves_path"], shard["leaves_sha256"])
        leaves = pa.Table.from_batches(batches_of(data, LEAVES, "", shard["rows"], shard["leaves_path"]))
        read = by_shard.slice(start, rows)
        require(pc.max(read.column("row")).as_py() < shard["rows"], f"shard {place} has no such row")
        there = leaves.select(["record_id", "leaf"]).take(read.column("row"))
        for name in ("record_id", "leaf"):
            same = pc.all(pc.equal(there.column(name), read.column(name))).as_py()
            require(same, f"a {name} of the ledger is not the one in shard {place}")
        start += rows


# --------------------------------------------------------------------------------------------------------- the log


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of a log, and the trusted keys that signed it."""

    state: LogState
    signers: frozenset[str]


def checkpoint_of(note: str, trust: Trust) -> Checkpoint:
    """Return a checkpoint that the key of its log signed (C2SP tlog-checkpoint, signed-note).

    Raises:
        Refused: It is no such text, no trusted key signed it, or a signature does not match.
    """
    body, blank, signed = note.partition("\n\n")
    lines = body.split("\n")
    require(blank != "" and len(lines) == 3 and signed.endswith("\n"), "a checkpoint is no text of three lines")
    require(decimal_of(lines[1]) is not None, "a checkpoint states no size")
    root = from_base64(lines[2], "a checkpoint's root")
    require(len(root) == 32, "a checkpoint's root is no digest")
    signatures = signed[:-1].split("\n")
    require(1 <= len(signatures) <= 16, "a checkpoint has no signature, or too many")
    state = LogState(lines[0], int(lines[1]), root.hex())
    signers = {who for line in signatures for who in _noted(line, f"{body}\n", state.origin, trust)}
    require(bool(signers), "no trusted key signed the checkpoint")
    counts = {who for who in signers if _counts(trust.spans.get(who), state)}
    require(bool(counts), "the key that signed the checkpoint was retired before")
    return Checkpoint(state, frozenset(counts))


def decimal_of(word: str) -> int | None:
    """Return a number in decimal, of which there is one spelling."""
    return int(word) if re.fullmatch(r"0|[1-9][0-9]{0,18}", word) else None


def _noted(line: str, body: str, origin: str, trust: Trust) -> list[str]:
    words = line.split(" ")
    require(len(words) == 3 and words[0] == "\u2014", "a checkpoint has a line that is no signature")
    data = from_base64(words[2], "a checkpoint's signature")
    require(len(data) > 4, "a checkpoint's signature is too short")
    found = []
    for key_id, key in trust.keys.items():
        named = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        hint = sha256(b"%b\n\x01%b" % (origin.encode(), named))[:4]
        if words[1] == origin == trust.origin_of(key_id) and data[:4] == hint:
            require(matches(key, data[4:], body.encode()), "a signature of the checkpoint does not match")
            found.append(key_id)
    return found


def _counts(span: Span | None, state: LogState) -> bool:
    if span is None or span.log is None:
        return True
    return state.size < span.log.size or (state.size, state.root) == (span.log.size, span.log.root)


def included(
    proof: str, statement: Statement, trust: Trust, published: list[LogState] | None
) -> tuple[int, Checkpoint]:
    """Return the place of a statement in the log, and the checkpoint that says so (C2SP tlog-proof).

    Raises:
        Refused: The proof is no proof, of something else, under no trusted or no published checkpoint.
    """
    head, blank, note = proof.partition("\n\n")
    lines = head.split("\n")
    require(blank != "" and lines[0] == "c2sp.org/tlog-proof@v1", "a proof of the log is none")
    lines = lines[2:] if len(lines) > 1 and lines[1].startswith("extra ") else lines[1:]
    require(bool(lines) and lines[0].startswith("index "), "a proof of the log states no place")
    index = decimal_of(lines[0].removeprefix("index "))
    require(index is not None and len(lines) <= 64, "a proof of the log states no place")
    hashes = [from_base64(line, "a hash of the log") for line in lines[1:]]
    require(all(len(one) == 32 for one in hashes), "a hash of the log is none")
    checkpoint = checkpoint_of(note, trust)
    entry = canonical({"predicateType": statement.kind, "statement": statement.digest})
    root = root_of_path(leaf_of(entry), index or 0, checkpoint.state.size, hashes)
    require(root.hex() == checkpoint.state.root, "a proof does not lead to the checkpoint's root")
    require(published is None or checkpoint.state in published, "the checkpoint is none of those published")
    require_logged_in_time(statement, index or 0, checkpoint.state, trust)
    return index or 0, checkpoint


def require_logged_in_time(statement: Statement, index: int, state: LogState, trust: Trust) -> None:
    """Refuse a statement by retired keys alone that was logged after the last of them was retired."""
    spans = [trust.spans.get(key_id) for key_id in statement.signers]
    logs = [(span.place, span.log) for span in spans if span is not None and span.log is not None]
    if len(logs) == len(spans) and logs:
        _, log = max(logs, key=lambda one: one[0])
        require(state.origin == log.origin, "the proof is of another log than the retired key's")
        require(index < log.size, "it was logged after its key was retired")


def published_in(folder: Path, trust: Trust) -> list[LogState]:
    """Return the checkpoints that somebody kept: ``checkpoint`` and ``checkpoints/*`` of a directory, or one file."""
    files = Folder(folder if folder.is_dir() else folder.parent)
    names = [name for name in files.names() if name == "checkpoint" or name.startswith("checkpoints/")]
    names = names if folder.is_dir() else [folder.name]
    require(bool(names), "no checkpoint was published there")
    states = []
    for name in names:
        states.append(checkpoint_of(text_of(files.read(name, PIECE), name), trust).state)
    roots: dict[tuple[str, int], str] = {}
    for state in states:
        known = roots.setdefault((state.origin, state.size), state.root)
        require(known == state.root, "two checkpoints of one size were published")
    return states


def text_of(data: bytes, name: str) -> str:
    """Return a file's text."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused(f"{name} is no text") from error


def by_retired(signers: frozenset[str], trust: Trust) -> bool:
    """Whether every signer is a key that was retired."""
    return all(who in trust.spans and trust.spans[who].log is not None for who in signers)


def anchored(checkpoint: Checkpoint, trust: Trust) -> bool:
    """Whether a key that is not retired stands for a checkpoint: it signed it, or the rotation that names it."""
    logs = [trust.spans[who].log for who in checkpoint.signers if who in trust.spans]
    return not by_retired(checkpoint.signers, trust) or checkpoint.state in logs


def verify_log(case: Case, published: Path | None) -> None:
    """Link ``transparency log``: each proof is of a statement that was met, under a checkpoint that counts."""
    with case.report.link("transparency log") as told:
        states = None if published is None else published_in(published, case.trust)
        proofs = [f"log/{name}" for name in Within(case.home, "log").names()]
        logged: set[str] = set()
        in_time: set[str] = set()
        for name in proofs:
            proof = text_of(case.home.read(name, PIECE), name)
            named = name.removeprefix("log/").removesuffix(".tlog-proof")
            statement = case.signatures.get(named)
            if statement is None:
                require(not isinstance(case.home, Bundle), f"{name} is of no statement that is here")
                case.report.skip("The log: proofs that lie there of statements that were not looked at.")
                continue
            index, checkpoint = included(proof, statement, case.trust, states)
            logged.add(named)
            in_time |= {named} if states is not None or anchored(checkpoint, case.trust) else set()
            told.append(f"{named[:12]} is entry {index} of {checkpoint.state.size}")
        retired = [one for one in case.signatures.values() if by_retired(one.signers, case.trust)]
        if any(statement.digest not in in_time for statement in retired):
            case.report.skip("Time: that what a retired key signed is of before is, without the log, its own word.")
        if len(logged) < len(case.signatures):
            case.report.skip(f"The log: of {len(case.signatures) - len(logged)} statements no proof was brought.")
        told.append(f"{len(proofs)} proofs" + ("" if states is None else f", {len(states)} published checkpoints"))
    if states is None:
        case.report.skip("A second log: no published checkpoint was brought to compare with.")


# ---------------------------------------------------------------------------------------------------------- proofs

PLACE = closed(index=count, count=count)
PATH = listed(digest, most=63)
RECORD_PROOF = closed(
    format=one_of("lineweight.record-proof/v1"),
    snapshot=label,
    manifest=digest,
    root=digest,
    digests=closed(**dict.fromkeys(DIGESTS, digest)),
    shard=PLACE,
    row=PLACE,
    shard_path=PATH,
    snapshot_path=PATH,
)
NEIGHBOUR = closed(index=count, commitment=digest, records=count, path=PATH)
PERSON_PROOF = closed(
    format=one_of("lineweight.data-subject-proof/v1"),
    snapshot=label,
    manifest=digest,
    root=digest,
    count=count,
    entries=listed(closed(commitment=digest, neighbours=listed(NEIGHBOUR, most=2)), 1, 1000),
)


def verify_proof(data: bytes, envelope: bytes, trust: Trust, report: Report) -> None:
    """Verify a proof of a record or a person against the signed statement of a snapshot."""
    with report.link("signature") as told:
        statement = verified(envelope, trust, "the statement", SNAPSHOT)
        told.append(signed_by(statement))
    with report.link("proof") as told:
        proof = document_of(data, "the proof")
        kind = proof.get("format") if isinstance(proof, dict) else None
        records = kind == "lineweight.record-proof/v1"
        (RECORD_PROOF if records else PERSON_PROOF)(proof, "the proof")
        predicate = statement.predicate
        holds(name=slug, version=ordinal, root=digest, data_subjects=TREE)(predicate, "the statement")
        require(statement.artifacts.get("manifest.json") == proof["manifest"], "the proof is about another manifest")
        require(label_of(predicate) == proof["snapshot"], "the proof is about another snapshot")
        told.append(shown_of_record(proof, predicate) if records else shown_of_person(proof, predicate))
    report.skip("Whose the commitments are, and what the record says: that takes a salt, and keys.")


def shown_of_record(proof: dict[str, Any], predicate: dict[str, Any]) -> str:
    """Return what a record proof shows."""
    require(predicate["root"] == proof["root"], "the proof has another root than the signed one")
    leaf = leaf_of(b"".join(bytes.fromhex(proof["digests"][name]) for name in DIGESTS))
    root = leaf
    for place, hashes in (("row", "shard_path"), ("shard", "snapshot_path")):
        node = root if place == "row" else leaf_of(root)
        root = root_of_path(node, proof[place]["index"], proof[place]["count"], list(map(bytes.fromhex, proof[hashes])))
    require(root.hex() == proof["root"], "the proof does not lead to the root")
    return f"a record with the leaf {leaf.hex()} is in {proof['snapshot']}"


def shown_of_person(proof: dict[str, Any], predicate: dict[str, Any]) -> str:
    """Return what a person's proof shows."""
    stated = {"root": proof["root"], "count": proof["count"]}
    require(predicate["data_subjects"] == stated, "the proof is of other people than the signed ones")
    named = [entry["commitment"] for entry in proof["entries"]]
    require(ascending(named), "a commitment stands twice, or they are not in order")
    records = sum(records_of(entry, proof["root"], proof["count"]) for entry in proof["entries"])
    return f"the person of {len(named)} commitments wrote {records} records of {proof['snapshot']}"


def records_of(entry: dict[str, Any], root: str, size: int) -> int:
    """Return how many records an entry shows; 0 where it shows that there is none."""
    mine, neighbours = entry["commitment"], entry["neighbours"]
    for one in neighbours:
        leaf = leaf_of(person_entry(bytes.fromhex(one["commitment"]), one["records"]))
        led = root_of_path(leaf, one["index"], size, list(map(bytes.fromhex, one["path"])))
        require(led.hex() == root, "a neighbour is not in the tree")
    found = [one for one in neighbours if one["commitment"] == mine]
    if found:
        require(len(neighbours) == 1, "more is shown than the entry")
        return int(found[0]["records"])
    smaller = [one["index"] for one in neighbours if one["commitment"] < mine]
    greater = [one["index"] for one in neighbours if one["commitment"] > mine]
    require(len(smaller) <= 1 and len(greater) <= 1, "the neighbours do not stand on both sides")
    left, right = (smaller or [-1])[0], (greater or [size])[0]
    require(right == left + 1, "somebody can stand between the neighbours")
    require(bool(neighbours) or root == NOTHING.hex(), "nothing is shown")
    return 0


# -------------------------------------------------------------------------------------------------- the whole chain


@dataclass(frozen=True)
class Question:
    """What is asked: of what, with which keys, and what else was brought."""

    subject: Path
    keys: dict[str, Ed25519PublicKey]
    bundle: Path | None = None
    published: Path | None = None
    statement: Path | None = None
    depth: Depth = Depth()


def verify(question: Question) -> tuple[Report, Refused | None]:
    """Answer a question: the links that hold, and the one that does not."""
    report = Report()
    try:
        with link("signature"):
            require(bool(question.keys), "no-trusted-key: no key is trusted, so nothing is signed")
        _verify(question, report)
    except Refused as refused:
        return report, refused
    finally:
        report.skip("Facts and consents: that they are what people did and said is the deployment's word.")
        report.skip("What came later: a withdrawal, a refusal or a newer policy after what is at hand.")
        report.skip("Time: instants are the signer's word, unless a published checkpoint bounds them.")
    return report, None


def _verify(question: Question, report: Report) -> None:
    trust = Trust(question.keys)
    if question.statement is not None:
        with link("artifact"):
            data, envelope = (Folder(one.parent).read(one.name) for one in (question.subject, question.statement))
        verify_proof(data, envelope, trust_with(trust, home_of(question.statement.parent)[0]), report)
        return
    home, place, found = at_hand(question, report)
    with report.link("keys") as told:
        trust = trust_with(trust, home)
        told.append(f"{len(question.keys)} trusted, {len(trust.keys) - len(question.keys)} more by rotations")
    case = Case(home, trust, question.depth, report)
    with link("consent receipts"):
        case.events = events_of(home)
    with link("sample"):
        case.openings = openings_of(home)
    files = Within(home, place) if place else home
    if found is not None or files.has("training.dsse.json"):
        verify_model(case, files, place, found)
    else:
        snapshot = verify_snapshot(case, files, place)
        if question.depth.kind == "sample":
            depth, rows = question.depth, snapshot.manifest["rows"]
            places = drawn(depth.seed, snapshot.manifest["root"], rows, depth.records)
            verify_sample(case, snapshot, list(placed(places, snapshot.shards)), f"{rows} records")
    verify_log(case, question.published)


def placed(places: list[int], shards: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield the shard and row of places, which count through the shards in order."""
    start = 0
    for index, shard in enumerate(shards):
        yield from ((index, place - start) for place in places if start <= place < start + shard["rows"])
        start += shard["rows"]


def at_hand(question: Question, report: Report) -> tuple[Files, str, Path | None]:
    """Return the files at hand, the directory in them that is asked about, and weights that were found elsewhere."""
    subject = question.subject
    with report.link("artifact") as told:
        if subject.is_dir():
            home, place = home_of(subject)
            files = Within(home, place) if place else home
            here = [name for name in ("training.dsse.json", "statement.dsse.json") if files.has(name)]
            require(bool(here), "no signed statement lies there: it is no snapshot and no model")
            told.append(place or "a directory")
            return home, place, None
        found = subject if question.bundle is not None else None
        with (question.bundle or subject).open("rb") as stream:
            zipped = stream.read(2) == b"PK"
        require(zipped, "it is no bundle; a file of weights is held against --bundle, a proof against --statement")
        told.append("weights that were found" if found else "a bundle")
    with report.link("bundle") as told:
        bundle = Bundle(question.bundle or subject)
        require(found is None or bundle.artifact.startswith("models/"), "the bundle is of no model")
        told.append(f"{len(bundle.sizes)} files of {bundle.artifact}, {len(bundle.left_out)} left out")
    return bundle, bundle.artifact, found


def home_of(folder: Path) -> tuple[Files, str]:
    """Return the home that a snapshot's or model's directory lies in, and where; or the directory alone."""
    parts = folder.resolve().parts
    if len(parts) > 3 and parts[-3] in ("snapshots", "models"):
        return Folder(folder.resolve().parents[2]), "/".join(parts[-3:])
    return Folder(folder.resolve()), ""


def trust_with(trust: Trust, home: Files) -> Trust:
    """Return the trust that the rotations at hand give."""
    with link("keys"):
        folder = Within(home, "rotations")
        names = [name for name in folder.names() if name.endswith(".dsse.json")]
        return extended(trust, {name: folder.read(name, PIECE) for name in names})


# ------------------------------------------------------------------------------------------------ the command line


def printable(words: str) -> str:
    """Return words without anything that moves a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in words)


def written(report: Report, refused: Refused | None, subject: str) -> str:
    """Return a report as a person reads it."""
    width = max((len(name) for name, _ in report.links), default=0)
    lines = []
    for name, told in report.links:
        first, *more = told.split("\n")
        lines.append(f"holds    {name:{width}}  {printable(first)}".rstrip())
        lines += [" " * (width + 11) + printable(one) for one in more]
    if refused is None:
        lines.append(f"verified {printable(subject)}")
    else:
        lines.append(f"REFUSED  {refused.link or 'artifact'}: {printable(str(refused))}.")
    lines += ["", "Not checked:", *(f"- {printable(one)}" for one in report.not_checked)]
    return "\n".join(lines)


def as_json(report: Report, refused: Refused | None, subject: str) -> str:
    """Return a report as one object for machines."""
    fault = None if refused is None else {"link": refused.link or "artifact", "because": str(refused)}
    links = [{"link": name, "told": told} for name, told in report.links]
    document = {"artifact": subject, "holds": refused is None, "refused": fault, "links": links}
    return json.dumps({**document, "not_checked": report.not_checked}, indent=2)


def key_of(file: Path) -> Ed25519PublicKey:
    """Return the public key in a PEM file.

    Raises:
        ValueError: There is none, or it is of another kind.
    """
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{file} holds no public key that can be read") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{file} holds no Ed25519 key")  # noqa: TRY004 - it is about a file, not about a call
    return key


def asked(arguments: list[str]) -> tuple[Question, bool]:
    """Return the question that a command line asks, and whether it is answered in JSON; exit with 2 if it asks none."""
    parser = argparse.ArgumentParser(prog="independent", description="Verify evidence without trusting who made it.")
    parser.add_argument("path", type=Path, help="a bundle, a snapshot, a model, a file of weights, or a proof")
    parser.add_argument("--trust", type=Path, action="append", default=[], metavar="KEY.pem", help="a public key")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="the bundle that a file of weights is held against")
    parser.add_argument("--published", type=Path, metavar="DIR", help="checkpoints that somebody else kept")
    parser.add_argument(
        "--statement", type=Path, metavar="FILE", help="the signed statement that a proof is held against"
    )
    parser.add_argument("--fast", action="store_true", help="signatures and digests of files alone")
    parser.add_argument("--full", action="store_true", help="everything (the default)")
    parser.add_argument("--sample", type=int, metavar="N", help="digests of files, and N records drawn by --seed")
    parser.add_argument("--seed", metavar="WORD", help="the auditor's word")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(arguments)
    if sum((given.fast, given.full, given.sample is not None)) > 1 or (given.sample is None) != (given.seed is None):
        parser.error("choose --fast, --full, or --sample with --seed")
    if given.sample is not None and given.sample < 1:
        parser.error("--sample draws one record or more")
    for one in (given.path, given.bundle, given.published, given.statement):
        if one is not None and not one.exists():
            parser.error(f"there is no {one}")
    try:
        keys = {id_of(key): key for key in map(key_of, given.trust)}
    except ValueError as error:
        parser.error(str(error))
    kind = "sample" if given.sample is not None else "fast" if given.fast else "full"
    depth = Depth(kind, given.sample or 0, given.seed or "")
    return Question(given.path, keys, given.bundle, given.published, given.statement, depth), given.json


def main(arguments: list[str] | None = None) -> int:
    """Answer a command line; return the exit code."""
    question, machines = asked(sys.argv[1:] if arguments is None else arguments)
    report, refused = verify(question)
    tell = as_json if machines else written
    sys.stdout.write(tell(report, refused, str(question.subject)) + "\n")
    return 0 if refused is None else 1


if __name__ == "__main__":
    sys.exit(main())
