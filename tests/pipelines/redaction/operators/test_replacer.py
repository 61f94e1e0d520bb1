"""The replacer: operators, offsets, what is left and why, and that nothing breaks around a value."""

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redaction.markers import marked
from pipelines.redaction.operators import Done, Replacer
from pipelines.redaction.profile import EntityRule, OperatorName, RedactionProfile
from pipelines.redaction.spans import Span
from tests.pipelines.redaction.operators.values import GITHUB, VALUES

KEY = b"k" * 32
TYPES = sorted({entity_type for entity_type, _ in VALUES} | {"DATE_TIME"})


def replacer(**operators):
    treated = dict.fromkeys(TYPES, OperatorName.PSEUDONYM) | operators
    entities = {name: EntityRule(threshold=0.5, operator=operator) for name, operator in treated.items()}
    return Replacer(RedactionProfile(profile="p", version=1, languages=("en",), entities=entities), KEY)


def spans_of(text, *values):
    """Where values stand in a text, each as a type: every mention of it."""
    found, read = [], 0
    for entity_type, value in values:
        start = text.index(value, read)
        read = start + len(value)
        found.append(Span(start, read, entity_type, 0.9, "rule"))
    return found


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("tag", "call <PERSON>!"),
        ("mask", "call **** ***!"),
        ("drop", "call !"),
        ("keep", "call Jane Doe!"),
    ],
)
def test_operators(operator, expected):
    changed, done = replacer(PERSON=operator).replace("call Jane Doe!", [Span(5, 13, "PERSON", 0.9, "rule")])
    assert changed == expected
    assert done[0].operator == operator
    assert done[0].kept_because == ("profile-keeps" if operator == "keep" else None)


def test_what_stands_behind_something_dropped_is_where_it_is_said_to_be():
    text = "ask Jane Doe or 10.1.2.3 now"
    spans = spans_of(text, ("PERSON", "Jane Doe"), ("IP_ADDRESS", "10.1.2.3"))
    changed, done = replacer(PERSON="drop", IP_ADDRESS="tag").replace(text, spans)
    assert changed == "ask  or <IP_ADDRESS> now"
    assert [changed[one.start : one.end] for one in done] == ["", "<IP_ADDRESS>"]


def test_a_mask_leaves_escapes_whole():
    changed, _ = replacer(PERSON="mask").replace('"Jos\\u00e9\\nDoe"', [Span(1, 15, "PERSON", 0.9, "rule")])
    assert json.loads(changed) == "****\n***"


@given(st.lists(st.sampled_from(VALUES), max_size=6), st.text(max_size=12))
def test_what_became_of_a_span_says_where_it_now_stands(values, between):
    text = between.join(["", *(value for _, value in values), ""])
    spans, read = [], len(between)
    for entity_type, value in values:
        spans.append(Span(read, read + len(value), entity_type, 0.9, "rule"))
        read += len(value) + len(between)
    changed, done = replacer().replace(text, spans)
    assert len(done) == len(spans)
    stops = [one.start for one in done] + [len(changed)]
    starts = [0] + [one.end for one in done]
    kept = [changed[start:stop] for start, stop in zip(starts, stops, strict=True)]
    assert kept == ([between] * (len(values) + 1) if values else [text])


@pytest.mark.parametrize(("entity_type", "value"), VALUES)
@pytest.mark.parametrize("carrier", ["{}", "I am {}, see?", '{{"a": "{}"}}', "https://host/{}/x", "x_{}_y", "k={}\n"])
def test_redacting_twice_gives_what_redacting_once_gave(entity_type, value, carrier):
    text = carrier.format(value)
    once, done = replacer().replace(text, spans_of(text, (entity_type, value)))
    again = [Span(one.start, one.end, entity_type, 0.9, "rule") for one in done]
    twice, kept = replacer().replace(once, again)
    assert twice == once
    assert all(one.operator == "keep" and one.kept_because in ("already-redacted", "reserved-value") for one in kept)


@pytest.mark.parametrize(("entity_type", "value"), VALUES)
def test_a_json_document_and_a_quoted_literal_stay_well_formed(entity_type, value):
    spelt = json.dumps(value)[1:-1]
    for text in (f'{{"a": ["{spelt}"], "b": 1}}', f'{{"a": "see {spelt}\\n"}}'):
        changed, _ = replacer().replace(text, spans_of(text, (entity_type, spelt)))
        assert json.loads(changed).keys() == json.loads(text).keys()
    code = f'def f():\n    x = "{spelt}"\n    return x\n'
    changed, _ = replacer().replace(code, spans_of(code, (entity_type, spelt)))
    assert len(ast.parse(changed).body) == 1


