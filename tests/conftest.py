"""What all tests share: how properties are tried, and how golden files are held against what is."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "--update-goldens"

# Threads that wait must not keep the other worker's processor busy; read when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Tables are as wide whichever test first imports the console that prints them.
os.environ["COLUMNS"] = "200"

# How long an example takes says more about the machine than about the rule.
settings.register_profile("lineweight", deadline=None)
settings.load_profile("lineweight")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(UPDATE, action="store_true", help="Write the golden files anew; read the difference as code.")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of a name, or write the file anew if asked to."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption(UPDATE):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{name} has changed; if that is meant: pytest {UPDATE}"

    return compare
