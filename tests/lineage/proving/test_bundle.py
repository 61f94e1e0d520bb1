"""Bundles: the same evidence gives the same file, which verifies in a place where there is nothing else."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lineage.canonical import canonical_json, sha256_hex
from lineage.dsse import TrustedKey
from lineage.home import Home
from lineage.keys.rotating import rotate_key
from lineage.keys.vault import Vault
from lineage.proving.bundle import BundleRefusedError, Contents, is_bundle, opened_bundle
from lineage.proving.bundling import bundle
from lineage.proving.receipts import consent_lines
from lineage.tlog.log import enter_statements
from lineage.verifying.bundle import verify_bundle
from lineage.verifying.depth import FULL, Depth
from lineage.verifying.links import Link, Report
from lineage.verifying.scope import Scope
from policies.consent import ConsentStatus
from tests.lineage.harm import broken
from tests.lineage.traced_world import HEARD_AT, NOW, WITHDRAWN_AT, TracedWorld, traced_world

MODEL, SNAPSHOT = "models/little/run-1", "snapshots/demo/v1"
SAMPLE = Depth.asked(sample=4, seed="auditor's word")
Members = dict[str, bytes]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bundled") / "warehouse"
    with pytest.MonkeyPatch.context() as patches:
        traced_world(root, patches)
    enter_statements(Home.at(str(root)), NOW)
    return root


@pytest.fixture
def world(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TracedWorld:
    return traced_world(Path(shutil.copytree(template, tmp_path / "warehouse")), monkeypatch)


def bundled(world: TracedWorld, artifact: str = MODEL, depth: Depth = FULL, **options: bool) -> Path:
    to = world.root.parent / "taken-home.bundle"
    bundle(Home.at(str(world.root)), artifact, world.trusted, to, depth=depth, **options)
    return to


def verified(world: TracedWorld, path: Path, depth: Depth = FULL, **options: Any) -> Report:
    return verify_bundle(path, Scope(world.trusted, depth=depth), **options)


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(path: Path, change: Callable[[Members], object]) -> Path:
    """Change members, and let ``bundle.json`` list them as they are then, as whoever forges a bundle would."""
    held = members(path)
    contents = json.loads(held.pop("bundle.json"))
    change(held)
    contents["files"] = [
        {"path": name, "sha256": sha256_hex(data), "bytes": len(data)} for name, data in sorted(held.items())
    ]
    return packed(path, {"bundle.json": canonical_json(contents), **dict(sorted(held.items()))})


def packed(path: Path, held: Members) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    return path


# ── what an auditor takes home ──────────────────────────────────────────────────────────────────────────────


def test_a_bundle_verifies_where_there_is_nothing_else(world: TracedWorld, tmp_path: Path):
    path = bundled(world)
    home = Path(shutil.move(path, tmp_path / "elsewhere.bundle"))
    world.warehouse.delete_tree("snapshots")
    report = verified(world, home)
    assert report.verified
    links = [check.link for check in report.checks]
    assert links[:3] == [Link.BUNDLE, Link.ARTIFACT, Link.SIGNATURE]
    assert {Link.LOG, Link.SUBSET, f"snapshot: {Link.CONSENTS}", f"snapshot: {Link.DATA_SUBJECTS}"} <= set(links)
    assert Link.WEIGHTS not in links
    assert any(sentence.startswith("Weights: model.safetensors is not here") for sentence in report.not_checked)


def test_the_same_evidence_gives_the_same_bytes(world: TracedWorld):
    first = bundled(world, depth=SAMPLE).read_bytes()
    assert bundled(world, depth=SAMPLE).read_bytes() == first


def test_a_bundle_holds_no_records_weights_or_keys_unless_asked(world: TracedWorld):
    held = members(bundled(world))
    assert not [name for name in held if "/shards/" in name or name.endswith(".safetensors") or "key" in name]
    more = members(bundled(world, weights=True, content=True))
    assert {f"{SNAPSHOT}/shards/000-acme.parquet", f"{MODEL}/model.safetensors"} <= set(more)
    whole = verified(world, bundled(world, weights=True, content=True))
    assert whole.verified
    assert Link.WEIGHTS in [check.link for check in whole.checks]
    assert not any("as the bundle says" in sentence for sentence in whole.not_checked)


def test_a_snapshot_is_bundled_by_itself(world: TracedWorld):
    path = bundled(world, SNAPSHOT)
    assert not [name for name in members(path) if name.startswith("models/")]
    assert verified(world, path).verified


def test_weights_found_anywhere_are_held_against_a_bundle(world: TracedWorld, tmp_path: Path):
    path = bundled(world)
    found = tmp_path / "downloaded.safetensors"
    shutil.copyfile(world.warehouse.local_path(f"{MODEL}/model.safetensors"), found)
    report = verified(world, path, weights=found)
    assert report.verified
    assert Link.HEADER in [check.link for check in report.checks]
    found.write_bytes(found.read_bytes()[:-1] + b"\x05")
    other = verified(world, path, weights=found)
    assert broken(other) == Link.WEIGHTS
    assert "none of those that were signed" in other.checks[-1].detail


# ── the auditor's sample ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("artifact", [MODEL, SNAPSHOT])
def test_a_sample_is_shown_down_to_the_person_and_their_consent(world: TracedWorld, artifact: str):
    report = verified(world, bundled(world, artifact, SAMPLE), SAMPLE)
    assert report.verified
    assert len(report.sampled) == 4
    people = {world.person(tenant, number) for tenant in world.tenants for number in (0, 1)}
    for one in report.sampled:
        assert one["data_subject_id"] in people
        assert one["consent"]["state"] == "given"
        assert one["decision"]["reason"] == "permitted"


def test_a_sample_of_another_seed_is_not_opened_by_this_bundle(world: TracedWorld):
    few = Depth.asked(sample=1, seed="one")
    other = next(
        seed
        for seed in map(str, range(50))
        if {one["data_subject_id"] for one in verified(world, bundled(world, SNAPSHOT, few), few).sampled}
        != {
            one["data_subject_id"]
            for one in verified(
                world, bundled(world, SNAPSHOT, Depth.asked(sample=1, seed=seed)), Depth.asked(sample=1, seed=seed)
            ).sampled
        }
    )
    report = verified(world, bundled(world, SNAPSHOT, few), Depth.asked(sample=1, seed=other))
    assert report.verified
    assert report.sampled[0]["data_subject_id"] is None
    assert any("whose they are was not shown" in sentence for sentence in report.not_checked)


def test_an_opening_of_another_person_opens_nothing(world: TracedWorld):
    path = bundled(world, SNAPSHOT, SAMPLE)
    swapped = repacked(path, lambda held: held.update({"openings.jsonl": _renamed(held["openings.jsonl"])}))
    report = verified(world, swapped, SAMPLE)
    assert report.verified
    assert all(one["data_subject_id"] is None for one in report.sampled)


def _renamed(lines: bytes) -> bytes:
    said = [json.loads(line) | {"data_subject_id": "ds_" + "0" * 32} for line in lines.splitlines()]
    return b"".join(canonical_json(one) + b"\n" for one in said)


# ── keys that were rotated since ────────────────────────────────────────────────────────────────────────────


def test_a_bundle_made_after_the_key_was_rotated_verifies_with_the_old_key_and_with_the_new(world: TracedWorld):
    home, old = Home.at(str(world.root)), world.trusted
    rotate_key(home, "once a year", NOW)
    new = (TrustedKey.from_pem(Vault.open(world.root / "keys").public_key_pem),)
    assert new != old
    to = world.root.parent / "rotated.bundle"
    bundle(home, MODEL, home.trusted(), to, depth=FULL)
    assert verify_bundle(to, Scope(old)).verified
    assert verify_bundle(to, Scope(new)).verified
    without = repacked(to, lambda held: held.pop("rotations/00001.dsse.json"))
    assert broken(verify_bundle(without, Scope(new))) == Link.SIGNATURE
    forged = repacked(to, lambda held: held.update({"rotations/00001.dsse.json": b"{}"}))
    assert broken(verify_bundle(forged, Scope(new))) == Link.BUNDLE


# ── consents ────────────────────────────────────────────────────────────────────────────────────────────────


def consents(world: TracedWorld, path: Path, **changes: Any) -> Path:
    """Put other consent events into a bundle: each as it was, with some fields changed."""
    events = [world.given(tenant, world.person(tenant, number)) for tenant in world.tenants for number in (0, 1)]
    lines = consent_lines(event.model_copy(update=changes) for event in events)
    return repacked(path, lambda held: held.update({"consents.jsonl": lines}))


def test_a_consent_that_is_missing_or_was_changed_is_refused(world: TracedWorld):
    assert verified(world, consents(world, bundled(world))).verified
    for change in ({"notice_version": "4"}, {"state": ConsentStatus.RENEWED}, {"recorded_at": HEARD_AT}):
        report = verified(world, consents(world, bundled(world), **change))
        assert broken(report) == f"snapshot: {Link.CONSENTS}"
        assert "is not among those at hand" in report.checks[-1].detail
    emptied = repacked(bundled(world), lambda held: held.update({"consents.jsonl": b""}))
    assert broken(verified(world, emptied)) == f"snapshot: {Link.CONSENTS}"


def test_a_bundle_holds_all_that_the_people_had_said_by_then_and_a_withdrawal_overlooked_is_found(world: TracedWorld):
    withdrawn = world.withdrawn().model_copy(update={"event_id": "in-time", "recorded_at": WITHDRAWN_AT})
    world.ledger.add_consents([withdrawn])
    lines = members(bundled(world))["consents.jsonl"].splitlines()
    assert [json.loads(line)["event_id"] for line in lines].count("in-time") == 1
    assert "withdrawn-1" not in b"".join(lines).decode()  # it became known after the decision
    report = verified(world, bundled(world))
    assert broken(report) == f"snapshot: {Link.CONSENTS}"
    assert "was taken back before the decision" in report.checks[-1].detail


def test_a_line_that_is_no_consent_is_refused_by_its_number(world: TracedWorld):
    emptied = repacked(bundled(world), lambda held: held.update({"consents.jsonl": b"{}\n"}))
    report = verified(world, emptied)
    assert broken(report) == Link.BUNDLE
    assert "consents.jsonl, line 1" in report.checks[-1].detail


# ── what is no bundle ───────────────────────────────────────────────────────────────────────────────────────


def without(name: str) -> Callable[[Members], object]:
    return lambda held: held.pop(name)


@pytest.mark.parametrize(
    ("harm", "link"),
    [
        (without(f"{SNAPSHOT}/leaves/000-acme.parquet"), Link.SUBSET),
        (without(f"{SNAPSHOT}/decisions.json"), f"snapshot: {Link.CONSENTS}"),
        (without(f"{MODEL}/consumption/rank-0.parquet"), Link.CONSUMPTION),
        (without(f"{MODEL}/training.dsse.json"), Link.ARTIFACT),
        (lambda held: held.update({f"{SNAPSHOT}/leaves/more.parquet": b""}), f"snapshot: {Link.LISTING}"),
    ],
)
def test_what_is_missing_from_a_bundle_or_was_added_to_it_is_refused(world: TracedWorld, harm, link: str):
    assert broken(verified(world, repacked(bundled(world), harm))) == link


def contents_of(path: Path) -> dict[str, Any]:
    return dict(json.loads(members(path)["bundle.json"]))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda held, said: held.update({"more": b""}), "is not what it lists"),
        (lambda held, said: held.pop(f"{MODEL}/config.json"), "is not what it lists"),
        (lambda held, said: held.update({f"{MODEL}/config.json": b"{} "}), "is longer than"),
        (lambda held, said: held.update({f"{MODEL}/config.json": b"[]"}), "is not the file"),
        (lambda held, said: said.update(more=1), "is not what a bundle says"),
        (lambda held, said: said.update(artifact="../home"), "is not what a bundle says"),
        (lambda held, said: said["files"][0].update(path="../../etc/passwd"), "is not what a bundle says"),
        (lambda held, said: said["files"][0].update(path="/etc/passwd"), "is not what a bundle says"),
        (lambda held, said: said["files"].append(said["files"][0]), "twice"),
    ],
)
def test_a_bundle_that_is_not_what_it_lists_is_refused(world: TracedWorld, change, fault: str):
    path = bundled(world)
    held = members(path)
    said = json.loads(held.pop("bundle.json"))
    change(held, said)
    packed(path, {"bundle.json": canonical_json(said), **held})
    report = verified(world, path)
    assert broken(report) == Link.BUNDLE
    assert fault in report.checks[-1].detail


def test_a_bundle_that_leaves_out_what_must_not_be_is_refused(world: TracedWorld):
    path = bundled(world)
    held = members(path)
    said = json.loads(held.pop("bundle.json"))
    name = f"{SNAPSHOT}/leaves/000-acme.parquet"
    said["files"] = [one for one in said["files"] if one["path"] != name]
    said["left_out"].append({"path": name, "sha256": sha256_hex(held.pop(name))})
    packed(path, {"bundle.json": canonical_json(said), **held})
    assert broken(verified(world, path)) == Link.SUBSET


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x03\x04" + bytes(100), b"{}"])
def test_what_is_no_archive_is_refused(world: TracedWorld, tmp_path: Path, data: bytes):
    path = tmp_path / "none.bundle"
    path.write_bytes(data)
    assert broken(verified(world, path)) == Link.BUNDLE
    with pytest.raises(BundleRefusedError), opened_bundle(path):
        pass


def test_a_bundle_cut_short_is_refused_wherever_it_is_cut(world: TracedWorld):
    data = bundled(world).read_bytes()
    for place in range(0, len(data), len(data) // 12):
        path = world.root.parent / "cut.bundle"
        path.write_bytes(data[:place])
        assert broken(verified(world, path)) == Link.BUNDLE


def test_a_bundle_is_known_by_its_first_bytes(world: TracedWorld, tmp_path: Path):
    assert is_bundle(bundled(world))
    assert not is_bundle(tmp_path)
    assert not is_bundle(tmp_path / "nothing")


def test_contents_are_closed():
    with pytest.raises(ValueError, match="more"):
        Contents.model_validate({"artifact": "models/a/b", "files": [], "left_out": [], "more": 1})
