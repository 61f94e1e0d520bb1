"""The redactor: pseudonyms, findings, order, and what happens when a text cannot be searched."""

import json
import logging

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from presidio_analyzer import EntityRecognizer

from lineage.record import RECORD_SCHEMA
from pipelines.redaction.detector import DetectorError
from pipelines.redaction.engine import MixedTenantsError, QuarantineReason, Redactor
from pipelines.redaction.findings import FINDING_SCHEMA
from tests.pipelines.redaction.conftest import batch, key_of, record, said

MAIL = "jane.doe@example.org"


def test_the_same_value_has_the_same_pseudonym_within_a_tenant_and_another_in_the_next(redact_text):
    first, second = redact_text(f"I am {MAIL}"), redact_text(f"Write to {MAIL.upper()}!")
    elsewhere = redact_text(f"I am {MAIL}", tenant="other")
    assert first.removeprefix("I am ") == second.removeprefix("Write to ").removesuffix("!")
    assert first != elsewhere


def test_redacting_what_is_redacted_changes_nothing(redact_text):
    text = f"I am Margaret Holloway, {MAIL}, token ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8, password='Tr0ub4dor&3'"
    once = redact_text(text)
    assert once.count("<") == 4
    assert redact_text(once) == once


def test_every_text_of_a_record_is_redacted(redactor):
    call = {"id": "call_1", "name": "send", "arguments": json.dumps({"to": MAIL, "body": {"cc": [MAIL]}})}
    dirty = record(
        said("system", f"Owner: {MAIL}"),
        said("user", f"I am {MAIL}"),
        said("assistant", None, f"They are {MAIL}", [call]),
        said("tool", f'{{"sent": "{MAIL}"}}', tool_call_id="call_1"),
        attributes=[("editor", MAIL), (f"by {MAIL}", "x")],
    )
    done = redactor.redact(batch(dirty))
    assert "jane" not in json.dumps(done.batch.drop_columns(["occurred_at"]).to_pylist())
    arguments = done.batch["messages"][0].as_py()[2]["tool_calls"][0]["arguments"]
    assert json.loads(arguments)["body"]["cc"][0].startswith("<EMAIL_ADDRESS_")
    places = done.findings["place"].to_pylist()
    assert "messages[2].tool_calls[0].arguments#/body/cc/0" in places
    assert "messages[2].reasoning" in places
    assert "attributes[1].key" in places
    assert done.findings.num_rows == 8


def test_findings_say_where_a_surrogate_stands_and_never_what_was_there(redactor):
    done = redactor.redact(batch(record(said("user", f"Write to {MAIL}, or call +1 415 555 0132."))))
    text = done.batch["messages"][0].as_py()[0]["content"]
    rows = done.findings.to_pylist()
    assert done.findings.schema == FINDING_SCHEMA
    assert [row["entity_type"] for row in rows] == ["EMAIL_ADDRESS", "PHONE_NUMBER"]
    for row in rows:
        assert text[row["start"] : row["end"]].startswith(f"<{row['entity_type']}_")
        assert text[row["end"] - 1] == ">"
    assert "jane" not in json.dumps(rows)


def test_columns_that_are_no_text_and_the_order_of_records_stay(redactor):
    records = [record(said("user", f"{number}: {MAIL}"), record_id=f"r{number}") for number in range(5)]
    done = redactor.redact(batch(*records))
    assert done.batch.schema.equals(RECORD_SCHEMA)
    assert done.batch["record_id"].to_pylist() == ["r0", "r1", "r2", "r3", "r4"]
    kept = [name for name in RECORD_SCHEMA.names if name not in ("messages", "attributes")]
    assert done.batch.select(kept).equals(batch(*records).select(kept))
    assert len(done.redaction_digests) == 5
    assert {len(digest) for digest in done.redaction_digests} == {32}


def test_the_result_does_not_depend_on_the_company_a_record_keeps(redactor, profile):
    names = ["Margaret Holloway", "Tobias Lindqvist", "Priya Raman"]
    records = [
        record(said("user", f"I spoke to {name} in Hall {k}."), record_id=f"r{k}") for k, name in enumerate(names)
    ]
    together = redactor.redact(batch(*records))
    alone = [Redactor(profile, key_of).redact(batch(one)) for one in reversed(records)][::-1]
    assert together.batch.to_pylist() == [row for done in alone for row in done.batch.to_pylist()]
    assert together.redaction_digests == [digest for done in alone for digest in done.redaction_digests]


def test_the_digest_of_a_record_changes_with_what_was_found(redactor):
    clean, dirty = (redactor.redact(batch(record(said("user", text)))) for text in ("Hello", MAIL))
    assert clean.redaction_digests != dirty.redaction_digests


def test_the_digest_of_the_redactor_changes_with_the_profile(redactor, profile):
    assert len(redactor.digest) == 64
    other = profile.model_copy(update={"version": profile.version + 1})
    assert Redactor(other, key_of, detector=redactor._detector).digest != redactor.digest


def test_a_batch_of_two_tenants_is_refused(redactor):
    with pytest.raises(MixedTenantsError):
        redactor.redact(batch(record(said("user", "a")), record(said("user", "b"), tenant="other")))


