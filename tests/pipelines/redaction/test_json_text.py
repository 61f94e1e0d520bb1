"""JSON: every string of a document is a text of its own, and only what changes is written anew."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redaction.carriers.json_lines import read_json_lines
from pipelines.redaction.carriers.json_text import read_json, write_json
from pipelines.redaction.carriers.unreadable import UnreadableTextError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.lists(VALUES, max_size=3) | st.dictionaries(st.text(max_size=5), VALUES, max_size=3)


def strings(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *strings(item))]
    return [text for item in value for text in strings(item)] if isinstance(value, list) else []


def changed(value):
    if isinstance(value, str):
        return value + "\u00e9"
    if isinstance(value, dict):
        return {key + "\u00e9": changed(item) for key, item in value.items()}
    return [changed(item) for item in value] if isinstance(value, list) else value


@given(DOCUMENTS, st.sampled_from([None, 2]), st.booleans())
def test_every_string_is_found_and_nothing_else_changes(document, indent, ascii_only):
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    tokens = [token for token in read_json(text) if text[token.start] == '"']
    assert [token.text for token in tokens] == strings(document)
    assert write_json(text, []) == text
    assert write_json(text, [(token, token.text) for token in tokens]) == text
    rewritten = write_json(text, [(token, token.text + "\u00e9") for token in tokens])
    assert repr(json.loads(rewritten)) == repr(changed(document))


@given(st.text(alphabet='{}[]",:0 1eE+-.tfnua\\', max_size=14))
def test_a_text_is_a_document_where_python_takes_it_for_one(text):
    try:
        is_document = isinstance(json.loads(text), dict | list)
    except json.JSONDecodeError:
        is_document = False
    try:
        assert (read_json(text) is not None) == is_document
    except UnreadableTextError:
        assert "\\" in text


def test_numbers_spaces_order_and_repeated_keys_stay():
    text = '{ "a" : 1.50,"b":1e5,\t"a":"x",\n"c":[-0,true,null] }'
    [token] = [token for token in read_json(text) if token.text == "x"]
    assert write_json(text, [(token, "y")]) == text.replace('"x"', '"y"')


@pytest.mark.parametrize(
    ("now", "written"), [("4000000000000002", "4000000000000002"), ("0123", '"0123"'), ("<X>", '"<X>"')]
)
def test_a_number_stays_one_if_it_can(now, written):
    text = '{"card": 4242424242424242, "few": 12345}'
    [token] = [token for token in read_json(text) if not token.is_key]
    assert token.field == "card"
    assert write_json(text, [(token, now)]) == text.replace("4242424242424242", written)


def test_a_pointer_leads_to_its_text_and_names_keys_by_what_they_became():
    text = '{"a/b~": [{"x": "one"}, "two"], "ada": {"k": "three"}}'
    tokens = {token.text: token for token in read_json(text)}
    renamed = {"ada": "qx"}
    pointer = {name: token.pointer(lambda key: renamed.get(key, key)) for name, token in tokens.items()}
    assert pointer["one"] == "/a~1b~0/0/x"
    assert pointer["two"] == "/a~1b~0/1"
    assert pointer["three"] == "/qx/k"
    assert pointer["ada"] == "/1~key"
    assert tokens["one"].field == "x"
    assert tokens["two"].field == "a/b~"


@pytest.mark.parametrize("text", ['{"a": "\\ud800"}', '["\\udc00 and \\ud83d"]'])
def test_half_a_character_is_unreadable(text):
    with pytest.raises(UnreadableTextError):
        read_json(text)


def test_a_document_of_any_depth_is_read():
    text = '{"a":[' * 30_000 + '"deep"' + "]}" * 30_000
    begun = time.process_time()
    tokens = read_json(text)
    assert tokens[-1].text == "deep"
    assert time.process_time() - begun < 10


def test_json_lines_are_read_line_by_line_with_what_is_between_them():
    text = '{"a": "one"}\nplain words\nand "more"\n\n{"a": "two"}\n{broken'
    tokens = read_json_lines(text)
    assert [(token.text, token.is_bare) for token in tokens if not token.is_key] == [
        ("one", False),
        ('plain words\nand "more"', True),
        ("two", False),
        ("{broken", True),
    ]
    assert [token.pointer(str) for token in tokens if not token.is_key] == ["/0/a", "/1", "/3/a", "/4"]
    assert write_json(text, [(token, token.text.upper()) for token in tokens if token.is_bare]) == text.replace(
        'plain words\nand "more"', 'PLAIN WORDS\nAND "MORE"'
    ).replace("{broken", "{BROKEN")


@pytest.mark.parametrize("text", ["{broken\n{}", '{"one": "line"}', "words\n{}", '["list"]\n["list"]', ""])
def test_other_texts_are_no_json_lines(text):
    assert read_json_lines(text) is None
