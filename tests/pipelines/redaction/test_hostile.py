"""Hostile input: nothing that can be written hangs, fails open, or takes the run down with it."""

import json
import time

import pytest

from pipelines.redaction import searching
from pipelines.redaction.engine import Redactor
from tests.pipelines.redaction.conftest import MAIL, Finds, batch, blind_redactor, key_of, record, said

MILLION = 1_000_000
# What drives expressions that backtrack into quadratic or exponential time.
EVIL = {
    "one letter": "x",
    "digits": "1234567890",
    "spaced digits": "12 34 56 78 ",
    "signs of mail": "a@",
    "dots": "a.b.c.d.",
    "backslashes": "\\n\\",
    "percent": "%41%",
    "entities": "&amp;",
    "quotes": "\"'`",
    "begun strings": '"a',
    "brackets": "[",
    "objects": '{"a":',
    "key blocks": "-----BEGIN PRIVATE KEY-----",
    "assignments": "password=",
    "paths": "/home/",
    "colons": "a:b:c:",
    "zero width": "a\u200b",
    "right to left": "\u202ea\u202c",
    "line breaks": "1234\n",
    "base64": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU2Nzg5YWJj",
    "web tokens": "eyJhbGciOiJ.eyJ",
    "links": "https://u:p@h.io/x?token=abc&",
    "capitals": "Jane Doe ",
}


def contents(done):
    return [message["content"] for row in done.batch["messages"].to_pylist() for message in row]


@pytest.mark.parametrize("evil", EVIL.values(), ids=EVIL)
def test_time_grows_with_the_text_and_no_faster(redactor, evil):
    seconds = {}
    for size in (10_000, 80_000):
        text = evil * (size // len(evil)) + f" {MAIL}"
        begun = time.process_time()
        done = redactor.redact(batch(record(said("user", text))))
        seconds[size] = time.process_time() - begun
        assert MAIL not in "".join(contents(done))
    assert seconds[80_000] < 24 * seconds[10_000] + 0.5


def test_ten_megabytes_in_one_line_are_read_to_the_end(profile):
    redactor = Redactor(profile, key_of, tiers=[Finds(MAIL, "EMAIL_ADDRESS")])
    text = "the build of module 12345 took (a, b) too long; " * (10 * MILLION // 48) + MAIL
    begun = time.process_time()
    [redacted] = contents(redactor.redact(batch(record(said("tool", text)))))
    assert time.process_time() - begun < 30
    assert redacted.startswith(text[: -len(MAIL)])
    assert MAIL not in redacted


def test_a_million_short_messages_come_out_as_they_went_in(profile):
    messages = [said("user", f"ok {number % 5_000}") for number in range(MILLION)]
    given = batch(record(*messages), record(said("user", f"to {MAIL}"), record_id="r2"))
    done = Redactor(profile, key_of, tiers=[Finds(MAIL, "EMAIL_ADDRESS")]).redact(given)
    assert done.batch["messages"][0] == given["messages"][0]
    assert done.findings["record_id"].to_pylist() == ["r2"]


@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["arrays", "objects"])
def test_json_of_any_depth_is_searched(profile, opening):
    depth = 20_000
    text = opening * depth + f'"{MAIL}"' + ("]" if opening == "[" else "}") * depth
    redactor = Redactor(profile, key_of, tiers=[Finds(MAIL, "EMAIL_ADDRESS")])
    [redacted] = contents(redactor.redact(batch(record(said("tool", text)))))
    assert MAIL not in redacted
    assert redacted.startswith(opening * depth + '"qx')


def test_json_in_strings_of_json_is_searched(profile):
    redactor = Redactor(profile, key_of, tiers=[Finds(MAIL, "EMAIL_ADDRESS")])
    text = MAIL
    for _ in range(9):
        text = json.dumps({"a": text})
        [redacted] = contents(redactor.redact(batch(record(said("tool", text)))))
        assert MAIL not in redacted
        assert json.loads(redacted).keys() == {"a"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n\n",
        "...",
        "?!?!",
        "---- ==== ****",
        "\u2026\u2014\u201c\u201d",
        "\U0001f600\U0001f680",
        "\u200b\u200d",
        "\x00\x01",
    ],
)
def test_text_without_a_letter_stays(redactor, text):
    done = redactor.redact(batch(record(said("user", text))))
    assert contents(done) == [text]
    assert done.findings.num_rows == 0


