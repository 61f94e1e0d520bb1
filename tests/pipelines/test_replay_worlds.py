"""Replaying in any world: whatever is recorded later, checkpoint and decisions as known before are what they were."""

import tempfile
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.ledger.store import Ledger
from pipelines.facts import Decided, Known, decide_records
from pipelines.replaying.difference import differing_counts, differing_records
from policies.agreement import AgreementEvent
from policies.consent import ConsentEvent
from policies.person_link import PersonLink
from tests.pipelines.fact_worlds import CATEGORIES, PEOPLE, TENANTS, Question, questions
from tests.strategies import START, agreement_events, consent_events


@st.composite
def later_news(
    draw: st.DrawFn, question: Question
) -> tuple[list[ConsentEvent], list[AgreementEvent], list[PersonLink]]:
    """Whatever is said, by whomever and effective whenever, but recorded after the question was answered."""

    def recorded_later(event, **changes):
        after = question.as_of.recorded_at + timedelta(microseconds=draw(st.integers(1, 10**12)))
        return event.model_copy(update={"tenant": draw(tenants), "recorded_at": after} | changes)

    tenants, people = st.sampled_from(TENANTS), st.sampled_from(PEOPLE)
    said = [
        recorded_later(event, event_id=f"later-{number}", data_subject_id=draw(people))
        for number, event in enumerate(draw(st.lists(consent_events(), min_size=1, max_size=4)))
    ]
    agreed = [
        recorded_later(event, event_id=f"later-{number}")
        for number, event in enumerate(draw(st.lists(agreement_events(), max_size=2)))
    ]
    pair = {"event_id": "later", "tenant": "acme", "effective_at": START, "recorded_at": START}
    linked = [recorded_later(PersonLink(data_subject_id=PEOPLE[0], same_as=PEOPLE[1], **pair))]
    return said, agreed, linked


@settings(max_examples=60)
@given(st.data())
def test_in_any_world_what_is_recorded_later_leaves_every_decision_as_it_was(data):
    question = data.draw(questions())
    said, agreed, linked = data.draw(later_news(question))
    news = replace(
        question,
        consents=[*question.consents, *said],
        agreements=[*question.agreements, *agreed],
        links=[*question.links, *linked],
    )
    then, now = (decided(one, one.known) for one in (question, news))
    assert_same(then, now)


@settings(max_examples=15)
@given(st.data())
def test_in_any_ledger_what_is_recorded_later_leaves_checkpoint_and_decisions_as_they_were(data):
    question = data.draw(questions())
    said, agreed, linked = data.draw(later_news(question))
    known_at = question.as_of.recorded_at
    with tempfile.TemporaryDirectory() as directory:
        ledger = Ledger.open(f"sqlite:///{directory}/ledger.db")
        adds(ledger, question.consents, question.agreements, question.links)
        then, checkpoint = decided(question, known_of(ledger, question)), ledger.checkpoint(known_at)
        adds(ledger, said, agreed, linked)
        assert ledger.checkpoint(known_at) == checkpoint
        assert ledger.altered(known_at) == []
        assert_same(then, decided(question, known_of(ledger, question)))


def decided(question: Question, known: Known) -> Decided:
    return decide_records(question.keys, known, question.policy, question.pool, question.as_of)


def adds(ledger: Ledger, said, agreed, linked) -> None:
    ledger.add_consents(said)
    ledger.add_agreements(agreed)
    ledger.add_links(linked)


def known_of(ledger: Ledger, question: Question) -> Known:
    known_at = question.as_of.recorded_at
    tables = (ledger.consent_table(known_at), ledger.agreement_table(known_at), ledger.link_table(known_at))
    return Known(*tables, CATEGORIES, question.region)


def assert_same(then: Decided, now: Decided) -> None:
    assert differing_records(then.rows, now.rows, [*then.decisions, *now.decisions]) == []
    assert differing_counts(then.decisions, now.decisions) == []
