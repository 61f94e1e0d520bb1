"""The decision as columns: a thousand records at a time, and never otherwise than one by one."""

import random
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.canonical import digest_of
from pipelines.facts import (
    DECISION_SCHEMA,
    Decided,
    Known,
    Terms,
    conclude,
    decide_batches,
    decide_records,
    draw,
)
from pipelines.facts.hearing import UnreadableEventError
from pipelines.facts.verdicts import OtherTermsError
from policies.consent import EVERYONE
from policies.decision import Effect
from tests.pipelines.fact_worlds import TENANTS, TRAINING, Question, questions, spelt_out
from tests.pipelines.one_record import BEN, CLOCKS, agreed, given_by

TERMS = Terms.of(TRAINING)


def decided(question: Question) -> Decided:
    return decide_records(question.keys, question.known, question.policy, question.pool, question.as_of)


@settings(max_examples=150)
@given(questions())
def test_many_records_at_once_are_decided_as_each_would_be_alone(question: Question):
    rows = decided(question).rows
    assert rows.schema.equals(DECISION_SCHEMA)
    policy_digest = digest_of(question.policy.document())
    expected = []
    for record in question.records:
        one = spelt_out(question, record)
        document = {"facts": one.facts.document(), "policy": policy_digest} | one.decision.document()
        expected.append(
            {
                "record_id": record["record_id"],
                "permitted": one.decision.effect is Effect.PERMIT,
                "reason": str(one.decision.reason),
                "consent_receipt": one.receipt,
                "decision_digest": bytes.fromhex(digest_of(document)),
            }
        )
    assert rows.to_pylist() == expected


@settings(max_examples=40)
@given(questions(), st.randoms(use_true_random=False))
def test_neither_the_order_of_records_nor_of_events_decides_anything(question: Question, chance: random.Random):
    def shuffled(things):
        return chance.sample(things, len(things))

    events = {name: shuffled(getattr(question, name)) for name in ("records", "consents", "agreements", "links")}
    other = replace(question, **events)
    one, two = decided(question), decided(other)
    assert sorted(one.rows.to_pylist(), key=str) == sorted(two.rows.to_pylist(), key=str)
    assert one.decisions == two.decisions


@settings(max_examples=40)
@given(questions())
def test_every_distinct_decision_is_listed_once_with_how_often_it_was_made(question: Question):
    answer = decided(question)
    made = [digest.hex() for digest in answer.rows["decision_digest"].to_pylist()]
    assert [one["digest"] for one in answer.decisions] == sorted(set(made))
    for one in answer.decisions:
        assert one["records"] == made.count(one["digest"])
        document = {name: value for name, value in one.items() if name not in ("digest", "records")}
        assert digest_of(document) == one["digest"], "anybody can recompute a decision's digest"


@settings(max_examples=40)
@given(questions())
def test_what_was_learned_later_changes_nothing(question: Question):
    at = question.as_of.recorded_at
    heard = {
        name: [event for event in getattr(question, name) if event.recorded_at <= at]
        for name in ("consents", "agreements", "links")
    }
    assert decided(replace(question, **heard)).rows == decided(question).rows


@settings(max_examples=40)
@given(questions(), st.randoms(use_true_random=False))
def test_hearing_twice_changes_nothing(question: Question, chance: random.Random):
    again = {
        name: [*getattr(question, name), *chance.choices(getattr(question, name) or [None], k=3)]
        for name in ("consents", "agreements", "links")
    }
    other = replace(question, **{name: [event for event in told if event] for name, told in again.items()})
    assert decided(other) == decided(question)


@settings(max_examples=40)
@given(questions())
def test_the_future_changes_nothing(question: Question):
    at = max([question.as_of.effective_at, *(record["occurred_at"] for record in question.records)])
    past = {
        name: [event for event in getattr(question, name) if event.effective_at <= at]
        for name in ("consents", "agreements")
    }
    assert decided(replace(question, **past)) == decided(question)


@settings(max_examples=40)
@given(questions(), st.sampled_from(TENANTS))
def test_a_withdrawal_for_everyone_at_the_very_instant_takes_every_record_of_the_tenant(question, tenant):
    withdrawn = given_by(
        EVERYONE,
        tenant=tenant,
        state="withdrawn",
        purposes=[question.policy.purpose],
        effective_at=question.as_of.effective_at,
        recorded_at=question.as_of.recorded_at,
    )
    rows = decided(replace(question, consents=[*question.consents, withdrawn])).rows
    before = decided(question).rows
    for record, permitted, was in zip(question.records, rows["permitted"], before["permitted"], strict=True):
        assert permitted.as_py() == (was.as_py() and record["tenant"] != tenant)


@settings(max_examples=40)
@given(questions(), st.integers(1, 4))
def test_in_batches_or_all_at_once_the_decisions_are_the_same(question: Question, rows: int):
    batches = question.keys.to_batches(max_chunksize=rows)
    told = decide_batches(batches, question.known, question.policy, question.pool, question.as_of)
    assert pa.Table.from_batches(told, DECISION_SCHEMA).equals(decided(question).rows)


@settings(max_examples=40)
@given(questions(), questions())
def test_facts_are_drawn_once_for_policies_of_equal_terms(question: Question, other: Question):
    rules = (*question.policy.deny, *other.policy.permit[:1])
    stricter = question.policy.model_copy(update={"deny": rules, "permit": other.policy.permit})
    drawn = draw(question.keys, question.known, Terms.of(question.policy), question.pool, question.as_of)
    for policy in (question.policy, stricter):
        assert conclude(drawn, policy) == decided(replace(question, policy=policy))


def test_facts_drawn_for_other_terms_decide_nothing():
    question = Question([], TRAINING, "tenant", CLOCKS)
    shorter = TRAINING.model_copy(update={"retain_days": 1})
    drawn = draw(question.keys, question.known, Terms.of(TRAINING), "tenant", question.as_of)
    with pytest.raises(OtherTermsError):
        conclude(drawn, shorter)


def test_the_order_in_which_a_policy_lists_notices_is_no_other_term():
    one = TRAINING.model_copy(update={"notices": {"privacy": ("2", "3"), "terms": ("1",)}})
    other = TRAINING.model_copy(update={"notices": {"terms": ("1",), "privacy": ("3", "2")}})
    assert Terms.of(one) == Terms.of(other) != Terms.of(TRAINING)


@pytest.mark.parametrize(
    ("column", "word"),
    [("state", "granted"), ("data_subject_id", "ada"), ("data_subject_id", "xx_" + "ad" * 16)],
)
def test_an_event_that_cannot_be_read_stops_the_deciding(column, word):
    known = Known.of([given_by(), given_by(BEN)], [agreed()])
    field = known.consents.schema.field(column)
    odd = pa.array([known.consents[column][0].as_py(), word]).cast(field.type)
    consents = known.consents.set_column(known.consents.schema.get_field_index(column), field, odd)
    with pytest.raises(UnreadableEventError):
        draw(Question([], TRAINING, "tenant", CLOCKS).keys, replace(known, consents=consents), TERMS, "tenant", CLOCKS)
