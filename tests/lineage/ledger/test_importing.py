"""What the importers do with what they are given: every line is accounted for, and no refusal is lost."""

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.canonical import canonical_json
from lineage.keys.vault import Vault
from lineage.ledger.explained import EXPLAINED
from lineage.ledger.importing import UNREADABLE_REFUSAL, read_agreement_file, read_consent_file, read_consents
from lineage.ledger.lines import RejectReason
from lineage.ledger.recording import event_bytes
from policies.agreement import TenantScope
from policies.consent import VALID, ConsentStatus, status_at
from policies.errors import InputError, UsageError
from tests.strategies import consent_events

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PURPOSE = "train_ai_system.finetune"
GIVEN = {
    "event_id": "e-1",
    "tenant": "acme",
    "data_subject_id": "customer-17",
    "state": "given",
    "purposes": ["train_ai_system"],
    "effective_at": "2026-01-05T10:00:00Z",
    "recorded_at": "2026-01-05T10:00:01Z",
}
WITHDRAWN = GIVEN | {
    "event_id": "e-2",
    "state": "withdrawn",
    "effective_at": "2026-03-01T00:00:00+01:00",
    "recorded_at": "2026-03-09T00:00:00Z",
}
AGREED = {
    "event_id": "a-1",
    "tenant": "acme",
    "scope": "shared",
    "purposes": ["train_ai_system"],
    "retention_days": 365,
    "effective_at": "2026-01-01T00:00:00Z",
    "recorded_at": "2026-01-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    return Vault.open(tmp_path_factory.mktemp("vault") / "keys", seed=1)


@pytest.fixture
def consents(tmp_path, vault):
    def read(*lines, name="consents.jsonl"):
        path = tmp_path / name
        path.write_bytes(b"".join(as_bytes(line) + b"\n" for line in lines))
        return read_consent_file(path, vault, NOW)

    return read


@pytest.fixture
def agreements(tmp_path):
    def read(*lines, name="agreements.jsonl"):
        path = tmp_path / name
        path.write_bytes(b"".join(as_bytes(line) + b"\n" for line in lines))
        return read_agreement_file(path, NOW)

    return read


def as_bytes(line):
    if isinstance(line, bytes):
        return line
    return line.encode() if isinstance(line, str) else json.dumps(line).encode()


def without(line, *names):
    return {name: value for name, value in line.items() if name not in names}


def test_a_whole_line_becomes_an_event_under_the_persons_pseudonym(consents, vault):
    imported = consents(GIVEN, WITHDRAWN)

    assert [event.state for event in imported.events] == [ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN]
    assert {event.data_subject_id for event in imported.events} == {vault.data_subject_id("acme", "customer-17")}
    assert imported.events[1].effective_at == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert (imported.rejected, imported.suspended) == ([], 0)


def test_the_products_own_id_stands_nowhere_in_an_event(consents):
    imported = consents(GIVEN, WITHDRAWN | {"purposes": ["train_everything"]})

    assert len(imported.events) == 2
    assert all("customer-17" not in event.model_dump_json() for event in imported.events)


def test_csv_says_the_same_as_json_lines(consents):
    listed = GIVEN | {"data_categories": ["user.content", "user.behavior"], "retroactive": True}
    row = listed | {"purposes": "train_ai_system", "data_categories": "user.content; user.behavior"}
    row |= {"retroactive": "TRUE", "expires_at": ""}

    from_csv = consents(",".join(row), ",".join(map(str, row.values())), name="consents.csv")

    assert from_csv.rejected == []
    assert from_csv.events == consents(listed).events


def test_a_gzip_file_says_the_same_as_a_plain_one(tmp_path, vault, consents):
    path = tmp_path / "consents.jsonl.gz"
    path.write_bytes(gzip.compress(as_bytes(GIVEN) + b"\n" + as_bytes(WITHDRAWN)))

    assert read_consent_file(path, vault, NOW).events == consents(GIVEN, WITHDRAWN).events


def test_a_line_without_recorded_at_was_recorded_now(consents):
    (event,) = consents(without(GIVEN, "recorded_at")).events
    assert event.recorded_at == NOW


def test_a_line_without_an_id_gets_the_same_id_whenever_it_is_delivered(consents):
    first = consents(without(GIVEN, "event_id")).events
    again = consents(without(GIVEN, "event_id") | {"recorded_at": "2026-02-02T00:00:00Z"}).events
    other = consents(without(WITHDRAWN, "event_id")).events

    assert first[0].event_id == again[0].event_id != other[0].event_id


FAULTS = [
    ({"purposes": ["train_everything"]}, RejectReason.UNKNOWN_PURPOSE, "purposes"),
    ({"purposes": []}, RejectReason.MISSING_FIELD, "purposes"),
    ({"purposes": "train_ai_system"}, RejectReason.INVALID_FIELD, "purposes"),
    ({"effective_at": "2026-03-01T00:00:00"}, RejectReason.TIME_WITHOUT_ZONE, "effective_at"),
    ({"effective_at": "2026-03-01"}, RejectReason.TIME_WITHOUT_ZONE, "effective_at"),
    ({"effective_at": "yesterday"}, RejectReason.TIME_UNREADABLE, "effective_at"),
    ({"effective_at": 1767225600}, RejectReason.TIME_UNREADABLE, "effective_at"),
    ({"effective_at": "0001-01-01T00:00:00+10:00"}, RejectReason.TIME_UNREADABLE, "effective_at"),
    ({"effective_at": None}, RejectReason.MISSING_FIELD, "effective_at"),
    ({"recorded_at": "2026-06-01T00:00:00.000001Z"}, RejectReason.RECORDED_IN_THE_FUTURE, "recorded_at"),
    ({"retroactive": "no"}, RejectReason.INVALID_FIELD, "retroactive"),
    ({"legal_basis": "because"}, RejectReason.INVALID_FIELD, "legal_basis"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, RejectReason.INVALID_FIELD, "expires_at"),
    ({"expires_at": "soon"}, RejectReason.TIME_UNREADABLE, "expires_at"),
    ({"expries_at": "2027-01-01T00:00:00Z"}, RejectReason.UNKNOWN_FIELD, ""),
    ({"evidence": "mail of jo@example.com"}, RejectReason.PERSONAL_DATA, "evidence"),
    ({"evidence": "lone \ud800 surrogate"}, RejectReason.UNPRINTABLE_TEXT, "evidence"),
    ({"event_id": ["e-3"]}, RejectReason.INVALID_FIELD, "event_id"),
    ({"tenant": " ACME"}, RejectReason.TENANT_UNREADABLE, "tenant"),
    ({"data_subject_id": "customer-17 "}, RejectReason.PERSON_UNREADABLE, "data_subject_id"),
]
FAULT_IDS = [f"{reason.value} {detail} {place}" for place, (_, reason, detail) in enumerate(FAULTS)]


@pytest.mark.parametrize(("fault", "reason", "detail"), FAULTS, ids=FAULT_IDS)
def test_a_grant_that_cannot_be_read_grants_nothing(consents, fault, reason, detail):
    imported = consents(GIVEN | fault)

    assert imported.events == []
    (rejected,) = imported.rejected
    assert (rejected.file, rejected.line, rejected.reason) == ("consents.jsonl", 1, reason)
    assert (rejected.detail, rejected.suspends) == (detail, False)


@pytest.mark.parametrize(("fault", "reason", "detail"), FAULTS, ids=FAULT_IDS)
def test_a_refusal_that_cannot_be_read_suspends_the_person(consents, vault, fault, reason, detail):
    imported = consents(GIVEN, WITHDRAWN | fault)

    granted, suspension = imported.events
    assert suspension.state is ConsentStatus.INVALIDATED
    assert suspension.data_subject_id == vault.data_subject_id("acme", "customer-17")
    assert (suspension.purposes, suspension.method) == (("train_ai_system",), UNREADABLE_REFUSAL)
    assert suspension.recorded_at <= NOW
    assert status_at([granted, suspension], PURPOSE, NOW, NOW).status is ConsentStatus.INVALIDATED
    (rejected,) = imported.rejected
    assert (rejected.line, rejected.reason, rejected.detail) == (2, reason, detail)
    assert (rejected.suspends, imported.suspended) == (True, 1)


@pytest.mark.parametrize(
    "line",
    [
        WITHDRAWN | {"state": "Withdrawn"},
        WITHDRAWN | {"state": "opted-out"},
        without(WITHDRAWN, "state"),
        GIVEN | {"event_id": "e-2", "derivatives": False, "purposes": ["train_everything"]},
        GIVEN | {"event_id": "e-2", "derivatives": "no"},
        json.dumps(WITHDRAWN).replace('"state": "withdrawn"', '"state": "withdrawn", "state": "given"'),
        json.dumps(WITHDRAWN)[:-20],
        json.dumps(WITHDRAWN | {"age_band": float("nan")}),
        json.dumps(WITHDRAWN).encode() + b"\xff",
        json.dumps(WITHDRAWN)[:-1] + ', "evidence": ' + "[" * 100_000,
    ],
    ids=[
        "a state in capitals",
        "a state nobody knows",
        "no state",
        "a grant without derivatives",
        "a grant whose derivatives cannot be read",
        "withdrawn and given in one line",
        "a line cut short",
        "not a number",
        "bytes that are no text",
        "a line nested too deeply",
    ],
)
def test_what_may_be_a_refusal_is_heard_as_one(consents, line):
    imported = consents(GIVEN, line)

    assert imported.suspended == 1
    assert status_at(imported.events, PURPOSE, NOW, NOW).status is ConsentStatus.INVALIDATED


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (without(WITHDRAWN, "tenant"), RejectReason.MISSING_FIELD),
        (without(WITHDRAWN, "data_subject_id"), RejectReason.MISSING_FIELD),
        (WITHDRAWN | {"data_subject_id": ""}, RejectReason.PERSON_UNREADABLE),
        (WITHDRAWN | {"data_subject_id": True}, RejectReason.PERSON_UNREADABLE),
        (WITHDRAWN | {"tenant": "../../etc"}, RejectReason.TENANT_UNREADABLE),
        (json.dumps(WITHDRAWN).replace('"data', '"tenant": "other", "data'), RejectReason.REPEATED_FIELD),
        ("[1, 2]", RejectReason.NOT_AN_OBJECT),
        ("withdraw everything", RejectReason.MALFORMED_JSON),
    ],
)
def test_a_refusal_of_nobody_in_particular_is_reported(consents, line, reason):
    imported = consents(line)
    assert (imported.events, imported.suspended) == ([], 0)
    assert [(rejected.line, rejected.reason) for rejected in imported.rejected] == [(1, reason)]


