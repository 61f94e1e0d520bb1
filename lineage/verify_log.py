"""Is a signed statement in its deployment's transparency log, as somebody outside knows it?

A proof shows that the statement is an entry under a checkpoint that the log's key signed. That the operator did not
keep another log beside that one is shown only by a checkpoint that was published: kept by somebody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lineage.links import Chain, Link, require
from lineage.statement import TrustedKey
from lineage.tlog.checkpoint import Checkpoint, open_checkpoint
from lineage.tlog.entry import LogEntry
from lineage.tlog.log import origin_of
from lineage.tlog.note import NoteRefusedError
from lineage.tlog.proof import LogProof, read_proof, verify_entry
from lineage.tlog.publishing import published_checkpoints
from policies.errors import InputError, UsageError

NO_PROOF = "Transparency: no proof was given that the {} is in the log."
NO_COPY = "Transparency: no copy from outside was given, so a rewritten history would not be seen."


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
    chain: Chain, what: str, entry: LogEntry, trusted: Sequence[TrustedKey], evidence: LogEvidence
) -> None:
    """Verify that a statement is in the log, if a proof of it was given, and note what was not looked at.

    Args:
        chain: Collects the checks.
        what: What the statement is, in words.
        entry: The statement's.
        trusted: Keys that may sign for their log.
        evidence: What was brought.

    Raises:
        BrokenLinkError: Its proof is under a checkpoint that is none of those published.
    """
    found = _proved(entry, trusted, evidence)
    if found is None:
        chain.passes_over(NO_PROOF.format(what))
        return
    name, proof, checkpoint = found
    evidence.used.add(name)
    with chain.testing(Link.LOG):
        known = [place for place, note in evidence.published.items() if _is_same(note, checkpoint, trusted)]
        require(bool(known) or not evidence.published, f"{name}: is under no checkpoint that was published.")
    where = f", as published in {known[0]}" if known else ""
    chain.holds(Link.LOG, f"{what} is entry {proof.index} of the {checkpoint.size} of {checkpoint.origin}{where}")
    if not known:
        chain.passes_over(NO_COPY)


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
                return name, proof, verify_entry(entry.data(), proof, origin_of(key), [key])
            except NoteRefusedError:
                continue
    return None


def _is_same(note: bytes, checkpoint: Checkpoint, trusted: Sequence[TrustedKey]) -> bool:
    for key in trusted:
        try:
            if open_checkpoint(note, origin_of(key), [key]) == checkpoint:
                return True
        except NoteRefusedError:
            continue
    return False
