"""How a change to an application is asked for, explained and written down."""

from dataclasses import dataclass
from functools import cache
from string import Template

from pipelines.world.apps import App


@dataclass(frozen=True)
class Change:
    """Something a person asks of the builder, and the builder's answer.

    All texts are templates over ``App.words`` (``$Item``, ``$items``, …).

    Attributes:
        name: Slug of the change.
        asks: Ways in which people ask for it.
        answers: Ways in which the builder explains what it did.
        path: The file that changes.
        code: What is written there.
        trace: What the person saw go wrong, if it is a fault: a console message or stack trace.
    """

    name: str
    asks: tuple[str, ...]
    answers: tuple[str, ...]
    path: str
    code: str
    trace: str = ""


LANGUAGES = {"tsx": "tsx", "ts": "ts", "js": "js", "py": "python", "sql": "sql", "css": "css", "yml": "yaml"}


@cache
def said(template: str, app: App) -> str:
    """Return a template in an application's words."""
    return Template(template).substitute(app.words)


def language(path: str) -> str:
    """Return the name of a file's language, as a fenced block gives it."""
    return LANGUAGES[path.rpartition(".")[2]]


def fenced(code: str, of: str = "") -> str:
    """Return a Markdown code block."""
    return f"```{of}\n{code}\n```"
