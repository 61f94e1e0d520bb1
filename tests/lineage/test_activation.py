"""Two people put a policy in force; nobody does it alone, and nothing that is not whole decides."""

import json
import shutil
from datetime import UTC, datetime
from typing import Any

import pytest

from lineage.activation import (
    ActivationError,
    VersionState,
    approve,
    history,
    policies_in_force,
    propose,
    require_tested,
)
from lineage.canonical import canonical_json, sha256_hex
from lineage.dsse import SignatureRefusedError, countersigned
from lineage.home import Home
from lineage.policy_versions import ACTIVATION_FILE, ACTIVATION_PREDICATE, POLICY_FILE, read_version
from lineage.predicate import PredicateError
from lineage.statement import sign_statement, statement_of
from policies.document import DOCUMENTS, Policy, load_policy
from policies.errors import LineweightError, UsageError
from tests.lineage.officer_homes import DUTIES, OfficerHome

AT = datetime(2026, 6, 1, tzinfo=UTC)
FIRST = load_policy((DOCUMENTS / "model-training.yaml").read_bytes(), "model-training.yaml")
ID = FIRST.policy_id
DIRECTORY = f"policies/{ID}"


def version(number: int, **changes: Any) -> Policy:
    """The policy again, as another version that says something else."""
    return FIRST.model_copy(update={"version": number, "retain_days": 100 + number, **changes})


def activate(home: OfficerHome, policy: Policy, author: str = "maria", approver: str = "jonas") -> None:
    propose(home.home, policy, home.key(author), AT)
    approve(home.home, policy.policy_id, policy.version, home.key(approver))


def deciding(home: Home) -> dict[str, int]:
    return {policy_id: active.policy.version for policy_id, active in policies_in_force(home).items()}


def restated(home: OfficerHome, number: int, authors: tuple[str, ...] = ("maria", "jonas"), **said: Any) -> None:
    """Sign another story about the policy file that stands there."""
    directory = f"{DIRECTORY}/v{number}"
    data = home.home.warehouse.read(f"{directory}/{POLICY_FILE}")
    told = {
        "policy_id": ID,
        "version": number,
        "purpose": FIRST.purpose,
        "previous": None,
        "author": "maria",
        "proposed_at": "2026-06-01T00:00:00.000000Z",
    }
    kind = said.pop("kind", ACTIVATION_PREDICATE)
    statement = statement_of({POLICY_FILE: said.pop("digest", sha256_hex(data))}, kind, told | said)
    envelope = sign_statement(statement, [home.key(name) for name in authors])
    home.home.warehouse.write(f"{directory}/{ACTIVATION_FILE}", envelope)


# ── how a version comes into force ──────────────────────────────────────────────────────────────────────────


def test_a_version_decides_once_a_second_officer_approved_it(officer_home: OfficerHome):
    proposed = propose(officer_home.home, FIRST, officer_home.key("maria"), AT)
    assert (proposed.state, proposed.author, proposed.approver) == (VersionState.PROPOSED, "maria", None)
    assert policies_in_force(officer_home.home) == {}
    approved = approve(officer_home.home, ID, 1, officer_home.key("jonas"))
    assert (approved.state, approved.approver) == (VersionState.IN_FORCE, "jonas")
    active = policies_in_force(officer_home.home)[ID]
    assert active.policy == FIRST
    assert active.envelope == officer_home.home.warehouse.read(f"{DIRECTORY}/v1/{ACTIVATION_FILE}")


def test_every_version_is_kept_and_says_who_wrote_and_who_approved_it(officer_home: OfficerHome):
    activate(officer_home, version(1))
    activate(officer_home, version(3), "anna", "jonas")
    propose(officer_home.home, version(4), officer_home.key("maria"), AT)
    told = [(one.version, one.state, one.author, one.approver) for one in history(officer_home.home, ID)]
    assert told == [
        (1, VersionState.SUPERSEDED, "maria", "jonas"),
        (3, VersionState.IN_FORCE, "anna", "jonas"),
        (4, VersionState.PROPOSED, "maria", None),
    ]
    assert deciding(officer_home.home) == {ID: 3}
    first, third, _ = history(officer_home.home, ID)
    assert read_version(officer_home.home.warehouse, ID, 3, officer_home.home.officers).said.previous == first.digest
    assert third.policy == version(3)


def test_a_proposal_that_nobody_approved_can_be_corrected(officer_home: OfficerHome):
    propose(officer_home.home, version(1), officer_home.key("maria"), AT)
    propose(officer_home.home, version(1, retain_days=7), officer_home.key("anna"), AT)
    approve(officer_home.home, ID, 1, officer_home.key("jonas"))
    assert policies_in_force(officer_home.home)[ID].policy.retain_days == 7


# ── who may not ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("author", "said"), [("jonas", "may not author-policies"), ("vault", "is no officer's")])
def test_only_an_author_proposes(officer_home: OfficerHome, author: str, said: str):
    key = officer_home.home.vault() if author == "vault" else officer_home.key(author)
    with pytest.raises(ActivationError, match=said):
        propose(officer_home.home, FIRST, key, AT)
    assert history(officer_home.home, ID) == []


