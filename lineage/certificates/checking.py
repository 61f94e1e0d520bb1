"""Checking a certificate from its file and public keys alone: signatures, proofs, and that the page is what was signed.

In order: the signature over the document, the page written again from it, the enclosed pieces by their digests, and
then what each kind of certificate says, held against the signed statements and the proofs. What rests on the issuer's
word alone is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lineage.canonical import digest_of
from lineage.certificates.certificate import (
    ARTIFACT,
    CERTIFICATE_PREDICATE,
    ROTATION,
    Certificate,
    CertificateRefusedError,
    Document,
    Issued,
    digest_of_piece,
    piece_bytes,
)
from lineage.certificates.checking_model import check_model
from lineage.certificates.checking_person import check_person
from lineage.certificates.checking_tenant import check_tenant
from lineage.certificates.held import Held, require
from lineage.certificates.page import MALFORMED, read_page, require_same_page
from lineage.keys.rotation import trusted_over_rotations
from lineage.predicate import read_predicate
from lineage.statement import Opened, TrustedKey, open_envelope

CHECKS = {"person": check_person, "tenant": check_tenant, "model": check_model}
OF_ITS_TIME = "Time: what happened after the instant that the certificate answers for."


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a certificate that holds.

    Attributes:
        document: What it says.
        signed_by: The trusted keys that signed it, sorted.
        checks: What was verified, in sentences.
        not_checked: What rests on the issuer's word, or was not looked at, in sentences.
    """

    document: Document
    signed_by: tuple[str, ...]
    checks: tuple[str, ...]
    not_checked: tuple[str, ...]


def check_certificate(data: bytes, trusted: Sequence[TrustedKey], statements: Sequence[bytes] = ()) -> Checked:
    """Return what a certificate shows.

    Args:
        data: The page.
        trusted: The keys that may have signed; none is a refusal.
        statements: Signed statements of snapshots that it does not enclose.

    Raises:
        CertificateRefusedError: The page is not the one signed, or says something else than its proofs.
        SignatureRefusedError: No trusted key signed it, or a statement in it.
        ProofRefusedError: A proof does not hold.
        NoteRefusedError: A proof of the log does not hold.
    """
    certificate = read_page(data)
    keys = _over_rotations(certificate, trusted)
    opened = _signed(certificate, keys)
    require_same_page(data, certificate)
    try:
        held = Held(certificate.pieces, keys, _by_digest(statements, keys))
        _require_enclosed(certificate)
        _require_rotations(certificate, held)
        held.holds(f"The page is the one that was signed, and so are its {len(certificate.pieces)} enclosed pieces.")
        CHECKS[certificate.document["kind"]](certificate.document, held)
        held.require_all_used()
    except MALFORMED as error:
        raise CertificateRefusedError("The document inside is none of a certificate.") from error
    held.passes_over(OF_ITS_TIME)
    return Checked(certificate.document, opened.key_ids, tuple(held.checks), tuple(held.not_checked))


def _over_rotations(certificate: Certificate, trusted: Sequence[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Return the keys to trust: those named, and with one of the issuer's the others, by the rotations enclosed."""
    rotations = {name: piece_bytes(piece) for name, piece in certificate.pieces.items() if name.startswith(ROTATION)}
    return trusted_over_rotations(trusted, rotations)


def _require_rotations(certificate: Certificate, held: Held) -> None:
    """Mark the rotations as looked at: they were followed, and each is signed by the keys it names."""
    named = certificate.document["issuer"]["rotations"]
    for name in named:
        held.piece(name)
    there = [name for name in certificate.pieces if name.startswith(ROTATION)]
    require(sorted(named) == sorted(there), "Other rotations are enclosed than the document names.")


def _signed(certificate: Certificate, trusted: Sequence[TrustedKey]) -> Opened:
    """Return the statement about the document, if a trusted key signed it and it is about this one."""
    opened = open_envelope(piece_bytes(certificate.envelope), trusted)
    issued = read_predicate(opened, CERTIFICATE_PREDICATE, Issued, "The certificate's statement")
    document = certificate.document
    same = opened.artifacts == {ARTIFACT: digest_of(document)}
    require(same, "The document inside is not the one that was signed.")
    said = {"kind": document.get("kind"), "at": document.get("at")}
    require(issued.document() == said, "The document is of another kind, or for another instant, than was signed.")
    issuer = document.get("issuer")
    key = issuer.get("key_id") if isinstance(issuer, dict) else None
    require(key in opened.key_ids, "The document names another issuer than the key that signed it.")
    return opened


def _by_digest(statements: Sequence[bytes], trusted: Sequence[TrustedKey]) -> Mapping[str, Opened]:
    opened = [open_envelope(data, trusted) for data in statements]
    return {one.statement_digest: one for one in opened}


def _require_enclosed(certificate: Certificate) -> None:
    named = {one["name"]: one["sha256"] for one in certificate.document["evidence"]}
    there = {name: digest_of_piece(piece) for name, piece in certificate.pieces.items()}
    missing, extra = sorted(set(named) - set(there)), sorted(set(there) - set(named))
    changed = sorted(name for name in set(named) & set(there) if named[name] != there[name])
    require(not missing, f"{', '.join(missing)}: named by the document, and not enclosed.")
    require(not extra, f"{', '.join(extra)}: enclosed, and not named by the document.")
    require(not changed, f"{', '.join(changed)}: is not the piece that the document names.")
