"""Release tickets: who may train on a snapshot, and every way in which nobody may."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from lineage.keys.officer_key import OfficerKey, new_officer_key
from lineage.manifest import SnapshotManifest
from lineage.predicate import PredicateError
from lineage.release import (
    RELEASE_PREDICATE,
    Asked,
    NotReleasedError,
    Ticket,
    Verdict,
    release_standing,
    releases_directory,
    require_permitted,
    sign_ticket,
)
from lineage.statement import TrustedKey, sign_statement, statement_of
from tests.lineage.small_snapshot import AS_OF, SmallWorld, ticket_terms

NOW = AS_OF
REFUSED: dict[str, Any] = {
    "verdict": Verdict.REFUSED,
    "may_train": (),
    "base_models": (),
    "max_epochs": 0,
    "expires_at": None,
}
ASKED = Asked("train_ai_system.finetune", "search", "tiny", 2)


@pytest.fixture
def manifest(world: SmallWorld) -> SnapshotManifest:
    return world.publish()


@pytest.fixture
def officer(tmp_path: Any) -> OfficerKey:
    return OfficerKey.open(new_officer_key("maria", tmp_path / "maria")[0])


def standing(world: SmallWorld, manifest: SnapshotManifest, now: datetime = NOW, **holders: Any) -> Ticket:
    return release_standing(world.warehouse, manifest, holders.get("holders", world.trusted), now)


def not_released(world: SmallWorld, manifest: SnapshotManifest, now: datetime = NOW, **holders: Any) -> str:
    with pytest.raises(NotReleasedError) as refused:
        standing(world, manifest, now, **holders)
    return refused.value.diagnostics()


# ── which decision stands ───────────────────────────────────────────────────────────────────────────────────


def test_an_approval_stands_until_it_runs_out(world: SmallWorld, manifest: SnapshotManifest):
    ticket = world.release(manifest)
    assert standing(world, manifest).digest == ticket.digest
    ends = ticket.terms.expires_at
    assert ends is not None
    assert standing(world, manifest, ends - timedelta(microseconds=1))
    assert "has run out" in not_released(world, manifest, ends)


def test_nobody_having_decided_is_no_release(world: SmallWorld, manifest: SnapshotManifest):
    assert "lineweight snapshot approve demo@v1" in not_released(world, manifest)


def test_the_latest_decision_stands_whichever_was_filed_first(world: SmallWorld, manifest: SnapshotManifest):
    world.release(manifest, decided_at=NOW - timedelta(hours=1), max_epochs=9)
    world.release(manifest, decided_at=NOW - timedelta(hours=3), **REFUSED)
    assert standing(world, manifest).terms.max_epochs == 9
    world.release(manifest, decided_at=NOW - timedelta(minutes=1), **REFUSED)
    assert "deployment refused its release" in not_released(world, manifest)
    world.release(manifest, decided_at=NOW, max_epochs=2)
    assert standing(world, manifest).terms.max_epochs == 2


def test_at_one_instant_a_refusal_stands(world: SmallWorld, manifest: SnapshotManifest):
    for changes in (REFUSED, {}):
        world.release(manifest, decided_at=NOW, **changes)
    assert "refused" in not_released(world, manifest)


def test_what_is_decided_later_is_not_heard_yet(world: SmallWorld, manifest: SnapshotManifest):
    world.release(manifest)
    world.release(manifest, decided_at=NOW + timedelta(seconds=1), **REFUSED)
    assert standing(world, manifest)
    assert "refused" in not_released(world, manifest, NOW + timedelta(seconds=1))


def test_the_latest_approval_counts_though_an_earlier_one_would_still_hold(
    world: SmallWorld, manifest: SnapshotManifest
):
    world.release(manifest)
    world.release(manifest, decided_at=NOW - timedelta(hours=2), expires_at=NOW - timedelta(hours=1))
    assert "has run out" in not_released(world, manifest)


# ── whose decision it is ────────────────────────────────────────────────────────────────────────────────────


def test_where_there_are_officers_the_pipelines_own_key_releases_nothing(
    world: SmallWorld, manifest: SnapshotManifest, officer: OfficerKey
):
    world.release(manifest)
    holders = [TrustedKey.from_pem(officer.public_key_pem)]
    assert "signed by nobody who may release" in not_released(world, manifest, holders=holders)
    world.release(manifest, signer=officer, approver="maria")
    assert standing(world, manifest, holders=holders).terms.approver == "maria"


def test_where_nobody_may_release_nothing_is_released(world: SmallWorld, manifest: SnapshotManifest):
    world.release(manifest)
    assert "nobody who may release" in not_released(world, manifest, holders=())


def test_a_ticket_of_another_version_or_snapshot_does_not_count(world: SmallWorld, manifest: SnapshotManifest):
    ticket = world.release(manifest)
    later = world.publish(2)
    world.warehouse.write(f"{releases_directory(later)}/replayed.dsse.json", ticket.envelope)
    assert "about another snapshot" in not_released(world, later)
    again = world.publish(1, seed=8)
    assert "about another snapshot" in not_released(world, again)


def test_a_damaged_ticket_may_have_been_a_refusal(world: SmallWorld, manifest: SnapshotManifest):
    world.release(manifest)
    path = f"{releases_directory(manifest)}/damaged.dsse.json"
    world.warehouse.write(path, world.release(manifest, **REFUSED | {"decided_at": NOW}).envelope[:-9])
    assert f"{path}: malformed" in not_released(world, manifest)


def test_a_signature_that_does_not_match_is_refused(world: SmallWorld, manifest: SnapshotManifest):
    envelope = json.loads(world.release(manifest).envelope)
    envelope["signatures"][0]["sig"] = "A" * 86 + "=="
    world.warehouse.write(f"{releases_directory(manifest)}/forged.dsse.json", json.dumps(envelope).encode())
    assert "bad-signature" in not_released(world, manifest)


# ── what it says ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("terms", "asked", "outside"),
    [
        ({}, {}, None),
        ({"may_train": ("search", "ads")}, {}, None),
        ({"may_train": ("ads",)}, {}, "by search"),
        ({"may_train": ("ads",)}, {"trained_by": ""}, "by nobody who was named"),
        ({"base_models": ("tiny", "llama")}, {}, None),
        ({"base_models": ("llama",)}, {}, "from tiny"),
        ({"max_epochs": 2}, {}, None),
        ({"max_epochs": 1}, {}, "for 2 epochs"),
        ({"purpose": "train_ai_system.finetune"}, {"purpose": "train_ai_system.finetune.chat"}, None),
        ({}, {"purpose": "train_ai_system.evaluation"}, "for train_ai_system.evaluation"),
        ({}, {"purpose": "train_ai_system"}, "for train_ai_system"),
    ],
    ids=str,
)
def test_what_is_trained_lies_within_the_ticket(
    world: SmallWorld, manifest: SnapshotManifest, terms: dict[str, Any], asked: dict[str, Any], outside: str | None
):
    ticket = world.release(manifest, **terms)
    wanted = dataclasses.replace(ASKED, **asked)
    if outside is None:
        require_permitted(ticket, wanted)
    else:
        with pytest.raises(NotReleasedError, match=f"is not released {outside}"):
            require_permitted(ticket, wanted)


def test_everything_outside_a_ticket_is_told_at_once_with_what_is_inside(world: SmallWorld, manifest: SnapshotManifest):
    ticket = world.release(manifest, may_train=("ads",), base_models=("llama",), max_epochs=1)
    with pytest.raises(NotReleasedError, match="by search, from tiny, for 2 epochs") as refused:
        require_permitted(ticket, ASKED)
    assert "by ads (--by), from llama (--base), for at most 1 epochs" in refused.value.remedy


def test_a_refusal_permits_nothing(world: SmallWorld, manifest: SnapshotManifest):
    with pytest.raises(NotReleasedError):
        require_permitted(world.release(manifest, **REFUSED), ASKED)


@pytest.mark.parametrize(
    "changes",
    [
        {"may_train": ()},
        {"base_models": ()},
        {"max_epochs": 0},
        {"expires_at": None},
        {"may_train": ("a", "a")},
        {"base_models": ("",)},
        {"expires_at": AS_OF - timedelta(days=2)},
        REFUSED | {"max_epochs": 1},
        REFUSED | {"may_train": ("*",)},
        {"decided_at": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"further": 1},
    ],
    ids=str,
)
def test_terms_that_say_half_a_thing_are_none(manifest: SnapshotManifest, changes: dict[str, Any]):
    with pytest.raises(ValidationError):
        ticket_terms(manifest, **changes)


@pytest.mark.parametrize(
    "changes",
    [{"snapshot": "demo@v2"}, {"purpose": "train_ai_system"}],
    ids=["another snapshot", "more than the snapshot is for"],
)
def test_a_ticket_speaks_of_its_snapshot_and_of_no_more_than_that_is_for(
    world: SmallWorld, manifest: SnapshotManifest, changes: dict[str, Any]
):
    with pytest.raises(PredicateError):
        world.release(manifest, **changes)
    terms = ticket_terms(manifest).document() | changes
    forged = sign_statement(statement_of({"manifest.json": manifest.digest()}, RELEASE_PREDICATE, terms), [world.vault])
    world.warehouse.write(f"{releases_directory(manifest)}/forged.dsse.json", forged)
    assert not_released(world, manifest)


def test_a_statement_of_another_kind_is_no_ticket(world: SmallWorld, manifest: SnapshotManifest):
    statement = world.warehouse.read(f"{manifest.directory}/statement.dsse.json")
    world.warehouse.write(f"{releases_directory(manifest)}/other.dsse.json", statement)
    assert "about something else" in not_released(world, manifest)


def test_decisions_are_filed_by_when_and_which(world: SmallWorld, manifest: SnapshotManifest):
    ticket = world.release(manifest, decided_at=datetime(2026, 5, 31, 8, 30, tzinfo=UTC))
    (path,) = world.warehouse.files("releases")
    assert path == f"releases/demo/v1/2026-05-31T083000.000000Z-{ticket.digest[:12]}.dsse.json"
    assert sign_ticket(world.warehouse, manifest, ticket.terms, world.vault) == ticket
