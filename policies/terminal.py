"""What every command says to a person, and to a machine: the one place where commands print.

A command builds a plain document (a ``dict``) and a way to show it. With ``--json`` the document is
printed and nothing else is; without, the tables are.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines, and nothing else.")]
HomeOption = Annotated[
    str,
    typer.Option("--home", envvar="LINEWEIGHT_HOME", help="Where everything is kept: a path, or a URI such as s3://…"),
]
DEFAULT_HOME = "warehouse"

PIPED_WIDTH = 160

# Into a pipe or a file nobody folds lines to the width of a window, so that digests stay whole.
out = Console(width=None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", PIPED_WIDTH)))
err = Console(stderr=True)


def emit(document: Mapping[str, Any], as_json: bool, show: Callable[[], None]) -> None:
    """Print a document as JSON, or show it to a person."""
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))
    else:
        show()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Build a table a person can read; columns that hold only numbers are aligned right."""
    listed = [list(row) for row in rows]
    grid = Table(title=title, title_justify="left", title_style="bold")
    for place, name in enumerate(columns):
        numbers = bool(listed) and all(type(row[place]) in (int, float) for row in listed)
        grid.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in listed:
        grid.add_row(*(_told(cell) for cell in row))
    return grid


def _told(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
