"""Policy documents: strict reading, all faults at once, one meaning."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given

from policies.decision import Reason
from policies.document import DOCUMENTS, Policy, PolicyError, load_policies, load_policy
from policies.facts import FACT_FIELDS, FACT_SPACE
from policies.rule import Given, When
from tests.strategies import policy_documents

SOUND = """\
policy_id: support
version: 3
purpose: train_ai_system.finetune
retain_days: 365
redaction_profile: strict
deny:
  - id: minors
    when: {age_band: [under-13, 13-15]}
    because: Children cannot consent.
permit:
  - id: consented
    when: {consent_at_use: [given, renewed]}
    because: The person consented.
cases:
  - name: a child
    given: {age_band: 13-15}
    expect: {effect: deny, reason: minors}
"""


def policy(text: str = SOUND) -> Policy:
    return load_policy(text.encode(), "support.yaml")


def faults_of(text: str) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        policy(text)
    return list(refused.value.faults)


def test_a_sound_document_says_what_was_written():
    read = policy()
    assert (read.policy_id, read.version, read.retain_days, read.commercial) == ("support", 3, 365, True)
    assert [rule.id for rule in read.rules] == ["minors", "consented"]
    assert read.deny[0].when.conditions() == {"age_band": ("under-13", "13-15")}


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ("policy_id: support", "policy_id: no", "policy_id: 'no' can be read in more than one way"),
        ("policy_id: support", "policy_id: Support", "policy_id: String should match pattern"),
        ("version: 3", "version: 1.10", "version: Input should be a valid integer"),
        ("version: 3", 'version: "3"', "version: Input should be a valid integer"),
        ("version: 3", "version: true", "version: Input should be a valid integer"),
        ("version: 3", "version: 0", "version: Input should be greater than or equal to 1"),
        ("version: 3", "version: 3\nversion: 4", "version: repeated on line 3"),
        ("version: 3", "version: 3\ntenant: acme", "tenant: Extra inputs are not permitted"),
        ("retain_days: 365", "retain_days: 0", "retain_days: Input should be greater than 0"),
        ("retain_days: 365\n", "", "retain_days: Field required"),
        ("train_ai_system.finetune", "advertising", "purpose: not a known purpose"),
        (
            "redaction_profile: strict",
            "redaction_profile: strict\ncommercial: 1",
            "commercial: Input should be a valid",
        ),
        ("{age_band: [under-13, 13-15]}", "{age: [under-13]}", "deny.0.when.age: Extra inputs"),
        ("{age_band: [under-13, 13-15]}", "{age_band: [child]}", "deny.0.when.age_band.0: Input should be 'under-13'"),
        ("{age_band: [under-13, 13-15]}", "{age_band: under-13}", "deny.0.when.age_band: Input should be a valid"),
        ("{age_band: [under-13, 13-15]}", "{age_band: []}", "deny.0.when.age_band: names no value"),
        ("{age_band: [under-13, 13-15]}", "{age_band: [adult, adult]}", "deny.0.when.age_band: a value is repeated"),
        ("{age_band: [under-13, 13-15]}", "{age_band: null}", "deny.0.when.age_band: null says nothing"),
        ("{age_band: [under-13, 13-15]}", "{}", "deny.0.when: names no fact"),
        ("{age_band: [under-13, 13-15]}", "{jurisdiction: [no]}", "deny.0.when.jurisdiction.0: 'no' can be read"),
        ("{age_band: [under-13, 13-15]}", "{jurisdiction: [Norway]}", "deny.0.when.jurisdiction.0: not an ISO 3166"),
        (
            "{age_band: [under-13, 13-15]}",
            "{jurisdiction: [US]}",
            "deny.0.when.jurisdiction.0: a jurisdiction is written",
        ),
        ("{age_band: [under-13, 13-15]}", "{retention_exceeded: ['true']}", "deny.0.when.retention_exceeded.0: Input"),
        ("{consent_at_use: [given, renewed]}", "{consent_at_use: [granted]}", "permit.0.when.consent_at_use.0: Input"),
        ("    because: The person consented.\n", "", "permit.0.because: Field required"),
        ("because: The person consented.", "because: ''", "permit.0.because: has 0 characters"),
        (
            "because: The person consented.",
            'because: "The person\\u202e consented."',
            "permit.0.because: holds a character",
        ),
        ("id: consented", "id: minors", "deny.0.id: another rule has the same id"),
        ("id: minors", "id: consent-withdrawn", "deny.0.id: a reason of Lineweight's own"),
        ("reason: minors", "reason: consented", "cases.0.expect.reason: neither a reason nor the id of a deny rule"),
        ("  - name: a child\n", "  - name: a child\n    <<: *x\n", "line 16: an alias"),
        ("effect: deny", "effect: refuse", "cases.0.expect.effect: Input should be 'permit' or 'deny'"),
        ("given: {age_band: 13-15}", "given: {age_band: [13-15]}", "cases.0.given.age_band: Input should be"),
        ("given: {age_band: 13-15}", "given: {height: 3}", "cases.0.given.height: Extra inputs"),
    ],
)
def test_a_document_that_is_not_strict_is_refused_with_its_path(was, becomes, fault):
    assert was in SOUND
    found = faults_of(SOUND.replace(was, becomes))
    assert any(one.startswith(f"support.yaml: {fault}") for one in found), found


def test_all_faults_of_a_document_are_reported_at_once():
    changed = SOUND.replace("version: 3", "version: 1.10\nversion: 2").replace("[given, renewed]", "[granted]")
    found = faults_of(changed.replace("retain_days: 365", "retain_days: -1"))
    assert [fault.split(": ")[1] for fault in found] == [
        "version",
        "version",
        "retain_days",
        "permit.0.when.consent_at_use.0",
    ]


def test_all_disagreements_between_rules_are_reported_at_once():
    changed = SOUND.replace("id: minors", "id: permitted").replace("id: consented", "id: permitted")
    assert [fault.split(": ")[1] for fault in faults_of(changed)] == [
        "deny.0.id",
        "deny.0.id",
        "permit.0.id",
        "permit.0.id",
        "cases.0.expect.reason",
    ]


def test_two_cases_may_not_share_a_name():
    again = SOUND[SOUND.index("  - name: a child") :]
    assert [fault.split(": ")[1:] for fault in faults_of(SOUND + again)] == [
        ["cases.0.name", "another case has the same name"],
        ["cases.1.name", "another case has the same name"],
    ]


def test_a_message_holds_the_place_and_not_what_was_written():
    assert "Grandma" not in " ".join(faults_of(SOUND.replace("[under-13, 13-15]", "[Grandma Duck]")))


def test_no_rule_may_take_the_name_of_a_reason():
    for reason in Reason:
        assert "Lineweight's own" in faults_of(SOUND.replace("minors", reason))[0]


# ── directories ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_directory_is_read_in_order_of_policy_id(tmp_path):
    (tmp_path / "a.yaml").write_text(SOUND)
    (tmp_path / "b.yml").write_text(SOUND.replace("policy_id: support", "policy_id: billing"))
    (tmp_path / "README.md").write_text("not a policy")
    assert [one.policy_id for one in load_policies(tmp_path)] == ["billing", "support"]


def test_all_faults_of_all_files_are_reported_at_once(tmp_path):
    (tmp_path / "a.yaml").write_text(SOUND.replace("version: 3", "version: 0"))
    (tmp_path / "b.yaml").write_text(SOUND)
    (tmp_path / "c.yaml").write_text(SOUND)
    (tmp_path / "d.yaml").write_bytes(b"\xff")
    (tmp_path / "e.yaml").mkdir()
    with pytest.raises(PolicyError) as refused:
        load_policies(tmp_path)
    assert refused.value.faults == (
        "a.yaml: version: Input should be greater than or equal to 1",
        "c.yaml: policy_id: b.yaml has the same one",
        "d.yaml: byte 0: not UTF-8",
        "e.yaml: file: cannot be read",
    )
    assert "policy check" in refused.value.diagnostics()


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_no_policy_at_all_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolicyError, match="holds no policy document"):
        load_policies(tmp_path / name)


# ── one meaning ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_order_of_keys_and_the_folding_of_sentences_change_no_digest():
    folded = SOUND.replace("Children cannot consent.", ">-\n      Children\n      cannot consent.")
    moved = folded.replace("version: 3\n", "") + "version: 3\n"
    assert json.dumps(policy(moved).document()) == json.dumps(policy().document())


@given(policy_documents())
def test_a_policy_survives_its_document_its_json_and_a_process_boundary(written: dict[str, Any]):
    read = Policy.model_validate(written)
    assert Policy.model_validate(read.document()) == read
    canonical = json.dumps(read.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert load_policy(canonical.encode(), "policy.json") == read
    assert pickle.loads(pickle.dumps(read)) == read


def test_rules_and_cases_can_name_every_fact_and_every_word():
    for name, values in FACT_SPACE.items():
        assert When.model_validate({name: list(values)}).conditions()[name] == values
        for value in values:
            assert Given.model_validate({name: value}).facts().document()[name] == value
    assert tuple(When.model_fields) == tuple(Given.model_fields) == FACT_FIELDS


def test_the_documents_that_ship_are_sound():
    (model_training,) = load_policies(DOCUMENTS)
    assert (model_training.policy_id, model_training.purpose) == ("model-training", "train_ai_system.finetune")
    assert model_training.retain_days == 730
