"""One stage in a process of its own, so that its seconds and its peak of memory are its own."""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class StageFailedError(RuntimeError):
    """A stage did not succeed; the message ends with what it said."""


@dataclass(frozen=True)
class Measured:
    """What a stage did, and what it took.

    Attributes:
        stage: Its name.
        about: The source or snapshot.
        seconds: Wall time, from the start of its process to the end: the loading of libraries is in it.
        cpu_seconds: Of the process and its workers.
        peak_mib: Largest resident memory of the process itself, in MiB.
        peak_worker_mib: Largest resident memory of any one of its workers, in MiB.
        result: What the stage says.
    """

    stage: str
    about: str
    seconds: float
    cpu_seconds: float
    peak_mib: float
    peak_worker_mib: float
    result: dict[str, Any]


def in_own_process(stage: str, about: str, home: Path) -> Measured:
    """Run a stage and measure it.

    This process has to stay small: Linux counts what a parent held at the moment of the fork into the peak of
    the child.

    Raises:
        StageFailedError: It did not succeed.
    """
    with tempfile.TemporaryDirectory(prefix="first-run-") as directory:
        out = Path(directory) / "result.json"
        command = [sys.executable, "-m", "benchmarks.first_run.stages", stage, about]
        began = time.monotonic()
        done = subprocess.run(
            [*command, "--home", str(home.resolve()), "--out", str(out)], cwd=ROOT, capture_output=True, text=True
        )
        seconds = time.monotonic() - began
        if done.returncode != 0:
            raise StageFailedError(f"{stage} {about}: {done.stderr[-2000:]}")
        told = json.loads(out.read_bytes())
    return Measured(stage, about, seconds, result=told["result"], **told["took"])
