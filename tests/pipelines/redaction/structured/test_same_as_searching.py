"""The one pass finds what searching each whole text with each rule finds: no more, no less, in any company."""

import gzip
import json
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.redaction.rule import Rule, search
from pipelines.redaction.structured import StructuredTier

GOLD = Path(__file__).parents[5] / "shared" / "data" / "pii_gold"
IGNORING_CASE = regex.MULTILINE | regex.IGNORECASE
ACROSS_LINES = regex.MULTILINE | regex.DOTALL
EXPRESSIONS = {
    "plain": (r"ab+1", regex.MULTILINE),
    "word edges": (r"\b[a-c]{2,4}\b", regex.MULTILINE),
    "word edges about what is no word": (r"\b-\d", regex.MULTILINE),
    "no word edge": (r"\Ba1", regex.MULTILINE),
    "neighbours": (r"(?<![\w.-])\d{2,3}(?![\w-]|\.\d)", regex.MULTILINE),
    "neighbours that must be": (r"(?<=[\s:])a(?=[\s.]|$)", regex.MULTILINE),
    "neighbours of a few letters": (r"(?<![À-Þ])1(?![À-Þ])", regex.MULTILINE),
    "long looks": (r"(?<=a1 )b(?= ?c)", regex.MULTILINE),
    "a look that may go on": (r"a(?=[^\n]*1)", regex.MULTILINE),
    "a long look that must follow": (r"a\d(?=[ .]{0,3}bc)", regex.MULTILINE),
    "a look inside": (r"a(?!1)\wb", regex.MULTILINE),
    "lines": (r"^a.*1$", regex.MULTILINE),
    "the text": (r"\A[ab]+|1\Z", regex.MULTILINE),
    "across lines": (r"a.{0,5}1", ACROSS_LINES),
    "without end": (r"a[^c]*c", regex.MULTILINE),
    "without end, in a line": (r"b\w+ +\w+1", regex.MULTILINE),
    "without begin": (r"\w*@\w+", regex.MULTILINE),
    "kept from the middle": (r"a\.?\K[bc]+", regex.MULTILINE),
    "kept from late": (r"(?:[ab]{1,6}\.)\K\d*", regex.MULTILINE),
    "the same again": (r"([ab1])\1", regex.MULTILINE),
    "named and the same again": (r"(?P<mark>[-.])a(?P=mark)", regex.MULTILINE),
    "a name for two": (r"a(?P<value>\d+)|b(?P<value>\w)", regex.MULTILINE),
    "a part of the match": (r"[ab](?P<value>\d{1,3})c?", regex.MULTILINE),
    "possessive": (r"(?>a|ab)b?+1", regex.MULTILINE),
    "lazy": (r"a.{1,9}?[1b]", regex.MULTILINE),
    "any case": (r"[ks]i[^A]", IGNORING_CASE),
    "any case, in part": (r"(?i:ab)C", regex.MULTILINE),
    "said late that case is nothing": (r"\b(?i)AB", regex.MULTILINE),
    "ASCII only": (r"(?a)\w\d\W", regex.MULTILINE),
    "letters of others": (r"[^\W\d_]\d", regex.MULTILINE),
    "a range of letters": (r"[À-Þ][a-z'\u2019]", regex.MULTILINE),
    "spaces of others": (r"1\s[^\s1]", regex.MULTILINE),
    "choices with different ends": (r"(?:\ba|b(?!1))[1c](?:\b|(?=a))", regex.MULTILINE),
    "words from a list": (r"(?:^|(?<=\W))(abc|1a)(?:(?=\W)|$)", IGNORING_CASE),
    "often": (r"(?:a1?){3,12}b", regex.MULTILINE),
    "comments": (r"(?x) a \d  # a digit", regex.MULTILINE),
    "nothing at all": (r"a*", regex.MULTILINE),
    "a property": (r"\p{Lu}\d", regex.MULTILINE),
    "a class by name": (r"[[:digit:]]a", regex.MULTILINE),
    "one wrong letter": (r"(?:abc){e<=1}", regex.MULTILINE),
}
RULES = [Rule(name, "THING", expression, 0.5, flags=int(flags)) for name, (expression, flags) in EXPRESSIONS.items()]
CHARACTERS = (
    "abcABCksiSK 1259.-@:\n_'\u2019\u00a0\u00c4\u00e9\u017f\u212a\u0130\u0661\u2003\u0301\u2500\U0001f600\U00020000"
)
texts = st.text(st.sampled_from(CHARACTERS), max_size=40)


def by_searching(rules, text):
    return sorted(span for rule in rules for span in search(rule, text))


@pytest.fixture(scope="module")
def tricky(cache):
    return StructuredTier(RULES, cache=cache)


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, max_size=5))
def test_every_kind_of_expression_finds_what_searching_finds(tricky, several):
    assert [sorted(spans) for spans in tricky.find(several, [""] * len(several))] == [
        by_searching(RULES, text) for text in several
    ]


@settings(max_examples=100, deadline=None)
@given(texts, st.lists(texts, max_size=3), st.lists(texts, max_size=3))
def test_what_is_found_does_not_depend_on_the_company(tricky, text, before, after):
    together = tricky.find([*before, text, *after], [""] * (len(before) + 1 + len(after)))
    assert together[len(before)] == tricky.find([text], [""])[0]


PIECES = [
    "jane.doe@corp.internal", "+49 30 901820", "(212) 555-0187", "4242 4242 4242 4242", "DE89 3704 0044 0532 0130 00",
    "203.0.113.77", "2001:db8::8a2e:370", "3c:22:fb:9a:01:7e", "742 Evergreen Terrace", "/Users/janedoe/x",
    "912-34-5678", "dob: 1980-02-29", "x.com/janedoe", " ", "\n", ".", "-", "1", "é", "call me on ", "%40", "\u2019",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_the_rules_that_ship_find_what_searching_finds(tier, shipping, text):
    found = {(span.start, span.end, span.detector) for span in tier.find([text], [""])[0]}
    assert found == {(span.start, span.end, span.detector) for span in by_searching(shipping, text)}


@pytest.mark.parametrize("name", ["presidio_unit_tests", "datafog_corpus", "presidio_research_large", "wnut17_dev"])
def test_on_annotated_text_too(tier, shipping, name):
    path = GOLD / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("the annotated sets are not here")
    with gzip.open(path, "rt") as lines:
        documents = [json.loads(line)["text"] for line in lines][::6]
    differing = [
        number
        for number, (spans, text) in enumerate(zip(tier.find(documents, [""] * len(documents)), documents, strict=True))
        if {(span.start, span.end, span.detector) for span in spans}
        != {(span.start, span.end, span.detector) for span in by_searching(shipping, text)}
    ]
    assert differing == []


def test_no_rule_that_ships_goes_without_the_scanner(tier):
    assert tier.unscanned == ()


def test_what_the_scanner_cannot_read_is_searched_behind_its_literals(tricky, cache):
    assert set(tricky.unscanned) == {"nothing at all", "a property", "a class by name", "one wrong letter"}
    seldom = Rule("seldom", "THING", r"\p{Lu}\d", 0.5, literals=("ORDER",))
    (spans,) = StructuredTier([seldom], cache=cache).find(["order A1"], [""])
    assert [(span.start, span.end) for span in spans] == [(6, 8)]
    assert StructuredTier([seldom], cache=cache).find(["A1"], [""]) == [[]]
