"""What the tests of a value say."""

import pytest

from pipelines.redaction.credentials.plausible import (
    is_filler,
    is_mixed,
    is_password,
    is_plausible_secret,
    is_wordy,
    looks_random,
)

DRAWN = ["a8f5f167f44f4964e6c998de", "Kq3XwZ8v1TnR5yB7uC9d", "hZEmnoOEYISjraJtbySaKCNnSuYAvukaTt",
         "9ca8b7ff-1c2d-4e5f-8a9b-0c1d2e3f4a5b", "q8w~E7rT6y-u5I4o3P2"]  # fmt: skip
NAMED = ["getServerAddressByClient", "ConnectionStringB2B", "user_session_token_v2", "application/json", "2024-10-22",
         "thisIsAVeryLongIdentifier", "1234567890123456", "claude-3-5-sonnet-20241022"]  # fmt: skip


@pytest.mark.parametrize("value", DRAWN)
def test_what_is_drawn_by_lot_looks_so(value):
    assert looks_random(value)
    assert is_plausible_secret(value)


@pytest.mark.parametrize("value", NAMED)
def test_names_and_numbers_do_not(value):
    assert not looks_random(value)
    assert not is_mixed(value)


def test_letters_that_follow_each_other_as_in_english_are_words():
    assert is_wordy("whereTheServerKeepsItsNames2")
    assert not is_wordy("qzxKvjWpfGhbTdrw")
    assert not is_wordy("deadbeefcafe")


@pytest.mark.parametrize("value", ["xxxxxxxx", "your-token", "****", "ghp_XXXXXXXXXXXX1", "<token>", "", "CHANGEME"])
def test_a_filler_is_known(value):
    assert is_filler(value)


@pytest.mark.parametrize(
    ("value", "may_be"),
    [
        ("opensesame", True),
        ("Pa$$w0rd!x", True),
        ("required", False),
        ("user_password", False),
        ("two words", False),
        ("config.password", False),
        ("abab", False),
    ],
)
def test_a_password_is_no_word_of_a_form(value, may_be):
    assert is_password(value) is may_be