def test_a_suspension_counts_from_the_line_or_else_from_when_it_was_recorded_or_else_from_now(consents):
    unknown = {"purposes": ["train_everything"]}
    said, recorded, never = consents(
        WITHDRAWN | unknown,
        without(WITHDRAWN, "effective_at") | unknown,
        without(WITHDRAWN, "effective_at", "recorded_at") | unknown,
    ).events

    assert said.effective_at == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert recorded.effective_at == recorded.recorded_at == datetime(2026, 3, 9, tzinfo=UTC)
    assert never.effective_at == never.recorded_at == NOW


def test_a_refusal_recorded_in_the_future_binds_from_when_it_says_and_is_known_now(consents):
    (event,) = consents(WITHDRAWN | {"recorded_at": "2030-01-01T00:00:00Z"}).events
    assert (event.effective_at, event.recorded_at) == (datetime(2026, 2, 28, 23, tzinfo=UTC), NOW)


def test_a_suspension_delivered_again_is_the_same_suspension(consents):
    line = WITHDRAWN | {"purposes": ["train_everything"]}
    assert consents(line).events == consents(GIVEN, line).events[1:]


def test_a_person_who_is_a_number_is_the_person_of_that_text(consents, vault):
    (event,) = consents(GIVEN | {"data_subject_id": 17}).events
    assert event.data_subject_id == vault.data_subject_id("acme", "17")


