"""Content removed under retention: only a signed note about this snapshot excuses a file that is missing."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lineage.canonical import canonical_json
from lineage.keys.vault import Vault
from lineage.manifest import SnapshotManifest, parse_manifest
from lineage.retention import (
    RETENTION_PREDICATE,
    ContentRemovedError,
    RemovedShard,
    RetentionNoteError,
    read_notes,
    retention_statement,
    write_note,
)
from lineage.snapshot import Snapshot
from lineage.statement import SignatureRefusedError, sign_statement
from lineage.verifying.verify import Link
from tests.lineage.harm import DIRECTORY, LEAVES, SHARD, broken, remove, verified
from tests.lineage.small_snapshot import SmallWorld

AT = datetime(2027, 3, 1, tzinfo=UTC)
NOTE = f"{DIRECTORY}/retention/forged.dsse.json"


def manifest_of(world: SmallWorld) -> SnapshotManifest:
    return parse_manifest(world.warehouse.read(f"{DIRECTORY}/manifest.json"))


def removed(world: SmallWorld, **changes: Any) -> RemovedShard:
    shard = manifest_of(world).shards[0]
    said = RemovedShard(shard.path, shard.sha256, shard.tenant, shard.rows, 2, "2027-02-01T00:00:00Z", "30 days")
    return replace(said, **changes)


def note(world: SmallWorld, at: datetime = AT, signer: Vault | None = None, **changes: Any) -> str:
    going = [removed(world, **changes)]
    return write_note(world.warehouse, DIRECTORY, manifest_of(world), going, at, signer or world.vault)


def forged(world: SmallWorld, statement: dict[str, Any]) -> None:
    world.warehouse.write(NOTE, sign_statement(statement, [world.vault]))


def opened(world: SmallWorld) -> Snapshot:
    return Snapshot.open(world.warehouse, DIRECTORY, world.trusted)


def test_a_note_and_a_missing_file_verify_and_the_report_says_what_was_removed_and_when(trained: SmallWorld):
    note(trained)
    remove(f"{DIRECTORY}/{SHARD}")(trained)
    report = verified(trained)
    assert report.verified
    told = {check.link: check.detail for check in report.checks}
    assert told[Link.RETENTION] == f"content of {SHARD} was removed under retention on 2027-03-01, as signed"
    assert told[Link.LISTING] == "4 files of shards and leaves, 1 removed under retention, none added"
    assert told[Link.SHARDS].startswith("1 files")
    assert told[Link.LEAVES].startswith("10 leaves")
    assert not any("does not name" in sentence for sentence in report.not_checked)


def test_a_model_trained_on_it_before_still_verifies(trained: SmallWorld):
    note(trained)
    remove(f"{DIRECTORY}/{SHARD}")(trained)
    assert verified(trained, "models/little/run-1").verified


def test_without_a_removal_nothing_is_said_of_one(trained: SmallWorld):
    assert Link.RETENTION not in [check.link for check in verified(trained).checks]


def test_a_file_that_has_to_go_and_is_still_here_is_told_and_refused(trained: SmallWorld):
    note(trained)
    report = verified(trained, vault=trained.vault)
    assert report.verified
    assert f"Retention: {SHARD} has to go, and is still here." in report.not_checked
    with pytest.raises(ContentRemovedError, match=SHARD):
        opened(trained).shard(0, trained.vault)
    assert opened(trained).shard(1, trained.vault).num_rows == 5


def test_the_leaves_of_removed_content_must_stand(trained: SmallWorld):
    note(trained)
    remove(f"{DIRECTORY}/{SHARD}")(trained)
    remove(f"{DIRECTORY}/{LEAVES}")(trained)
    assert broken(verified(trained)) == Link.LISTING


def test_a_note_excuses_no_other_file(trained: SmallWorld):
    note(trained)
    remove(f"{DIRECTORY}/shards/001-globex.parquet")(trained)
    assert broken(verified(trained)) == Link.LISTING


def test_a_note_by_a_stranger_excuses_nothing(trained: SmallWorld, tmp_path: Any):
    note(trained, signer=Vault.open(tmp_path / "stranger"))
    remove(f"{DIRECTORY}/{SHARD}")(trained)
    assert broken(verified(trained)) == Link.RETENTION
    with pytest.raises(SignatureRefusedError):
        opened(trained)


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["predicate"].pop("removed"),
        lambda said: said["predicate"].update(removed=[]),
        lambda said: said["predicate"].update(removed=[{"path": SHARD}]),
        lambda said: said["predicate"].update(removed=["shards"]),
        lambda said: said["predicate"]["removed"][0].update(sha256="0" * 64),
        lambda said: said["predicate"]["removed"][0].update(path=LEAVES),
        lambda said: said["subject"].pop(),
        lambda said: said["subject"][0]["digest"].update(sha256="0" * 64),
        lambda said: said.update(predicateType="https://lineweight.dev/attestation/snapshot/v1"),
    ],
    ids=[
        "no list",
        "nothing",
        "half",
        "words",
        "other bytes",
        "leaves",
        "unnamed file",
        "other snapshot",
        "other kind",
    ],
)
def test_a_note_that_is_not_about_files_of_this_snapshot_breaks_the_chain(trained: SmallWorld, change: Any):
    statement = retention_statement(manifest_of(trained), [removed(trained)], AT)
    assert statement["predicateType"] == RETENTION_PREDICATE
    change(statement)
    forged(trained, statement)
    with pytest.raises(RetentionNoteError):
        read_notes(trained.warehouse, DIRECTORY, manifest_of(trained), trained.trusted)
    assert broken(verified(trained)) == Link.RETENTION


def test_a_note_cannot_excuse_missing_leaves_even_if_it_names_them_rightly(trained: SmallWorld):
    shard = manifest_of(trained).shards[0]
    forged(
        trained,
        retention_statement(
            manifest_of(trained), [removed(trained, path=shard.leaves_path, sha256=shard.leaves_sha256)], AT
        ),
    )
    remove(f"{DIRECTORY}/{LEAVES}")(trained)
    assert broken(verified(trained)) == Link.RETENTION


def test_the_same_removal_written_twice_is_one_note_with_the_same_bytes(trained: SmallWorld):
    path = note(trained)
    before = trained.warehouse.read(path)
    assert note(trained) == path
    assert trained.warehouse.read(path) == before


def test_of_several_notes_the_earliest_stands(trained: SmallWorld):
    note(trained, AT)
    note(trained, datetime(2027, 1, 1, tzinfo=UTC))
    assert opened(trained).removed[SHARD].removed_at.startswith("2027-01-01")


def test_what_is_signed_of_a_removal(trained: SmallWorld, golden: Any):
    said = retention_statement(manifest_of(trained), [removed(trained)], AT)
    document = canonical_json({**said, "subject": [entry["name"] for entry in said["subject"]]}).decode()
    shard = removed(trained)
    golden("retention-statement.json", document.replace(shard.sha256, "<sha256>") + "\n")
