"""Data that is no text is known as such; text that is hidden in base64 is read."""

import base64
import random

import pytest

from pipelines.redaction.carriers.blobs import LEAST, find_blobs, hidden_texts

DATA = random.Random(4).randbytes(3000)
ENCODED = base64.b64encode(DATA).decode()
WRAPPED = "\n".join(ENCODED[place : place + 76] for place in range(0, len(ENCODED), 76))


@pytest.mark.parametrize(
    "blob",
    [
        ENCODED,
        base64.urlsafe_b64encode(DATA).decode(),
        f"data:image/png;base64,{ENCODED}",
        f"data:image/svg+xml;charset=utf-8;base64,{ENCODED[:200]}",
        DATA.hex(),
        WRAPPED,
    ],
    ids=["base64", "of URLs", "image", "small image", "hexadecimal", "wrapped"],
)
@pytest.mark.parametrize("carrier", ["{}", "see {} there", 'src="{}"', "a\n{}\nb"])
def test_data_is_found_where_it_stands(blob, carrier):
    text = carrier.format(blob)
    assert [text[start:end] for start, end in find_blobs(text)] == [blob]


def test_a_text_of_control_characters_is_data():
    text = DATA.decode("utf-8", "replace")
    assert find_blobs(text) == [(0, len(text))]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5000,
        "lorem ipsum dolor sit amet " * 100,
        "src/components/forms/fields/" * 40,
        "some_very_long_identifier_" * 40,
        "0123456789" * 100,
        "ACGT" * 200,
        DATA.hex()[: LEAST - 1],
        "\x00 one odd character in a text that is long enough to be one of those " * 2,
        "-----BEGIN PRIVATE KEY-----\n" + WRAPPED,
    ],
    ids=["one letter", "prose", "path", "identifier", "digits", "genome", "short", "nul", "key"],
)
def test_what_is_text_is_no_data(text):
    assert find_blobs(text) == []


def test_text_in_base64_is_read():
    hidden = "token for jane@corp.internal"
    written = base64.b64encode(hidden.encode()).decode()
    assert list(hidden_texts(f"data: {written}!")) == [(6, 6 + len(written), hidden)]
    written = base64.urlsafe_b64encode(("\u00ff\u00fe?" * 8).encode()).decode()
    assert [text for _, _, text in hidden_texts(written)] == ["\u00ff\u00fe?" * 8]


@pytest.mark.parametrize(
    "text", [ENCODED, "a_long_identifier_of_code_here", "path/to/some/file/of/the/project", DATA.hex()]
)
def test_what_is_no_readable_text_in_base64_is_not_read(text):
    assert list(hidden_texts(text)) == []
