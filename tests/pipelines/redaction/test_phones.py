"""Telephone numbers in long output: found where they stand, and nothing else changes."""

import pytest

from tests.pipelines.redaction.conftest import batch, record, said

FILLER = [f"step {number}: compiled module {number} of 400 in 0.{number} s" for number in range(400)]


def redacted(redactor, lines):
    result = redactor.redact(batch(record(said("user", "\n".join(lines)))))
    return result.batch["messages"].to_pylist()[0][0]["content"].split("\n")


@pytest.mark.parametrize("number", ["+49 30 901820", "(212) 771-0187", "030 901820"])
def test_a_number_in_the_middle_of_a_long_text_is_replaced_and_nothing_else(redactor, number):
    lines = [*FILLER[:200], f"ring the desk, {number}, before noon", *FILLER[200:]]
    found = redacted(redactor, lines)
    assert [place for place, (one, other) in enumerate(zip(lines, found, strict=True)) if one != other] == [200]
    assert found[200].startswith("ring the desk, ")
    assert found[200].endswith(", before noon")
    assert number not in found[200]


def test_a_word_on_the_line_before_says_that_bare_digits_are_a_number(redactor):
    assert redacted(redactor, ["call me on", "2127710187"])[1] != "2127710187"
    assert redacted(redactor, ["the checksum was", "2127710187"])[1] == "2127710187"
