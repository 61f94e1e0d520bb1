"""The redactor: surrogates, findings, order, and what happens when a text cannot be searched."""

import json
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.record import RECORD_SCHEMA
from pipelines.redaction.engine import MixedTenantsError, QuarantineReason, Redactor
from pipelines.redaction.findings import FINDING_SCHEMA
from pipelines.redaction.markers import existing
from pipelines.redaction.spans import Span
from pipelines.redaction.tier import DetectorError
from tests.pipelines.redaction.conftest import MAIL, Finds, batch, blind_redactor, key_of, record, said


def texts_of(done):
    return [message["content"] for row in done.batch["messages"].to_pylist() for message in row]


def test_the_same_value_has_the_same_surrogate_within_a_tenant_and_another_in_the_next(redact_text):
    first, second = redact_text(f"I am {MAIL}"), redact_text(f"Write to {MAIL.upper()}!")
    elsewhere = redact_text(f"I am {MAIL}", tenant="other")
    assert first.removeprefix("I am ").lower() == second.removeprefix("Write to ").removesuffix("!").lower()
    assert first != elsewhere


def test_redacting_what_is_redacted_changes_nothing(redact_text):
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    text = f"I am Margaret Holloway, {MAIL}, token {token}, password='Tr0ub4dor&3', +1 415 771 0132, /Users/janedoe/x"
    once = redact_text(text)
    assert not any(value in once for value in ("Margaret", "jane", "Tr0ub4dor", "0132", token[8:]))
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
    assert existing(json.loads(arguments)["body"]["cc"][0])
    assert done.findings["place"].to_pylist() == [
        "messages[0].content",
        "messages[1].content",
        "messages[3].content#/sent",
        "messages[2].reasoning",
        "messages[2].tool_calls[0].arguments#/to",
        "messages[2].tool_calls[0].arguments#/body/cc/0",
        "attributes[1].key",
        "attributes[0]",
    ]


def test_findings_say_where_a_surrogate_stands_and_never_what_was_there(redactor):
    done = redactor.redact(batch(record(said("user", f"Write to {MAIL}, or call +1 415 771 0132."))))
    [text] = texts_of(done)
    rows = done.findings.to_pylist()
    assert done.findings.schema == FINDING_SCHEMA
    assert [row["entity_type"] for row in rows] == ["EMAIL_ADDRESS", "PHONE_NUMBER"]
    assert [(row["start"], row["end"]) for row in rows] == [(start, end) for start, end, _ in existing(text)]
    assert "jane" not in json.dumps(rows)


def test_no_key_with_personal_data_is_named_in_the_place_of_a_finding(redactor):
    done = redactor.redact(batch(record(said("user", json.dumps({MAIL: {"to": MAIL}})))))
    assert "jane" not in json.dumps(done.findings.to_pylist())
    assert done.findings.num_rows == 2


def test_columns_that_are_no_text_and_the_order_of_records_stay(redactor):
    records = [record(said("user", f"{number}: {MAIL}"), record_id=f"r{number}") for number in range(5)]
    done = redactor.redact(batch(*records))
    assert done.batch.schema.equals(RECORD_SCHEMA)
    assert done.batch["record_id"].to_pylist() == ["r0", "r1", "r2", "r3", "r4"]
    kept = [name for name in RECORD_SCHEMA.names if name not in ("messages", "attributes")]
    assert done.batch.select(kept).equals(batch(*records).select(kept))
    assert {len(digest) for digest in done.redaction_digests} == {32}


def test_what_holds_nothing_to_redact_comes_out_as_it_went_in(redactor):
    call = {"id": None, "name": "run", "arguments": None}
    records = [
        record(record_id="none"),
        record(said("user", ""), said("tool"), record_id="absent", attributes=[("a", None), ("b", "")]),
        record(said("assistant", tool_calls=[]), said("assistant", tool_calls=[call, call]), record_id="calls"),
    ]
    given_batch = batch(*records)
    assert redactor.redact(given_batch).batch.equals(given_batch)


def test_part_of_a_batch_is_redacted_as_if_it_were_all(redactor):
    call = {"id": "c", "name": "n", "arguments": f'["{MAIL}"]'}
    rows = [record(said("user", f"{k} {MAIL}", tool_calls=[call] * k), record_id=f"r{k}", attributes=[("k", MAIL)] * k)
            for k in range(6)]  # fmt: skip
    part = redactor.redact(batch(*rows).slice(2, 3))
    assert part.batch.to_pylist() == redactor.redact(batch(*rows[2:5])).batch.to_pylist()


