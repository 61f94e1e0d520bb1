"""Overlapping finds: who wins, and that nothing claimed is left standing."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redaction.spans import MARKER, Met, Span, disjoint, repeated

TEXT = "Jane Doe <jane.doe@example.org> 4242"
TYPES = ("PERSON", "EMAIL_ADDRESS", "SECRET", "PHONE_NUMBER", "URL")
spans = st.builds(
    lambda start, length, kind, score, detector: Span(start, min(len(TEXT), start + length), kind, score, detector),
    st.integers(0, len(TEXT) - 1),
    st.integers(1, 20),
    st.sampled_from(TYPES),
    st.sampled_from([0.4, 0.9]),
    st.sampled_from(["d", "e", MARKER]),
)


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (Span(12, 16, "PERSON", 0.1, MARKER), Span(10, 30, "SECRET", 1.0, "s")),
        (Span(12, 16, "SECRET", 0.5, "s"), Span(10, 30, "EMAIL_ADDRESS", 1.0, "m")),
        (Span(10, 30, "EMAIL_ADDRESS", 0.5, "m"), Span(0, 31, "PERSON", 1.0, "n")),
        (Span(10, 30, "EMAIL_ADDRESS", 0.5, "m"), Span(0, 31, "URL", 1.0, "u")),
        (Span(10, 30, "EMAIL_ADDRESS", 0.5, "m"), Span(12, 28, "PHONE_NUMBER", 1.0, "p")),
        (Span(10, 30, "EMAIL_ADDRESS", 0.9, "m"), Span(10, 30, "PHONE_NUMBER", 0.5, "p")),
        (Span(10, 30, "EMAIL_ADDRESS", 0.5, "m"), Span(10, 30, "PHONE_NUMBER", 0.5, "p")),
    ],
    ids=[
        "what is redacted already over a secret",
        "a secret over anything longer",
        "a structured identifier over a name",
        "a structured identifier over a link",
        "the longer over the shorter",
        "the surer over the less sure",
        "the first by type",
    ],
)
def test_who_wins(winner, loser):
    assert winner in disjoint([loser, winner], TEXT)


def test_a_type_that_is_kept_does_not_shield_what_goes():
    link, mail = Span(0, 36, "US_SSN", 1.0, "u"), Span(10, 30, "EMAIL_ADDRESS", 0.5, "m")
    assert mail in disjoint([link, mail], TEXT, {"US_SSN"})
    assert mail not in disjoint([link, mail], TEXT)


def test_what_a_loser_claims_beside_the_winner_is_a_span_of_its_own_without_punctuation():
    name, mail = Span(0, 20, "PERSON", 0.9, "n"), Span(10, 30, "EMAIL_ADDRESS", 0.5, "m")
    assert [(s.start, s.end, s.entity_type) for s in disjoint([name, mail], TEXT)] == [
        (0, 8, "PERSON"),
        (10, 30, "EMAIL_ADDRESS"),
    ]


@given(st.lists(spans, max_size=8), st.sets(st.sampled_from(TYPES)))
def test_spans_come_out_disjoint_in_order_and_cover_every_letter_that_was_claimed(found, kept):
    done = disjoint(found, TEXT, kept)
    assert all(a.end <= b.start for a, b in pairwise(done))
    claimed = {i for s in found for i in range(s.start, s.end) if TEXT[i].isalnum()}
    covered = {i for s in done for i in range(s.start, s.end)}
    assert claimed <= covered


@given(st.lists(spans, max_size=8), st.randoms())
def test_the_order_of_finds_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert disjoint(shuffled, TEXT) == disjoint(found, TEXT)


@given(st.lists(spans, max_size=8))
def test_what_is_disjoint_stays_as_it_is(found):
    done = disjoint(found, TEXT)
    assert disjoint(done, TEXT) == done


@given(st.lists(spans, max_size=8), spans)
def test_a_span_has_met_the_finds_of_its_type_that_it_overlaps(found, span):
    overlaps = any(
        one.entity_type == span.entity_type and one.start < span.end and span.start < one.end for one in found
    )
    assert (span in Met(found)) == overlaps


@pytest.mark.parametrize("apart", [0, 3], ids=["adjoining", "apart"])
def test_tens_of_thousands_of_finds_are_settled_in_seconds(apart):
    text = "ab" * 80_000
    found = [Span(k * (4 + apart), k * (4 + apart) + 4, TYPES[k % 4], 0.5, "d") for k in range(20_000)]
    found += [Span(span.start, span.end + 1, "PERSON", 0.5, "n") for span in found]
    begun = time.process_time()
    assert len(disjoint(found, text)) >= 20_000
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("by Ada Roe.", [(3, 10)]),
        ("Ada Roes, Ada Roe2, xAda Roe", []),
        ("Ada Roe()", []),
        ("Ada Roe and Ada Roe", [(0, 7), (12, 19)]),
    ],
    ids=["as a word", "inside of words", "a call", "twice"],
)
def test_a_name_is_repeated_where_it_stands_as_a_word(text, places):
    assert [(s.start, s.end) for s in repeated({"Ada Roe": "PERSON"}, text, ())] == places


def test_a_name_is_not_repeated_inside_another_find():
    text = "Ada Roe <ada roe Ada Roe>"
    found = [Span(9, 24, "EMAIL_ADDRESS", 1.0, "m")]
    assert [s.start for s in repeated({"Ada Roe": "PERSON"}, text, found)] == [0]


@pytest.mark.parametrize(
    ("text", "value", "marker"),
    [
        ("card 4539 0099 9123 4567 ok", "4539 0099 9123 4567", "0099 9123 4567"),
        ("card 4539 9991 2345 6787 ok", "4539 9991 2345 6787", "4539 9991"),
    ],
    ids=["at its end", "at its beginning"],
)
def test_digits_that_look_like_a_surrogate_do_not_shield_the_value_they_are_part_of(text, value, marker):
    start, low = text.index(value), text.index(marker)
    card = Span(start, start + len(value), "CREDIT_CARD", 1.0, "card")
    shield = Span(low, low + len(marker), "PHONE_NUMBER", 1.0, MARKER)
    assert disjoint([shield, card], text) == (card,)
    assert disjoint([shield], text) == (shield,)
