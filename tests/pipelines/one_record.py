"""One record that Ada made on day 10, decided on day 100, and what is said about her: for single cases."""

from datetime import timedelta

from pipelines.facts import AsOf, decide_records
from policies.agreement import AgreementEvent
from policies.consent import EVERYONE, ConsentEvent
from policies.person_link import PersonLink
from tests.pipelines.fact_worlds import PEOPLE, TRAINING, Question
from tests.strategies import START

ADA, BEN, *_ = PEOPLE
AS_OF = START + timedelta(days=100)
CLOCKS = AsOf(AS_OF, AS_OF)


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


def same(one: str = ADA, other: str = BEN, **more) -> PersonLink:
    said = {"event_id": "l1", "tenant": "acme", "data_subject_id": one, "same_as": other}
    return PersonLink(**(said | {"effective_at": START, "recorded_at": START} | more))


def asked(consents, agreements=None, pool="tenant", as_of=None, links=(), region=None, **more) -> tuple[str, bytes]:
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
    agreements = [agreed()] if agreements is None else agreements
    question = Question([record], TRAINING, pool, as_of or CLOCKS, consents, agreements, links, region)
    decided = decide_records(question.keys, question.known, question.policy, question.pool, question.as_of)
    row = decided.rows.to_pylist()[0]
    return row["reason"], row["consent_receipt"]


def day(number: int, microseconds: int = 0):
    return START + timedelta(days=number, microseconds=microseconds)


def for_all(at: int, **more) -> ConsentEvent:
    return late(at=at, event_id="c3", data_subject_id=EVERYONE, **more)


def late(state="withdrawn", at=50, **more) -> ConsentEvent:
    return given_by(**({"event_id": "c2", "state": state, "effective_at": day(at), "recorded_at": day(at)} | more))
