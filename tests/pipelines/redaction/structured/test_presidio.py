"""Presidio's pattern recognisers find on the fast path what they find in Presidio; where we differ, it is listed."""

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import RecognizerResult as Result
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from pipelines.redaction.structured import StructuredTier
from pipelines.redaction.structured.presidio import compiles, pattern_rules, shipped
from pipelines.redaction.tier import DetectorError

GOLD = Path(__file__).parents[5] / "shared" / "data" / "pii_gold"
SETS = sorted(GOLD.glob("*.jsonl.gz"))
STRIDE = int(os.environ.get("LINEWEIGHT_GOLD_STRIDE", "12"))  # every how manieth document; 1 takes minutes
# Its expressions name every top-level domain and take longer to compile than all others; they have a test below.
OTHERS = [recognizer for recognizer in shipped() if recognizer.supported_entities != ["URL"]]


def without_context(recognizers):
    """Their rules, without the words that Presidio looks for with a language model."""
    return [replace(rule, context=()) for recognizer in recognizers for rule in pattern_rules(recognizer)]


@pytest.fixture(scope="module")
def fast(cache):
    tier = StructuredTier(without_context(OTHERS), cache=cache)

    def found(texts):
        return [distinct(spans) for spans in tier.find(texts, [""] * len(texts))]

    return found


@pytest.fixture(scope="module")
def stock():
    return engine_of(OTHERS)


def engine_of(recognizers):
    """What AnalyzerEngine finds in a text with some recognisers, in all their languages."""
    languages = sorted({recognizer.supported_language for recognizer in recognizers})
    nlp = NoOpNlpEngine(models=[{"lang_code": language, "model_name": "none"} for language in languages])
    nlp.load()
    registry = RecognizerRegistry(recognizers=list(recognizers), supported_languages=languages)
    engine = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=languages)

    def found(text):
        return distinct(result for language in languages for result in engine.analyze(text, language))

    return found


def distinct(found):
    """Ranges, types and scores, where of one type in one place the surest counts, as AnalyzerEngine counts."""
    results = [Result(one.entity_type, one.start, one.end, one.score) for one in found]
    return sorted(
        (one.start, one.end, one.entity_type, one.score) for one in EntityRecognizer.remove_duplicates(results)
    )


def test_all_that_presidio_ships_compiles():
    assert len(shipped()) == 90
    assert [recognizer.name for recognizer in shipped() if not compiles(recognizer)] == []


@pytest.mark.skipif(not SETS, reason="the annotated sets are not here")
@pytest.mark.parametrize("path", SETS, ids=lambda path: path.name.split(".")[0])
def test_the_same_is_found_in_annotated_text(fast, stock, path):
    with gzip.open(path, "rt") as lines:
        texts = [json.loads(line)["text"] for line in lines][::STRIDE]
    differing = [number for number, found in enumerate(fast(texts)) if found != stock(texts[number])]
    assert differing == []


VALUES = [
    "4012888888881881", "GB29 NWBK 6016 1331 9268 19", "DE89370400440532013000 2", "078-05-1120", "221 395 1837",
    "AB 12 34 56 C", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "2001:db8::8a2e:370:7334%eth0", "00-1B-44-11-3A-B7",
    "12.05.1999", "S1234567D", "HRB 12345", "X1234567L", "99999999R", "jane@example.co.uk", " ", "\n", "-", ".", "/",
    "é", "\u0661", "a", "7",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(VALUES), max_size=6).map("".join))
def test_the_same_is_found_in_text_made_up(fast, stock, text):
    assert fast([text]) == [stock(text)]


def test_urls_are_found_as_presidio_finds_them(cache):
    url = [recognizer for recognizer in shipped() if recognizer.supported_entities == ["URL"]]
    (fast,) = StructuredTier(without_context(url), cache=cache).find([URLS], [""])
    assert distinct(fast) == engine_of(url)(URLS)
    assert len(fast) > 3


URLS = "see https://example.com/a?b=c, 'http://example.org' and www.example.co.uk/x; not example.invalid or 1.2.3"


class Yours(PatternRecognizer):
    """As an engineer writes one: a pattern and a check."""

    def __init__(self):
        super().__init__("CUSTOMER", patterns=[Pattern("number", r"\bkd-\d{4}\b", 0.6)], context=["customer"])

    def invalidate_result(self, pattern_text):
        return pattern_text.endswith("0000")


def test_a_recogniser_of_your_own_runs_on_the_fast_path(cache):
    tier = StructuredTier([], [Yours()], cache=cache)
    spans, none, told = tier.find(["order of KD-1234", "KD-0000", "our customer KD-1234"], ["", "", ""])
    assert [(span.start, span.end, span.entity_type, span.score, span.detector) for span in spans] == [
        (9, 16, "CUSTOMER", 0.6, "Yours")
    ]
    assert none == []
    assert [span.score for span in told] == [pytest.approx(0.95)]


class AnalysesItself(Yours):
    """What it finds is not what its patterns say."""

    def analyze(self, text, entities, nlp_artifacts=None, regex_flags=None):
        return []


@pytest.mark.parametrize("other", [AnalysesItself(), PhoneRecognizer()], ids=["analyses itself", "is no pattern"])
def test_a_recogniser_that_is_more_than_patterns_is_not_taken_for_one(other):
    assert not compiles(other)


class Fails(Yours):
    """Its check cannot take the value."""

    def invalidate_result(self, pattern_text):
        raise ValueError(pattern_text)


def test_a_check_that_fails_stops_the_text_and_tells_nothing_of_it(cache):
    with pytest.raises(DetectorError, match="The validator of Fails raised ValueError") as raised:
        StructuredTier([], [Fails()], cache=cache).find(["KD-1234"], [""])
    assert "1234" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "entity_type", "presidio", "ours"),
    [
        ("to jane.doe@build.corp.internal", "EMAIL_ADDRESS", [], ["jane.doe@build.corp.internal"]),
        ("clone git@github.com:acme/shop.git", "EMAIL_ADDRESS", ["git@github.com"], []),
        ("gb29nwbk60161331926819", "IBAN_CODE", [], ["gb29nwbk60161331926819"]),
        ("x = 4.191945144032948", "CREDIT_CARD", ["191945144032948"], []),
        ("requires version 2.4.0.3", "IP_ADDRESS", ["2.4.0.3"], []),
        ("row[1::2]", "IP_ADDRESS", ["1::2"], []),
        ("at 2213951837 ms", "UK_NHS", ["2213951837"], []),
        ("NHS number 2213951837", "UK_NHS", ["2213951837"], ["2213951837"]),
        ("from ab1234cd5e on", "IN_PAN", ["ab1234cd5e"], []),
    ],
    ids=[
        "mail of an internal domain",
        "the login of a repository is no mail",
        "an account in small letters",
        "a fraction is no card",
        "a version is no address",
        "a slice is no address",
        "a weak check digit proves nothing",
        "but a word does",
        "ten characters are no tax number",
    ],
)
def test_where_we_differ_from_presidio(found, text, entity_type, presidio, ours):
    known = [recognizer for recognizer in OTHERS if recognizer.supported_entities == [entity_type]]
    results = engine_of(known)(text)
    assert sorted({text[start:end] for start, end, _, score in results if score >= 0.01}) == presidio
    assert found(text, entity_type) == ours