@pytest.mark.parametrize(
    "text",
    [
        f"Ωmega says: {MAIL} \u05d0\u05d1\u05d2",
        f"\u202b{MAIL}\u202c",
        f"\u0645\u0631\u062d\u0628\u0627 {MAIL}",
        f"\u5f20\u4f1f {MAIL} \u5f20\u4f1f",
        f"e\u0301\u0302\u0303 {MAIL} \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u202ejane@\u200bcorp.internal\u202c",
    ],
    ids=["mixed scripts", "right to left", "Arabic", "Chinese", "combining", "zero width"],
)
def test_scripts_and_directions_hide_nothing(redactor, text):
    [redacted] = contents(redactor.redact(batch(record(said("user", text)))))
    assert "jane" not in redacted
    assert "corp.internal" not in redacted


def test_a_find_never_reaches_from_one_message_into_the_next(redactor):
    parts = ["write to jane@", "corp.internal now", "host 3c:22:fb:", "9a:01:7e is up"]
    done = redactor.redact(batch(record(*(said("user", part) for part in parts))))
    assert contents(done) == parts


def test_a_value_across_the_portions_of_a_long_text_is_found(redactor):
    for place in (1_990, 3_999, 65_530):
        text = "word " * (place // 5) + "w" * (place % 5) + f" {MAIL} " + "word " * 2_000
        assert MAIL not in contents(redactor.redact(batch(record(said("user", text)))))[0]


def test_texts_that_are_searched_in_several_portions_do_not_change_each_other(profile, monkeypatch):
    texts = [f"text {k} {MAIL if k % 3 == 0 else 'nobody'}" for k in range(1_000)]
    records = batch(*(record(said("user", text), record_id=f"r{k}") for k, text in enumerate(texts)))
    tier = Finds(MAIL, "EMAIL_ADDRESS")
    together = Redactor(profile, key_of, tiers=[tier]).redact(records)
    monkeypatch.setattr(searching, "_TOGETHER", 1_000)
    apart = Redactor(profile, key_of, tiers=[tier]).redact(records)
    assert together.batch.equals(apart.batch)
    assert together.findings["record_id"].to_pylist() == [f"r{k}" for k in range(0, 1_000, 3)]


def test_a_record_with_thousands_of_names_is_read_in_seconds(profile):
    names = [f"Ada{k} Roe{k}" for k in range(3_000)]

    class Named(Finds):
        def _spans(self, text):
            spans, at = [], 0
            for name in names:
                if text[at : at + len(name)] == name:
                    spans.append(self._span(at, at + len(name)))
                    at += len(name) + 1
            return spans

    redactor = Redactor(profile, key_of, tiers=[Named("")])
    others = [said("tool", f"see {names[0]} and text that goes on " * 200) for _ in range(20)]
    begun = time.process_time()
    done = redactor.redact(batch(record(said("user", "\n".join(names)), *others)))
    assert time.process_time() - begun < 20
    assert not any(name in json.dumps(done.batch["messages"].to_pylist()) for name in (names[0], names[-1]))


def test_a_find_of_nonsense_does_not_take_the_run_down(profile):
    class Nonsense(Finds):
        def find(self, texts, fields):
            return [[self._span(5, 2), self._span(0, 10_000)] for _ in texts]

    done = Redactor(profile, key_of, tiers=[Nonsense("")]).redact(batch(record(said("user", "Ada Roe"))))
    assert done.batch.num_rows + done.quarantined.num_rows == 1
    assert "Ada" not in json.dumps(done.batch["messages"].to_pylist())


def test_what_cannot_be_searched_is_counted_once_for_its_record(profile):
    redactor = blind_redactor(profile.model_copy(update={"max_chars": 10}))
    done = redactor.redact(batch(record(said("user", "x" * 11), said("user", "y" * 11))))
    assert done.quarantined.num_rows == 1
