"""What the rules find in a text, by the plain search that defines it; compiling them is not what is tested here."""

import pytest

from pipelines.redaction.credentials import credential_rules
from pipelines.redaction.rule import search


@pytest.fixture(scope="session")
def find():
    """Return the function that gives ``(start, end, rule)`` of all that is found in a text."""
    rules = [(rule, tuple(literal.lower() for literal in rule.literals)) for rule in credential_rules()]

    def found(text):
        lower = text.lower()
        return [
            (span.start, span.end, span.detector)
            for rule, literals in rules
            if not literals or any(literal in lower for literal in literals)
            for span in search(rule, text)
        ]

    return found


@pytest.fixture(scope="session")
def hidden(find):
    """Return the function that says whether every letter and digit of a value is found where it stands in a text."""

    def is_hidden(text, value):
        start = text.index(value)
        ranges = [(low, high) for low, high, _ in find(text)]
        places = (place for place in range(start, start + len(value)) if text[place].isalnum())
        return all(any(low <= place < high for low, high in ranges) for place in places)

    return is_hidden
