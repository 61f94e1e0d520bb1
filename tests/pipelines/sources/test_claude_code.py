import itertools

import pytest


class Session:
    """A transcript as the agent writes it: every event follows the one before unless told otherwise."""

    def __init__(self, name="s1"):
        self.name, self.lines, self.last = name, [], None
        self.numbers = itertools.count(1)

    def event(self, kind, after="(last)", **fields):
        number = next(self.numbers)
        uuid = f"{self.name}-{number}"
        parent = self.last if after == "(last)" else after
        self.last = uuid
        time = f"2026-02-01T10:{number % 60:02d}:00Z"
        self.lines.append(
            {"type": kind, "uuid": uuid, "parentUuid": parent, "sessionId": self.name, "timestamp": time, **fields}
        )
        return uuid

    def person(self, text, **fields):
        return self.event("user", message={"role": "user", "content": text}, **fields)

    def model(self, *blocks, message_id=None, model="claude-opus-4-6", **fields):
        said = [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks]
        return self.event("assistant", message={"id": message_id, "model": model, "content": said}, **fields)

    def result(self, content, tool="t1", error=False, **fields):
        block = {"type": "tool_result", "tool_use_id": tool, "content": content, "is_error": error}
        return self.event("user", message={"role": "user", "content": [block]}, **fields)


def use(name="Read", number=1, **given):
    return {"type": "tool_use", "id": f"t{number}", "name": name, "input": given}


REFUSAL = "The user doesn't want to proceed with this tool use. The tool use was rejected."


@pytest.fixture
def read_events(read_lines):
    def read(*lines, **changes):
        how = {"format": "claude_code", "conversation": None, "occurred_at": {"column": "timestamp"}, "person": "ada"}
        return read_lines(*lines, **{**how, **changes})

    return read


def test_everything_until_the_person_speaks_again_is_one_interaction(read_events):
    session = Session()
    session.person("add a test")
    session.model(use(path="a.py"))
    session.result("def a(): ...")
    session.model("done")
    session.person("thanks")
    session.model("you are welcome")
    reading = read_events(*session.lines)
    assert reading.places == [("s1", 0), ("s1", 1)]
    assert reading.roles == [["user", "assistant", "tool", "assistant"], ["user", "assistant"]]
    first = reading.interactions[0]
    assert first.messages[1]["tool_calls"] == [{"id": "t1", "name": "Read", "arguments": '{"path": "a.py"}'}]
    assert first.messages[2]["tool_call_id"] == "t1"
    assert (first.model, first.line, first.occurred_at.minute) == ("claude-opus-4-6", 1, 1)


def test_the_lines_of_one_message_of_the_model_become_one_message(read_events):
    session = Session()
    session.person("go")
    thinks = session.model({"type": "thinking", "thinking": "hm", "signature": "x"}, message_id="m1")
    session.model("first", message_id="m1")
    calls = session.model(use(number=1), message_id="m1")
    session.result("1", tool="t1", after=calls)
    session.model(use(number=2), message_id="m1", after=calls)
    session.result("2", tool="t2")
    session.model("end", message_id="m2")
    reading = read_events(*session.lines)
    assert reading.roles == [["user", "assistant", "tool", "tool", "assistant"]]
    answer = reading.interactions[0].messages[1]
    assert (answer["content"], answer["reasoning"]) == ("first", "hm")
    assert [one["id"] for one in answer["tool_calls"]] == ["t1", "t2"]
    assert thinks


