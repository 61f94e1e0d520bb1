"""What decides in a deployment: documents as they stand, or with officers only what two of them signed."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lineage.activation import ActivationError, propose
from lineage.activation import approve as approve_files
from pipelines.deployment import Deployment
from pipelines.policy.activation import approve
from pipelines.settings import Settings
from policies.document import DOCUMENTS, load_policies
from policies.errors import UsageError
from tests.commands import Ran, lineweight
from tests.lineage.officer_homes import OfficerHome

AT = datetime(2026, 6, 1, tzinfo=UTC)
(FIRST, *_) = load_policies(DOCUMENTS)
ID = FIRST.policy_id


@pytest.fixture
def officer_home(tmp_path: Path) -> OfficerHome:
    return OfficerHome(tmp_path)


def deployment(home: OfficerHome) -> Deployment:
    return Deployment(Settings.load(str(home.root)))


def activate(home: OfficerHome, number: int) -> None:
    policy = FIRST.model_copy(update={"version": number, "retain_days": 100 + number})
    propose(home.home, policy, home.key("maria"), AT)
    approve(home.home, ID, number, home.key("jonas"), AT)


def test_without_officers_documents_decide_as_they_stand(tmp_path: Path):
    asked = Deployment(Settings(home=str(tmp_path)))
    assert asked.policies[ID] == FIRST
    assert asked.in_force[ID].envelope is None


def test_with_officers_nothing_decides_until_two_of_them_signed(officer_home: OfficerHome):
    with pytest.raises(ActivationError, match="No policy is in force"):
        _ = deployment(officer_home).policies
    activate(officer_home, 1)
    asked = deployment(officer_home)
    assert asked.policies[ID].retain_days == 101
    assert asked.in_force[ID].envelope is not None


def test_a_document_that_its_cases_do_not_bear_out_decides_nothing(tmp_path: Path):
    documents = tmp_path / "documents"
    documents.mkdir()
    text = (DOCUMENTS / "model-training.yaml").read_text()
    (documents / "model-training.yaml").write_text(text.partition("\ncases:")[0] + "\ncases: []\n")
    with pytest.raises(ActivationError, match="has no case"):
        _ = Deployment(Settings(home=str(tmp_path / "home"), policies=documents)).policies


def test_the_ledger_remembers_what_came_into_force(officer_home: OfficerHome):
    activate(officer_home, 1)
    activate(officer_home, 2)
    entered = officer_home.home.ledger().artifacts("policy")
    assert [(one.name, one.version, one.directory) for one in entered] == [
        (ID, "v1", f"policies/{ID}/v1"),
        (ID, "v2", f"policies/{ID}/v2"),
    ]


def test_a_version_that_came_into_force_and_is_gone_is_missed(officer_home: OfficerHome):
    """Whoever can remove files could otherwise bring an older, looser version back."""
    activate(officer_home, 1)
    activate(officer_home, 2)
    shutil.rmtree(officer_home.root / f"policies/{ID}/v2")
    with pytest.raises(ActivationError, match="version 2 came into force and is gone"):
        _ = deployment(officer_home).policies
    shutil.rmtree(officer_home.root / "policies")
    with pytest.raises(ActivationError, match="No policy is in force"):
        _ = deployment(officer_home).policies


def test_a_version_that_says_something_else_than_when_it_came_into_force_is_missed(officer_home: OfficerHome):
    activate(officer_home, 1)
    shutil.rmtree(officer_home.root / f"policies/{ID}")
    other = FIRST.model_copy(update={"retain_days": 999})
    propose(officer_home.home, other, officer_home.key("maria"), AT)
    approve_files(officer_home.home, ID, 1, officer_home.key("jonas"))
    with pytest.raises(ActivationError, match="is not the one that came into force"):
        _ = deployment(officer_home).policies


def test_an_approval_that_broke_off_is_entered_by_the_next(officer_home: OfficerHome):
    policy = FIRST.model_copy(update={"retain_days": 9})
    propose(officer_home.home, policy, officer_home.key("maria"), AT)
    approve_files(officer_home.home, ID, 1, officer_home.key("jonas"))
    assert officer_home.home.ledger().artifacts("policy") == []
    activate(officer_home, 2)
    assert [one.version for one in officer_home.home.ledger().artifacts("policy")] == ["v1", "v2"]


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────


def said(home: OfficerHome, *words: object) -> Ran:
    return lineweight("policy", *words, "--home", home.root)


def signed(home: OfficerHome, officer: str, *words: object) -> Ran:
    return said(home, *words, "--key", home.people / f"{officer}.key")


def test_a_policy_comes_into_force_by_two_commands(officer_home: OfficerHome):
    document = DOCUMENTS / "model-training.yaml"
    (proposed,) = signed(officer_home, "maria", "propose", document, "--json").document["versions"]
    assert (proposed["state"], proposed["author"], proposed["approver"]) == ("proposed", "maria", None)
    same = signed(officer_home, "anna", "approve", f"{ID}@v1", "--json")
    assert same.code == 0
    (told,) = said(officer_home, "history", ID, "--json").document["versions"]
    assert (told["state"], told["approver"], told["fault"]) == ("in-force", "anna", None)
    shown = said(officer_home, "history", ID)
    assert all(word in shown.out for word in (f"{ID}@v1", "in-force", "maria", "anna"))


@pytest.mark.parametrize(
    ("officer", "words", "code", "told"),
    [
        ("jonas", ("propose", DOCUMENTS / "model-training.yaml"), 1, "jonas may not author-policies"),
        ("jonas", ("approve", f"{ID}@v7"), UsageError.exit_code, "nobody proposed it"),
        ("jonas", ("approve", ID), UsageError.exit_code, "names no version of a policy"),
        ("maria", ("propose", "absent.yaml"), 1, "cannot be read"),
        ("nobody", ("propose", DOCUMENTS / "model-training.yaml"), 1, "the key file is missing"),
    ],
)
def test_what_does_not_come_into_force_is_told(
    officer_home: OfficerHome, officer: str, words: tuple[object, ...], code: int, told: str
):
    ran = signed(officer_home, officer, *words)
    assert ran.code == code
    assert told in ran.err


def test_a_history_of_nothing_says_where_histories_are_kept(officer_home: OfficerHome):
    ran = said(officer_home, "history", ID)
    assert ran.code == UsageError.exit_code
    assert "no version of it was proposed" in ran.err


def test_a_version_that_does_not_verify_is_shown_with_its_fault(officer_home: OfficerHome):
    activate(officer_home, 1)
    path = officer_home.root / f"policies/{ID}/v1/policy.json"
    path.write_bytes(path.read_bytes().replace(b'"retain_days":101', b'"retain_days":999'))
    ran = said(officer_home, "history", ID)
    assert "unverified" in ran.out
    assert "is not the file that was signed" in ran.out
