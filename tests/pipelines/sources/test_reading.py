import gzip
import json

import pytest

from pipelines.sources.interaction import FileFaultError

LINE = {
    "user": "u1",
    "conversation": "c1",
    "at": "2026-01-01T00:00:00Z",
    "messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}],
}


def line(**changes):
    return {key: value for key, value in {**LINE, **changes}.items() if value != "(absent)"}


def written(*lines):
    return b"".join(json.dumps(one).encode("ascii") + b"\n" for one in lines)


GOOD = written(LINE)
PACKED = gzip.compress(GOOD * 200, mtime=0)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("day.jsonl.gz", PACKED[:-20], "truncated-gzip"),
        ("day.jsonl.gz", PACKED[:12] + b"\xff" * 60 + PACKED[72:], "not-gzip"),
        ("day.jsonl.gz", PACKED[:-8] + b"\x00" * 8, "not-gzip"),
        ("day.jsonl.gz", GOOD, "not-gzip"),
        ("day.jsonl", b"[" + GOOD.strip() + b"]\n", "not-json-lines"),
        ("day.jsonl", b"\n\n{\n" + GOOD[1:], "not-json-lines"),
        ("day.jsonl", GOOD.decode().encode("utf-16"), "not-utf-8"),
    ],
    ids=["cut off", "damaged inside", "wrong checksum", "not compressed", "an array", "a document", "UTF-16"],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_as_a_whole(read_bytes, name, data, reason):
    with pytest.raises(FileFaultError) as caught:
        read_bytes(data, name=name)
    assert caught.value.reason.value == reason


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"messages": [', "malformed-json"),
        (b'{"n": NaN}', "malformed-json"),
        (b'{"n": ' + b"9" * 5_000 + b"}", "malformed-json"),
        (b'{"n": ' + b"[" * 100_000 + b"}", "malformed-json"),
        (b"[1]", "not-an-object"),
        (b"7", "not-an-object"),
        (b'{"text": "\xff"}', "invalid-utf-8"),
        (GOOD.strip().replace(b"hello", b"\\ud83d"), "invalid-unicode"),
        (GOOD.strip().replace(b'"user"', b'"\\uDC00"'), "invalid-unicode"),
        (GOOD.strip().replace(b"hello", b"x" * 2_000_000), "too-large"),
    ],
    ids=[
        "cut off",
        "not a number",
        "a number without end",
        "nested without end",
        "an array",
        "a number",
        "not UTF-8",
        "half a character",
        "half a character in a key",
        "too long",
    ],
)
def test_a_line_that_does_not_read_is_set_aside_and_the_others_are_read(read_bytes, raw, reason):
    reading = read_bytes(GOOD + raw + b"\n" + written(line(conversation="c2")), limits={"max_line_bytes": 1_000_000})
    assert reading.rejected == [(2, reason, "")]
    assert reading.places == [("c1", 0), ("c2", 0)]
    assert reading.log.lines == 3


def test_a_whole_surrogate_pair_is_a_character(read_bytes):
    reading = read_bytes(GOOD.replace(b"hello", b"\\ud83d\\ude00"))
    assert reading.interactions[0].messages[0]["content"] == "\U0001f600"


def test_a_line_that_is_too_long_does_not_hide_the_one_after_the_last(read_bytes):
    reading = read_bytes(b'{"x": "' + b"y" * 5_000, limits={"max_line_bytes": 100})
    assert reading.rejected == [(1, "too-large", "")]


def test_a_file_without_lines_has_no_interactions(read_bytes):
    for data in (b"", b"\n \n", gzip.compress(b"")):
        reading = read_bytes(data, name="day.jsonl")
        assert (reading.interactions, reading.rejected, reading.log.lines) == ([], [], 0)


def test_compression_is_told_by_the_content_not_the_name(read_bytes):
    assert read_bytes(gzip.compress(GOOD), name="day.jsonl").places == [("c1", 0)]


def test_a_byte_order_mark_and_blank_lines_are_passed_over(read_bytes):
    reading = read_bytes(b"\xef\xbb\xbf" + GOOD + b"\r\n\n" + written(line(conversation="c2")))
    assert [one.line for one in reading.interactions] == [1, 4]


@pytest.mark.parametrize(
    ("changes", "declaration", "rejection"),
    [
        ({"user": "(absent)"}, {}, ("missing-column", "user")),
        ({"at": "(absent)"}, {}, ("missing-column", "at")),
        ({"conversation": None}, {}, ("missing-column", "conversation")),
        ({"messages": "(absent)"}, {}, ("missing-column", "messages")),
        ({}, {"tenant": {"column": "team.slug"}}, ("missing-column", "team.slug")),
        ({}, {"participants": {"column": "others"}}, ("missing-column", "others")),
        ({"others": ["u2", None]}, {"participants": {"column": "others"}}, ("wrong-type", "others")),
        ({"team": "Acme Inc."}, {"tenant": {"column": "team"}}, ("tenant-invalid", "team")),
        ({"team": None}, {"tenant": {"column": "team"}}, ("tenant-invalid", "team")),
        ({"user": True}, {}, ("wrong-type", "user")),
        ({"user": {"id": 1}}, {}, ("wrong-type", "user")),
        ({"at": "2026-01-01T00:00:00"}, {}, ("time-without-zone", "at")),
        ({"at": "2026-01-01"}, {}, ("time-without-zone", "at")),
        ({"at": "yesterday"}, {}, ("time-unreadable", "at")),
        ({"at": 1767225600}, {}, ("time-unreadable", "at")),
        ({"at": None}, {}, ("time-unreadable", "at")),
        ({"at": "9999-12-31T23:00:00-05:00"}, {}, ("time-unreadable", "at")),
        ({"at": True}, {"occurred_at": {"column": "at", "unit": "s"}}, ("time-unreadable", "at")),
        ({"at": 1e300}, {"occurred_at": {"column": "at", "unit": "s"}}, ("time-unreadable", "at")),
        ({"at": 1767225600000}, {"occurred_at": {"column": "at", "unit": "s"}}, ("time-unreadable", "at")),
        ({"at": -5}, {"occurred_at": {"column": "at", "unit": "s"}}, ("time-unreadable", "at")),
        ({"build": "nice"}, {"outcome": {"label": {"column": "build"}}}, ("outcome-unreadable", "build")),
        (
            {"build": "good", "score": 7},
            {"outcome": {"label": {"column": "build"}, "score": {"column": "score"}}},
            ("outcome-unreadable", "score"),
        ),
    ],
)
def test_a_declared_column_that_does_not_read_sets_the_line_aside(read_lines, changes, declaration, rejection):
    reading = read_lines(line(**changes), **declaration)
    assert reading.rejected == [(1, *rejection)]
    assert reading.interactions == []


