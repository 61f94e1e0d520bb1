"""The scanner sees one byte for every code point, so that its offsets are the text's."""

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.redaction.structured.alphabet import BYTES, DIGIT, EDGE, SPACE, WORD, shadow


@settings(deadline=None)  # the first of all texts waits for the table
@given(st.text())
def test_a_text_has_as_many_bytes_as_code_points_and_no_edge_in_it(text):
    assert len(shadow(text)) == len(text)
    assert EDGE not in shadow(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_stands_for_itself(text):
    assert shadow(text) == text.encode()


@given(st.characters(min_codepoint=128))
def test_another_character_is_what_regex_takes_it_for(one):
    kind = shadow(one)[0]
    if one not in BYTES:
        assert (kind == DIGIT) == bool(regex.match(r"\d", one))
        assert (kind in (WORD, DIGIT)) == bool(regex.match(r"\w", one))
        assert (kind == SPACE) == bool(regex.match(r"\s", one))


def test_half_of_a_pair_is_a_character_too():
    assert len(shadow("a\ud800b")) == 3
