"""Verify what an auditor took home: a bundle, and a file of weights beside it, with no home and no database."""

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from lineage.keys.rotation import ROOT as ROTATIONS
from lineage.keys.rotation import rotations_in, trusted_over_rotations
from lineage.proving.bundle import Contents, opened_bundle
from lineage.proving.receipts import CONSENTS_FILE, OPENINGS_FILE, read_receipts
from lineage.verifying.links import BrokenLinkError, Chain, Link, Report, require
from lineage.verifying.logged import LogEvidence
from lineage.verifying.model import WEIGHTS
from lineage.verifying.reading import sha256_of
from lineage.verifying.scope import Scope
from lineage.verifying.verify import verify_on
from lineage.warehouse import Warehouse

PROOFS = "log/*.tlog-proof"
BESIDE = "Files of the bundle that are no part of its evidence: {}."


def verify_bundle(path: Path, scope: Scope, *, weights: Path | None = None, published: Sequence[Path] = ()) -> Report:
    """Verify the artifact of a bundle link by link.

    Args:
        path: The bundle.
        scope: What is trusted, and how far to go; what was brought of receipts and of the log is the bundle's.
        weights: A ``.safetensors`` file from anywhere, held against those that were signed.
        published: Where checkpoints of the log were published, outside the bundle.

    Returns:
        The links in order up to the first that does not hold, and what was not looked at.

    Raises:
        InputError: A published checkpoint cannot be read.
    """
    chain, shown = Chain(), str(path if weights is None else weights)
    with contextlib.suppress(BrokenLinkError), contextlib.ExitStack() as open_until_verified:
        with chain.testing(Link.BUNDLE):
            directory, contents = open_until_verified.enter_context(opened_bundle(path))
            within = _within(scope, directory, contents, published)
            place = directory / contents.artifact
            require(place.is_dir(), f"{contents.artifact}: is not in the bundle.")
        left_out = f", {len(contents.left_out)} left out" if contents.left_out else ""
        chain.holds(Link.BUNDLE, f"{len(contents.files)} files, each as listed{left_out}")
        if beside := [one.path for one in contents.files if not _belongs(one.path, contents.artifact)]:
            chain.passes_over(BESIDE.format(", ".join(beside)))
        if weights is not None:
            with chain.testing(Link.WEIGHTS):
                _place(weights, within.left_out, place)
        verify_on(chain, place, within)
    return chain.report(shown)


def _belongs(path: str, artifact: str) -> bool:
    """Return whether a member can be evidence of an artifact; a model's snapshot lies among ``snapshots/``."""
    inside = (f"{artifact}/", f"{ROTATIONS}/", *(["snapshots/"] if artifact.startswith("models/") else []))
    return path in (CONSENTS_FILE, OPENINGS_FILE) or path.startswith(inside) or fnmatch(path, PROOFS)


def _within(scope: Scope, directory: Path, contents: Contents, published: Sequence[Path]) -> Scope:
    """Return a scope with what a bundle brings: rotations, consents, openings, proofs, and what it leaves out."""
    consents, openings = (directory / name for name in (CONSENTS_FILE, OPENINGS_FILE))
    places = {contents.artifact, *(one.path.rpartition("/shards/")[0] for one in contents.left_out)}
    return replace(
        scope,
        trusted=trusted_over_rotations(scope.trusted, rotations_in(Warehouse(directory))),
        receipts=read_receipts(consents if consents.is_file() else None, openings if openings.is_file() else None),
        log=LogEvidence.read(sorted(directory.glob(PROOFS)), published),
        left_out={name: sha256 for place in places for name, sha256 in contents.left_out_of(place).items()},
    )


def _place(weights: Path, left_out: Mapping[str, str], directory: Path) -> None:
    """Put a file of weights into the unpacked model, under the name it was signed under."""
    stated = {name: sha256 for name, sha256 in left_out.items() if Path(name).match(WEIGHTS) and "/" not in name}
    stated |= {file.name: sha256_of(file) for file in directory.glob(WEIGHTS)}
    digest = sha256_of(weights)
    name = next((one for one, sha256 in sorted(stated.items()) if sha256 == digest), None)
    if name is None:
        raise BrokenLinkError(
            f"{weights.name}: its bytes are none of those that were signed; "
            "`lineweight trace model` recognises weights that were renamed, cast or trained further."
        )
    if not (directory / name).exists():
        shutil.copyfile(weights, directory / name)
