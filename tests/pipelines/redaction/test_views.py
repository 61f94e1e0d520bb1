"""The readings of a text: what stands for something else is decoded, and what is found there is mapped back."""

import html
import json
import urllib.parse
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redaction.spans import Span
from pipelines.redaction.units import find_units, meaning
from pipelines.redaction.views import View, decoded, plain

MAIL = "jane@corp.internal"
READINGS = {
    "JSON": "jane\\u0040corp.internal",
    "JavaScript": "jane\\x40corp.internal",
    "JavaScript, braces": "jane\\u{40}corp.internal",
    "Python": "jane\\U00000040corp.internal",
    "a query": "jane%40corp.internal",
    "a query in a query": "jane%2540corp.internal",
    "HTML": "jane&#64;corp.internal",
    "HTML, hexadecimal": "jane&#x40;corp.internal",
    "HTML, by name": "jane&commat;corp&period;internal",
    "HTML in HTML": "jane&amp;#64;corp.internal",
    "JSON in JSON": "jane\\\\u0040corp.internal",
    "Markdown": "jane@corp\\.internal",
    "full width": "\uff4a\uff41\uff4e\uff45\uff20\uff43\uff4f\uff52\uff50.internal",
    "mathematical": "\U0001d423\U0001d41a\U0001d427\U0001d41e@corp.internal",
    "zero width": "ja\u200bne@co\u2060rp.inter\ufeffnal",
    "soft hyphen": "jane@corp.inter\u00adnal",
    "right to left": "\u202ejane@corp\u202c.internal",
    "mail": "jane=40corp.internal",
    "mail, wrapped": "jane@corp.in=\nternal",
    "shell, continued": "jane@corp.in\\\nternal",
}


@pytest.mark.parametrize("written", READINGS.values(), ids=READINGS)
def test_a_value_is_read_through_what_it_is_written_in(written):
    assert plain(written) == MAIL
    view = next(view for view in decoded(View.of(f"to {written}, now")) if MAIL in view.text)
    place = view.text.index(MAIL)
    span = view.place(Span(place, place + len(MAIL), "EMAIL_ADDRESS", 1.0, "d"))
    assert f"to {written}, now"[span.start : span.end].strip("\u202c\u202e") == written.strip("\u202c\u202e")


@pytest.mark.parametrize(
    "text", ["", "plain", "100% sure & more; \\d \\w", "%zz &nosuch; &#0; &#xffffffff;", "%ff", "\\ud800", "a=4 b=40"]
)
def test_what_stands_for_nothing_stands_for_itself(text):
    assert plain(text) == text
    assert decoded(View.of(text)) == []


def test_both_halves_of_a_character_are_one():
    assert plain("\\ud83d\\ude00") == "\U0001f600"


@pytest.mark.parametrize("digits", ["\u0664\u0662", "\u096a\u0968", "\uff14\uff12"])
def test_digits_of_other_scripts_are_digits(digits):
    assert plain(digits) == "42"


def test_a_soft_break_of_mail_may_stand_before_the_space_between_two_groups_of_digits_and_nowhere_else():
    assert plain("+33 1 77=\n 72 16 40") == "+33 1 77 72 16 40"
    assert plain("total=\n 72") == "total=\n 72"


def test_only_finds_near_a_unit_count():
    text = "a.b@c.de and more words than that before jane%40corp.internal"
    [view] = decoded(View.of(text))
    start = view.text.index(MAIL)
    assert view.place(Span(0, 8, "EMAIL_ADDRESS", 1.0, "d")) is None
    assert view.place(Span(start, start + 18, "EMAIL_ADDRESS", 1.0, "d")) == Span(
        len(text) - 20, len(text), "EMAIL_ADDRESS", 1.0, "d"
    )


def test_a_name_near_a_unit_counts_though_it_holds_none():
    [view] = decoded(View.of("/Us\u200bers/janedoe/x"))
    place = view.text.index("janedoe")
    assert view.place(Span(place, place + 7, "USER_PATH", 1.0, "d")) == Span(8, 15, "USER_PATH", 1.0, "d")


def test_letters_of_other_forms_are_read_where_what_looks_like_an_escape_is_none():
    assert {view.text.strip() for view in decoded(View.of("C:\\\u200bUsers\\nancy"))} == {
        "C:\\Users\nancy",
        "C:\\Users\\nancy",
    }


def test_every_decoding_of_what_is_nested_is_read():
    readings = [view.text.strip() for view in decoded(View.of("C\\u003a\\u005cUsers\\u005cfelix"))]
    assert readings == ["C:\\Users\\felix", "C:\\Users\x0celix".replace("\x0c", " ")]


def test_of_a_long_text_only_the_surroundings_of_units_are_read_again():
    text = "word " * 20_000 + "jane%40corp.internal" + " word" * 20_000
    [view] = decoded(View.of(text))
    assert len(view.text) < 1000
    place = view.text.index(MAIL)
    span = view.place(Span(place, place + len(MAIL), "EMAIL_ADDRESS", 1.0, "d"))
    assert text[span.start : span.end] == "jane%40corp.internal"


WRITE = [json.dumps, lambda text: urllib.parse.quote(text, safe=""), html.escape, lambda text: text]
pieces = st.lists(st.tuples(st.sampled_from(WRITE), st.text(max_size=12)), max_size=6)


@given(pieces)
def test_every_part_of_a_view_stands_for_a_part_of_the_text(written):
    text = "".join(write(piece) for write, piece in written)
    views = decoded(View.of(text))
    assert bool(views) == bool(find_units(text))
    for view in views:
        for start in range(len(view.text)):
            span = view.place(Span(start, start + 1, "X", 1.0, "d"))
            assert span is None or 0 <= span.start < span.end <= len(text)


@given(st.text(max_size=60))
def test_units_are_disjoint_in_order_and_mean_something_else(text):
    units = find_units(text)
    assert all(low < high for low, high in units)
    assert all(a[1] <= b[0] for a, b in pairwise(units))
    assert all(meaning(text[low:high]) != text[low:high] for low, high in units)
