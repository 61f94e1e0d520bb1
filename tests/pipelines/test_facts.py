"""The decision as columns: a thousand records at a time, and never otherwise than one by one."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.canonical import digest_of
from pipelines.facts import DECISION_SCHEMA, AsOf, Decided, Known, decide_records
from policies.agreement import AgreementEvent
from policies.consent import ConsentEvent
from policies.decision import Effect
from tests.pipelines.fact_worlds import CATEGORIES, PEOPLE, TRAINING, Question, questions, spelt_out
from tests.strategies import START

ADA, BEN, _ = PEOPLE
AS_OF = START + timedelta(days=100)


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

    known = Known(shuffled(question.known.consents), shuffled(question.known.agreements), CATEGORIES)
    other = replace(question, records=shuffled(question.records), known=known)
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
    heard = Known(
        [event for event in question.known.consents if event.recorded_at <= at],
        [event for event in question.known.agreements if event.recorded_at <= at],
        CATEGORIES,
    )
    assert decided(replace(question, known=heard)).rows == decided(question).rows


# ── single cases, so that the property above cannot hold for want of permits ─────────────────────────────────


def given_by(person: str = ADA, **more) -> ConsentEvent:
    said = {
        "event_id": "c1",
        "tenant": "acme",
        "data_subject_id": person,
        "state": "given",
        "purposes": ["train_ai_system"],
        "effective_at": START,
        "recorded_at": START,
    }
    return ConsentEvent(**(said | more))


def agreed(**more) -> AgreementEvent:
    said = {
        "event_id": "a1",
        "tenant": "acme",
        "scope": "shared",
        "purposes": ["train_ai_system"],
        "effective_at": START,
        "recorded_at": START,
    }
    return AgreementEvent(**(said | more))


def asked(consents, agreements=None, pool="tenant", as_of=None, **more) -> tuple[str, bytes]:
    """Return the reason and receipt of one record that Ada made on day 10, decided on day 100."""
    record = {
        "record_id": "r" + "0" * 32,
        "source": "web",
        "batch": "00" * 32,
        "line": 1,
        "tenant": "acme",
        "data_subject_id": ADA,
        "participants": [],
        "conversation_id": "c" + "0" * 32,
        "position": 0,
        "occurred_at": START + timedelta(days=10),
        "jurisdiction": "de",
        "age_band": "adult",
        "source_licence": "CC0-1.0",
    } | more
    known = Known(consents, [agreed()] if agreements is None else agreements, CATEGORIES)
    question = Question([record], known, TRAINING, pool, as_of or AsOf(AS_OF, AS_OF))
    row = decided(question).rows.to_pylist()[0]
    return row["reason"], row["consent_receipt"]


def day(number: int, microseconds: int = 0):
    return START + timedelta(days=number, microseconds=microseconds)


def late(state="withdrawn", at=50, **more) -> ConsentEvent:
    return given_by(event_id="c2", state=state, effective_at=day(at), **({"recorded_at": day(at)} | more))


@pytest.mark.parametrize(
    ("consents", "more", "reason"),
    [
        ([given_by()], {}, "permitted"),
        ([], {}, "consent-unknown"),
        ([given_by(tenant="globex")], {}, "consent-unknown"),
        ([given_by(BEN)], {}, "consent-unknown"),
        ([given_by(), late()], {}, "consent-withdrawn"),
        ([given_by(), late(recorded_at=day(101))], {}, "permitted"),
        ([given_by(), late(at=101, recorded_at=START)], {}, "permitted"),
        ([given_by(), late(at=100)], {}, "consent-withdrawn"),
        ([given_by(expires_at=day(100))], {}, "consent-expired"),
        ([given_by(expires_at=day(100, 1))], {}, "permitted"),
        ([given_by(effective_at=day(10, 1))], {}, "consent-not-valid-at-collection"),
        ([given_by(effective_at=day(10))], {}, "permitted"),
        ([given_by(effective_at=day(60), retroactive=True)], {}, "permitted"),
        ([given_by(data_categories=["user.contact"])], {}, "categories-not-covered"),
        ([given_by()], {"source": "undeclared"}, "categories-not-covered"),
        ([given_by(data_categories=["user.content"])], {"source": "undeclared"}, "categories-not-covered"),
        ([given_by(age_band="13-15")], {}, "minors"),
        ([given_by(age_band="adult")], {"age_band": "unknown"}, "permitted"),
        ([given_by(jurisdiction="fr")], {"jurisdiction": "unknown"}, "permitted"),
        ([given_by()], {"jurisdiction": "unknown"}, "jurisdiction-unknown"),
        ([given_by()], {"data_subject_id": None}, "data-subject-unknown"),
        ([given_by()], {"participants": [BEN]}, "participant-not-permitted"),
        ([given_by()], {"participants": [None]}, "participant-not-permitted"),
        ([given_by(), given_by(BEN)], {"participants": [BEN]}, "participant-not-permitted"),
        (
            [given_by(), given_by(BEN, age_band="adult", jurisdiction="de")],
            {"participants": [BEN]},
            "permitted",
        ),
        ([given_by()], {"source_licence": "CC-BY-NC-4.0"}, "licence-non-commercial"),
        ([given_by()], {"agreements": []}, "tenant-unknown"),
        ([given_by()], {"agreements": [agreed(scope="none")]}, "tenant-scope-none"),
        ([given_by()], {"agreements": [agreed(scope="tenant-only")], "pool": "shared"}, "tenant-not-shared"),
        ([given_by()], {"agreements": [agreed(purposes=["train_ai_system.evaluation"])]}, "purpose-not-in-agreement"),
        ([given_by()], {"agreements": [agreed(retention_days=89)]}, "retention-exceeded"),
        ([given_by()], {"agreements": [agreed(retention_days=90)]}, "permitted"),
        ([given_by(legal_basis="contract")], {}, "no-permit-rule"),
    ],
    ids=[
        "consented", "never asked", "of another tenant", "another person", "withdrawn", "withdrawal not heard yet",
        "withdrawal not in force yet", "withdrawn at this very instant", "expired at this very instant",
        "expires a microsecond later", "said a microsecond before consenting", "said in the instant of consenting",
        "consent that reaches back", "other categories", "undeclared and unlimited", "undeclared and limited",
        "a minor by consent", "an adult by consent alone", "a place by consent alone", "no place",
        "nobody", "a silent participant", "a nameless participant", "a participant of unknown age",
        "a participant who consented", "research only", "no agreement", "agreement says none", "not to be shared",
        "another purpose", "kept too long", "kept for just as long", "another legal basis",
    ],
)  # fmt: skip
def test_one_record_is_decided_with_its_reason(consents, more, reason):
    assert asked(consents, **more)[0] == reason


def test_the_receipt_is_of_the_consent_in_force_and_of_nothing_else():
    renewed = late(state="renewed")
    assert asked([given_by(), renewed])[1].hex() == digest_of(renewed.document())
    assert asked([given_by(legal_basis="contract")])[1] == bytes(32)
    assert asked([])[1] == bytes(32)


def test_nothing_to_decide_is_decided_too():
    answer = decided(Question([], Known([given_by()], [agreed()], {}), TRAINING, "tenant", AsOf(AS_OF, AS_OF)))
    assert answer.rows.num_rows == 0
    assert answer.rows.schema.equals(DECISION_SCHEMA)
    assert answer.decisions == ()
