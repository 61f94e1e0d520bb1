"""What is redacted already is known by its form, and nothing else is taken for it."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redaction.markers import existing, is_marker, marked
from pipelines.redaction.operators import Surrogates
from tests.pipelines.redaction.operators.values import PEM, VALUES

OURS = Surrogates(b"k" * 32)
# Types whose surrogates are known only together with their type: their form alone says too little.
_BY_TYPE = ("DATE_OF_BIRTH", "IN_AADHAAR", "MAC_ADDRESS", "UK_NHS", "UK_NINO")


@pytest.mark.parametrize(
    ("text", "marker", "entity_type"),
    [
        ("see [REDACTED] there", "[REDACTED]", "REDACTED"),
        ("[EMAIL REDACTED]", "[EMAIL REDACTED]", "REDACTED"),
        ("it says REDACTED.", "REDACTED", "REDACTED"),
        ("a ***REDACTED*** b", "***REDACTED***", "REDACTED"),
        ("<REDACTED>", "<REDACTED>", "REDACTED"),
        ("hello NAME_1, how", "NAME_1", "PERSON"),
        ("[PHONE_NUMBER_2]", "[PHONE_NUMBER_2]", "PHONE_NUMBER"),
        ("to <PERSON>!", "<PERSON>", "PERSON"),
        ("to <EMAIL_ADDRESS_1a2b3c4d>!", "<EMAIL_ADDRESS_1a2b3c4d>", "EMAIL_ADDRESS"),
        ("<CUSTOMER_NUMBER>", "<CUSTOMER_NUMBER>", "CUSTOMER_NUMBER"),
        ("<BLOB>", "<BLOB>", "BLOB"),
        ("/home/qxabidefok/src", "qxabidefok", "PERSON"),
        ("postgres://app:qxqx1a2b3c4d@db/x", "qxqx1a2b3c4d", "SECRET"),
        ("call +99 957 74655885 x12 now", "+99 957 74655885 x12", "PHONE_NUMBER"),
        ("call (59) 2555-0141-Office", "(59) 2555-0141", "PHONE_NUMBER"),
        ("QX60 0139 4233 9068 1002 89 ist gut", "QX60 0139 4233 9068 1002 89", "IBAN_CODE"),
        ("https://qxabidefok.example.com/qxabidefok", "https://qxabidefok.example.com/qxabidefok", "URL"),
    ],
)
def test_a_marker_is_found_where_it_stands(text, marker, entity_type):
    start = text.index(marker)
    assert existing(text) == [(start, start + len(marker), entity_type)]


@pytest.mark.parametrize(
    "text",
    [
        "<DIV>", "<T>", "List<STRING>", "redacted", "is_redacted", "UNREDACTED", "REDACTEDX", "NAMES_1", "MY_NAME_1",
        "qx", "qxqx", "Qxabidefo", "qxabcdefgh", "0ddba11", "0ddba11 and more", "+49 999 1234567",
        "4000 0000 0000 0003",
        "192-00-1234", "QX00 1234 5678 9012", "555-0123", "(415) 555-0132", "jane@example.com",
        PEM,
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_searched(text):
    assert existing(text) == []


@pytest.mark.parametrize("second", ["abcd/efgh+ijkl==", "abcdEFGHijkl1234"])
def test_a_key_block_is_made_up_only_if_all_its_lines_are(second):
    half = f"-----BEGIN PRIVATE KEY-----\nqxqxEvQIBADANBgkq\n{second}\n-----END PRIVATE KEY-----"
    assert [(half[start:end], kind) for start, end, kind in existing(half)] == [("qxqxEvQIBADANBgkq", "SECRET")]
    whole = half.replace(second, "qxqxefghijkl==")
    assert existing(whole) == [(0, len(whole), "SECRET")]


@pytest.mark.parametrize(("entity_type", "value"), [one for one in VALUES if one[0] not in _BY_TYPE])
def test_a_surrogate_is_found_whole_in_the_middle_of_a_text(entity_type, value):
    made = OURS.surrogate(entity_type, value)
    text = f"see {made}, and more"
    covered = {place for start, end, _ in existing(text) for place in range(start, end)}
    letters = {4 + place for place, character in enumerate(made) if character.isalnum()}
    assert covered - {4 + place for place in range(len(made))} == set()
    if not _says_too_little(entity_type, made):
        assert letters <= covered


def _says_too_little(entity_type, made):
    """Whether the form alone does not tell: bare digits, and addresses for documentation."""
    return (made.isdecimal() and entity_type != "CREDIT_CARD") or (entity_type == "IP_ADDRESS" and "." in made)


@given(st.text(max_size=60), st.lists(st.sampled_from(VALUES), max_size=3))
def test_markers_are_disjoint_in_order_and_the_same_as_spans(text, values):
    whole = text.join(OURS.surrogate(*value) for value in values) + text
    found = existing(whole)
    assert all(one[1] <= other[0] for one, other in pairwise(found))
    assert all(0 <= start < end <= len(whole) for start, end, _ in found)
    assert [(span.start, span.end, span.entity_type) for span in marked(whole)] == found


def test_what_stands_beside_a_marker_is_not_part_of_it():
    assert not is_marker("qxabidefok Jane")
    assert is_marker("Qxabidefok, Qxabidefok")
    assert not is_marker("Jane")
    assert not is_marker("")


@pytest.mark.parametrize(
    "piece",
    ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "-----BEGIN A-----qxqx", "qxqx", "qx", "0ddba11-",
     "<A_", "[A ", "+9", "+999", "4000 00", "555-01", "2001:db8:7178:", "QX00", "NAME_", "qxabidefok@", "*", "9 00 "],
)  # fmt: skip
def test_no_text_takes_longer_than_its_length(piece):
    def seconds(times):
        text = piece * (times // len(piece)) + "!"
        started = time.process_time()
        existing(text)
        return time.process_time() - started

    seconds(1_000)
    assert seconds(400_000) < 40 * max(seconds(40_000), 0.005)


@pytest.mark.parametrize("text", ["call 999 447 4655885 now", "account 99912345678", "card 4539 9991 2345 6787"])
def test_bare_digits_say_too_little_to_be_left_as_a_surrogate(text: str):
    assert existing(text) == []
