"""Keys and envelopes (DSSE): who signed a statement, and whether their key was valid then."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .canonical import document_of, from_base64, parsed, sha256_hex
from .report import Refused, require
from .shapes import closed, digest, holding, holds, is_instant, listed, one_of, text

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