@pytest.mark.parametrize(
    ("approver", "said"),
    [("anna", "anna wrote it"), ("maria", "may not approve-policies"), ("vault", "is no officer's")],
)
def test_only_another_officer_with_the_duty_approves(officer_home: OfficerHome, approver: str, said: str):
    propose(officer_home.home, FIRST, officer_home.key("anna"), AT)
    key = officer_home.home.vault() if approver == "vault" else officer_home.key(approver)
    with pytest.raises(ActivationError, match=said):
        approve(officer_home.home, ID, 1, key)
    assert policies_in_force(officer_home.home) == {}


def test_a_deployment_without_officers_activates_nothing(officer_home: OfficerHome):
    key = officer_home.key("maria")
    (officer_home.root / "lineweight.yaml").unlink()
    with pytest.raises(ActivationError, match="no officers"):
        propose(officer_home.home, FIRST, key, AT)


def test_what_was_never_proposed_is_not_approved(officer_home: OfficerHome):
    with pytest.raises(UsageError, match="nobody proposed it"):
        approve(officer_home.home, ID, 1, officer_home.key("jonas"))


def test_a_version_is_approved_once(officer_home: OfficerHome):
    activate(officer_home, FIRST)
    with pytest.raises(ActivationError, match="already, by jonas"):
        approve(officer_home.home, ID, 1, officer_home.key("anna"))


# ── what may not ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [1, 2])
def test_a_version_that_does_not_rise_is_refused(officer_home: OfficerHome, number: int):
    activate(officer_home, version(2))
    with pytest.raises(ActivationError, match="versions rise") as refused:
        propose(officer_home.home, version(number, retain_days=9), officer_home.key("maria"), AT)
    assert "version: 3" in refused.value.remedy
    assert deciding(officer_home.home) == {ID: 2}


def test_a_version_that_says_nothing_new_is_refused(officer_home: OfficerHome):
    activate(officer_home, version(1, retain_days=9))
    with pytest.raises(ActivationError, match="says what version 1 says"):
        propose(officer_home.home, version(2, retain_days=9), officer_home.key("maria"), AT)


def untested(policy: Policy) -> Policy:
    return policy.model_copy(update={"cases": policy.cases[:1]})


def failing(policy: Policy) -> Policy:
    return policy.model_copy(update={"retain_days": 9, "permit": ()})


@pytest.mark.parametrize(("spoilt", "said"), [(untested, "has no case"), (failing, "fails")])
def test_a_policy_whose_cases_do_not_bear_it_out_is_refused(officer_home: OfficerHome, spoilt: Any, said: str):
    with pytest.raises(ActivationError, match=said):
        require_tested(spoilt(FIRST))
    with pytest.raises(ActivationError, match=said):
        propose(officer_home.home, spoilt(FIRST), officer_home.key("maria"), AT)
    assert history(officer_home.home, ID) == []


def test_a_proposal_against_a_version_that_was_replaced_since_is_refused(officer_home: OfficerHome):
    propose(officer_home.home, version(2), officer_home.key("maria"), AT)
    activate(officer_home, version(1))
    with pytest.raises(ActivationError, match="another version was in force"):
        approve(officer_home.home, ID, 2, officer_home.key("jonas"))


# ── what does not verify does not decide ────────────────────────────────────────────────────────────────────


def test_a_tampered_policy_is_refused_and_no_older_one_decides_in_its_stead(officer_home: OfficerHome):
    activate(officer_home, version(1))
    activate(officer_home, version(2))
    warehouse = officer_home.home.warehouse
    warehouse.write(f"{DIRECTORY}/v2/{POLICY_FILE}", canonical_json(version(2, retain_days=9_999).document()))
    with pytest.raises(ActivationError, match="not the file that was signed"):
        policies_in_force(officer_home.home)
    (_, second) = history(officer_home.home, ID)
    assert (second.state, second.author, second.approver) == (VersionState.UNVERIFIED, "", None)
    assert "not the file" in second.fault


def test_a_tampered_proposal_is_not_approved(officer_home: OfficerHome):
    propose(officer_home.home, version(1), officer_home.key("maria"), AT)
    softer = canonical_json(version(1, retain_days=9_999).document())
    officer_home.home.warehouse.write(f"{DIRECTORY}/v1/{POLICY_FILE}", softer)
    with pytest.raises(ActivationError, match="not the file that was signed"):
        approve(officer_home.home, ID, 1, officer_home.key("jonas"))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"payload": 1}'], ids=str)
def test_a_damaged_envelope_is_not_passed_over(officer_home: OfficerHome, data: bytes):
    activate(officer_home, version(1))
    activate(officer_home, version(2))
    officer_home.home.warehouse.write(f"{DIRECTORY}/v2/{ACTIVATION_FILE}", data)
    with pytest.raises(SignatureRefusedError):
        policies_in_force(officer_home.home)


