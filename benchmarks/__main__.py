"""``python -m benchmarks`` runs every benchmark and prints its tables; ``python -m benchmarks NAME`` runs one."""

import importlib
import inspect
import json
import logging
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from benchmarks import NAMES
from benchmarks.running import by_itself
from benchmarks.timing import Figures, Outcome, machine
from policies.terminal import err, out

app = typer.Typer(add_completion=False)


@app.command()
def run(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(NAMES)}; all of them by default.")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures, every round's too.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write the tables as a page.")] = None,
    tiny: Annotated[bool, typer.Option("--tiny", help="One small round, to see that they work.")] = False,
) -> None:
    """Compare Lineweight with what one would use instead, side by side, and print medians and ratios."""
    if name and name not in NAMES:
        raise typer.BadParameter(f"there is no benchmark {name}; there are {', '.join(NAMES)}")
    logging.disable(logging.WARNING)  # what Beam says on being imported
    began, about, outcomes = time.monotonic(), machine(), {}
    for one in [name] if name else NAMES:
        err.print(f"[bold]{one}[/bold] …")
        outcomes[one] = by_itself(one, tiny=tiny)
        for figures in outcomes[one].tables:
            out.print(shown(figures))
    about |= {"minutes": f"{(time.monotonic() - began) / 60:.1f}"}
    if json_file:
        found = {one: outcome.document() for one, outcome in outcomes.items()}
        json_file.write_text(json.dumps({"machine": about, "benchmarks": found}, indent=1), "utf-8")
    if markdown:
        markdown.write_text(page(about, outcomes), "utf-8")


def shown(figures: Figures) -> Table:
    """Return a table for the terminal."""
    grid = Table(title=figures.title, title_justify="left", title_style="bold")
    for place, column in enumerate(figures.columns):
        grid.add_column(column, justify="right" if place else "left", overflow="fold")
    for row in figures.rows:
        grid.add_row(*(str(cell) for cell in row))
    return grid


def page(about: dict[str, str], outcomes: dict[str, Outcome]) -> str:
    """Return everything as Markdown: what is compared in the words of each benchmark's docstring, and its tables."""
    parts = [HEAD.format(**about)]
    for name, outcome in outcomes.items():
        module: Any = importlib.import_module(f"benchmarks.{name}")
        parts.append(f"## {name}\n\n{inspect.getdoc(module)}\n")
        parts += [_markdown(figures) for figures in outcome.tables]
    return "\n".join(parts)


def _markdown(figures: Figures) -> str:
    rule = "|".join(["---", *["--:"] * (len(figures.columns) - 1)])
    lines = [f"**{figures.title}**\n", f"| {' | '.join(figures.columns)} |", f"|{rule}|"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in figures.rows]
    return "\n".join(lines) + "\n"


HEAD = """\
# Benchmarks

Written by `python -m benchmarks --markdown docs/benchmarks.md` on {on}: {cores} cores ({processor}), Python {python}.
The machine was shared: its load average was {load_average} when this began, so read the ratios, not the seconds. Every
table compares within one run: the contenders take turns round by round, and medians are over the rounds. *Speed* is
how many times as fast as the first line. All of it took {minutes} minutes. `--json FILE` keeps every round.
"""

if __name__ == "__main__":
    app()
