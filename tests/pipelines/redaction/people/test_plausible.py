"""What a model takes for a name and is none: identifiers, paths, calls, technologies, words that open a sentence."""

import pytest

from pipelines.redaction.people.plausible import address_within, is_known, is_rare, name_within
from pipelines.redaction.people.prose import Kind


def within(before, value, after, kind=Kind.PROSE):
    text = before + value + after
    found = name_within(text, len(before), len(before) + len(value), kind)
    return None if found is None else text[found[0] : found[1]]


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("", "np.array", " is"),
        ("call ", "Holloway", "(x)"),
        ("see ", "Holloway", "[0]"),
        ("at ", "Holloway", ".run"),
        ("@", "holloway", " said"),
        ("/", "Holloway", "/x"),
        ("by ", "myArray", " and"),
        ("by ", "user_name", ""),
        ("use ", "Django", " or"),
        ("", "Hello", ", I"),
        ("of ", "Jordan2", "."),
        ("", "J", "."),
        ("`", "Margaret", "`"),
    ],
)
def test_no_name(before, value, after):
    assert within(before, value, after) is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Margaret Holloway's", "Margaret Holloway"),
        ('"Margaret Holloway",', "Margaret Holloway"),
        ("Margaret Holloway\t12", "Margaret Holloway"),
        ("- Margaret", "Margaret"),
        ("margaret holloway", "margaret holloway"),
        ("Ian McDonald", "Ian McDonald"),
        ("Zo\u00eb O'Neil-Smith", "Zo\u00eb O'Neil-Smith"),
        ("John Q. Public", "John Q. Public"),
    ],
)
def test_a_name_is_freed_of_what_clings_to_it(value, name):
    assert within("ask ", value, " about") == name


@pytest.mark.parametrize("kind", [Kind.STRING, Kind.COMMENT])
def test_in_code_a_name_has_two_words_and_a_capital(kind):
    assert within("", "Margaret Holloway", "", kind) == "Margaret Holloway"
    assert within("", "Margaret", "", kind) is None
    assert within("", "margaret holloway", "", kind) is None


def test_a_row_of_numbers_is_no_address():
    for value in ("0   Alice   25   Female", "Bob\t35", "1, 2, 3", "12", "388167     3     2", "green"):
        assert address_within(value, 0, len(value)) is None
    text = " 12 Harbour Row,\n"
    assert text[slice(*address_within(text, 0, len(text)))] == "12 Harbour Row"


def test_words_are_known_whatever_their_case_and_ending():
    assert is_known("Docker") and is_known("docker's") and is_known("Buttons")
    assert not is_known("Holloway")
    assert is_rare("holloway") and not is_rare("max") and not is_rare("react")