def test_lines_wrapped_by_a_collector_are_read_by_its_columns(read_events):
    session = Session()
    session.person("a")
    session.model("b")
    wrapped = [{"event": event, "session_id": "day-1", "user_id": "u9", "team": "zeta"} for event in session.lines]
    reading = read_events(
        *wrapped,
        person={"column": "user_id"},
        tenant={"column": "team"},
        occurred_at={"column": "event.timestamp"},
    )
    only = reading.interactions[0]
    assert (only.conversation, only.person, only.tenant) == ("day-1", "u9", "zeta")


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("<command-name>/clear</command-name>", {}),
        ("<local-command-stdout>ok</local-command-stdout>", {}),
        ("<bash-input>ls</bash-input>", {}),
        ("<task-notification>done</task-notification>", {}),
        ("This session is being continued from a previous conversation that ran out", {"isCompactSummary": True}),
        ("instructions of a skill", {"isMeta": True}),
    ],
    ids=["command", "its output", "shell", "notification", "summary", "skill"],
)
def test_what_the_program_writes_in_the_persons_name_is_not_the_person(read_events, text, marks):
    session = Session()
    session.person("a")
    session.model("b")
    session.person(text, **marks)
    session.model("c")
    session.person(text, **marks)
    reading = read_events(*session.lines)
    assert reading.roles == [["user", "assistant", "system", "assistant"]]


def test_the_models_words_before_anybody_asked_are_set_aside_once_a_session(read_events):
    session = Session()
    session.person("<command-name>/init</command-name>")
    session.model("a")
    session.model("b")
    session.person("c")
    session.model("d")
    reading = read_events(*session.lines)
    assert reading.rejected == [(2, "no-person-turn", "")]
    assert reading.roles == [["user", "assistant"]]


def test_going_back_to_an_earlier_place_is_a_branch(read_events):
    session = Session()
    session.person("a")
    fork = session.model("b")
    session.person("c")
    session.model("d")
    session.person("instead", after=fork)
    session.model("e")
    session.person("on with it")
    reading = read_events(*session.lines)
    branch = "s1#s1-5"
    assert reading.places == [("s1", 0), ("s1", 1), (branch, 1), (branch, 2)]


def test_beginning_again_from_nothing_is_a_conversation_of_its_own(read_events):
    session = Session()
    session.person("a")
    session.model("b")
    session.person("c", after=None)
    session.model("d")
    assert read_events(*session.lines).places == [("s1", 0), ("s1#s1-3", 0)]


def test_an_event_whose_parent_is_not_in_the_log_follows_the_latest_turn(read_events):
    session = Session()
    session.person("a")
    session.model("b")
    session.person("c", after="progress-1")
    session.model("d", after="progress-2")
    reading = read_events(*session.lines)
    assert reading.places == [("s1", 0), ("s1", 1)]
    assert reading.roles[1] == ["user", "assistant"]


def test_a_resumed_session_goes_on_in_the_conversation_it_copies(read_events):
    first, second = Session("s1"), Session("s2")
    first.person("a")
    first.model("b")
    second.lines = [{**event, "sessionId": "s2"} for event in first.lines]
    second.last = first.last
    second.person("c")
    second.model("d")
    reading = read_events(*first.lines, *second.lines)
    assert reading.places == [("s1", 0), ("s1", 1)]
    assert reading.log.repeated == 1


def test_a_line_delivered_again_in_its_session_is_not_taken_again(read_events):
    session = Session()
    session.person("a")
    session.model("b")
    reading = read_events(*session.lines, *session.lines)
    assert reading.roles == [["user", "assistant"]]
    assert reading.log.repeated == 1


def test_sessions_may_interleave(read_events):
    one, two = Session("s1"), Session("s2")
    for session in (one, two):
        session.person("a")
        session.model("b")
    mixed = [event for pair in zip(one.lines, two.lines, strict=True) for event in pair]
    assert read_events(*mixed).places == [("s1", 0), ("s2", 0)]


def test_a_tool_the_person_refused_is_a_bad_outcome(read_events):
    session = Session()
    session.person("a")
    session.model(use())
    session.result(REFUSAL, error=True)
    session.person([{"type": "text", "text": "[Request interrupted by user for tool use]"}])
    outcome = read_events(*session.lines).interactions[0].outcome
    assert (outcome["label"], outcome["score"], outcome["signal"]) == ("bad", -1.0, "tool-refused")
    assert outcome["observed_at"].minute == 3


