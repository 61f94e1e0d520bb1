"""A disclosure as a page: sections of questions, answers in sentences, and under each the checks of its figures.

A sentence names its figures in braces, ``{records} records of {people} people``, and is filled from `Figures`: no
number is ever typed into one. What the deployer has to say is told as theirs, or as not stated.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from lineage.exports.figure import Figure, Figures

NOT_STATED = "Not stated by the deployer."
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under columns; ``figures`` are the names of those they tell."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[str, ...] = ()

    def document(self) -> list[dict[str, str]]:
        """Return the rows, each by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        question: What is asked; empty where the section's title asks it.
        text: Sentences.
        figures: Names of the figures they tell.
        table: What is better told in rows.
    """

    question: str
    text: str
    figures: tuple[str, ...] = ()
    table: Table | None = None

    @property
    def all_figures(self) -> tuple[str, ...]:
        """Names of the figures that text and table tell, each once."""
        return tuple(dict.fromkeys((*self.figures, *(self.table.figures if self.table else ()))))

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        document = {"question": self.question, "answer": self.text, "figures": list(self.all_figures)}
        return document | ({"table": self.table.document()} if self.table else {})


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a page: ``number`` is that of the law's or the template's own order, or empty."""

    title: str
    answers: tuple[Answer, ...] = ()
    number: str = ""
    depth: int = 2

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {"number": self.number, "title": self.title, "answers": [one.document() for one in self.answers]}


@dataclass(frozen=True, slots=True)
class Page:
    """A whole disclosure.

    Attributes:
        export: Which: ``eu-summary``.
        title: Its heading.
        source: The law, standard or template that it follows.
        figures: All that its sentences are filled from.
    """

    export: str
    title: str
    source: str
    figures: Figures
    sections: tuple[Section, ...]

    @property
    def told(self) -> tuple[Figure, ...]:
        """The figures that the page tells, each once, in the order in which it does."""
        names = [name for section in self.sections for answer in section.answers for name in answer.all_figures]
        return tuple(self.figures[name] for name in dict.fromkeys(names))

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "export": self.export,
            "title": self.title,
            "follows": self.source,
            "evidence": self.figures.evidence.document(),
            "sections": [section.document() for section in self.sections],
            "figures": [figure.document() for figure in self.told],
        }


def answer(figures: Figures, question: str, sentence: str, /, table: Table | None = None, **words: str) -> Answer:
    """Return an answer whose sentence is filled from figures, and from words that are no figures."""
    names = [name for _, name, _, _ in Formatter().parse(sentence) if name is not None]
    named = tuple(dict.fromkeys(name for name in names if name not in words))
    filled = sentence.format_map({name: told(figures[name]) for name in named} | words)
    return Answer(question, filled, named, table)


def stated(question: str, said: str | bool | None) -> Answer:
    """Return an answer that only the deployer can give."""
    return Answer(question, deployers(said))


def deployers(said: str | bool | None) -> str:
    """Return what the deployer said as text in one line, or that nothing was."""
    if said is None:
        return NOT_STATED
    if isinstance(said, bool):
        return "Yes." if said else "No."
    return " ".join(said.split())


def told(figure: Figure) -> str:
    """Return a figure's value in words."""
    return f"not known ({figure.unknown})" if not figure.known else value_told(figure.value)


def value_told(value: Any) -> str:
    """Return a value in words: numbers with separators, instants to the second, names with their numbers."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {value_told(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        apart = "; " if any(isinstance(inner, Mapping) for inner in value) else ", "
        return apart.join(map(value_told, value)) or "none"
    return _INSTANT.sub(r"\1 \2 UTC", str(value))


def counts(figures: Figures, name: str, *columns: str) -> Table | None:
    """Return a figure of numbers by name as a table; None where it is not known or has no names."""
    figure = figures[name]
    if not figure.known or not figure.value:
        return None
    rows = tuple((key, value_told(value)) for key, value in figure.value.items())
    return Table(columns, rows, (name,))


def side_by_side(figures: Figures, first: str, names: Mapping[str, str]) -> Table:
    """Return figures that count by the same names as a table, a column for each.

    Args:
        figures: Where they are.
        first: What the names are.
        names: Of the figures, by the heading of their column.
    """
    values = [figures[name].value or {} for name in names.values()]
    keys: Iterable[str] = sorted({key for value in values for key in value})
    rows = tuple((key, *(value_told(value.get(key, 0)) for value in values)) for key in keys)
    return Table((first, *names), rows, tuple(names.values()))
