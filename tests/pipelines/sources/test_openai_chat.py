import pytest


def user(text):
    return {"role": "user", "content": text}


def answer(text):
    return {"role": "assistant", "content": text}


def call(number):
    return {"id": f"call_{number}", "type": "function", "function": {"name": "query", "arguments": '{"n": 1}'}}


def line(*messages, conversation="c1", at="2026-01-01T00:00:00Z", **more):
    return {"user": "u1", "conversation": conversation, "at": at, "messages": list(messages), **more}


SYSTEM = {"role": "system", "content": "Be brief."}


def test_a_conversation_is_cut_where_the_person_speaks_again(read_lines):
    reading = read_lines(line(SYSTEM, user("a"), answer("b"), user("c"), answer("d")))
    assert reading.places == [("c1", 0), ("c1", 1)]
    assert reading.roles == [["system", "user", "assistant"], ["user", "assistant"]]


def test_messages_in_a_row_are_one_turn_of_the_person(read_lines):
    reading = read_lines(line(user("a"), user("b"), answer("c")))
    assert reading.roles == [["user", "user", "assistant"]]


def test_a_later_system_message_goes_with_the_turn_it_stands_before(read_lines):
    reading = read_lines(line(user("a"), answer("b"), SYSTEM, user("c"), answer("d"), SYSTEM))
    assert reading.roles == [["user", "assistant"], ["system", "user", "assistant", "system"]]


def test_history_sent_anew_is_counted_and_not_taken_again(read_lines):
    reading = read_lines(
        line(user("a"), answer("b")),
        line(user("a"), answer("b"), user("c"), answer("d"), at="2026-01-01T00:05:00Z"),
    )
    assert reading.places == [("c1", 0), ("c1", 1)]
    assert [one.line for one in reading.interactions] == [1, 2]
    assert reading.interactions[1].occurred_at.minute == 5
    assert (reading.log.repeated, reading.rejected) == (1, [])


def test_history_is_recognised_though_the_system_message_tells_another_time(read_lines):
    reading = read_lines(
        line({"role": "system", "content": "It is 9:00."}, user("a"), answer("b")),
        line({"role": "system", "content": "It is 9:05."}, user("a"), answer("b"), user("c"), answer("d")),
    )
    assert reading.places == [("c1", 0), ("c1", 1)]


def test_a_line_that_says_nothing_new_is_a_duplicate(read_lines):
    reading = read_lines(line(user("a"), answer("b")), line(user("a"), answer("b")))
    assert reading.rejected == [(2, "duplicate-record", "")]
    assert len(reading.interactions) == 1


def test_without_a_conversation_a_line_twice_is_a_duplicate_and_others_are_their_own(read_lines):
    same = line(user("a"), answer("b"))
    reading = read_lines(same, same, line(user("a"), answer("b"), at="2026-01-02T00:00:00Z"), conversation=None)
    assert reading.rejected == [(2, "duplicate-record", "")]
    assert len({one.conversation for one in reading.interactions}) == 2


def test_another_answer_at_the_same_place_is_a_branch_that_goes_on_by_itself(read_lines):
    reading = read_lines(
        line(user("a"), answer("b")),
        line(user("a"), answer("other")),
        line(user("a"), answer("other"), user("c"), answer("d")),
        line(user("a"), answer("b"), user("c"), answer("d")),
    )
    first, branch, after_branch, after_first = reading.interactions
    assert branch.conversation.startswith("c1#")
    assert (branch.position, after_branch.position) == (0, 1)
    assert after_branch.conversation == branch.conversation
    assert (after_first.conversation, after_first.position) == (first.conversation, 1)


def test_the_same_conversation_id_of_two_tenants_is_two_conversations(read_lines):
    said = (user("a"), answer("b"))
    reading = read_lines(line(*said, team="acme"), line(*said, team="zeta"), tenant={"column": "team"})
    assert [(one.tenant, one.position) for one in reading.interactions] == [("acme", 0), ("zeta", 0)]
    assert reading.rejected == []


def test_a_question_waits_for_the_line_that_holds_its_answer(read_lines):
    reading = read_lines(
        line(user("a")),
        line(user("z"), answer("y"), conversation="c2"),
        line(user("a"), answer("b"), user("c"), at="2026-01-01T00:05:00Z"),
    )
    assert reading.places == [("c2", 0), ("c1", 0), ("c1", 1)]
    assert reading.roles[1:] == [["user", "assistant"], ["user"]]
    assert (reading.interactions[1].line, reading.interactions[1].occurred_at.minute) == (1, 0)