def test_an_interruption_is_a_bad_outcome_and_ends_the_turn(read_events):
    session = Session()
    session.person("a")
    session.person("[Request interrupted by user]")
    session.person("b")
    session.model("c")
    reading = read_events(*session.lines)
    assert reading.roles == [["user"], ["user", "assistant"]]
    assert [one.outcome and one.outcome["signal"] for one in reading.interactions] == ["interrupted", None]


def test_an_edit_the_person_changed_is_a_mixed_outcome(read_events):
    session = Session()
    session.person("a")
    session.model(use("Edit"))
    session.result("ok", toolUseResult={"userModified": True})
    outcome = read_events(*session.lines).interactions[0].outcome
    assert (outcome["label"], outcome["score"], outcome["signal"]) == ("mixed", 0.0, "edited")


def test_a_file_that_quotes_a_refusal_is_no_refusal(read_events):
    session = Session()
    session.person("a")
    session.model(use())
    session.result(REFUSAL)
    assert read_events(*session.lines).interactions[0].outcome is None


def test_images_and_sub_agents_are_left_out_and_counted(read_events):
    session = Session()
    image = {"type": "image", "source": {"type": "base64", "data": "AA=="}}
    session.person([{"type": "text", "text": "look"}, image])
    asked = session.model(use())
    session.result([{"type": "text", "text": "seen"}, image])
    session.model("found", isSidechain=True)
    session.model("yes", after=asked)
    reading = read_events(*session.lines)
    only = reading.interactions[0]
    assert [said["content"] for said in only.messages] == ["look", None, "seen", "yes"]
    assert only.attributes == {"images_dropped": "2", "sidechain_lines": "1"}


def test_placeholders_are_not_the_models_words(read_events):
    session = Session()
    session.person("a")
    session.model("No response requested.", model="<synthetic>", message_id="m1")
    session.model("real", message_id="m1")
    session.model("API Error", message_id="m1", isApiErrorMessage=True)
    only = read_events(*session.lines).interactions[0]
    assert [said["content"] for said in only.messages] == ["a", "real"]
    assert only.model == "claude-opus-4-6"


def test_where_and_with_what_the_agent_worked_is_kept(read_events):
    session = Session()
    session.person("a", cwd="/srv/shop", gitBranch="main", version="2.1.0")
    assert read_events(*session.lines).interactions[0].attributes == {
        "cwd": "/srv/shop",
        "git_branch": "main",
        "agent_version": "2.1.0",
    }


def test_what_follows_a_turn_that_does_not_read_is_set_aside_with_it(read_events):
    session = Session()
    session.person("a", timestamp="2026-02-01T10:00:00")
    session.model("b")
    session.person("c")
    session.model("d")
    reading = read_events(*session.lines)
    assert reading.rejected == [(1, "time-without-zone", "timestamp")]
    assert reading.places == [("s1", 1)]


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"type": None}, "unknown-event", "type"),
        ({"type": 7}, "unknown-event", "type"),
        ({"uuid": None}, "missing-column", "uuid"),
        ({"message": "hello"}, "wrong-type", "message"),
        ({"message": {"content": 7}}, "wrong-type", "message.content"),
        ({"message": {"content": ["x"]}}, "wrong-type", "message.content"),
        ({"message": {"content": [{"type": "text", "text": 7}]}}, "wrong-type", "message.content.text"),
        ({"message": {"content": [{"type": "tool_result", "content": 7}]}}, "wrong-type", "message.content.content"),
        ({"type": "assistant", "message": {"id": 7}}, "wrong-type", "message.id"),
        ({"sessionId": None}, "missing-column", "sessionId"),
        ({"sessionId": {}}, "wrong-type", "sessionId"),
    ],
)
def test_an_event_that_does_not_read_is_set_aside(read_events, changes, reason, field):
    session = Session()
    session.person("a")
    reading = read_events(session.lines[0] | changes)
    assert reading.rejected == [(1, reason, field)]
