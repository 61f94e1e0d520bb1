"""Canonical bytes are those of RFC 8785, whichever encoder wrote them."""

import json
import math

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.canonical import NotCanonicalError, canonical_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_the_bytes_are_those_of_the_reference(document: dict[str, object]):
    assert canonical_json(document) == rfc8785.dumps(document)


@settings(max_examples=300)
@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-7, 1e-3) | st.floats(1e15, 1e22))
def test_every_number_is_written_as_the_reference_writes_it(number: float):
    assert canonical_json([number, -number]) == rfc8785.dumps([number, -number])


def test_every_character_is_written_as_the_reference_writes_it():
    for start in range(0, 0x110000, 0x1000):
        text = "".join(chr(code) for code in range(start, start + 0x1000) if not 0xD800 <= code < 0xE000)
        assert canonical_json({"text": text}) == rfc8785.dumps({"text": text})


def test_keys_are_in_the_order_of_utf_16_which_is_not_that_of_code_points():
    document = {"\U0001f600": 1, "\ufb33": 2, "a": 3}
    assert list(json.loads(canonical_json(document))) == ["a", "\U0001f600", "\ufb33"]


def _nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [90, 99, 100, 101, 102, 200])
def test_deep_documents_are_the_same_bytes_too(depth: int):
    assert canonical_json(_nested(depth)) == rfc8785.dumps(_nested(depth)) == b"[" * (depth + 1) + b"]" * (depth + 1)


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 2**53, -(2**53), "\ud800", {"\udfff": 1}, {1: 2}, {"a": object()}, {"a": {1, 2}}],
    ids=["not a number", "infinite", "minus infinite", "too large", "too small", "half a character",
         "half a character as a key", "a key that is no text", "no JSON value", "a set"],
)  # fmt: skip
def test_what_has_no_canonical_form_is_refused(value: object):
    with pytest.raises(NotCanonicalError):
        canonical_json({"a": [value]})