def test_the_result_does_not_depend_on_the_company_a_record_keeps(redactor, profile, tiers):
    names = ["Margaret Holloway", "Tobias Lindqvist", "Priya Raman"]
    records = [
        record(said("user", f"I spoke to {name} in Hall {k}."), record_id=f"r{k}") for k, name in enumerate(names)
    ]
    together = redactor.redact(batch(*records))
    forgetful = Redactor(profile, key_of, tiers=tiers, cache_bytes=0)
    alone = [forgetful.redact(batch(one)) for one in reversed(records)][::-1]
    assert together.batch.to_pylist() == [row for done in alone for row in done.batch.to_pylist()]
    assert together.redaction_digests == [digest for done in alone for digest in done.redaction_digests]
    assert together.findings.to_pylist() == [row for done in alone for row in done.findings.to_pylist()]


def test_the_digest_of_a_record_changes_with_what_was_found(redactor):
    clean, dirty = (redactor.redact(batch(record(said("user", text)))) for text in ("Hello", MAIL))
    assert clean.redaction_digests != dirty.redaction_digests


def test_the_digest_of_the_redactor_changes_with_the_profile_and_what_finds(profile):
    other = profile.model_copy(update={"version": profile.version + 1})
    digests = [
        blind_redactor(profile).digest,
        blind_redactor(other).digest,
        Redactor(profile, key_of, tiers=[Finds("a")]).digest,
        Redactor(profile, key_of, tiers=[Finds("b")]).digest,
    ]
    assert len(set(digests)) == 4
    assert {len(digest) for digest in digests} == {64}


def test_a_batch_of_two_tenants_is_refused(redactor):
    with pytest.raises(MixedTenantsError):
        redactor.redact(batch(record(said("user", "a")), record(said("user", "b"), tenant="other")))


def test_an_empty_batch_is_redacted_to_nothing(redactor):
    done = redactor.redact(batch())
    assert (done.batch.num_rows, done.findings.num_rows, done.quarantined.num_rows) == (0, 0, 0)


def test_texts_are_searched_without_a_record(redactor, profile):
    found = redactor.search([f"to {MAIL}", "nothing"], ["", "note"])
    assert [[(s.start, s.end, s.entity_type) for s in spans] for spans in found] == [[(3, 21, "EMAIL_ADDRESS")], []]
    with pytest.raises(DetectorError):
        Redactor(profile, key_of, tiers=[Finds("x", raising=ValueError())]).search(["fine x", "x"])


def test_a_text_is_searched_once_however_often_it_is_sent_again(profile):
    tier = Finds("jane")
    redactor = Redactor(profile, key_of, tiers=[tier])
    history = [said("user", f"turn {k} of jane") for k in range(4)]
    for length in range(1, 5):
        redactor.redact(batch(record(*history[:length])))
    assert sorted(tier.asked) == [message["content"] for message in history]
    figures = redactor.figures()
    assert (figures.texts, figures.hits) == (10, 6)
    assert figures.characters == 10 * len("turn 0 of jane")
    assert figures.searched == 4 * len("turn 0 of jane")
    assert set(figures.seconds) == {"finds"}


def test_tenants_share_nothing_that_is_remembered(profile):
    tier = Finds("jane")
    redactor = Redactor(profile, key_of, tiers=[tier])
    for tenant in ("acme", "other", "acme"):
        redactor.redact(batch(record(said("user", "of jane"), tenant=tenant)))
    assert tier.asked == ["of jane", "of jane"]


@pytest.mark.parametrize(
    "error", [DetectorError("late"), ValueError("x"), TimeoutError(), RuntimeError(), KeyError("k"), OSError("net")]
)
def test_a_record_whose_detector_fails_goes_to_quarantine_and_the_run_goes_on(profile, error):
    redactor = Redactor(profile, key_of, tiers=[Finds("Boom 7", raising=error)])
    records = [record(said("user", text), record_id=text) for text in ("fine", "Boom 7", "good", "Boom 7 too")]
    done = redactor.redact(batch(*records))
    assert done.batch["record_id"].to_pylist() == ["fine", "good"]
    assert done.quarantined.to_pylist() == [
        {"record_id": "Boom 7", "reason": "detector-failed"},
        {"record_id": "Boom 7 too", "reason": "detector-failed"},
    ]


def test_what_a_detector_failed_on_is_tried_again(profile):
    tier = Finds("Boom 7", raising=TimeoutError())
    redactor = Redactor(profile, key_of, tiers=[tier])
    assert redactor.redact(batch(record(said("user", "Boom 7")))).batch.num_rows == 0
    tier.raising = None
    assert texts_of(redactor.redact(batch(record(said("user", "Boom 7"))))) != ["Boom 7"]


