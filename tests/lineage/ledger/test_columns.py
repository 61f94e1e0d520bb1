"""Events as columns: the same whether made of events or read from the ledger, and never one too few."""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.canonical import canonical_json
from lineage.ledger.columns import (
    AGREEMENT_SCHEMA,
    CONSENT_SCHEMA,
    LINK_SCHEMA,
    agreements_of,
    consents_of,
    links_of,
    read_agreements,
    read_consents,
    read_links,
)
from lineage.ledger.connecting import LedgerError
from lineage.ledger.store import Ledger
from policies.agreement import AgreementEvent
from policies.consent import EVERYONE, ConsentEvent
from policies.person_link import PersonLink
from tests.strategies import ADA, START, TENANT, agreement_events, consent_events

AT_END = datetime.fromisoformat("9999-12-31T23:59:59.999999+00:00")
AT_BEGINNING = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
ODD = 'he said: "no"\n\u2028 ,;{}'


def link(**more) -> PersonLink:
    said = {"event_id": "l1", "tenant": TENANT, "data_subject_id": ADA, "same_as": "ds_" + "be" * 16}
    return PersonLink(**(said | {"effective_at": START, "recorded_at": START} | more))


def consent(**more) -> ConsentEvent:
    said = {"event_id": "c1", "tenant": TENANT, "data_subject_id": ADA, "state": "given"}
    said |= {"purposes": ["train_ai_system"], "effective_at": START, "recorded_at": START}
    return ConsentEvent(**(said | more))


def stored(events) -> list[str]:
    return [canonical_json(event.document()).decode() for event in events]


@settings(max_examples=30)
@given(st.lists(consent_events(), max_size=6))
def test_consents_read_are_those_that_were_written(events):
    told = read_consents(stored(events), [event.receipt() for event in events])
    assert told.schema == CONSENT_SCHEMA
    assert told.to_pylist() == consents_of(events).to_pylist()


@settings(max_examples=30)
@given(st.lists(agreement_events(), max_size=6))
def test_agreements_read_are_those_that_were_written(events):
    told = read_agreements(stored(events), [event.digest() for event in events])
    assert told.schema == AGREEMENT_SCHEMA
    assert told.to_pylist() == agreements_of(events).to_pylist()


def test_what_is_odd_is_read_as_it_was_written():
    events = [
        consent(evidence=ODD, event_id=ODD, data_categories=[ODD], expires_at=AT_END, effective_at=AT_BEGINNING),
        consent(data_subject_id=EVERYONE, state="withdrawn", recorded_at=START + timedelta(microseconds=1)),
    ]
    told = read_consents(stored(events), [event.receipt() for event in events])
    assert told.to_pylist() == consents_of(events).to_pylist()
    row = told.to_pylist()[0]
    assert (row["data_categories"], row["expires_at"], row["effective_at"]) == ([ODD], AT_END, AT_BEGINNING)


def test_links_read_are_those_that_were_written():
    links = [link(), link(linked=False, recorded_at=START + timedelta(days=1), evidence=ODD)]
    told = read_links(stored(links), ["", ""])
    assert told.schema == LINK_SCHEMA
    assert told.to_pylist() == links_of(links).to_pylist()


@pytest.mark.parametrize(
    "schema", [CONSENT_SCHEMA, AGREEMENT_SCHEMA, LINK_SCHEMA], ids=["consents", "agreements", "links"]
)
def test_every_column_of_an_event_is_one_of_its_fields(schema):
    model = {CONSENT_SCHEMA: ConsentEvent, AGREEMENT_SCHEMA: AgreementEvent, LINK_SCHEMA: PersonLink}[schema]
    assert {*schema.names} - {*model.model_fields} <= {"claim", "receipt", "digest"}


DOCUMENT = canonical_json(consent().document()).decode()


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{}",
        "null",
        DOCUMENT[:-5],
        DOCUMENT + DOCUMENT,
        DOCUMENT.replace('"tenant":"acme"', '"tenant":null'),
        DOCUMENT.replace(',"tenant":"acme"', ""),
        DOCUMENT.replace('"given"', '"granted"'),
        DOCUMENT.replace('"consent"', '"whim"'),
        DOCUMENT.replace('["train_ai_system"]', '"train_ai_system"'),
        DOCUMENT.replace("2026-01-01T00:00", "2026-01-01T25:00"),
        DOCUMENT.replace('"retroactive":false', '"retroactive":"perhaps"'),
    ],
    ids=[
        "nothing",
        "no field",
        "null",
        "cut off",
        "twice",
        "a null where a word belongs",
        "a field missing",
        "an unknown state",
        "an unknown basis",
        "a word for a list",
        "no such time",
        "no boolean",
    ],
)
def test_a_document_that_cannot_be_read_stops_the_reading(document):
    assert document != DOCUMENT
    with pytest.raises(LedgerError) as refused:
        read_consents([DOCUMENT, document], ["00" * 32] * 2)
    assert ADA not in str(refused.value)


@pytest.mark.parametrize("digest", ["", "00", "zz" * 32, "00" * 31 + "zz"])
def test_a_digest_that_cannot_be_read_stops_the_reading(digest):
    with pytest.raises(LedgerError):
        read_consents([DOCUMENT, DOCUMENT], ["00" * 32, digest])


def test_a_ledger_hands_over_what_it_knew_at_an_instant(ledger: Ledger):
    later = START + timedelta(days=1)
    events = [consent(event_id=f"c{number}", recorded_at=at) for number, at in enumerate([START, later])]
    agreed = {"tenant": TENANT, "scope": "shared", "purposes": [], "effective_at": START}
    agreements = [
        AgreementEvent(event_id=f"a{number}", recorded_at=at, **agreed) for number, at in enumerate([START, later])
    ]
    ledger.add_consents(events)
    ledger.add_agreements(agreements)
    ledger.add_links([link(), link(event_id="l2", recorded_at=later)])
    for known_at in (None, START, later, AT_BEGINNING):
        told = (ledger.consent_table(known_at), ledger.agreement_table(known_at), ledger.link_table(known_at))
        assert told[0].to_pylist() == consents_of(ledger.consents(known_at=known_at)).to_pylist()
        assert told[1].to_pylist() == agreements_of(ledger.agreements(known_at=known_at)).to_pylist()
        assert told[2].to_pylist() == links_of(ledger.links(known_at=known_at)).to_pylist()
        assert [table.schema for table in told] == [CONSENT_SCHEMA, AGREEMENT_SCHEMA, LINK_SCHEMA]


def test_a_ledger_is_read_a_part_at_a_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lineage.ledger.columns.ROWS", 2)
    ledger.add_consents(consent(event_id=f"c{number}") for number in range(5))
    told = ledger.consent_table()
    assert isinstance(told, pa.Table)
    assert sorted(told["receipt"].to_pylist()) == sorted(bytes.fromhex(one.receipt()) for one in ledger.consents())
