"""Golden cases and sentences: what a compliance officer checks a policy by."""

import pytest

from policies.cases import check
from policies.document import DOCUMENTS, Policy, load_policies
from policies.explain import sentences

(TRAINING,) = load_policies(DOCUMENTS)
CHILD = {"name": "a child", "given": {"age_band": "13-15"}, "expect": {"effect": "deny", "reason": "minors"}}


def policy(**parts: object) -> Policy:
    return Policy.model_validate(TRAINING.document() | parts)


def test_the_documents_that_ship_pass_and_every_rule_has_a_case():
    for shipped in load_policies(DOCUMENTS):
        outcome = check(shipped)
        assert outcome.passed, outcome.document()
        assert outcome.results


@pytest.mark.parametrize(
    "expect",
    [{"effect": "permit", "reason": "minors"}, {"effect": "deny", "reason": "age-unknown"}],
    ids=["the wrong effect", "the wrong reason"],
)
def test_a_case_decided_otherwise_than_expected_fails(expect):
    outcome = check(policy(cases=[CHILD | {"expect": expect}]))
    assert not outcome.passed
    assert [result.case.name for result in outcome.failed] == ["a child"]
    assert outcome.document()["cases"][0]["decided"]["reason"] == "minors"


def test_a_rule_that_no_case_comes_to_is_named():
    outcome = check(policy(cases=[CHILD]))
    assert outcome.failed == ()
    assert outcome.untested == ("age-unknown", "jurisdiction-unknown", "consented")
    assert not outcome.passed


def test_a_failing_case_tests_no_rule():
    wrong = CHILD | {"expect": {"effect": "deny", "reason": "age-unknown"}}
    assert "minors" in check(policy(cases=[wrong])).untested


def test_a_case_starts_from_a_record_with_which_all_is_in_order():
    assert (
        check(policy(cases=[{"name": "x", "given": {}, "expect": {"effect": "permit", "reason": "permitted"}}])).failed
        == ()
    )


def test_the_sentences_name_every_rule_its_condition_and_its_ground():
    told = sentences(TRAINING)
    text = " ".join(told)
    for rule in TRAINING.rules:
        assert f"({rule.id})" in text
        assert rule.because.rstrip(".") in text
    assert "Denied (minors) if the person's age is under-13, 13-15 or 16-17." in text
    assert "older than 730 days" in text
    assert told[-2] == "Everything else is denied."


def test_the_sentences_say_yes_and_no_as_people_do():
    rules = [
        {"id": "kept", "when": {"retention_exceeded": [False], "licence": ["commercial"]}, "because": "It is young"},
        {"id": "either", "when": {"data_subject_known": [True, False]}, "because": "It does not matter."},
    ]
    told = " ".join(sentences(policy(permit=rules, cases=[], commercial=False)))
    kept = "the source's licence is commercial and it is not so that the record is older than it may be. It is young."
    assert f"Permitted (kept) if {kept}" in told
    assert "Permitted (either) if the log says who spoke or not." in told
    assert "commercially" not in told


def test_the_coverage_counts_for_each_rule_the_cases_that_pass_and_come_to_it():
    fine = CHILD | {"name": "a smaller child", "given": {"age_band": "under-13"}}
    wrong = CHILD | {"name": "an adult", "given": {}, "expect": {"effect": "deny", "reason": "minors"}}
    outcome = check(policy(cases=[CHILD, fine, wrong]))
    assert outcome.coverage == {"minors": 2, "age-unknown": 0, "jurisdiction-unknown": 0, "consented": 0}
    assert outcome.document()["coverage"] == outcome.coverage


def test_the_sentences_say_which_notices_count():
    rules = [{"id": "old-notice", "when": {"notice": ["outdated"]}, "because": "It has changed since."}]
    told = " ".join(sentences(policy(notices={"privacy": ["2", "3"], "terms": ["1"]}, deny=rules, cases=[])))
    assert "A notice is accepted if it is privacy in version 2 or 3 or terms in version 1; any other one" in told
    assert "Denied (old-notice) if the notice it answers is outdated." in told