def test_a_tier_that_answers_for_other_texts_than_it_was_asked_for_has_failed(profile):
    class Forgets(Finds):
        def find(self, texts, fields):
            return super().find(texts, fields)[1:]

    done = Redactor(profile, key_of, tiers=[Forgets("jane")]).redact(batch(record(said("user", "of jane"))))
    assert done.quarantined["reason"].to_pylist() == ["detector-failed"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("x" * 101, QuarantineReason.TEXT_TOO_LONG),
        ('{"a": "\\ud800"}', QuarantineReason.TEXT_UNREADABLE),
    ],
    ids=["too long", "half a character"],
)
def test_a_text_that_cannot_be_searched_safely_stops_its_record(profile, content, reason):
    redactor = blind_redactor(profile.model_copy(update={"max_chars": 100}))
    done = redactor.redact(batch(record(said("user", content)), record(said("user", "fine"), record_id="r2")))
    assert done.batch["record_id"].to_pylist() == ["r2"]
    assert done.quarantined.to_pylist() == [{"record_id": "r1", "reason": reason.value}]


def test_text_that_is_no_utf8_stops_its_record(profile):
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
    done = blind_redactor(profile).redact(broken.set_column(place, RECORD_SCHEMA.field("messages"), messages))
    assert done.quarantined["reason"].to_pylist() == ["text-unreadable"]
    assert done.batch.num_rows == 0


@pytest.mark.parametrize(("blobs", "kept"), [("drop", ["see <BLOB>."]), ("quarantine", [])])
def test_a_blob_is_never_passed_on(profile, blobs, kept):
    image = "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAA" * 20
    redactor = blind_redactor(type(profile).model_validate(profile.document() | {"blobs": blobs}))
    done = redactor.redact(batch(record(said("user", f"see {image}."))))
    assert texts_of(done) == kept
    assert done.findings["entity_type"].to_pylist() == ["BLOB"] * len(kept)
    assert done.quarantined["reason"].to_pylist() == ["blob-found"] * (1 - len(kept))


def test_what_is_hidden_in_base64_goes_as_a_whole(redact_text):
    assert redact_text("x: dG9rZW4gZm9yIGphbmVAY29ycC5pbnRlcm5hbA== y") == "x: <BLOB> y"


GERMAN = (
    "Bitte schreibe mir eine Funktion, die alle Kunden aus der Tabelle liest und nach dem Namen sortiert. Sie soll "
    "auch schauen, ob die Adresse noch stimmt, und mir dann eine Liste geben, die ich morgen weitergeben kann."
)


def test_a_language_that_the_profile_does_not_name_goes_to_quarantine_unless_it_is_to_be_searched(profile):
    done = blind_redactor(profile).redact(batch(record(said("user", GERMAN))))
    assert done.quarantined["reason"].to_pylist() == ["language-unsupported"]
    for change in ({"other_languages": "search"}, {"languages": ["en", "de"]}):
        searching = blind_redactor(type(profile).model_validate(profile.document() | change))
        assert texts_of(searching.redact(batch(record(said("user", GERMAN))))) == [GERMAN]


def test_recognisers_can_be_plugged_in_and_an_operator_chosen(profile):
    from presidio_analyzer import Pattern, PatternRecognizer

    document = profile.document() | {"entities": {"TICKET": {"threshold": 0.5, "operator": "tag"}}}
    document["names"] |= {"tagger": None, "model": None}
    tickets = PatternRecognizer("TICKET", patterns=[Pattern("ticket", r"\bT-\d{2}\b", 0.9)])
    redactor = Redactor(type(profile).model_validate(document), key_of, [tickets])
    done = redactor.redact(batch(record(said("user", "see T-77."))))
    assert texts_of(done) == ["see <TICKET>."]
    assert done.findings["operator"].to_pylist() == ["tag"]


def test_finds_below_the_threshold_or_of_other_types_do_not_count(profile):
    redactor = Redactor(profile, key_of, tiers=[Finds("jane", score=0.1), Finds("doe", entity_type="NOBODY_ASKED")])
    assert texts_of(redactor.redact(batch(record(said("user", "of jane doe"))))) == ["of jane doe"]


def test_nothing_heavy_is_imported_before_a_redactor_is_made():
    script = (
        "import sys, pipelines.redaction.engine\n"
        "heavy = ('presidio_analyzer', 'spacy', 'torch', 'hyperscan', 'py3langid')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_span_of_half_an_escape_gives_way_to_the_one_that_is_found_when_it_is_decoded(profile):
    class Words(Finds):
        def find(self, texts, fields):
            return [[Span(t.index("njane"), t.index("njane") + 5, "PERSON", 1.0, "raw")] if "njane" in t else
                    [Span(t.index("jane"), t.index("jane") + 4, "PERSON", 1.0, "decoded")] for t in texts]  # fmt: skip

    done = Redactor(profile, key_of, tiers=[Words("jane")]).redact(batch(record(said("user", 'print("\\njane")'))))
    assert texts_of(done)[0].startswith('print("\\nqx')


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8) | st.sampled_from([MAIL, "4539578763621486"]),
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
    assert isinstance(json.loads(redacted), dict)
    assert MAIL not in redacted
    assert "4539578763621486" not in redacted