def test_infinity_written_as_a_number_is_no_time(read_bytes):
    raw = GOOD.replace(b'"2026-01-01T00:00:00Z"', b"1e999")
    assert read_bytes(raw, occurred_at={"column": "at", "unit": "s"}).rejected == [(1, "time-unreadable", "at")]


@pytest.mark.parametrize("nobody", [None, "", "  "])
def test_a_person_the_log_does_not_name_stays_unknown(read_lines, nobody):
    reading = read_lines(line(user=nobody))
    assert reading.interactions[0].person is None
    assert reading.rejected == []


@pytest.mark.parametrize(
    ("place", "at", "instant"),
    [
        ({"column": "at"}, "2026-01-01T02:00:00.5+02:00", "2026-01-01T00:00:00.500000+00:00"),
        ({"column": "at"}, "2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456+00:00"),
        ({"column": "at", "unit": "s"}, 1767225600.25, "2026-01-01T00:00:00.250000+00:00"),
        ({"column": "at", "unit": "ms"}, 1767225600250, "2026-01-01T00:00:00.250000+00:00"),
        (
            {"column": "at", "unit": "s", "starting": "2026-01-01T00:00:00Z"},
            90.5,
            "2026-01-01T00:01:30.500000+00:00",
        ),
        ({"constant": "2026-01-01T00:00:00Z"}, None, "2026-01-01T00:00:00+00:00"),
    ],
    ids=["offset", "nanoseconds", "seconds", "milliseconds", "since a start", "constant"],
)
def test_times_are_read_as_declared(read_lines, place, at, instant):
    assert read_lines(line(at=at), occurred_at=place).interactions[0].occurred_at.isoformat() == instant


def test_words_outside_their_list_are_unknown_and_never_guessed(read_lines):
    reading = read_lines(
        line(conversation="c1", country="DE", age="adult"),
        line(conversation="c2", country="Germany", age="grown-up"),
        line(conversation="c3", country=7),
        jurisdiction={"column": "country"},
        age_band={"column": "age"},
    )
    assert [(one.jurisdiction, one.age_band) for one in reading.interactions] == [
        ("de", "adult"),
        ("unknown", "unknown"),
        ("unknown", "unknown"),
    ]


def test_participants_are_each_named_once_and_without_the_person(read_lines):
    reading = read_lines(line(others=["u2", "u1", "u2", 3]), participants={"column": "others"})
    assert reading.interactions[0].participants == ("u2", "3")


def test_columns_are_found_by_dots_and_keys_with_dots_first(read_lines):
    reading = read_lines(
        line(meta={"user": {"id": 4}}),
        line(**{"meta.user.id": "5", "conversation": "c2"}),
        person={"column": "meta.user.id"},
    )
    assert [one.person for one in reading.interactions] == ["4", "5"]


def test_attributes_are_kept_as_text_and_absent_ones_left_out(read_lines):
    kept = {"task": {"column": "task"}, "flags": {"column": "flags"}, "none": {"column": "none"}}
    reading = read_lines(line(task="cart", flags={"beta": True}, none=None), attributes=kept)
    assert reading.interactions[0].attributes == {"task": "cart", "flags": '{"beta":true}'}


def test_a_label_is_what_the_declaration_says_the_word_means(read_lines):
    label = {"column": "build", "values": {"passed": "good"}}
    outcome = {"label": label, "score": {"column": "score"}, "signal": "build", "observed_at": {"column": "seen"}}
    reading = read_lines(
        line(build="passed", score=1, seen="2026-01-01T01:00:00Z"), line(conversation="c2", build=None), outcome=outcome
    )
    first, second = (one.outcome for one in reading.interactions)
    assert (first["label"], first["score"], first["signal"]) == ("good", 1.0, "build")
    assert first["observed_at"].isoformat() == "2026-01-01T01:00:00+00:00"
    assert second is None


def test_anything_in_a_column_can_be_the_sign(read_lines):
    outcome = {"label": {"column": "copied", "present": "good"}}
    reading = read_lines(line(copied=[{"n": 1}]), line(conversation="c2", copied=[]), outcome=outcome)
    assert [one.outcome and one.outcome["label"] for one in reading.interactions] == ["good", None]
