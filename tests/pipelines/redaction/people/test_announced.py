"""Names that words before them announce, found by expressions alone."""

import pytest

from pipelines.redaction.people.announced import announced_rules
from pipelines.redaction.rule import search

RULES = announced_rules()


def found(text):
    return [text[span.start : span.end] for rule in RULES for span in search(rule, text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hi, my name is Margaret Holloway and the build fails.", "Margaret Holloway"),
        ("hello, my name is margaret holloway.", "margaret holloway"),
        ("Hello, this is Margaret Holloway from billing.", "Margaret Holloway"),
        ("Dear Margaret,\nthe build fails.", "Margaret"),
        ("ask Mr. Holloway", "Holloway"),
        ("ask Dr Ada van der Berg-O'Neil", "Ada van der Berg-O'Neil"),
        ("It fails.\n\nKind regards,\nMargaret", "Margaret"),
        ("Thanks,\n\n- Margaret H. Holloway", "Margaret H. Holloway"),
        ("Author: Margaret Holloway <margaret@example.org>", "Margaret Holloway"),
        ("    Signed-off-by: margaret holloway <m@example.org>", "margaret holloway"),
        (" * @author Margaret Holloway", "Margaret Holloway"),
        ("# Copyright (c) 2019-2021 Margaret Holloway", "Margaret Holloway"),
        ('const customerName = "Margaret Holloway";', "Margaret Holloway"),
        (r"{\"patient\": \"Margaret\"}", "Margaret"),
        ("lastName => 'Holloway'", "Holloway"),
        ("https://example.org/find?full_name=Margaret Holloway&page=1", "Margaret Holloway"),
        ("POST /form\nname=Margaret+Holloway&lastName=Okafor", "Margaret+Holloway"),
    ],
)
def test_a_name_that_is_announced_is_found(text, name):
    assert name in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Dear Customer,",
        "Hi All,",
        "Author: string;",
        'const userName = "Submit Button";',
        'className = "Dark Mode"',
        "my name is wrong in the table",
        "Thanks,\nthe build works",
        "this is React Native",
        "DrPlot(x); mrSid = 3",
        "/find?name=Submit&class_name=Dark",
        "find?full_name=Default",
    ],
)
def test_words_that_name_nobody_are_left(text):
    assert found(text) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_literals_of_a_rule_hold_in_whatever_it_finds(rule):
    texts = [text for text, _ in test_a_name_that_is_announced_is_found.pytestmark[0].args[1]]
    matched = [text for text in texts if list(search(rule, text))]
    assert matched
    assert all(any(literal in text.lower() for literal in rule.literals) for text in matched)


def test_rules_have_names_of_their_own():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.name.startswith("person-") for rule in RULES)
