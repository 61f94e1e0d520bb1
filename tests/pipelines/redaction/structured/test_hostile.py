"""Nothing that a text holds makes the search slow: twice the text takes about twice the time."""

import time

import pytest

HOSTILE = {
    "one letter": "a",
    "one digit": "7",
    "groups of digits": "123-4567 ",
    "mail without an end": "a.b@",
    "mail after mail": "jane@example.org,",
    "colons": "1:",
    "dots": "1.",
    "open brackets": "(0(",
    "home after home": "/Users/a",
    "blanks": "  \t",
    "streets without a number": "Main Street ",
    "numbers without a street": "12 Xa ",
    "accounts": "DE89 ",
    "plus after plus": "+1 ",
    "words that tell": "born on ",
    "other scripts": "\u0661\u0645\u6f22",
    "zero-width": "1\u200b",
    "lookalikes": "\uff11\uff12",
    "half of a pair": "\ud800",
}


def seconds(tier, text):
    began = time.process_time()
    tier.find([text], [""])
    return time.process_time() - began


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_time_grows_with_the_text_and_no_faster(tier, kind):
    piece = HOSTILE[kind]
    short, long = (piece * (size // len(piece)) for size in (20_000, 160_000))
    tier.find([short], [""])
    assert seconds(tier, long) < 8 * 3 * (seconds(tier, short) + 0.02)


def test_a_line_of_ten_million_characters_is_searched(tier):
    line = "x = compute(alpha, beta) + 17; " * 320_000
    text = f"{line}jane.doe@example.org {line[:1000]}"
    assert len(text) > 9_900_000
    began = time.process_time()
    (spans,) = tier.find([text], [""])
    assert [(text[span.start : span.end], span.detector) for span in spans] == [("jane.doe@example.org", "mail")]
    assert time.process_time() - began < 20


def test_very_many_short_texts_are_searched_together(tier):
    texts = ["ok", "jane@example.org", "", "no"] * 50_000
    began = time.process_time()
    found = tier.find(texts, [""] * len(texts))
    assert [len(spans) for spans in found] == [0, 1, 0, 0] * 50_000
    assert time.process_time() - began < 20
