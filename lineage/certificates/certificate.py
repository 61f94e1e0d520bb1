"""A certificate: what it says, the proofs it encloses, and the deployment's signature over both.

The document names every enclosed proof by its digest, and the signed statement names the document by its digest. So
one signature holds the whole together. Everything is JSON in canonical form (RFC 8785), and deterministic.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.dsse import Signer
from lineage.manifest import Digest, Instant
from lineage.predicate import Predicate
from lineage.statement import sign_statement, statement_of
from policies.errors import LineweightError

FORMAT = "lineweight.certificate/v1"
CERTIFICATE_PREDICATE = "https://lineweight.dev/attestation/certificate/v1"
ARTIFACT = "certificate.json"
ROTATION = "rotation/"
"""With this the names of enclosed rotations of the issuer's key begin."""

Document = dict[str, Any]
Kind = Literal["person", "tenant", "model"]


class CertificateRefusedError(LineweightError):
    """A certificate is none, was changed, or shows something else than it says."""

    remedy = "Ask whoever issued it for the certificate again, and name their public key with --trust."


class Issued(Predicate):
    """What is signed of a certificate: which kind it is, and for when; the document is named by its digest.

    Attributes:
        kind: Whom or what it is about.
        at: The instant it answers for, UTC.
    """

    kind: Kind
    at: Instant


@dataclass
class Enclosed:
    """The proofs inside a certificate, JSON by name, such as ``statement/demo@v1``."""

    pieces: dict[str, Any] = field(default_factory=dict)

    def add_json(self, name: str, data: bytes) -> str:
        """Enclose an envelope or a proof, and return its name."""
        self.pieces[name] = json.loads(data)
        return name

    def add_text(self, name: str, data: bytes) -> str:
        """Enclose a proof that is text, and return its name."""
        self.pieces[name] = data.decode()
        return name

    def index(self) -> list[dict[str, str]]:
        """Return name and digest of every piece, by name."""
        return [{"name": name, "sha256": digest_of_piece(self.pieces[name])} for name in sorted(self.pieces)]


@dataclass(frozen=True)
class Certificate:
    """A certificate.

    Attributes:
        document: What it says; ``evidence`` in it names the pieces.
        envelope: The signed statement about it.
        pieces: The proofs, JSON by name.
    """

    document: Document
    envelope: Document
    pieces: Mapping[str, Any]


def certified(document: Document, enclosed: Enclosed, signer: Signer) -> Certificate:
    """Return the certificate that says a document, signed; a function of its arguments.

    Args:
        document: What it says: ``kind``, ``at``, and whatever that kind says.
        enclosed: What proves it.
        signer: Who issues it.
    """
    whole = {"format": FORMAT, **document, "evidence": enclosed.index()}
    issued = Issued(kind=whole["kind"], at=whole["at"])
    statement = statement_of({ARTIFACT: digest_of(whole)}, CERTIFICATE_PREDICATE, issued.document())
    return Certificate(whole, json.loads(sign_statement(statement, [signer])), enclosed.pieces)


def piece_bytes(piece: Any) -> bytes:
    """Return the canonical bytes of an enclosed piece; of a text, those of the JSON string.

    Raises:
        NotCanonicalError: It has no canonical form.
    """
    return canonical_json([piece])[1:-1]


def digest_of_piece(piece: Any) -> Digest:
    """Return the SHA-256 of an enclosed piece's canonical bytes, in hexadecimal."""
    return sha256_hex(piece_bytes(piece))
