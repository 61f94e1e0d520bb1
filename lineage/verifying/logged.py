"""Is a signed statement in its deployment's transparency log, as somebody outside knows it?

A proof shows that the statement is an entry under a checkpoint that the log's key signed. That the operator did not
keep another log beside that one is shown only by a checkpoint that was published: kept by somebody else.

A key that was retired states the time of what it signed itself, and whoever stole it can state an earlier one. A proof
settles it: what a retired key signed while it was valid is in the log before its rotation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lineage.statement import TrustedKey
from lineage.tlog.checkpoint import Checkpoint, open_checkpoint
from lineage.tlog.entry import LogEntry
from lineage.tlog.note import NoteRefusedError
from lineage.tlog.proof import LogProof, read_proof, verify_entry
from lineage.tlog.publishing import published_checkpoints
from lineage.verifying.links import Chain, Link, require
from policies.errors import InputError, UsageError
from policies.instants import BEGINNING

NO_PROOF = "Transparency: no proof was given that the {} is in the log."
NO_COPY = "Transparency: no copy from outside was given, so a rewritten history would not be seen."
OWN_WORD = (
    "Time: the {} is signed by a key that was retired on {}. That it was signed before is the signer's own word: no "
    "proof was given that it was in the log by then, under a checkpoint that this key could not have made since."
)
OTHERS_WORD = (
    "Time: a signature by a retired key on anything else, such as a ticket, a feed or a note, counts by the time that "
    "the statement gives; that is the signer's own word."
)


@dataclass
class LogEvidence:
    """What an auditor brings beside the files.

    Attributes:
        proofs: Proofs of log entries, by the file they were read from.
        published: Checkpoints from outside, by where they were found.
        used: The proofs that were of some statement.
    """

    proofs: Mapping[str, LogProof] = field(default_factory=dict)
    published: Mapping[str, bytes] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, proofs: Sequence[Path], published: Sequence[Path]) -> "LogEvidence":
        """Read proofs and published checkpoints.

        Args:
            proofs: ``….tlog-proof`` files.
            published: Directories of `lineweight log publish`, or single checkpoints.

        Raises:
            InputError: A file cannot be read.
            NoteRefusedError: A proof is none.
            UsageError: Checkpoints without a proof, which nothing here is held against.
        """
        if published and not proofs:
            raise UsageError("--published: nothing is held against it.", remedy="Name a proof too, with --proof.")
        try:
            read = {str(path): read_proof(path.read_bytes()) for path in proofs}
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read.") from error
        return cls(read, {name: note for place in published for name, note in published_checkpoints(place).items()})


def verify_logged(
    chain: Chain,
    what: str,
    entry: LogEntry,
    key_ids: Sequence[str],
    trusted: Sequence[TrustedKey],
    evidence: LogEvidence,
) -> None:
    """Verify that a statement is in the log, if a proof of it was given, and note what was not looked at.

    Args:
        chain: Collects the checks.
        what: What the statement is, in words.
        entry: The statement's.
        key_ids: The trusted keys that signed it.
        trusted: Keys that may sign for their log.
        evidence: What was brought.

    Raises:
        BrokenLinkError: Its proof is under a checkpoint that is none of those published, or shows that it was signed
            by a key that had been retired.
    """
    retired = retired_signer(key_ids, trusted)
    if any(key.validity.until_at for key in trusted):
        chain.passes_over(OTHERS_WORD)
    found = _proved(entry, trusted, evidence)
    if found is None:
        chain.passes_over(NO_PROOF.format(what))
        _own_word(chain, what, retired)
        return
    name, proof, checkpoint = found
    evidence.used.add(name)
    with chain.testing(Link.LOG):
        known = [place for place, note in evidence.published.items() if _is_same(note, checkpoint, trusted)]
        require(bool(known) or not evidence.published, f"{name}: is under no checkpoint that was published.")
        require_in_time(key_ids, trusted, proof.index, checkpoint.origin)
    where = f", as published in {known[0]}" if known else ""
    chain.holds(Link.LOG, f"{what} is entry {proof.index} of the {checkpoint.size} of {checkpoint.origin}{where}")
    if not known:
        chain.passes_over(NO_COPY)
        if not _is_anchored(proof, checkpoint, trusted):
            _own_word(chain, what, retired)


def retired_signer(key_ids: Sequence[str], trusted: Sequence[TrustedKey]) -> TrustedKey | None:
    """Return the retired key that a statement rests on, the last to be; ``None`` if a key signed that is not retired.

    Args:
        key_ids: The trusted keys that signed it.
        trusted: The keys a verifier trusts, and for what.
    """
    signers = [key for key in trusted if key.key_id in key_ids]
    if not all(key.validity.until_at for key in signers):
        return None
    return max(signers, key=lambda key: key.validity.until_at or BEGINNING, default=None)


def require_in_time(key_ids: Sequence[str], trusted: Sequence[TrustedKey], index: int, origin: str) -> None:
    """Do nothing if an entry of the log lies where the keys that signed its statement were valid.

    Raises:
        BrokenLinkError: All of them were retired when the log had fewer entries, or it is another log.
    """
    retired = retired_signer(key_ids, trusted)
    if retired is None or retired.validity.log_size is None:
        return
    size, on = retired.validity.log_size, _retired_on(retired)
    require(origin == retired.log, f"Its key was retired on {on} in {retired.log}, and the proof is of {origin}.")
    late = f"It is entry {index}, and its key was retired on {on}, when the log had {size} entries."
    require(index < size, late)


def require_used(chain: Chain, evidence: LogEvidence) -> None:
    """Verify that every proof that was given is of some statement that was looked at.

    Raises:
        BrokenLinkError: One is of another, or not by a log whose key is trusted.
    """
    with chain.testing(Link.LOG):
        unused = sorted(set(evidence.proofs) - evidence.used)
        require(not unused, f"{', '.join(unused)}: proves no statement here under a log whose key is trusted.")


def _proved(
    entry: LogEntry, trusted: Sequence[TrustedKey], evidence: LogEvidence
) -> tuple[str, LogProof, Checkpoint] | None:
    for name, proof in evidence.proofs.items():
        for key in trusted:
            try:
                return name, proof, verify_entry(entry.data(), proof, key.log, [key])
            except NoteRefusedError:
                continue
    return None


def _is_anchored(proof: LogProof, checkpoint: Checkpoint, trusted: Sequence[TrustedKey]) -> bool:
    """Return whether a key that is not retired stands for a checkpoint: it signed it, or the rotation that names it."""
    for key in trusted:
        try:
            open_checkpoint(proof.checkpoint, key.log, [key])
        except NoteRefusedError:
            continue
        if key.validity.log_size in (None, checkpoint.size):
            return True
    return False


def _own_word(chain: Chain, what: str, retired: TrustedKey | None) -> None:
    if retired is not None:
        chain.passes_over(OWN_WORD.format(what, _retired_on(retired)))


def _retired_on(key: TrustedKey) -> str:
    return "" if key.validity.until_at is None else str(key.validity.until_at.date())


def _is_same(note: bytes, checkpoint: Checkpoint, trusted: Sequence[TrustedKey]) -> bool:
    for key in trusted:
        try:
            if open_checkpoint(note, key.log, [key]) == checkpoint:
                return True
        except NoteRefusedError:
            continue
    return False