def test_steps_of_an_agent_on_lines_of_their_own_are_one_interaction(read_lines):
    asks = {"role": "assistant", "content": None, "tool_calls": [call(1)]}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "3"}
    reading = read_lines(
        line(user("a"), asks),
        line(user("a"), asks, result, {"role": "assistant", "content": "three"}, build="good"),
        outcome={"label": {"column": "build"}},
    )
    assert reading.roles == [["user", "assistant", "tool", "assistant"]]
    assert reading.interactions[0].messages[1]["tool_calls"] == [
        {"id": "call_1", "name": "query", "arguments": '{"n": 1}'}
    ]
    assert reading.interactions[0].messages[2]["tool_call_id"] == "call_1"
    assert reading.interactions[0].outcome["label"] == "good"
    assert (reading.log.repeated, reading.rejected) == (0, [])


def test_the_outcome_of_a_line_is_that_of_its_last_interaction(read_lines):
    said = line(user("a"), answer("b"), user("c"), answer("d"), build="bad")
    reading = read_lines(said, outcome={"label": {"column": "build"}})
    assert [one.outcome and one.outcome["label"] for one in reading.interactions] == [None, "bad"]


@pytest.mark.parametrize(
    ("reply", "content"),
    [
        ("text", "text"),
        ({"content": "message"}, "message"),
        ({"choices": [{"message": {"role": "assistant", "content": "first"}}, {"message": None}]}, "first"),
        ({"role": "assistant", "content": None, "refusal": "I cannot."}, "I cannot."),
    ],
    ids=["text", "a message", "a completion", "a refusal of the model"],
)
def test_a_reply_may_stand_apart(read_lines, reply, content):
    reading = read_lines(line(user("a"), reply=reply), answer={"column": "reply"})
    assert reading.roles == [["user", "assistant"]]
    assert reading.interactions[0].messages[1]["content"] == content


def test_a_reply_of_null_is_no_message(read_lines):
    assert read_lines(line(user("a"), reply=None), answer={"column": "reply"}).roles == [["user"]]


def test_text_of_parts_is_joined_and_other_parts_are_counted(read_lines):
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {}},
        {"type": "input_text", "text": "b"},
        {"type": "new"},
    ]
    reading = read_lines(line(user(parts), {**answer("c"), "reasoning_content": "why"}))
    assert reading.interactions[0].messages[0]["content"] == "a\nb"
    assert reading.interactions[0].messages[1]["reasoning"] == "why"
    assert reading.interactions[0].attributes == {"parts_dropped": "2"}


def test_the_older_forms_of_roles_and_calls_are_read(read_lines):
    reading = read_lines(
        line(
            {"role": "developer", "content": "d"},
            user("a"),
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": {"x": 1}}},
            {"role": "function", "name": "f", "content": "1"},
            answer("b"),
        )
    )
    assert reading.roles == [["system", "user", "assistant", "tool", "assistant"]]
    assert reading.interactions[0].messages[2]["tool_calls"] == [{"id": None, "name": "f", "arguments": '{"x": 1}'}]


@pytest.mark.parametrize(
    ("messages", "reason", "field"),
    [
        (None, "wrong-type", "messages"),
        ("hello", "wrong-type", "messages"),
        ([], "no-person-turn", ""),
        ([answer("b")], "no-person-turn", ""),
        ([SYSTEM], "no-person-turn", ""),
        (["hello"], "wrong-type", "messages[0]"),
        ([{"content": "a"}], "unknown-role", "messages[0].role"),
        ([{"role": ["user"], "content": "a"}], "unknown-role", "messages[0].role"),
        ([{"role": "narrator", "content": "a"}], "unknown-role", "messages[0].role"),
        ([user("a"), answer(7)], "wrong-type", "messages[1].content"),
        ([user([7])], "wrong-type", "messages[0].content[0]"),
        ([user([{"type": "text", "text": 7}])], "wrong-type", "messages[0].content[0].text"),
        ([user("a"), {**answer("b"), "tool_calls": "x"}], "wrong-type", "messages[1].tool_calls"),
        ([user("a"), {**answer("b"), "tool_calls": ["x"]}], "wrong-type", "messages[1].tool_calls[0]"),
        (
            [user("a"), {**answer("b"), "tool_calls": [{"function": 1}]}],
            "wrong-type",
            "messages[1].tool_calls[0].function",
        ),
        ([user("a"), {"role": "tool", "content": "b", "tool_call_id": 1}], "wrong-type", "messages[1].tool_call_id"),
    ],
)
def test_messages_that_do_not_read_set_the_line_aside(read_lines, messages, reason, field):
    said = line(conversation="c9") | {"messages": messages}
    assert read_lines(said).rejected == [(1, reason, field)]


def test_an_answer_to_nobody_at_the_beginning_is_left_out_and_counted(read_lines):
    reading = read_lines(line(answer("x"), user("a"), answer("b")))
    assert reading.roles == [["user", "assistant"]]
    assert reading.interactions[0].attributes == {"messages_before_the_person": "1"}