def test_an_email_as_the_products_id_is_taken_and_not_stored(consents):
    (event,) = consents(GIVEN | {"data_subject_id": "jo@example.com"}).events
    assert "jo@example.com" not in event.model_dump_json()


def test_an_open_quote_in_a_csv_does_not_swallow_the_rows_after_it(consents):
    header = "event_id,tenant,data_subject_id,state,purposes,effective_at,evidence"
    broken = 'e-1,acme,customer-17,withdrawn,train_ai_system,2026-03-01T00:00:00Z,"a note'
    whole = "e-2,acme,customer-18,withdrawn,train_ai_system,2026-03-01T00:00:00Z,"

    imported = consents(header, broken, whole, name="consents.csv")

    assert [event.state for event in imported.events] == ["invalidated", "withdrawn"]
    assert [(line.line, line.reason) for line in imported.rejected] == [(2, RejectReason.MALFORMED_CSV)]


def test_a_csv_row_with_too_many_cells_is_not_taken_as_a_grant(consents):
    header = "event_id,tenant,data_subject_id,state,purposes,effective_at"
    row = "e-1,acme,customer-17,given,train_ai_system,2026-03-01T00:00:00Z,surplus"
    imported = consents(header, row, name="consents.csv")
    assert imported.events == []
    assert imported.rejected[0].reason is RejectReason.MALFORMED_CSV


