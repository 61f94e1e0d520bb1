"""What of a text is prose, and what of its code is a string or a comment; every offset is of the text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redaction.people.prose import LONGEST, OVERLAP, Kind, pieces, sentences, whole


def shown(text):
    return [(piece.kind.value, text[piece.start : piece.end]) for piece in pieces(text)]


@pytest.mark.parametrize(
    "line",
    [
        "self.owner = my_array[1::2]",
        "import numpy as np",
        "const Total = props.user.Name;",
        "    return Response(data, status=Status.OK)",
        "class Margaret:",
        "SELECT Name FROM Users WHERE Id = 3;",
        "<UserCard Name={Jordan} />",
    ],
)
def test_a_line_of_code_gives_nothing_to_read(line):
    assert shown(line) == []


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ('owner = "Margaret Holloway"', ("string", "Margaret Holloway")),
        ("owner = 'Margaret Holloway';", ("string", "Margaret Holloway")),
        ("const a = `Margaret Holloway`;", ("string", "Margaret Holloway")),
        ("x = compute(1)  # asked by Margaret", ("comment", "asked by Margaret")),
        ("int x = 1; // asked by Margaret", ("comment", "asked by Margaret")),
        ("int x = f(2); /* asked by Margaret */", ("comment", "asked by Margaret */")),
        ("<td>{id}</td><td>Margaret Holloway</td>", ("string", "Margaret Holloway")),
        (r'print("dear \"Margaret Holloway\", hi")', ("string", r"dear \"Margaret Holloway\", hi")),
    ],
)
def test_code_gives_what_it_quotes_and_what_its_comments_say(line, given):
    assert shown(line) == [given]


def test_a_mark_of_a_comment_inside_a_string_begins_none():
    assert shown('url = "https://example.org/Margaret Holloway"; x()') == [
        ("string", "https://example.org/Margaret Holloway")
    ]


def test_lines_of_prose_are_one_piece_up_to_a_blank_line():
    text = "I met Margaret\nin the lobby.\n\nShe left."
    assert shown(text) == [("prose", "I met Margaret\nin the lobby."), ("prose", "She left.")]


@pytest.mark.parametrize("margin", ["    12\u2192", "7: ", "+ ", "  3\t"])
def test_what_a_tool_prints_before_a_line_of_a_file_is_no_part_of_it(margin):
    assert shown(f"{margin}I met Margaret in the lobby.") == [("prose", "I met Margaret in the lobby.")]


def test_a_block_of_code_gives_its_sentences_as_comments():
    text = (
        "```python\ndef f():\n    Margaret asked what this is for, and it is for the audit.\n    return Total\n```\n"
        "Margaret left."
    )
    assert shown(text) == [
        ("comment", "Margaret asked what this is for, and it is for the audit."),
        ("prose", "Margaret left."),
    ]


def test_after_a_blank_line_code_is_over():
    assert shown("total = f(x)\n\nMargaret (from billing) asked.") == [("prose", "Margaret (from billing) asked.")]
    assert shown("total = f(x)\n    Margaret, Holloway, g(y), 12") == []
    assert shown("    Margaret, Holloway, g(y), 12") == [("prose", "Margaret, Holloway, g(y), 12")]


@pytest.mark.parametrize("language", ["", "text", "email"])
def test_a_fence_around_text_hides_no_line_of_it(language):
    assert shown(f"```{language}\nMargaret Holloway\nx = f(1)\n```") == [("prose", "Margaret Holloway")]
    assert shown("```python\nMargaret Holloway\n```") == []


def test_a_greeting_with_marks_in_it_is_still_prose():
    assert shown("RT @ada_l: <3 Margaret & Tom!!! #win") == [("prose", "RT @ada_l: <3 Margaret & Tom!!! #win")]


def test_sentences_end_with_a_full_stop_and_short_lines_with_themselves():
    wrapped = "The rest of this line is long enough to have been wrapped by\nan editor."
    text = f"Ask Dr. Holloway. She knows.\nMargaret\n{wrapped}"
    found = [text[start:end] for start, end in sentences(text, 0, len(text))]
    assert found == [
        "Ask Dr. Holloway.",
        "She knows.",
        "Margaret",
        wrapped,
    ]


@pytest.mark.parametrize(
    "filler", ["word ", "word. ", "x", '("', 'John said "x\\'], ids=["words", "sentences", "letters", "quotes", "open"]
)
def test_a_line_without_end_is_read_in_windows(filler):
    text = filler * 5000
    found = [*whole(text), *pieces(text)]
    assert max(piece.end - piece.start for piece in found) <= LONGEST
    covered = whole(text)
    assert (covered[0].start, covered[-1].end) == (0, len(text))
    assert all(-OVERLAP <= after.start - before.end <= 0 for before, after in pairwise(covered))


def test_a_name_at_the_border_of_two_windows_is_whole_in_one_of_them():
    for place in range(LONGEST - 30, LONGEST + 5):
        text = "x" * place + " Margaret Holloway " + "y" * 300
        assert any("Margaret Holloway" in text[piece.start : piece.end] for piece in whole(text))


@given(st.text(st.sampled_from("aB\"'`#/*\n\r ={}()<>.\\\u00e9\U0001f600")))
def test_pieces_lie_within_the_text_in_order_and_never_overlap(text):
    found = pieces(text)
    assert all(0 <= piece.start < piece.end <= len(text) for piece in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    for piece in found:
        cut = list(sentences(text, piece.start, piece.end))
        assert all(piece.start <= start < end <= piece.end for start, end in cut)
        assert Kind.WHOLE is not piece.kind