@pytest.mark.parametrize(
    ("signers", "said"),
    [
        (("maria", "maria"), None),
        (("jonas",), None),
        (("jonas", "anna"), "not signed by its author"),
    ],
    ids=["the same person twice", "the approver alone", "two who are not its author"],
)
def test_two_signatures_are_two_peoples_and_one_is_the_authors(
    officer_home: OfficerHome, signers: tuple[str, ...], said: str | None
):
    propose(officer_home.home, FIRST, officer_home.key("maria"), AT)
    restated(officer_home, 1, signers)
    if said is None:
        assert policies_in_force(officer_home.home) == {}
    else:
        with pytest.raises(ActivationError, match=said):
            policies_in_force(officer_home.home)


def test_the_deployments_own_key_is_no_second_person(officer_home: OfficerHome):
    propose(officer_home.home, FIRST, officer_home.key("maria"), AT)
    path = f"{DIRECTORY}/v1/{ACTIVATION_FILE}"
    home = officer_home.home
    home.warehouse.write(path, countersigned(home.warehouse.read(path), home.vault()))
    with pytest.raises(ActivationError, match="nobody who may approved"):
        policies_in_force(home)


def test_an_author_who_may_no_longer_write_puts_nothing_in_force(officer_home: OfficerHome):
    activate(officer_home, FIRST)
    officer_home.name({**DUTIES, "maria": ("approve-releases",)})
    with pytest.raises(ActivationError, match="may not write policies"):
        policies_in_force(officer_home.home)


def test_who_left_is_not_believed_and_the_next_version_succeeds_theirs(officer_home: OfficerHome):
    activate(officer_home, version(1), "anna", "jonas")
    officer_home.name({name: DUTIES[name] for name in ("maria", "jonas")})
    with pytest.raises(LineweightError):
        policies_in_force(officer_home.home)
    with pytest.raises(ActivationError, match="versions rise"):
        propose(officer_home.home, version(1, retain_days=9), officer_home.key("maria"), AT)
    activate(officer_home, version(2))
    assert deciding(officer_home.home) == {ID: 2}
    assert [one.state for one in history(officer_home.home, ID)] == [VersionState.UNVERIFIED, VersionState.IN_FORCE]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"version": 2}, ActivationError),
        ({"policy_id": "another"}, ActivationError),
        ({"purpose": "train_ai_system"}, ActivationError),
        ({"digest": "0" * 64}, ActivationError),
        ({"author": "jonas"}, ActivationError),
        ({"kind": "https://lineweight.dev/attestation/release-ticket/v1"}, PredicateError),
        ({"version": "1"}, PredicateError),
        ({"proposed_at": "2026-06-01"}, PredicateError),
        ({"proposed_at": "2026-06-01T00:00:00Z"}, PredicateError),
        ({"further": 1}, PredicateError),
    ],
    ids=str,
)
def test_a_statement_that_tells_another_story_puts_nothing_in_force(
    officer_home: OfficerHome, said: dict[str, Any], error: type[LineweightError]
):
    activate(officer_home, FIRST)
    restated(officer_home, 1)
    assert deciding(officer_home.home) == {ID: 1}
    restated(officer_home, 1, **said)
    with pytest.raises(error):
        policies_in_force(officer_home.home)


def test_an_older_version_put_in_a_newer_place_is_refused(officer_home: OfficerHome):
    activate(officer_home, version(1))
    activate(officer_home, version(2))
    shutil.copytree(officer_home.root / f"{DIRECTORY}/v1", officer_home.root / f"{DIRECTORY}/v9")
    with pytest.raises(ActivationError, match="another version was signed"):
        policies_in_force(officer_home.home)


@pytest.mark.parametrize("spoilt", [untested, failing])
def test_what_two_signed_does_not_decide_unless_its_cases_bear_it_out(officer_home: OfficerHome, spoilt: Any):
    activate(officer_home, FIRST)
    data = canonical_json(spoilt(FIRST).document())
    officer_home.home.warehouse.write(f"{DIRECTORY}/v1/{POLICY_FILE}", data)
    restated(officer_home, 1)
    with pytest.raises(ActivationError, match="case"):
        policies_in_force(officer_home.home)


@pytest.mark.parametrize("spoilt", [untested, failing])
def test_what_its_author_signed_is_not_approved_unless_its_cases_bear_it_out(officer_home: OfficerHome, spoilt: Any):
    propose(officer_home.home, FIRST, officer_home.key("maria"), AT)
    data = canonical_json(spoilt(FIRST).document())
    officer_home.home.warehouse.write(f"{DIRECTORY}/v1/{POLICY_FILE}", data)
    restated(officer_home, 1, ("maria",))
    with pytest.raises(ActivationError, match="case"):
        approve(officer_home.home, ID, 1, officer_home.key("jonas"))


def test_a_policy_that_is_not_in_canonical_form_is_refused(officer_home: OfficerHome):
    activate(officer_home, FIRST)
    loose = json.dumps(FIRST.document(), indent=1).encode()
    officer_home.home.warehouse.write(f"{DIRECTORY}/v1/{POLICY_FILE}", loose)
    restated(officer_home, 1)
    with pytest.raises(ActivationError, match="canonical"):
        policies_in_force(officer_home.home)
