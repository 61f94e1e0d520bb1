"""Verifying that a model was trained as its snapshot was released, and that nothing revoked was read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from lineage.consumption import CONSUMPTION_SCHEMA
from lineage.keys.officer_key import OfficerKey, new_officer_key
from lineage.manifest import SnapshotManifest
from lineage.release import Verdict
from lineage.statement import TrustedKey
from lineage.verifying.release import NO_LATER_FEED, NO_LATER_REFUSAL, NOT_OTHERS
from lineage.verifying.verify import Link, verify_path
from tests.lineage.harm import broken, flip, put, remove, verified
from tests.lineage.small_snapshot import AS_OF, SmallWorld
from tests.lineage.verifying.test_model import MODEL, retold, taken_in_otherwise

TICKET = f"{MODEL}/ticket.dsse.json"
FEED = f"{MODEL}/revocations/00001.dsse.json"


@pytest.fixture
def manifest(world: SmallWorld) -> SnapshotManifest:
    return world.publish()


def detail(world: SmallWorld, link: str) -> str:
    return next(check.detail for check in verified(world, MODEL).checks if check.link == link)


# ── the ticket ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_trained_under_its_ticket_verifies_and_says_who_looked(world: SmallWorld, manifest: SnapshotManifest):
    world.train(manifest)
    report = verified(world, MODEL)
    assert report.verified
    assert {NOT_OTHERS, NO_LATER_REFUSAL, NO_LATER_FEED} <= set(report.not_checked)
    assert "released by deployment for train_ai_system.finetune" in detail(world, Link.TICKET)


def test_a_ticket_of_an_officer_shows_that_somebody_else_looked(
    world: SmallWorld, manifest: SnapshotManifest, tmp_path: Any
):
    officer = OfficerKey.open(new_officer_key("maria", tmp_path / "maria")[0])
    world.train(manifest, ticket=world.release(manifest, signer=officer, approver="maria"))
    assert broken(verified(world, MODEL)) == Link.TICKET
    trusted = (*world.trusted, TrustedKey.from_pem(officer.public_key_pem))
    report = verify_path(world.warehouse.local_path(MODEL), trusted)
    assert report.verified
    assert NOT_OTHERS not in report.not_checked


@pytest.mark.parametrize("harm", [remove(TICKET), flip(TICKET), put(TICKET, b"{}")], ids=["gone", "flipped", "empty"])
def test_a_ticket_that_is_gone_or_damaged_is_refused(
    world: SmallWorld, manifest: SnapshotManifest, harm: Callable[[SmallWorld], object]
):
    world.train(manifest)
    harm(world)
    assert broken(verified(world, MODEL)) == Link.TICKET


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"decided_at": AS_OF + timedelta(seconds=1)}, "did not hold when the training began"),
        ({"expires_at": AS_OF}, "did not hold when the training began"),
        ({"may_train": ("ads",)}, "by ml"),
        ({"base_models": ("llama",)}, "from tiny"),
        (
            {
                "verdict": Verdict.REFUSED,
                "may_train": (),
                "base_models": (),
                "max_epochs": 0,
                "expires_at": None,
            },
            "did not hold",
        ),
    ],
    ids=["decided after", "run out", "another team", "another base", "refused"],
)
def test_a_ticket_that_did_not_allow_the_training_is_refused(
    world: SmallWorld, manifest: SnapshotManifest, terms: dict[str, Any], said: str
):
    world.train(manifest, ticket=world.release(manifest, **terms))
    report = verified(world, MODEL)
    assert broken(report) == Link.TICKET
    assert said in report.checks[-1].detail


def test_epochs_are_counted_in_what_was_read(world: SmallWorld, manifest: SnapshotManifest):
    rows = world.consumed(manifest).to_pylist()
    again = ({**row, "epoch": 1, "optimizer_step": row["optimizer_step"] + 3} for row in rows)
    twice = pa.Table.from_pylist([*rows, *again], schema=CONSUMPTION_SCHEMA)
    world.train(manifest, consumed=twice, ticket=world.release(manifest, max_epochs=2))
    assert verified(world, MODEL).verified
    world.train(manifest, consumed=twice, ticket=world.release(manifest, max_epochs=1))
    report = verified(world, MODEL)
    assert broken(report) == Link.TICKET
    assert "for 2 epochs" in report.checks[-1].detail


def test_a_ticket_of_another_snapshot_is_refused(world: SmallWorld, manifest: SnapshotManifest):
    world.train(manifest, ticket=world.release(world.publish(2)))
    report = verified(world, MODEL)
    assert broken(report) == Link.TICKET
    assert "another manifest" in report.checks[-1].detail


def without(name: str, place: str) -> Callable[[dict[str, Any]], object]:
    return lambda predicate: predicate["buildDefinition"][place].pop(name)


def without_ticket(predicate: dict[str, Any]) -> None:
    taken_in = predicate["buildDefinition"]["resolvedDependencies"]
    taken_in[:] = [entry for entry in taken_in if entry["name"] != "release-ticket"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without_ticket, "release-ticket"),
        (taken_in_otherwise("release-ticket", digest={"sha256": "0" * 64}), "another ticket"),
        (without("purpose", "internalParameters"), "does not say purpose"),
        (
            lambda predicate: predicate["buildDefinition"]["internalParameters"].update(purpose="train_ai_system"),
            "for train_ai_system",
        ),
        (lambda predicate: predicate["runDetails"]["metadata"].update(startedOn="today"), "when the training began"),
        (lambda predicate: predicate["runDetails"]["metadata"].update(startedOn="2026-06-01"), "without a zone"),
    ],
    ids=["no ticket", "another ticket", "no purpose", "a wider purpose", "no start", "no zone"],
)
def test_a_training_statement_that_does_not_fit_its_ticket_is_refused(
    world: SmallWorld, manifest: SnapshotManifest, change: Callable[[dict[str, Any]], object], said: str
):
    world.train(manifest)
    retold(world, lambda predicate: None)
    assert verified(world, MODEL).verified
    retold(world, change)
    report = verified(world, MODEL)
    assert broken(report) == Link.TICKET
    assert said in report.checks[-1].detail


# ── revocations ─────────────────────────────────────────────────────────────────────────────────────────────


def reading(world: SmallWorld, manifest: SnapshotManifest, skipped: dict[int, str]) -> pa.Table:
    """One epoch in which rows, by number, were skipped for a reason."""
    rows = [
        {**row, "skipped_reason": skipped.get(number), "n_tokens": 0 if number in skipped else 12}
        for number, row in enumerate(world.consumed(manifest).to_pylist())
    ]
    return pa.Table.from_pylist(rows, schema=CONSUMPTION_SCHEMA)


def ids(world: SmallWorld, manifest: SnapshotManifest, *rows: int) -> tuple[str, ...]:
    record_ids = world.consumed(manifest)["record_id"].to_pylist()
    return tuple(record_ids[row] for row in rows)


def test_a_run_that_skipped_what_its_feed_revokes_verifies(world: SmallWorld, manifest: SnapshotManifest):
    feed = world.revoke(manifest, revoked={"consent-withdrawn": ids(world, manifest, 0, 9)})
    world.train(manifest, consumed=reading(world, manifest, {0: "revoked", 9: "revoked"}), feeds=[(feed, 0)])
    assert verified(world, MODEL).verified
    assert "1 feeds read, 2 rows skipped as revoked" in detail(world, Link.REVOCATIONS)


def test_what_was_read_before_its_feed_was_is_told(world: SmallWorld, manifest: SnapshotManifest):
    feed = world.revoke(manifest, revoked={"consent-withdrawn": ids(world, manifest, 0, 9)})
    world.train(manifest, consumed=reading(world, manifest, {9: "revoked"}), feeds=[(feed, 1)])
    assert verified(world, MODEL).verified
    assert "1 rows were read before their feed was" in detail(world, Link.REVOCATIONS)


@pytest.mark.parametrize(
    ("skipped", "said"),
    [
        ({}, "1 rows were trained on after it revoked them"),
        ({4: "revoked", 3: "revoked"}, "no feed that was read names it"),
    ],
    ids=["trained on a revoked record", "skipped one that nobody revoked"],
)
def test_a_run_that_did_not_do_as_its_feed_says_is_refused(
    world: SmallWorld, manifest: SnapshotManifest, skipped: dict[int, str], said: str
):
    feed = world.revoke(manifest, revoked={"consent-withdrawn": ids(world, manifest, 4)})
    world.train(manifest, consumed=reading(world, manifest, skipped), feeds=[(feed, 1)])
    report = verified(world, MODEL)
    assert broken(report) == Link.REVOCATIONS
    assert said in report.checks[-1].detail


def test_every_feed_that_was_read_binds_to_the_end(world: SmallWorld, manifest: SnapshotManifest):
    first = world.revoke(manifest, revoked={"consent-withdrawn": ids(world, manifest, 9)})
    second = world.revoke(manifest, revoked={})
    world.train(manifest, feeds=[(first, 0), (second, 1)])
    assert broken(verified(world, MODEL)) == Link.REVOCATIONS


@pytest.mark.parametrize("harm", [remove(FEED), flip(FEED), put(FEED, b"{}")], ids=["gone", "flipped", "empty"])
def test_a_feed_that_is_gone_or_damaged_is_refused(
    world: SmallWorld, manifest: SnapshotManifest, harm: Callable[[SmallWorld], object]
):
    world.train(manifest, feeds=[(world.revoke(manifest), 0)])
    assert verified(world, MODEL).verified
    harm(world)
    assert broken(verified(world, MODEL)) == Link.REVOCATIONS


def test_a_feed_exchanged_for_another_is_refused(world: SmallWorld, manifest: SnapshotManifest):
    world.train(manifest, feeds=[(world.revoke(manifest), 0)])
    world.warehouse.write(FEED, world.revoke(manifest, lease_expires_at=AS_OF).envelope)
    assert "another feed" in verified(world, MODEL).checks[-1].detail


@pytest.mark.parametrize("annotation", ["number", "from_step"])
def test_a_feed_stated_without_a_number_is_refused(world: SmallWorld, manifest: SnapshotManifest, annotation: str):
    world.train(manifest, feeds=[(world.revoke(manifest), 0)])

    def change(predicate: dict[str, Any]) -> None:
        predicate["buildDefinition"]["resolvedDependencies"][-1]["annotations"][annotation] = "-1"

    retold(world, change)
    report = verified(world, MODEL)
    assert broken(report) == Link.FILES
    assert annotation in report.checks[-1].detail


def test_a_training_begun_without_a_lease_is_refused(world: SmallWorld):
    manifest = world.publish(lease_expires_at=AS_OF)
    world.train(manifest)
    report = verified(world, MODEL)
    assert broken(report) == Link.REVOCATIONS
    assert "lease had ended" in report.checks[-1].detail
    world.train(manifest, feeds=[(world.revoke(manifest, lease_expires_at=AS_OF + timedelta(days=1)), 0)])
    assert verified(world, MODEL).verified
