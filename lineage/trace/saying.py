"""How answers are put before a person: sentences, tables, lists, and what was not followed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape

from policies.terminal import out, table


def say(*sentences: str) -> None:
    """Print sentences, a line each; markup in them is meant."""
    for sentence in sentences:
        out.print(sentence, highlight=False)


def grid(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, or that there is nothing to put in it; nothing in a cell is markup."""
    listed = [[escape(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    if listed:
        out.print(table(title, columns, listed))
    else:
        say(f"[bold]{title}[/bold]: none")


def enumerate_sentences(title: str, sentences: Sequence[str]) -> None:
    """Print a list under a title; nothing where there is none."""
    if sentences:
        say(f"[bold]{title}[/bold]", *(f"• {escape(sentence)}" for sentence in sentences))


def say_unverified(document: Mapping[str, Any]) -> None:
    """Print what evidence of an answer does not verify, and was not followed."""
    if document["unverified"]:
        say("[red]This answer may be incomplete. What follows does not verify and was not followed:[/red]")
        told = [f"{entry['directory']}: {entry['why']}" for entry in document["unverified"]]
        enumerate_sentences("Not followed", told)
