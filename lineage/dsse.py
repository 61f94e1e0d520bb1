"""DSSE envelopes signed with Ed25519, and the keys a verifier trusts.

Specification: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md. Whoever verifies names
the keys they trust; no signature, an unknown key or an empty list of keys is a refusal. A key may be trusted for a
time alone; whether a statement is of that time is asked where it is opened (`lineage.statement`).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from lineage.canonical import canonical_json
from policies.errors import InputError, LineweightError


class Refusal(StrEnum):
    """Why an envelope was refused."""

    NO_TRUSTED_KEY = "no-trusted-key"
    NO_SIGNATURE = "no-signature"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    PAYLOAD_TYPE = "payload-type"
    MALFORMED = "malformed"
    NOT_VALID_THEN = "key-not-valid-then"
    TIME_UNKNOWN = "time-unknown"


REFUSALS = {
    Refusal.NO_TRUSTED_KEY: "no trusted key was given, so nothing can be verified",
    Refusal.NO_SIGNATURE: "the envelope carries no signature",
    Refusal.UNKNOWN_KEY: "no signature is by a key that is trusted",
    Refusal.BAD_SIGNATURE: "a signature by a trusted key does not match what was signed",
    Refusal.PAYLOAD_TYPE: "the payload is not an in-toto statement",
    Refusal.MALFORMED: "this is not a DSSE envelope around a canonical statement",
    Refusal.NOT_VALID_THEN: "no trusted key that signed it was valid when it says it was made",
    Refusal.TIME_UNKNOWN: "the keys that signed it were valid for a time, and it does not say when it was made",
}


class SignatureRefusedError(LineweightError):
    """A signed statement was refused; ``reason`` says why."""

    remedy = "Fetch the statement again from its source, and name the public key of whoever signed it."

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"{reason}: {REFUSALS[reason]}.")
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the reason when the error crosses a process boundary."""
        return SignatureRefusedError, (self.reason,)