@pytest.mark.parametrize(
    "header", ["acme,customer-17,given", "tenant;data_subject_id;state", "tenant,state,data_subject_id,state"]
)
def test_a_csv_without_a_usable_header_is_refused_and_its_words_are_not_repeated(consents, header):
    with pytest.raises(InputError) as refusal:
        consents(header, "acme,customer-17,given", name="consents.csv")
    assert "customer-17" not in refusal.value.diagnostics()


def test_a_spreadsheets_byte_order_mark_does_not_hide_the_first_column(consents):
    row = {name: GIVEN[name] for name in GIVEN if name != "purposes"} | {"purposes": "train_ai_system"}
    imported = consents("\ufeff" + ",".join(row) + "\r", ",".join(row.values()) + "\r", name="consents.csv")
    assert (len(imported.events), imported.rejected) == (1, [])


def test_of_a_file_cut_short_only_the_refusals_are_recorded(tmp_path, vault):
    lines = [GIVEN | {"event_id": f"e-{place}", "data_subject_id": f"p-{place}"} for place in range(400)]
    lines[3] = lines[3] | {"state": "refused"}
    whole = gzip.compress(b"".join(as_bytes(line) + b"\n" for line in lines))
    path = tmp_path / "consents.jsonl.gz"
    path.write_bytes(whole[: len(whole) - 600])

    imported = read_consent_file(path, vault, NOW)

    assert [event.event_id for event in imported.events] == ["e-3"]
    assert {line.reason for line in imported.rejected} == {RejectReason.FILE_CUT_SHORT}
    assert imported.rejected[-1].line == len(imported.rejected) + 1


@pytest.mark.parametrize("name", ["consents.txt", "missing.jsonl", "missing.csv.gz"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, vault, name):
    (tmp_path / "consents.txt").write_text("{}")
    with pytest.raises(InputError, match=name):
        read_consent_file(tmp_path / name, vault, NOW)


def test_the_present_needs_a_zone(tmp_path, vault):
    with pytest.raises(UsageError):
        read_consent_file(tmp_path / "consents.jsonl", vault, NOW.replace(tzinfo=None))


@given(damage=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_whatever_is_damaged_no_line_vanishes_and_a_withdrawn_person_is_not_granted(tmp_path_factory, damage):
    path = tmp_path_factory.mktemp("damaged") / "consents.jsonl"
    vault = Vault.open(path.parent / "keys", seed=1)
    data = bytearray(as_bytes(WITHDRAWN) + b"\n" + as_bytes(WITHDRAWN | {"event_id": "e-3", "state": "revoked"}))
    for place, value in damage:
        data[place % len(data)] = value
    path.write_bytes(data)
    imported = read_consent_file(path, vault, NOW)

    lines = [line for line in bytes(data).split(b"\n") if line.decode("utf-8", "surrogateescape").strip()]
    assert len(imported.events) - imported.suspended + len(imported.rejected) == len(lines)
    assert not any(event.state in VALID for event in imported.events)


def test_an_agreement_is_read_whole(agreements):
    (event,) = agreements(AGREED).events
    assert (event.scope, event.retention_days) == (TenantScope.SHARED, 365)


def test_an_agreement_that_names_no_purpose_agrees_to_none(agreements):
    (event,) = agreements(without(AGREED, "purposes", "retention_days")).events
    assert (event.purposes, event.retention_days) == ((), None)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"scope": "tenant only"}, RejectReason.UNKNOWN_SCOPE),
        ({"purposes": ["train_everything"]}, RejectReason.UNKNOWN_PURPOSE),
        ({"retention_days": "90 days"}, RejectReason.INVALID_FIELD),
        ({"retention_days": 0}, RejectReason.INVALID_FIELD),
        ({"effective_at": "2026-01-01"}, RejectReason.TIME_WITHOUT_ZONE),
    ],
)
def test_an_agreement_that_cannot_be_read_suspends_the_tenant(agreements, fault, reason):
    imported = agreements(AGREED | fault)
    assert [(event.tenant, event.scope) for event in imported.events] == [("acme", TenantScope.NONE)]
    assert [(line.reason, line.suspends) for line in imported.rejected] == [(reason, True)]


def test_agreements_are_read_from_csv(tmp_path):
    path = tmp_path / "agreements.csv"
    rows = [AGREED | {"purposes": "train_ai_system;train_ai_system.finetune"}, AGREED | {"event_id": "a-2"}]
    rows[1] |= {"purposes": "", "retention_days": "", "scope": "none"}
    with path.open("w", newline="") as sink:
        writer = csv.DictWriter(sink, list(AGREED))
        writer.writeheader()
        writer.writerows(rows)

    shared, none = read_agreement_file(path, NOW + timedelta(days=1)).events

    assert (shared.purposes, shared.retention_days) == (("train_ai_system", "train_ai_system.finetune"), 365)
    assert (none.scope, none.purposes, none.retention_days) == (TenantScope.NONE, (), None)


