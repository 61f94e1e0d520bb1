"""``python -m benchmarks.first_run --data DIR --home DIR``: lay out a home, run every stage, say what it took."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.first_run.layout import lay_out
from benchmarks.first_run.measured import Measured, in_own_process
from benchmarks.first_run.report import document, show

RESULT = "first-run.json"


def run(
    data: Path,
    home: Path,
    workers: int = 1,
    lines: int | None = None,
    do: Callable[[str, str, Path], Measured] = in_own_process,
) -> dict[str, Any]:
    """Run everything and return the document, which is also left in the home as ``first-run.json``.

    Args:
        data: The directory that holds ``logs/``.
        home: An empty directory: the deployment.
        workers: Worker processes of a stage.
        lines: Take only so many lines of each log.
        do: Runs and measures one stage.
    """
    from benchmarks.first_run.stages import plan

    began = time.monotonic()
    laid = lay_out(data, home, workers, lines)
    print(f"laid out in {time.monotonic() - began:.1f} s", file=sys.stderr)
    measured = []
    for stage, about in plan():
        measured.append(do(stage, about, home))
        print(f"{stage} {about}: {measured[-1].seconds:.1f} s", file=sys.stderr)
    told = document(laid, measured)
    (home / RESULT).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return told


def main() -> None:
    """Parse the command line, run, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_run", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the directory that holds logs/")
    parser.add_argument("--home", type=Path, required=True, help="an empty directory; people's words will be in it")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of a stage")
    parser.add_argument("--lines", type=int, help="take only so many lines of each log")
    asked = parser.parse_args()
    show(run(asked.data, asked.home, asked.workers, asked.lines))


if __name__ == "__main__":
    main()