class Signer(Protocol):
    """What signs: a `Vault`, or another holder of an Ed25519 key."""

    @property
    def key_id(self) -> str:
        """SHA-256 of the raw public key, in hexadecimal."""

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature of ``data``."""


@dataclass(frozen=True, slots=True)
class Validity:
    """What a key is trusted for; anything, where nothing is given.

    Attributes:
        from_at: Statements from then on, UTC, the instant included.
        until_at: Statements until then, UTC, the instant included; a key that has one is retired.
        log: The log whose checkpoints it signs; the one named after the key itself, where none is given.
        log_size: Of a retired key: how many entries the log had. What it signed stands before.
        log_root: Of a retired key: the root over those entries, 32 bytes.
    """

    from_at: datetime | None = None
    until_at: datetime | None = None
    log: str | None = None
    log_size: int | None = None
    log_root: bytes | None = None

    @property
    def bounded(self) -> bool:
        """Whether it is trusted for a time alone."""
        return self.from_at is not None or self.until_at is not None


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that a verifier trusts: 32 raw bytes of Ed25519, and for what."""

    raw: bytes
    validity: Validity = field(default=Validity())

    @classmethod
    def from_pem(cls, pem: bytes, name: str = "key") -> "TrustedKey":
        """Read a PEM public key.

        Raises:
            InputError: It is no Ed25519 public key; the message names the file.
        """
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InputError(f"{name}: is not a public key in PEM.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise InputError(f"{name}: is not an Ed25519 key.")
        return cls(key.public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def key_id(self) -> str:
        """SHA-256 of the raw key, in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def pem(self) -> bytes:
        """The key in PEM (SubjectPublicKeyInfo)."""
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def log(self) -> str:
        """Name of the log whose checkpoints it signs; keys that followed one another sign for the first one's."""
        return self.validity.log or f"lineweight.dev/log/{self.key_id[:16]}"

    def signs_checkpoint_of(self, size: int, root: bytes) -> bool:
        """Return whether it signs for a log of this size: a retired key for none longer than its log was, or other."""
        bound = self.validity.log_size
        return bound is None or size < bound or (size == bound and root == self.validity.log_root)

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Return whether ``signature`` is this key's over ``data``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True


def logs_of(key_ids: Iterable[str], trusted: Iterable[TrustedKey]) -> frozenset[str]:
    """Return the logs of those of the trusted keys that have one of these ids: keys of one log are one signer's."""
    ids = frozenset(key_ids)
    return frozenset(key.log for key in trusted if key.key_id in ids)


def load_trusted(paths: Iterable[Path]) -> tuple[TrustedKey, ...]:
    """Read the PEM files of the keys a verifier trusts.

    Raises:
        InputError: A file cannot be read, or is no Ed25519 public key.
    """
    keys = []
    for path in paths:
        try:
            pem = Path(path).read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read.") from error
        keys.append(TrustedKey.from_pem(pem, str(path)))
    return tuple(keys)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: the bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal_envelope(payload_type: str, payload: bytes, signers: Sequence[Signer]) -> bytes:
    """Return an envelope round a payload, as canonical JSON.

    Raises:
        SignatureRefusedError: There is nobody to sign.
    """
    if not signers:
        raise SignatureRefusedError(Refusal.NO_SIGNATURE)
    signed = pae(payload_type, payload)
    return _envelope(payload_type, payload, [(signer.key_id, signer.sign(signed)) for signer in signers])


def countersigned(data: bytes, signer: Signer) -> bytes:
    """Return an envelope with one more signature over the same payload; one by the same key is replaced.

    Raises:
        SignatureRefusedError: It is no envelope.
    """
    payload_type, payload, signatures = _parts(data)
    added = (signer.key_id, signer.sign(pae(payload_type, payload)))
    kept = [entry for entry in signatures if entry[0] != signer.key_id]
    return _envelope(payload_type, payload, [*kept, added])


def claimed_signers(data: bytes) -> tuple[str, ...]:
    """Return the ids of the keys an envelope says it is signed by, unverified, sorted and once each.

    Raises:
        SignatureRefusedError: It is no envelope.
    """
    return tuple(sorted({key_id for key_id, _ in _parts(data)[2]}))


def unverified_payload(data: bytes) -> bytes:
    """Return what an envelope says, whoever signed it: only to find out by whose keys it is to be verified.

    Raises:
        SignatureRefusedError: It is no envelope.
    """
    return _parts(data)[1]


def verified_payload(data: bytes, payload_type: str, trusted: Sequence[TrustedKey]) -> tuple[bytes, tuple[str, ...]]:
    """Return an envelope's payload, and the trusted keys that signed it, sorted.

    Signatures by keys that are not trusted are passed over; one by a trusted key that does not match
    refuses the whole, whatever the others say.

    Raises:
        SignatureRefusedError: It is not signed by a trusted key, or is no such envelope.
    """
    if not trusted:
        raise SignatureRefusedError(Refusal.NO_TRUSTED_KEY)
    stated_type, payload, signatures = _parts(data)
    if stated_type != payload_type:
        raise SignatureRefusedError(Refusal.PAYLOAD_TYPE)
    return payload, _signers(pae(payload_type, payload), signatures, trusted)


def _envelope(payload_type: str, payload: bytes, signatures: Sequence[tuple[str, bytes]]) -> bytes:
    envelope = {
        "payload": _text(payload),
        "payloadType": payload_type,
        "signatures": [{"keyid": key_id, "sig": _text(signature)} for key_id, signature in signatures],
    }
    return canonical_json(envelope)


def _parts(data: bytes) -> tuple[str, bytes, list[tuple[str, bytes]]]:
    try:
        envelope = json.loads(data)
        signatures = [(str(entry["keyid"]), _bytes(entry["sig"])) for entry in envelope["signatures"]]
        return str(envelope["payloadType"]), _bytes(envelope["payload"]), signatures
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise SignatureRefusedError(Refusal.MALFORMED) from error


def _signers(signed: bytes, signatures: Sequence[tuple[str, bytes]], trusted: Sequence[TrustedKey]) -> tuple[str, ...]:
    if not signatures:
        raise SignatureRefusedError(Refusal.NO_SIGNATURE)
    keys = {key.key_id: key for key in trusted}
    known = [(keys[key_id], signature) for key_id, signature in signatures if key_id in keys]
    if not known:
        raise SignatureRefusedError(Refusal.UNKNOWN_KEY)
    if not all(key.verifies(signature, signed) for key, signature in known):
        raise SignatureRefusedError(Refusal.BAD_SIGNATURE)
    return tuple(sorted({key.key_id for key, _ in known}))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    """Return the bytes of base64 in its one spelling: the unused bits of the last letter are not set."""
    data = base64.b64decode(text, validate=True)
    if _text(data) != text:
        raise ValueError
    return data
