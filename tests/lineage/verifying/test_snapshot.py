"""Verifying a snapshot: every harm is found, by the name of the first link that it breaks."""

from pathlib import Path

import pytest

from lineage.verifying.verify import Link, verify_path
from tests.lineage.harm import DIRECTORY, LEAVES, SHARD, Harm, broken, flip, put, remove, swap, verified
from tests.lineage.small_snapshot import POLICY, SmallWorld


def test_a_snapshot_as_published_verifies_and_says_what_was_not_looked_at(trained: SmallWorld):
    report = verified(trained)
    assert report.verified
    assert report.broken is None
    links = [check.link for check in report.checks]
    assert links[:3] == [Link.ARTIFACT, Link.SIGNATURE, Link.MANIFEST]
    assert {Link.SHARDS, Link.LEAVES, Link.TENANT_ROOTS, Link.SNAPSHOT_ROOT, Link.COUNTS, Link.POLICY} <= set(links)
    assert Link.CONTENT not in links
    assert any(sentence.startswith("Content: without keys") for sentence in report.not_checked)


def test_with_keys_the_content_is_verified_too(trained: SmallWorld):
    report = verified(trained, vault=trained.vault)
    assert report.verified
    assert report.checks[-1].link == Link.CONTENT
    assert not any(sentence.startswith("Content") for sentence in report.not_checked)


@pytest.mark.parametrize(
    ("harm", "link"),
    [
        (remove(f"{DIRECTORY}/statement.dsse.json"), Link.SIGNATURE),
        (put(f"{DIRECTORY}/statement.dsse.json", b"{}"), Link.SIGNATURE),
        (flip(f"{DIRECTORY}/statement.dsse.json"), Link.SIGNATURE),
        (remove(f"{DIRECTORY}/manifest.json"), Link.MANIFEST),
        (flip(f"{DIRECTORY}/manifest.json"), Link.MANIFEST),
        (remove(f"{DIRECTORY}/{SHARD}"), Link.LISTING),
        (remove(f"{DIRECTORY}/{LEAVES}"), Link.LISTING),
        (put(f"{DIRECTORY}/shards/002-acme.parquet", b""), Link.LISTING),
        (put(f"{DIRECTORY}/leaves/more/002.parquet", b""), Link.LISTING),
        (flip(f"{DIRECTORY}/{SHARD}"), Link.SHARDS),
        (swap(f"{DIRECTORY}/{SHARD}", f"{DIRECTORY}/shards/001-globex.parquet"), Link.SHARDS),
        (flip(f"{DIRECTORY}/{LEAVES}"), Link.LEAVES_FILES),
        (swap(f"{DIRECTORY}/{LEAVES}", f"{DIRECTORY}/leaves/001-globex.parquet"), Link.LEAVES_FILES),
        (put(f"{DIRECTORY}/policy.yaml", POLICY + b"# softer\n"), Link.POLICY),
        (remove(f"{DIRECTORY}/policy.yaml"), Link.POLICY),
        (flip(f"{DIRECTORY}/decisions.json"), Link.DECISIONS),
        (remove(f"{DIRECTORY}/quality.json"), Link.QUALITY),
    ],
)
def test_a_touched_snapshot_is_refused_by_link(trained: SmallWorld, harm: Harm, link: Link):
    harm(trained)
    assert broken(verified(trained)) == link


def test_after_the_broken_link_nothing_is_claimed(trained: SmallWorld):
    flip(f"{DIRECTORY}/{SHARD}")(trained)
    report = verified(trained)
    assert Link.LEAVES not in [check.link for check in report.checks]
    assert "Whatever follows the broken link 'shard files' was not looked at." in report.not_checked
    assert report.document()["broken_link"] == "shard files"
    assert report.document()["verified"] is False


def test_without_a_trusted_key_nothing_verifies(trained: SmallWorld, tmp_path: Path):
    path = trained.warehouse.local_path(DIRECTORY)
    nobody = verify_path(path, ())
    assert broken(nobody) == Link.SIGNATURE
    assert "no-trusted-key" in nobody.checks[-1].detail
    stranger = verify_path(path, SmallWorld(tmp_path / "stranger").trusted)
    assert broken(stranger) == Link.SIGNATURE
    assert "unknown-key" in stranger.checks[-1].detail


def test_a_file_the_statement_does_not_name_is_pointed_out(trained: SmallWorld):
    trained.warehouse.write(f"{DIRECTORY}/croissant.json", b"{}")
    report = verified(trained)
    assert report.verified
    assert "Files that the statement does not name: croissant.json." in report.not_checked
