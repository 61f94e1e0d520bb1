"""Signed statements: in-toto Statement v1 in a DSSE envelope.

Specification: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md. What a statement is
about, its ``subject`` field, is called an *artifact* here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lineage.canonical import NotCanonicalError, canonical_json, sha256_hex
from lineage.dsse import (
    Refusal,
    SignatureRefusedError,
    Signer,
    TrustedKey,
    load_trusted,
    pae,
    seal_envelope,
    verified_payload,
)
from lineage.manifest import SnapshotManifest
from lineage.stated_times import valid_signers

__all__ = [
    "Opened",
    "Refusal",
    "SignatureRefusedError",
    "Signer",
    "TrustedKey",
    "load_trusted",
    "open_envelope",
    "pae",
    "sign_statement",
    "snapshot_statement",
    "statement_of",
]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
SNAPSHOT_PREDICATE = "https://lineweight.dev/attestation/snapshot/v1"


@dataclass(frozen=True, slots=True)
class Opened:
    """A statement whose signature was verified.

    Attributes:
        statement: The in-toto statement.
        statement_digest: SHA-256 of its canonical bytes (the payload), in hexadecimal: it stays the same
            when a further signature is added to the envelope.
        key_ids: The trusted keys that signed it and were valid then, sorted.
    """

    statement: dict[str, Any]
    statement_digest: str
    key_ids: tuple[str, ...]

    @property
    def predicate(self) -> dict[str, Any]:
        """What the statement says."""
        return dict(self.statement["predicate"])

    @property
    def artifacts(self) -> dict[str, str]:
        """What the statement is about: SHA-256 by name."""
        return {str(entry["name"]): str(entry["digest"]["sha256"]) for entry in self.statement["subject"]}


def sign_statement(statement: Mapping[str, Any], signers: Sequence[Signer]) -> bytes:
    """Return the envelope of a statement, as canonical JSON.

    Raises:
        SignatureRefusedError: There is nobody to sign.
    """
    return seal_envelope(PAYLOAD_TYPE, canonical_json(statement), signers)


def open_envelope(data: bytes, trusted: Sequence[TrustedKey]) -> Opened:
    """Return the statement in an envelope, if a trusted key signed it.

    A key that is valid for a time counts only if the statement's own time lies within it (`lineage.stated_times`).

    Raises:
        SignatureRefusedError: No trusted key signed it, none was valid when it says it was made, or it is no such
            envelope; ``reason`` says which.
    """
    payload, key_ids = verified_payload(data, PAYLOAD_TYPE, trusted)
    statement = _statement(payload)
    return Opened(statement, sha256_hex(payload), valid_signers(statement, key_ids, trusted))


def statement_of(artifacts: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Return an in-toto Statement v1 about artifacts (SHA-256 by name), sorted by name."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": artifacts[name]}} for name in sorted(artifacts)],
        "predicateType": predicate_type,
        "predicate": dict(predicate),
    }


def snapshot_statement(manifest: SnapshotManifest, manifest_digest: str) -> dict[str, Any]:
    """Return what is signed of a snapshot: a function of its manifest alone.

    Args:
        manifest: The manifest; its own fields are the predicate, the list of shards apart.
        manifest_digest: SHA-256 of the bytes of ``manifest.json``, in hexadecimal.
    """
    artifacts = {"manifest.json": manifest_digest}
    for shard in manifest.shards:
        artifacts[shard.path] = shard.sha256
        artifacts[shard.leaves_path] = shard.leaves_sha256
    predicate = {name: value for name, value in manifest.document().items() if name != "shards"}
    return statement_of(artifacts, SNAPSHOT_PREDICATE, predicate)


def _statement(payload: bytes) -> dict[str, Any]:
    """Read a payload whose signature is good; it must still be a statement in canonical form."""
    try:
        statement = json.loads(payload)
        artifacts = {entry["name"]: entry["digest"]["sha256"] for entry in statement["subject"]}
        sound = (
            canonical_json(statement) == payload
            and statement["_type"] == STATEMENT_TYPE
            and isinstance(statement["predicate"], dict)
            and isinstance(statement["predicateType"], str)
            and len(artifacts) == len(statement["subject"])
            and all(isinstance(text, str) for pair in artifacts.items() for text in pair)
        )
    except (ValueError, TypeError, KeyError, RecursionError, NotCanonicalError) as error:
        raise SignatureRefusedError(Refusal.MALFORMED) from error
    if not sound:
        raise SignatureRefusedError(Refusal.MALFORMED)
    return dict(statement)
