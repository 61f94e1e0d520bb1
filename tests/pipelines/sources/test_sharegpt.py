import pytest


def said(*pairs):
    return [{"from": speaker, "value": value} for speaker, value in pairs]


def line(conversations, number=1):
    return {"id": f"s{number}", "user": "u1", "at": "2026-01-01T00:00:00Z", "conversations": conversations}


@pytest.fixture
def read_shared(read_lines):
    return lambda *lines: read_lines(*lines, format="sharegpt", conversation={"column": "id"})


def test_speakers_become_roles_and_turns_interactions(read_shared):
    reading = read_shared(line(said(("system", "s"), ("human", "a"), ("gpt", "b"), ("user", "c"), ("bard", "d"))))
    assert reading.places == [("s1", 0), ("s1", 1)]
    assert reading.roles == [["system", "user", "assistant"], ["user", "assistant"]]


def test_calls_of_functions_keep_their_text(read_shared):
    reading = read_shared(line(said(("human", "a"), ("function_call", '{"f": 1}'), ("observation", "1"), ("gpt", "b"))))
    assert reading.roles == [["user", "assistant", "tool", "assistant"]]
    assert reading.interactions[0].messages[1]["tool_calls"][0]["arguments"] == '{"f": 1}'


def test_a_conversation_that_begins_with_the_model_begins_where_the_person_speaks(read_shared):
    reading = read_shared(line(said(("gpt", "x"), ("human", "a"), ("gpt", "b"))))
    assert reading.roles == [["user", "assistant"]]


@pytest.mark.parametrize(
    ("conversations", "reason", "field"),
    [
        (None, "wrong-type", "conversations"),
        ([7], "wrong-type", "conversations[0]"),
        (said(("ghost", "a")), "unknown-role", "conversations[0].from"),
        (said((None, "a")), "unknown-role", "conversations[0].from"),
        (said(("human", 7)), "wrong-type", "conversations[0].value"),
        (said(("gpt", "a")), "no-person-turn", ""),
        ([], "no-person-turn", ""),
    ],
)
def test_conversations_that_do_not_read_set_the_line_aside(read_shared, conversations, reason, field):
    assert read_shared(line(conversations)).rejected == [(1, reason, field)]
