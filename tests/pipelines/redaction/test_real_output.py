"""What real transcripts taught: the output of tools is JSON Lines, and shows a user's name outside of paths too."""

import json

import pytest

from tests.pipelines.redaction.conftest import MAIL, batch, record, said


def test_json_lines_stay_json_lines_whose_objects_may_name_a_key_twice(redact_text):
    lines = f'{{"at": 1, "at": 1, "mail": "{MAIL}"}}\n  at {MAIL}\n{{"mail": "{MAIL}"}}'
    found = redact_text(lines)
    surrogate = json.loads(found.split("\n")[2])["mail"]
    assert MAIL not in found
    assert found == lines.replace(MAIL, surrogate)


@pytest.mark.parametrize(
    "elsewhere",
    ["-rw-r--r--  1 jdoewinter  staff  512 Jan  2 10:00 main.go", "branch jdoewinter/fix-login", "by jdoewinter."],
)
def test_the_user_of_a_home_directory_is_replaced_wherever_the_record_names_them_again(redactor, elsewhere):
    done = redactor.redact(batch(record(said("user", "see /Users/jdoewinter/app"), said("tool", elsewhere))))
    first, second = (message["content"] for message in done.batch["messages"].to_pylist()[0])
    surrogate = first.removeprefix("see /Users/").removesuffix("/app")
    assert surrogate.startswith("qx")
    assert second == elsewhere.replace("jdoewinter", surrogate)


def test_a_user_named_like_a_common_word_or_a_call_leaves_the_code_as_it_is(redactor):
    code = "value = Math.max(1, maxwell(2)); // max 3"
    done = redactor.redact(
        batch(record(said("user", "in /Users/max/app and /Users/maxwell/app"), said("assistant", code)))
    )
    assert done.batch["messages"].to_pylist()[0][1]["content"] == code
