"""Bundles that an attacker wrote: weights held against them, and what they would unpack to."""

from pathlib import Path

import pytest

from lineage.canonical import sha256_hex
from lineage.proving.bundle import BundleRefusedError, opened_bundle
from lineage.verifying.bundle import verify_bundle
from lineage.verifying.scope import Scope
from tests.lineage.tamper import on_bundles
from tests.lineage.tamper.attack import Attack, Attacker, Copy, packed
from tests.lineage.tamper.forger import MODEL, WEIGHTS


def broken(copy: Copy, weights: Path, left_out: dict[str, str]) -> str:
    """Leave the signed weights out of a bundle, let it say what else it leaves out, and hold weights against it."""
    copy.remove(WEIGHTS)
    bundle = packed(copy, Attack("nothing", Attacker.FILES, lambda copy: None, left_out=left_out))
    report = verify_bundle(bundle, Scope(copy.genuine.trusted), weights=weights)
    return "" if report.broken is None else report.broken.link


@pytest.mark.parametrize(
    "path",
    [WEIGHTS, f"{MODEL}/other.safetensors", f"{MODEL}/deeper/other.safetensors", "models/x/y/other.safetensors"],
)
def test_weights_that_nobody_signed_are_refused_whatever_a_bundle_says_of_them(copy: Copy, tmp_path: Path, path: str):
    weights = tmp_path / "found.safetensors"
    weights.write_bytes(copy.read(WEIGHTS)[:-1] + b"\xff")
    assert broken(copy, weights, {path: sha256_hex(weights.read_bytes())}) == "weights"


def test_weights_that_are_no_file_are_refused(copy: Copy, tmp_path: Path):
    assert broken(copy, tmp_path / "nothing.safetensors", {}) == "weights"


def test_the_signed_weights_are_known_under_any_name(copy: Copy, tmp_path: Path):
    weights = tmp_path / "found.safetensors"
    weights.write_bytes(copy.read(WEIGHTS))
    assert broken(copy, weights, {WEIGHTS: sha256_hex(weights.read_bytes())}) == ""


def test_what_would_unpack_to_far_more_than_it_is_is_refused_before_it_is_unpacked(copy: Copy):
    path = packed(copy, Attack("nothing", Attacker.FILES, lambda copy: None))
    on_bundles.bomb(path, copy)
    with pytest.raises(BundleRefusedError, match="that unpack to"), opened_bundle(path):
        pass