def test_no_value_of_a_line_stands_in_what_is_reported(consents):
    secret = "Zebulon-4711"
    imported = consents(
        WITHDRAWN | {"state": secret, "evidence": f"{secret}@example.com", secret: secret},
        GIVEN | {"purposes": [secret], "age_band": secret, "jurisdiction": secret, "effective_at": secret},
        f'{{"tenant": "acme", "data_subject_id": "{secret}"',
    )
    assert len(imported.rejected) == 3
    assert secret.lower() not in repr(imported).lower()


def test_reading_does_not_depend_on_the_directory(tmp_path, vault):
    (tmp_path / "deep").mkdir()
    path = Path(tmp_path / "deep" / "consents.jsonl")
    path.write_bytes(b"nothing\n")
    assert read_consent_file(path, vault, NOW).rejected[0].file == "consents.jsonl"


EVERYONE_WITHDRAWS = {
    "tenant": "acme",
    "data_subject_id": "everyone",
    "state": "withdrawn",
    "purposes": ["train_ai_system"],
    "effective_at": "2026-03-01T00:00:00Z",
}


def test_a_refusal_for_everyone_speaks_for_every_person_of_the_tenant(consents):
    granted, everyone = consents(GIVEN, EVERYONE_WITHDRAWS).events
    assert everyone.data_subject_id == "everyone"
    assert status_at([granted, everyone], PURPOSE, NOW, NOW).status is ConsentStatus.WITHDRAWN


@pytest.mark.parametrize("state", ["given", "renewed"])
def test_nobody_grants_for_everyone(consents, state):
    imported = consents(EVERYONE_WITHDRAWS | {"state": state})
    assert imported.events == []
    assert [(line.reason, line.suspends) for line in imported.rejected] == [(RejectReason.GRANT_FOR_EVERYONE, False)]


@pytest.mark.parametrize(
    "fault",
    [
        {"purposes": ["marketing"]},
        {"effective_at": "soon"},
        {"state": "gone"},
        {"data_subject_id": "Everyone"},
        {"data_subject_id": " everyone"},
        {"state": "given", "derivatives": False},
    ],
)
def test_a_line_about_everyone_that_cannot_be_read_suspends_everyone(consents, fault):
    granted, suspension = consents(GIVEN, EVERYONE_WITHDRAWS | fault).events
    assert (suspension.data_subject_id, suspension.state) == ("everyone", ConsentStatus.INVALIDATED)
    assert status_at([granted, suspension], PURPOSE, NOW, NOW).status is ConsentStatus.INVALIDATED


def test_reasons_are_counted_though_only_the_first_lines_are_listed(tmp_path, vault, monkeypatch):
    monkeypatch.setattr("lineage.ledger.reading.MOST_LISTED", 3)
    path = tmp_path / "consents.jsonl"
    path.write_bytes(b"".join(as_bytes(WITHDRAWN | {"purposes": ["marketing"]}) + b"\n" for _ in range(9)))
    reading = read_consents(path, vault, NOW)
    assert len(list(reading)) == 9
    assert (reading.account.reasons, len(reading.account.rejected)) == ({RejectReason.UNKNOWN_PURPOSE: 9}, 3)


def test_events_that_take_effect_later_are_counted(tmp_path, vault):
    path = tmp_path / "consents.jsonl"
    path.write_bytes(as_bytes(GIVEN) + b"\n" + as_bytes(WITHDRAWN | {"effective_at": "2027-01-01T00:00:00Z"}))
    reading = read_consents(path, vault, NOW)
    assert len(list(reading)) == 2
    assert reading.account.later == 1


def test_a_file_is_read_as_its_events_are_taken(tmp_path, vault):
    path = tmp_path / "consents.jsonl"
    path.write_bytes(b"".join(as_bytes(GIVEN | {"event_id": f"e-{place}"}) + b"\n" for place in range(50)))
    reading = read_consents(path, vault, NOW)
    assert next(iter(reading)).event_id == "e-0"
    assert reading.account.lines == 1


def test_every_reason_is_explained():
    assert set(EXPLAINED) == set(RejectReason)


@given(event=consent_events(), text=st.text(max_size=40))
def test_the_fast_bytes_of_an_event_are_its_canonical_bytes(event, text):
    document = event.document() | {"evidence": text}
    assert event_bytes(document) == canonical_json(document)
