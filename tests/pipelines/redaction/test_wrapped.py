"""A value on two lines, or in strings that code puts together, is found; two that happen to adjoin are not."""

import pytest

from pipelines.redaction.views import View
from pipelines.redaction.wrapped import joined

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
CARD = "4539 5787 6362 1486"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("It is jane.doe@\ncorp.internal, please.", "jane.doe"),
        ('mail = "jane.doe@" +\n    "corp.internal"', "corp.internal"),
        ("mail = ('jane.doe@'\n        'corp.internal')", "jane.doe"),
        ("pay with 4539 5787 \n6362 1486 please", "6362 1486"),
        ("ring (212) 771-\n0187 today", "0187"),
        ("host 3c:22:fb:\n9a:01:7e is down", "9a:01:7e"),
        (f"the key {TOKEN[:20]}\n{TOKEN[20:]} works", TOKEN[20:]),
        (f"the key {TOKEN[:20]}\r\n{TOKEN[20:]} works", TOKEN[20:]),
        (f"key = '{TOKEN[:12]}' +\n  '{TOKEN[12:30]}' +\n  '{TOKEN[30:]}'", TOKEN[12:30]),
        (f"echo {TOKEN[:20]}\\\n{TOKEN[20:]}", TOKEN[20:]),
    ],
    ids=["after @", "strings", "adjoining strings", "card", "telephone", "hardware", "token", "CRLF",
         "three strings", "continued line"],
)  # fmt: skip
def test_a_value_on_two_lines_goes(redact_text, text, gone):
    assert gone not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "total 4111\n1111 rows\n1111 more\n1111 left",
        "id,count\n4539578\n763621486\n",
        "x = 1234567\ny = 7654321\n",
        "see /srv/app\nhome page",
        "# the page of the route\n@app.route('/about')\ndef about(): ...",
        "print(\"a\" + \"b\", 'it''s')",
        "2026-01-02 10:00:00 started 12345\n2026-01-02 10:00:01 stopped 12345",
    ],
)
def test_lines_that_happen_to_adjoin_stay(redact_text, text):
    assert redact_text(text) == text


def test_what_was_found_on_its_own_line_is_not_widened(redact_text):
    redacted = redact_text("write to jane.doe@corp.internal\nThanks a lot")
    assert redacted.endswith("\nThanks a lot")
    assert "jane" not in redacted


@pytest.mark.parametrize("text", ["1234\n" * 20_000, '"a1" ' * 20_000, "a@b\n" * 20_000, '""' * 40_000])
def test_the_views_of_joined_breaks_grow_with_the_text_and_no_faster(text):
    assert sum(len(view.text) for view in joined(View.of(text))) <= 4 * len(text)
