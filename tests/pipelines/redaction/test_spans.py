"""Overlapping finds: who wins, and that nothing claimed is left standing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redaction.operators import canonical_value, pseudonym
from pipelines.redaction.profile import RedactionProfile, UnknownProfileError, load_profile
from pipelines.redaction.spans import SURROGATE, Span, disjoint
from policies.strict_yaml import DocumentError, read_document

TEXT = "Jane Doe <jane.doe@example.org> 4242"
TYPES = ("PERSON", "EMAIL_ADDRESS", "SECRET", "PHONE_NUMBER")
spans = st.builds(
    lambda start, length, kind, score: Span(start, min(len(TEXT), start + length), kind, score, "d"),
    st.integers(0, len(TEXT) - 1),
    st.integers(1, 20),
    st.sampled_from(TYPES),
    st.sampled_from([0.4, 0.9]),
)


def test_an_address_wins_over_the_name_that_reaches_into_it():
    name, mail = Span(0, 20, "PERSON", 0.9, "n"), Span(10, 30, "EMAIL_ADDRESS", 0.5, "m")
    assert [(s.start, s.end, s.entity_type) for s in disjoint([name, mail], TEXT)] == [
        (0, 8, "PERSON"),
        (10, 30, "EMAIL_ADDRESS"),
    ]


def test_a_secret_wins_over_anything_longer():
    secret, mail = Span(12, 16, "SECRET", 0.5, "s"), Span(10, 30, "EMAIL_ADDRESS", 1.0, "m")
    assert [s.entity_type for s in disjoint([mail, secret], TEXT)] == ["EMAIL_ADDRESS", "SECRET", "EMAIL_ADDRESS"]


@given(st.lists(spans, max_size=8))
def test_spans_come_out_disjoint_in_order_and_cover_every_letter_that_was_claimed(found):
    done = disjoint(found, TEXT)
    assert all(a.end <= b.start for a, b in pairwise(done))
    claimed = {i for s in found for i in range(s.start, s.end) if TEXT[i].isalnum()}
    covered = {i for s in done for i in range(s.start, s.end)}
    assert claimed <= covered


@given(st.lists(spans, max_size=8), st.randoms())
def test_the_order_of_finds_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert disjoint(shuffled, TEXT) == disjoint(found, TEXT)


def test_a_surrogate_is_never_searched():
    text = "I am <PERSON_1a2b3c4d>."
    assert disjoint([Span(0, len(text), "SECRET", 1.0, "x")], text) == (Span(0, 4, "SECRET", 1.0, "x"),)


@given(st.sampled_from(TYPES), st.text(min_size=1, max_size=40), st.binary(min_size=32, max_size=32))
def test_a_pseudonym_has_its_form_whatever_the_value(kind, value, key):
    assert SURROGATE.fullmatch(pseudonym(kind, value, key))


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("EMAIL_ADDRESS", "Jane@Example.ORG", "jane%40example.org"),
        ("PHONE_NUMBER", "+1 (415) 555-0132", "415.555.0132"),
        ("CREDIT_CARD", "4242 4242-4242 4242", "4242424242424242"),
        ("IP_ADDRESS", "2001:DB8::0001", "2001:db8::1"),
        ("PERSON", "Jane  Doe", "jane doe"),
    ],
)
def test_two_spellings_of_a_value_are_one(kind, one, other):
    assert canonical_value(kind, one) == canonical_value(kind, other)


def test_secrets_that_differ_in_case_are_two():
    assert canonical_value("SECRET", "aB") != canonical_value("SECRET", "ab")


def test_the_profile_that_ships_is_valid_and_unknown_ones_are_refused():
    assert load_profile("strict-pseudonyms").entities["SECRET"].operator == "pseudonym"
    for name in ("lenient", "../strict-pseudonyms"):
        with pytest.raises(UnknownProfileError):
            load_profile(name)


def test_all_faults_of_a_profile_are_named_at_once():
    written = b"profile: p\nversion: 0\nlanguages: [en]\nmax_chars: 1\nner: {model: mm, labels: {A: B}}\nentitys: {}\n"
    with pytest.raises(DocumentError) as refused:
        read_document(written, "p.yaml", RedactionProfile)
    assert {fault.split(": ")[1] for fault in refused.value.faults} == {"version", "entities", "entitys"}
