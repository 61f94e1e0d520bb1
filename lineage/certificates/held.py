"""What a certificate holds, opened piece by piece while it is checked."""

from collections.abc import Mapping, Sequence
from typing import Any

from lineage.certificates.certificate import CertificateRefusedError, Document, piece_bytes
from lineage.dsse import claimed_signers
from lineage.manifest import Digest
from lineage.snapshot import MANIFEST_FILE
from lineage.statement import SNAPSHOT_PREDICATE, Opened, TrustedKey, open_envelope
from lineage.tlog.entry import LogEntry
from lineage.tlog.log import origin_of
from lineage.tlog.note import NoteRefusedError
from lineage.tlog.proof import LogProof, read_proof, verify_entry

NO_STATEMENT = (
    "Statement: that of {} is not enclosed, because it names other customers; its roots are the issuer's word here. "
    "Hold it against them with --statement."
)
NO_LOG = "Transparency: no proof is enclosed that the statement of {} is in the log."
NO_COPY = "Transparency: the log's checkpoints were not held against a copy from outside."


class Held:
    """The pieces of a certificate, the keys trusted, and what was found so far.

    Args:
        pieces: JSON by name.
        trusted: The keys that may have signed.
        brought: Further statements of snapshots, by digest.
    """

    def __init__(
        self, pieces: Mapping[str, Any], trusted: Sequence[TrustedKey], brought: Mapping[Digest, Opened]
    ) -> None:
        self._pieces, self._trusted, self._brought = pieces, tuple(trusted), brought
        self._used: set[str] = set()
        self.checks: list[str] = []
        self.not_checked: list[str] = []

    def holds(self, sentence: str) -> None:
        """Note what was verified."""
        self.checks.append(sentence)

    def passes_over(self, sentence: str) -> None:
        """Note what was not."""
        if sentence not in self.not_checked:
            self.not_checked.append(sentence)

    def piece(self, name: str) -> Any:
        """Return an enclosed piece.

        Raises:
            CertificateRefusedError: There is none of that name.
        """
        require(name in self._pieces, f"{name}: the document speaks of it, and it is not enclosed.")
        self._used.add(name)
        return self._pieces[name]

    def require_all_used(self) -> None:
        """Do nothing if every piece was looked at.

        Raises:
            CertificateRefusedError: One has nothing to do with what the document says.
        """
        unused = sorted(set(self._pieces) - self._used)
        require(not unused, f"{', '.join(unused)}: is enclosed, and proves nothing that the document says.")

    def envelope(self, name: str, digest: Digest, signed_by: Sequence[str]) -> Opened:
        """Return an enclosed statement that a trusted key signed, and that the keys named are said to have signed.

        Raises:
            SignatureRefusedError: No trusted key signed it.
            CertificateRefusedError: It is another statement, or was signed by others.
        """
        data = piece_bytes(self.piece(name))
        opened = open_envelope(data, self._trusted)
        require(opened.statement_digest == digest, f"{name}: is not the statement that the document names.")
        require(set(signed_by) <= set(claimed_signers(data)), f"{name}: is not signed by whom the document says.")
        for key in sorted(set(signed_by) - set(opened.key_ids)):
            self.passes_over(f"Signature: that of {key[:16]} on {name} was not verified; its key was not named.")
        return opened

    def snapshot(self, entry: Document) -> Opened | None:
        """Return a snapshot's statement, if it says what the document says of the snapshot; None where none is here.

        Raises:
            SignatureRefusedError: No trusted key signed it.
            CertificateRefusedError: It says something else.
        """
        label = entry["snapshot"]
        if entry["enclosed"] is not None:
            opened = self.envelope(entry["enclosed"], entry["statement"], entry["signed_by"])
        elif entry["statement"] in self._brought:
            opened = self._brought[entry["statement"]]
        else:
            self.passes_over(NO_STATEMENT.format(label))
            return None
        require(opened.statement["predicateType"] == SNAPSHOT_PREDICATE, f"{label}: is stated by something else.")
        require(opened.artifacts.get(MANIFEST_FILE) == entry["manifest"], f"{label}: has another manifest than stated.")
        differing = sorted(name for name, said in _stated(opened.predicate).items() if entry[name] != said)
        require(not differing, f"{label}: its signed statement says something else of {', '.join(differing)}.")
        return opened

    def logged(self, what: str, log: Document | None, kind: str, digest: Digest) -> None:
        """Verify the proof that a statement is in the log, where one is enclosed.

        Raises:
            NoteRefusedError: It does not hold under a trusted key.
            CertificateRefusedError: The entry stands elsewhere than the document says.
        """
        if log is None:
            self.passes_over(NO_LOG.format(what))
            return
        text = self.piece(log["proof"])
        require(isinstance(text, str), f"{log['proof']}: is no proof of the log.")
        proof = read_proof(text.encode())
        found = self._place(LogEntry(kind, digest), proof)
        said = {name: log[name] for name in ("index", "size", "origin")}
        require(found == said, f"{log['proof']}: shows another entry than the document says.")
        self.holds(f"The statement of {what} is entry {proof.index} of {log['size']} in {log['origin']}.")
        self.passes_over(NO_COPY)

    def _place(self, entry: LogEntry, proof: LogProof) -> Document:
        for key in self._trusted:
            try:
                head = verify_entry(entry.data(), proof, origin_of(key), [key])
            except NoteRefusedError:
                continue
            return {"index": proof.index, "size": head.size, "origin": head.origin}
        raise NoteRefusedError("A proof of the log does not hold under a key that is trusted.")


def require(kept: bool, fault: str) -> None:
    """Do nothing if ``kept``.

    Raises:
        CertificateRefusedError: It is not; the message is ``fault``.
    """
    if not kept:
        raise CertificateRefusedError(fault)


def _stated(predicate: Document) -> Document:
    """Return what a snapshot's statement says, in the fields of a certificate."""
    policy, as_of = predicate["policy"], predicate["as_of"]
    return {
        "snapshot": f"{predicate['name']}@v{predicate['version']}",
        "purpose": predicate["purpose"],
        "policy": {name: policy[name] for name in ("policy_id", "version", "digest")},
        "decided_for": as_of["effective_at"],
        "known_at": as_of["recorded_at"],
        "root": predicate["root"],
        "rows": predicate["rows"],
        "data_subjects": predicate["data_subjects"],
    }
