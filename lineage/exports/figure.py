"""A figure: one thing a disclosure states, with what it means and how anybody finds it again.

A figure never stands alone. Its *query* is a command of ``lineweight``, or SQL over files of the home, or both: SQL
over what the command printed. SQL is DuckDB's, run in the home's directory; none of it uses the code that made the
figure, so an answer that agrees is a second opinion. What is not known is said to be not known, and why.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.errors import LineweightError

ANSWER = "answer.json"
"""Where SQL that is asked of a command's answer finds what ``--json`` printed."""


class FigureError(LineweightError):
    """A disclosure asks for a figure that nobody computes."""

    remedy = "This is a fault of Lineweight: report the name of the figure."


@dataclass(frozen=True, slots=True)
class Query:
    """How a figure is found again.

    Attributes:
        command: What to run, with ``--json``; empty where files are enough.
        place: Where in the command's answer the figure stands, as names with dots between them.
        sql: What to ask, of files in the home and of `ANSWER`: one row and column is a value, two columns are names
            and values, one column of several rows is a list.
    """

    command: str = ""
    place: str = ""
    sql: str = ""

    def document(self) -> dict[str, str]:
        """Return the parts there are."""
        parts = {"command": self.command, "place": self.place, "sql": self.sql}
        return {name: part for name, part in parts.items() if part}

    def sentence(self) -> str:
        """Return the whole of it in one line."""
        if not self.sql:
            return f"{self.command} → {self.place}"
        return f"{self.command} > {ANSWER}; {self.sql}" if self.command else self.sql


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that is stated.

    Attributes:
        name: By which it is referred to: ``records``.
        means: What it is, in words.
        value: A number, a text, a truth, a list, or numbers by name; None where it is not known.
        query: How it is found again.
        unknown: Why it is not known; empty where it is.
    """

    name: str
    means: str
    value: Any
    query: Query
    unknown: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return not self.unknown

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        document = {"name": self.name, "means": self.means, "value": self.value, "query": self.query.document()}
        return document | ({"unknown": self.unknown} if self.unknown else {})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a disclosure is tied to: whoever holds these files can hold the disclosure against them.

    Attributes:
        artifact: ``name@vN``, or ``model/run``.
        manifest_digest: SHA-256 of the snapshot's manifest, in hexadecimal.
        root: The snapshot's Merkle root, in hexadecimal.
        statement_digest: SHA-256 of the signed statement about the artifact, in hexadecimal.
        signed_by: Ids of the trusted keys that signed it.
    """

    artifact: str
    manifest_digest: str
    root: str
    statement_digest: str
    signed_by: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "artifact": self.artifact,
            "manifest_digest": self.manifest_digest,
            "root": self.root,
            "statement_digest": self.statement_digest,
            "signed_by": list(self.signed_by),
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """All that can be stated of one artifact, by name, and the evidence that it was read from."""

    evidence: Evidence
    by_name: Mapping[str, Figure] = field(default_factory=dict)

    @classmethod
    def of(cls, evidence: Evidence, figures: Iterable[Figure]) -> "Figures":
        """Return figures by name, in the order given."""
        return cls(evidence, {figure.name: figure for figure in figures})

    def __getitem__(self, name: str) -> Figure:
        """Return a figure.

        Raises:
            FigureError: There is none of that name.
        """
        try:
            return self.by_name[name]
        except KeyError as error:
            raise FigureError(f"There is no figure {name}.") from error

    def __iter__(self) -> Iterator[Figure]:
        """Yield the figures in order."""
        return iter(self.by_name.values())

    def document(self) -> list[dict[str, Any]]:
        """Return the JSON document."""
        return [figure.document() for figure in self]
