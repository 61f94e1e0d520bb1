"""What certificates of all kinds say of a snapshot, and the signed statements and log proofs they enclose for it."""

from collections.abc import Iterable
from typing import Any

from lineage.canonical import rfc3339
from lineage.certificates.certificate import ROTATION, Document, Enclosed
from lineage.home import Home
from lineage.keys.rotation import rotations_in
from lineage.snapshot import MANIFEST_FILE, STATEMENT_FILE, Snapshot
from lineage.tlog.checkpoint import open_checkpoint
from lineage.tlog.log import TransparencyLog
from lineage.tlog.proof import LogProof


def issuer(home: Home, enclosed: Enclosed) -> Document:
    """Return who issues: the deployment's key, whether that is one of a demonstration, and the keys before it.

    The rotations by which one key followed another are enclosed, so that whoever trusts one of them can follow.
    """
    vault, rotations = home.vault(), rotations_in(home.warehouse)
    names = [
        enclosed.add_json(f"{ROTATION}{number}", rotations[path]) for number, path in enumerate(sorted(rotations), 1)
    ]
    return {"key_id": vault.key_id, "demonstration": vault.derived_from_seed, "rotations": names}


def snapshot_facts(snapshot: Snapshot) -> Document:
    """Return what names a snapshot, how it was decided, and the roots that its signed statement says."""
    manifest = snapshot.manifest
    policy = manifest.policy
    return {
        "snapshot": manifest.label,
        "purpose": manifest.purpose,
        "policy": {"policy_id": policy.policy_id, "version": policy.version, "digest": policy.digest},
        "decided_for": rfc3339(manifest.as_of.effective_at),
        "known_at": rfc3339(manifest.as_of.recorded_at),
        "manifest": snapshot.manifest_digest,
        "statement": snapshot.statement_digest,
        "signed_by": list(snapshot.key_ids),
        "root": manifest.root,
        "rows": manifest.rows,
        "data_subjects": {"root": manifest.data_subjects.root, "count": manifest.data_subjects.count},
    }


def enclose_statement(home: Home, snapshot: Snapshot, enclosed: Enclosed) -> str:
    """Enclose a snapshot's signed statement, and return its name."""
    data = home.warehouse.read(f"{snapshot.directory}/{STATEMENT_FILE}")
    return enclosed.add_json(f"statement/{snapshot.manifest.label}", data)


def enclose_manifest(home: Home, snapshot: Snapshot, enclosed: Enclosed) -> str:
    """Enclose a snapshot's manifest, whose digest the statement says, and return its name."""
    data = home.warehouse.read(f"{snapshot.directory}/{MANIFEST_FILE}")
    return enclosed.add_json(f"manifest/{snapshot.manifest.label}", data)


class LogProofs:
    """The proofs of a home's log, each made once and enclosed under a name.

    Args:
        home: Whose log it is; the entries are held against the newest checkpoint when it is opened.

    Raises:
        LogForkedError: They are not what was signed.
    """

    def __init__(self, home: Home) -> None:
        self._log = TransparencyLog(home.ledger(), home.vault())
        self._known = {row.entry.statement for row in self._log.rows()}

    def enclose(self, name: str, statement: str, enclosed: Enclosed) -> Document | None:
        """Enclose the proof that a statement (SHA-256, hexadecimal) is in the log; None where it is not."""
        if statement not in self._known:
            return None
        proof = self._log.prove(statement)
        enclosed.add_text(name, proof.written())
        return {"proof": name, **self._place(proof)}

    def proofs(self, statements: Iterable[str]) -> dict[str, LogProof]:
        """Return the proof of each statement (SHA-256, hexadecimal) that the log has."""
        return {one: self._log.prove(one) for one in statements if one in self._known}

    def _place(self, proof: LogProof) -> dict[str, Any]:
        key = self._log.key
        head = open_checkpoint(proof.checkpoint, key.name, self._log.keys)
        return {"index": proof.index, "size": head.size, "origin": head.origin}


def by_label(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """Return snapshots by name and version."""
    return sorted(snapshots, key=lambda one: (one.manifest.name, one.manifest.version))
