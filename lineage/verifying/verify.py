"""Verify an artifact from its files alone, link by link, and say what was not looked at.

Nothing is believed that a trusted key did not sign, and whatever is missing is a broken link. Needs no
database, no network and, but for the content of a snapshot, no keys other than public ones.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from lineage.keys.vault import Vault
from lineage.proving.receipts import NO_RECEIPTS, Receipts
from lineage.snapshot import MANIFEST_FILE, STATEMENT_FILE
from lineage.statement import TrustedKey
from lineage.verifying.depth import FULL, Depth
from lineage.verifying.links import BrokenLinkError, Chain, Check, Link, Report, require
from lineage.verifying.logged import LogEvidence, require_used
from lineage.verifying.model import TRAINING_FILE, WEIGHTS, verify_model
from lineage.verifying.scope import Scope
from lineage.verifying.snapshot import verify_snapshot
from policies.errors import UsageError

__all__ = ["Check", "Link", "Report", "verify_path"]


def verify_path(
    path: Path,
    trusted: Sequence[TrustedKey],
    *,
    vault: Vault | None = None,
    snapshot: Path | None = None,
    log: LogEvidence | None = None,
    receipts: Receipts = NO_RECEIPTS,
    depth: Depth = FULL,
) -> Report:
    """Verify a snapshot, a model, or one file of weights.

    Args:
        path: A snapshot's directory, a model's directory, or a ``.safetensors`` file in one.
        trusted: The public keys of whoever may have signed; none is a refusal.
        vault: Keys, to compare the encrypted content with its leaves too.
        snapshot: The snapshot's directory, for a model that lies elsewhere.
        log: Proofs that statements are in the transparency log, and checkpoints that were published.
        receipts: Consent events that leaves rest on, and openings of commitments.
        depth: How far to go.

    Returns:
        The links in order up to the first that does not hold, and what was not looked at.

    Raises:
        UsageError: There is nothing at ``path``.
    """
    return verify_within(path, Scope(trusted, vault, log or LogEvidence(), receipts, depth), snapshot)


def verify_within(path: Path, scope: Scope, snapshot: Path | None = None) -> Report:
    """Verify what lies at a path, as `verify_path` does, within a scope.

    Raises:
        UsageError: There is nothing at ``path``.
    """
    if not path.exists():
        raise UsageError(f"{path}: there is nothing here.", remedy="Name a snapshot, a model or its weights.")
    chain = Chain()
    with contextlib.suppress(BrokenLinkError):
        verify_on(chain, path, scope, snapshot)
    return chain.report(str(path))


def verify_on(chain: Chain, path: Path, scope: Scope, snapshot: Path | None = None) -> None:
    """Verify what lies at a path, as `verify_path` does, noting each link in a chain.

    Raises:
        BrokenLinkError: A link does not hold; it is the last of the chain.
    """
    directory = path if path.is_dir() else path.parent
    with chain.testing(Link.ARTIFACT):
        kind = _kind_of(path)
    chain.holds(Link.ARTIFACT, kind)
    if kind == "snapshot":
        verify_snapshot(chain, directory, scope)
    else:
        verify_model(chain, directory, scope, snapshot)
    require_used(chain, scope.log)


def _kind_of(path: Path) -> str:
    if path.is_dir():
        if (path / TRAINING_FILE).exists() or any(path.glob(WEIGHTS)):
            return "model"
        if (path / STATEMENT_FILE).exists() or (path / MANIFEST_FILE).exists():
            return "snapshot"
    require(path.match(WEIGHTS), "This is neither a snapshot, nor a model, nor a file of weights.")
    return "model"
