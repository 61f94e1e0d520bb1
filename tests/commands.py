"""Running the command line as a person does: in this process, or in one of its own."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from policies import terminal

ROOT = Path(__file__).parents[1]
HERE = {name: value for name, value in os.environ.items() if not name.startswith(("LINEWEIGHT_", "DAGSTER_"))}


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def lineweight(*words: object) -> Ran:
    """Run ``lineweight`` in this process, by its own entry point."""
    from pipelines.cli import main

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patched.setattr(sys, "argv", ["lineweight", *map(str, words)])
        # A console asks for its width once and for all where COLUMNS is set when it is made, and else each time.
        patched.setattr(terminal.out, "_width", 200)
        patched.setattr(terminal.err, "_width", 200)
        with _root_logger_left_alone():
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


def in_a_process(*words: object, cwd: Path = ROOT, **environment: str) -> Ran:
    """Run ``lineweight`` in a process of its own."""
    command = [sys.executable, "-m", "pipelines.cli", *map(str, words)]
    said = subprocess.run(command, cwd=cwd, env=_with(environment), capture_output=True, text=True, timeout=800)
    return Ran(said.returncode, said.stdout, said.stderr)


def _with(environment: Mapping[str, str]) -> dict[str, str]:
    return {**HERE, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment}


@contextlib.contextmanager
def _root_logger_left_alone() -> Iterator[None]:
    import logging

    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
