"""One small demo home for all documents, and a working directory of its own for each."""

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

AS_OF = "2026-06-01T00:00:00Z"  # the demo's; so that the samples do not grow too old to be used

Run = Callable[..., int]


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("LINEWEIGHT_", "DAGSTER_"))}


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("documentation") / "warehouse"
    command = [sys.executable, "-m", "pipelines.cli", "demo", "--home", str(home), "--records", "300", "--json"]
    done = subprocess.run(command, env=_clean_environment(), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return home


@pytest.fixture
def workspace(demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory in which ``warehouse`` is the demo's home, made the working directory."""
    (tmp_path / "warehouse").symlink_to(demo_home)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Return what runs ``lineweight`` with some words in this process, whose imports are made once."""

    def command(words: list[str], environment: dict[str, str]) -> int:
        from pipelines.cli import main

        variables = {**_clean_environment(), "LINEWEIGHT_AS_OF": AS_OF, **environment}
        told = io.StringIO()
        with (
            mock.patch.dict(os.environ, variables, clear=True),
            mock.patch.object(sys, "argv", ["lineweight", *words]),
            redirect_stdout(told),
            redirect_stderr(told),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # a command meets what third parties deprecate; here it is no error
            try:
                main()
            except SystemExit as ended:
                return int(ended.code or 0)
        return 0

    return command