@pytest.mark.parametrize("literal", ["912803456", "123456789012345", "4242424242424242"])
@pytest.mark.parametrize("entity_type", ["US_PASSPORT", "SECRET", "CREDIT_CARD", "US_SSN"])
@pytest.mark.parametrize("line", ["number = {}", "f({})", "x = [{}]"])
def test_a_number_in_code_becomes_something_that_parses(entity_type, literal, line):
    code = line.format(literal)
    changed, _ = replacer().replace(code, spans_of(code, (entity_type, literal)))
    ast.parse(changed)
    assert literal not in changed


def test_what_is_redacted_already_stays_whatever_the_profile_says():
    text = "NAME_1 wrote [REDACTED] to <CUSTOMER_NUMBER_1a2b3c4d>"
    changed, done = replacer(PERSON="drop").replace(text, marked(text))
    assert changed == text
    assert {(one.operator, one.kept_because) for one in done} == {("keep", "already-redacted")}


def test_a_marker_that_was_found_as_something_else_stays():
    text = 'password = "REDACTED"'
    assert replacer().replace(text, spans_of(text, ("SECRET", "REDACTED")))[0] == text


@pytest.mark.parametrize(
    ("entity_type", "value", "kept"),
    [
        ("IP_ADDRESS", "127.0.0.1", "reserved-value"),
        ("IP_ADDRESS", "0.0.0.0", "reserved-value"),
        ("IP_ADDRESS", "255.255.255.0", "reserved-value"),
        ("IP_ADDRESS", "8.8.8.8", "reserved-value"),
        ("IP_ADDRESS", "::1", "reserved-value"),
        ("IP_ADDRESS", "192.0.2.7", "reserved-value"),
        ("IP_ADDRESS", "192.0.2.107", None),
        ("IP_ADDRESS", "2001:db8::1", None),
        ("IP_ADDRESS", "10.0.0.1", None),
        ("IP_ADDRESS", "not one", None),
        ("EMAIL_ADDRESS", "jane.doe@example.com", None),
        ("PHONE_NUMBER", "(415) 555-0132", None),
        ("PHONE_NUMBER", "(495) 555-0132", "already-redacted"),
        ("PHONE_NUMBER", "4955550132", "already-redacted"),
        ("PHONE_NUMBER", "+49 99 912345", None),
        ("CREDIT_CARD", "4242 4242 4242 4242", None),
        ("CREDIT_CARD", "4000 0000 0000 0002", "already-redacted"),
        ("CREDIT_CARD", "4000 0000 0000 0003", None),
        ("US_SSN", "912-12-1234", None),
        ("US_SSN", "912-00-1234", "already-redacted"),
        ("US_SSN", "912001234", "reserved-value"),
        ("US_ITIN", "912001234", "reserved-value"),
        ("DATE_OF_BIRTH", "1900-01-01", "reserved-value"),
        ("DATE_OF_BIRTH", "1987-01-01", None),
        ("DATE_TIME", "09/06/1901", "reserved-value"),
    ],
)
def test_only_what_a_surrogate_could_be_and_no_hosts_address_is_left(entity_type, value, kept):
    changed, done = replacer().replace(value, [Span(0, len(value), entity_type, 0.9, "rule")])
    assert done[0].kept_because == kept
    assert (changed == value) is (kept is not None)


def test_a_picture_becomes_a_marker_whatever_the_profile_says():
    changed, done = replacer().replace("see AAAA.", [Span(4, 8, "BLOB", 1.0, "blob")])
    assert changed == "see <BLOB>."
    assert done == [Done(4, 10, OperatorName.DROP, None)]


def test_a_type_without_a_form_gets_its_name_in_prose_and_a_word_in_a_url():
    text = f"number 912803456; https://host/912803456 {GITHUB}"
    spans = spans_of(text, ("US_PASSPORT", "912803456"), ("US_PASSPORT", "912803456"))
    changed, done = replacer().replace(text, spans)
    assert changed[done[0].start : done[0].end].startswith("<US_PASSPORT_")
    assert changed[done[1].start : done[1].end].startswith("Qx")
