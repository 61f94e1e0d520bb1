"""Strict YAML: read as it looks, or refused, with every fault named."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr

from policies.strict_yaml import MAX_BYTES, DocumentError, parse, read_document, read_file


class Shelf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: StrictStr
    width_cm: StrictInt
    books: list[StrictStr] = []


def faults_of(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(DocumentError) as refused:
        read_document(data, "shelf.yaml", Shelf)
    return list(refused.value.faults)


def test_plain_values_are_what_they_look_like():
    text = """
    words: [alpha, 13-15, us-ca, "no", 'true', 2026-01-01T00:00:00Z, a:b, 1.2.3]
    numbers: [0, -7, 1.5, -0.25]
    others: [true, false, null]
    folded: >-
      one
      two
    """
    parsed = parse(text.encode())
    assert parsed.faults == []
    assert parsed.value == {
        "words": ["alpha", "13-15", "us-ca", "no", "true", "2026-01-01T00:00:00Z", "a:b", "1.2.3"],
        "numbers": [0, -7, 1.5, -0.25],
        "others": [True, False, None],
        "folded": "one two",
    }
    assert [type(number) for number in parsed.value["numbers"]] == [int, int, float, float]


@pytest.mark.parametrize(
    "word",
    (
        *("no", "No", "yes", "on", "OFF", "y", "n", "True", "NULL", "~", "010", "0x1F", "0o17", "0b1", "1_000"),
        *("12:30", "+1", "1e3", "1.", ".5", ".inf", "-.INF", ".nan", "1.5e3", "12345678901234567890"),
    ),
)
def test_a_plain_word_that_readers_disagree_about_is_refused_until_quoted(word):
    assert [fault.split(":")[0] for fault in parse(f"a: [x, {word}]".encode()).faults] == ["a.1"]
    assert parse(f"a: [x, '{word}']".encode()).faults == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name: a\nname: b\nwidth_cm: 3", "name: repeated on line 2"),
        ("name: a\nwidth_cm: 3\nheight: 2", "height: Extra inputs are not permitted"),
        ("name: a\nwidth_cm: 1.10", "width_cm: Input should be a valid integer"),
        ("name: a\nwidth_cm: true", "width_cm: Input should be a valid integer"),
        ("name: 5\nwidth_cm: 3", "name: Input should be a valid string"),
        ("name: a", "width_cm: Field required"),
        ("name: a\nwidth_cm: 3\nbooks: [x, 1]", "books.1: Input should be a valid string"),
        ("name: &n a\nwidth_cm: 3", "name: an anchor"),
        ("name: &n a\nwidth_cm: *n", "line 2: an alias"),
        ("name: !!str 3\nwidth_cm: 3", "name: a tag"),
        ("!shelf {name: a, width_cm: 3}", "document: a tag"),
        ("<<: {name: a}\nwidth_cm: 3", "document: '<<' can be read in more than one way"),
        ("name: a\nwidth_cm: 3\n---\nname: b", "line 3: a second document"),
        ("name:\nwidth_cm: 3", "name: nothing stands here"),
        ("name: a\nwidth_cm: 3\n1: 2", "1: a key that is not a word"),
        ("? [name]\n: a", "line 1: a key that is not a word"),
        ("name: a: b", "line 1: mapping values are not allowed here"),
        ("name: 'a", "line 1: found unexpected end of stream"),
        ("name: {a", "line 1: "),
        ("", "line 1: the file is empty"),
        ("# nothing but a remark", "line 1: the file is empty"),
        ("- name", "document: Input should be a valid dictionary"),
        (b"name: caf\xe9\nwidth_cm: 3", "byte 9: not UTF-8"),
        (b"name: a\x00\nwidth_cm: 3", "holds a character that YAML does not allow"),
        (b"name: a\nwidth_cm: 3\n#" + b"x" * MAX_BYTES, "larger than 1,000,000 bytes"),
        ("[" * 100_000, "line 1: nested more than 32 deep"),
    ],
)
def test_what_is_not_strict_is_refused_with_its_place(text, fault):
    found = faults_of(text)
    assert any(one.startswith(f"shelf.yaml: {fault}") for one in found), found


def test_all_faults_of_a_file_are_reported_at_once():
    found = faults_of("name: no\nname: b\nwidth_cm: wide\nheight: &h 3\n")
    assert [fault.split(": ")[1] for fault in found] == ["name", "name", "height", "width_cm", "height"]


class Lamp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    watts: StrictInt


class Room(BaseModel):
    light: Lamp | StrictInt
    lamps: list[Lamp] = []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("light: {watts: bright}", ["light.watts", "light"]),
        ("light: {}", ["light.watts", "light"]),
        ("light: bright", ["light", "light"]),
        ("light: 1\nlamps: [{watts: 1}, {}]", ["lamps.1.watts"]),
        ("{}", ["light"]),
    ],
)
def test_a_fault_is_told_by_the_path_that_was_written(text, places):
    with pytest.raises(DocumentError) as refused:
        read_document(text.encode(), "room.yaml", Room)
    assert [fault.split(": ")[1] for fault in refused.value.faults] == places


def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path):
    with pytest.raises(DocumentError, match=r"^shelf\.yaml: file: cannot be read$"):
        read_file(tmp_path / "shelf.yaml", Shelf)
    (tmp_path / "shelf.yaml").write_text("name: a\nwidth_cm: 3")
    assert read_file(tmp_path / "shelf.yaml", Shelf).width_cm == 3


def test_a_large_file_of_repeats_is_refused_before_it_is_expanded():
    bomb = "a: &a [x]\n" + "\n".join(f"b{n}: [*a, *a]" for n in range(1000))
    assert faults_of(bomb) == [
        "shelf.yaml: a: an anchor; write the value out where it is needed",
        "shelf.yaml: line 2: an alias; write the value out",
    ]


def test_the_faults_survive_a_process_boundary():
    error = pickle.loads(pickle.dumps(DocumentError(("a: b: c", "a: d: e"))))
    assert error.faults == ("a: b: c", "a: d: e")
    assert str(error) == "a: b: c; a: d: e"


@given(st.binary(max_size=200))
def test_reading_never_breaks_whatever_the_bytes(data):
    parsed = parse(data)
    assert parsed.readable or parsed.faults


json_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Cs"]), max_size=10)
json_values = st.recursive(
    st.booleans() | st.integers(-(10**14), 10**14) | json_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(json_text, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(json_text, json_values, max_size=3))
def test_json_is_read_as_json(document):
    compact = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    parsed = parse(compact.encode())
    assert (parsed.value, parsed.faults) == (document, [])
