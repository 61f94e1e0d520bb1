"""The gate: what any policy permits passes, and every policy's decisions are those it makes alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.facts import decide_records
from pipelines.govern import gate
from tests.pipelines.fact_worlds import TRAINING, questions

OF_OTHER_TERMS = TRAINING.model_copy(update={"policy_id": "brief", "retain_days": 2})
OF_EQUAL_TERMS = TRAINING.model_copy(update={"policy_id": "nothing", "permit": ()})
orders = st.permutations([TRAINING, OF_OTHER_TERMS, OF_EQUAL_TERMS])


@settings(max_examples=40)
@given(questions(), orders)
def test_together_the_policies_decide_as_each_of_them_alone(question, policies):
    gated = gate(question.keys, question.known, policies, question.as_of)
    alone = {
        policy.policy_id: decide_records(question.keys, question.known, policy, "tenant", question.as_of)
        for policy in policies
    }
    assert gated.decisions == {policy_id: decided.decisions for policy_id, decided in alone.items()}
    each = [alone[policy.policy_id].rows.to_pylist() for policy in policies]
    for place, row in enumerate(gated.rows.to_pylist()):
        said = [rows[place] for rows in each]
        permitting = [one for one in said if one["permitted"]]
        assert row["permitted"] is bool(permitting)
        assert row["reason"] == (permitting or said)[0]["reason"]


@settings(max_examples=5)
@given(questions())
def test_without_a_policy_nothing_passes(question):
    gated = gate(question.keys, question.known, [], question.as_of)
    assert gated.decisions == {}
    assert [(row["permitted"], row["reason"]) for row in gated.rows.to_pylist()] == [
        (False, "no-policy") for _ in question.records
    ]
