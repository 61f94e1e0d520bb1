"""Verifying that two people put the policy of a snapshot in force."""

from typing import Any

import pytest

from lineage.canonical import digest_of
from lineage.keys.officer_key import OfficerKey, new_officer_key
from lineage.manifest import SnapshotManifest
from lineage.policy_versions import ACTIVATION_PREDICATE
from lineage.release import RELEASE_PREDICATE
from lineage.statement import TrustedKey, sign_statement, statement_of
from lineage.verifying.activation import NO_ACTIVATION, NO_DUTIES
from lineage.verifying.verify import Link, Report, verify_path
from policies.document import load_policy
from tests.lineage.harm import DIRECTORY, broken, flip, remove, verified
from tests.lineage.small_snapshot import POLICY, SmallWorld

PATH = "activation.dsse.json"
STATED = load_policy(POLICY, "policy.yaml")


@pytest.fixture
def people(tmp_path: Any) -> dict[str, OfficerKey]:
    return {name: OfficerKey.open(new_officer_key(name, tmp_path / name)[0]) for name in ("maria", "jonas")}


def published(world: SmallWorld, signers: list[Any], digest: str = "", kind: str = "", **said: Any) -> SnapshotManifest:
    """Publish demo@v1 with an activation of its policy by some signers; ``said`` changes what they sign."""
    told = {
        "policy_id": STATED.policy_id,
        "version": STATED.version,
        "purpose": STATED.purpose,
        "previous": None,
        "author": "maria",
        "proposed_at": "2026-05-01T00:00:00.000000Z",
    }
    policy = digest_of(STATED.document())
    statement = statement_of({"policy.json": digest or policy}, kind or ACTIVATION_PREDICATE, told | said)
    activation = world.attach(DIRECTORY, PATH, sign_statement(statement, signers))
    kept = world.attach(DIRECTORY, "policy.yaml", POLICY)
    stated = {"policy_id": STATED.policy_id, "version": STATED.version, "digest": policy, **kept}
    return world.publish(policy={**stated, "activation": activation})


def by(world: SmallWorld, *keys: OfficerKey) -> Report:
    trusted = (*world.trusted, *(TrustedKey.from_pem(key.public_key_pem) for key in keys))
    return verify_path(world.warehouse.local_path(DIRECTORY), trusted)


def test_a_policy_that_two_people_activated_verifies(world: SmallWorld, people: dict[str, OfficerKey]):
    maria, jonas = people.values()
    published(world, [maria, jonas])
    report = by(world, maria, jonas)
    assert report.verified
    assert any(check.link == Link.ACTIVATION and "proposed by maria" in check.detail for check in report.checks)
    assert NO_DUTIES in report.not_checked
    assert NO_ACTIVATION not in report.not_checked


def test_a_snapshot_without_one_says_so(trained: SmallWorld):
    assert NO_ACTIVATION in verified(trained).not_checked


def test_people_whom_the_reader_does_not_trust_activate_nothing(world: SmallWorld, people: dict[str, OfficerKey]):
    maria, jonas = people.values()
    published(world, [maria, jonas])
    assert broken(by(world)) == Link.ACTIVATION
    assert broken(by(world, maria)) == Link.ACTIVATION


def test_the_key_that_signed_the_snapshot_is_no_second_person(world: SmallWorld, people: dict[str, OfficerKey]):
    maria, jonas = people.values()
    published(world, [maria, world.vault])
    report = by(world, maria, jonas)
    assert broken(report) == Link.ACTIVATION
    assert "two trusted people" in report.checks[-1].detail


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "0" * 64},
        {"version": STATED.version + 1},
        {"policy_id": "another"},
        {"kind": RELEASE_PREDICATE},
        {"further": 1},
    ],
    ids=str,
)
def test_an_activation_of_something_else_is_refused(
    world: SmallWorld, people: dict[str, OfficerKey], changes: dict[str, Any]
):
    maria, jonas = people.values()
    published(world, [maria, jonas], **changes)
    assert broken(by(world, maria, jonas)) == Link.ACTIVATION


@pytest.mark.parametrize("harm", [flip(f"{DIRECTORY}/{PATH}"), remove(f"{DIRECTORY}/{PATH}")], ids=["flipped", "gone"])
def test_an_activation_that_is_gone_or_damaged_is_refused(world: SmallWorld, people: dict[str, OfficerKey], harm: Any):
    maria, jonas = people.values()
    published(world, [maria, jonas])
    harm(world)
    assert broken(by(world, maria, jonas)) == Link.ACTIVATION