def test_an_empty_batch_is_redacted_to_nothing(redactor):
    done = redactor.redact(batch())
    assert (done.batch.num_rows, done.findings.num_rows, done.quarantined.num_rows) == (0, 0, 0)


class Failing:
    """A detector that fails on a word."""

    version = "failing/1"

    def __init__(self, error):
        self.error = error

    def prepare(self, texts):
        if any("boom" in text for text in texts):
            raise self.error

    def forget(self):
        pass

    def detect(self, text, field=""):
        if "boom" in text:
            raise self.error
        return ()


@pytest.mark.parametrize(
    "error", [DetectorError("late"), ValueError("x"), TimeoutError(), RuntimeError(), KeyError("k")]
)
def test_a_record_whose_detector_fails_goes_to_quarantine_and_the_run_goes_on(profile, error):
    redactor = Redactor(profile, key_of, detector=Failing(error))
    done = redactor.redact(batch(record(said("user", "fine")), record(said("user", "boom"), record_id="r2")))
    assert done.batch["record_id"].to_pylist() == ["r1"]
    assert done.quarantined.to_pylist() == [{"record_id": "r2", "reason": "detector-failed"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("x" * 400_001, QuarantineReason.TEXT_TOO_LONG),
        ('{"a": "\\ud800"}', QuarantineReason.TEXT_UNREADABLE),
        ('{"a": 1, "a": 2}', QuarantineReason.TEXT_UNREADABLE),
        ("[" * 150 + "1" + "]" * 150, QuarantineReason.TEXT_UNREADABLE),
    ],
    ids=["too long", "half a character", "a key twice", "too deep"],
)
def test_a_text_that_cannot_be_searched_safely_stops_its_record(redactor, content, reason):
    done = redactor.redact(batch(record(said("user", content)), record(said("user", "fine"), record_id="r2")))
    assert done.batch["record_id"].to_pylist() == ["r2"]
    assert done.quarantined.to_pylist() == [{"record_id": "r1", "reason": reason.value}]


def test_text_that_is_no_utf8_stops_its_record(redactor):
    column = pa.array([[said("user", "ok")]], RECORD_SCHEMA.field("messages").type)
    broken = batch(record(said("user", "ok")))
    data = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    content = pa.StructArray.from_arrays(
        [column.values.field(0), data, *(column.values.field(k) for k in (2, 3, 4))],
        fields=list(RECORD_SCHEMA.field("messages").type.value_type),
    )
    messages = pa.ListArray.from_arrays(
        pa.array([0, 1], pa.int32()), content, type=RECORD_SCHEMA.field("messages").type
    )
    place = RECORD_SCHEMA.names.index("messages")
    done = redactor.redact(broken.set_column(place, RECORD_SCHEMA.field("messages"), messages))
    assert done.quarantined["reason"].to_pylist() == ["text-unreadable"]


def test_a_pattern_that_does_not_finish_fails_closed(redactor):
    with pytest.raises(DetectorError):
        logging.getLogger("presidio-analyzer").warning("Regex pattern '%s' timed out after %s seconds", "x", 1)


def test_presidio_prints_no_text(redactor, caplog):
    logging.getLogger("presidio-analyzer").error("Failed to validate text %s", MAIL)
    assert MAIL not in caplog.text


class TicketNumbers(EntityRecognizer):
    """A data engineer's own recogniser."""

    def __init__(self):
        super().__init__(["TICKET"], name="TicketNumbers", version="3")

    def load(self):
        pass

    def analyze(self, text, entities, nlp_artifacts=None):
        from presidio_analyzer import RecognizerResult

        place = text.find("T-77")
        metadata = {"recognizer_name": self.name, "recognizer_identifier": self.id}
        return [RecognizerResult("TICKET", place, place + 4, 0.9, None, metadata)] if place >= 0 else []


@pytest.mark.parametrize(("operator", "expected"), [("tag", "see <TICKET>."), ("drop", "see .")])
def test_a_recogniser_can_be_plugged_in_and_an_operator_chosen(profile, operator, expected):
    document = profile.document()
    document["entities"]["TICKET"] = {"threshold": 0.5, "operator": operator}
    redactor = Redactor(type(profile).model_validate(document), key_of, [TicketNumbers()])
    done = redactor.redact(batch(record(said("user", "see T-77."))))
    assert done.batch["messages"][0].as_py()[0]["content"] == expected
    assert done.findings["operator"].to_pylist() == [operator]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8) | st.sampled_from([MAIL, "4242424242424242"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=5), JSON_VALUES, min_size=1, max_size=3), st.sampled_from([None, 2]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_stays_json_and_holds_no_planted_value(redactor, document, indent):
    arguments = json.dumps(document, indent=indent)
    call = {"id": "c", "name": "n", "arguments": arguments}
    done = redactor.redact(batch(record(said("assistant", tool_calls=[call]))))
    assert done.batch.num_rows == 1
    redacted = done.batch["messages"][0].as_py()[0]["tool_calls"][0]["arguments"]
    assert set(json.loads(redacted)) is not None
    assert MAIL not in redacted
    assert "4242424242424242" not in redacted
    if redacted == arguments:
        assert MAIL not in arguments
