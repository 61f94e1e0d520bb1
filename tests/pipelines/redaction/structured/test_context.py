"""A word shortly before a number, or in its field's name, says what the number is."""

import pytest


@pytest.mark.parametrize(
    "text",
    [
        "my bank account is 12345678901",
        "ACCOUNT: 12345678901",
        "customerAccount = 12345678901",
        "their accounts: 12345678901",
        "the account is\n12345678901",
    ],
)
def test_a_word_before_it_tells(found, text):
    assert found(text, "US_BANK_NUMBER") == ["12345678901"]


@pytest.mark.parametrize(
    "text",
    [
        "12345678901",
        "the discount is 12345678901",
        "12345678901 is the account",
        "account" + " and so on" * 8 + " 12345678901",
    ],
    ids=["no word", "the word inside another", "the word after", "the word far away"],
)
def test_what_tells_nothing(found, text):
    assert found(text, "US_BANK_NUMBER") == []


def test_the_name_of_the_field_tells(found):
    assert found("12345678901", "US_BANK_NUMBER", field="bank_account") == ["12345678901"]
    assert found("12345678901", "US_BANK_NUMBER", field="created") == []
