"""A text is taken apart into the texts that are searched, and put together from what became of them."""

import json

import pytest

from pipelines.redaction.carriers.documents import Document, take_apart
from pipelines.redaction.carriers.unreadable import UnreadableTextError
from pipelines.redaction.operators import Done
from pipelines.redaction.outcome import NOTHING, Find, Outcome, QuarantineReason
from pipelines.redaction.profile import OperatorName
from pipelines.redaction.spans import Span

FIND = Find("", Span(0, 3, "PERSON", 1.0, "d"), Done(0, 2, OperatorName.PSEUDONYM, None))


def became(segment):
    """Everybody called Ada becomes Qx, and the word secret must not be passed on."""
    text = segment[1]
    if text == "secret":
        return Outcome(reason=QuarantineReason.DETECTOR_FAILED)
    return Outcome("Qx" + text[3:], (FIND,), (("Ada", "PERSON"),)) if text.startswith("Ada") else NOTHING


def test_plain_text_is_one_text():
    assert take_apart("[not] JSON", "phone") == ("phone", "[not] JSON")


def test_strings_in_strings_are_taken_apart_and_put_together():
    inner = json.dumps({"who": "Ada \u00e9", "n": 1})
    text = json.dumps({"body": inner, "Ada": ["x", "Ada!"]}, indent=1)
    document = take_apart(text, "")
    assert isinstance(document, Document)
    outcome = document.outcome(became)
    changed = json.loads(outcome.redacted)
    assert json.loads(changed["body"]) == {"who": "Qx \u00e9", "n": 1}
    assert changed["Qx"] == ["x", "Qx!"]
    assert [find.within for find in outcome.finds] == ["#/body#/who", "#/1~key", "#/Qx/1"]
    assert outcome.names == (("Ada", "PERSON"),)


def test_fields_tell_what_their_values_are_in_arrays_and_strings_too():
    text = json.dumps({"phone": ["1", json.dumps({"customerName": "2"})], "note": "3"})
    segments = dict(reversed(pair) for pair in take_apart(text, "").segments())
    assert segments["1"] == "phone"
    assert segments["2"] == "customer_name"
    assert segments["3"] == ""


def test_one_text_that_must_not_be_passed_on_stops_the_document():
    outcome = take_apart('{"a": ["Ada", "secret"]}', "").outcome(became)
    assert outcome == Outcome(reason=QuarantineReason.DETECTOR_FAILED)


def test_a_document_without_a_find_is_nothing_special():
    outcome = take_apart('{"a": [1, 2.50, "x"]}', "").outcome(became)
    assert outcome == NOTHING


def test_documents_in_strings_of_documents_have_a_bound():
    text = "[]"
    for _ in range(8):
        text = json.dumps([text])
    assert isinstance(take_apart(text, ""), Document)
    with pytest.raises(UnreadableTextError):
        take_apart(text, "", depth=10)
