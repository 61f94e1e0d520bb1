"""Work done in processes of its own: two at a time, cold ones, and ones whose memory is watched."""

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import Conversation
from benchmarks.redaction import texts
from benchmarks.redaction.speed import awake, batches
from benchmarks.redaction.targets import Target
from benchmarks.running import quiet
from benchmarks.timing import Figures, figure

if TYPE_CHECKING:
    from pipelines.redaction.engine import Redactor

ROOT = Path(__file__).resolve().parents[2]
TWO_TIMES, PEAK_MIB, COLD_S = 1.8, 1536.0, 10.0
CACHED = "database cached"
_COLD = """
import sys, time
from benchmarks.redaction.speed import awake
awake()
print(time.time() - float(sys.argv[1]))
"""
_ready: "Redactor | None" = None


def worker() -> ProcessPoolExecutor:
    """Return a process that does one task at a time and keeps what it has loaded."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=quiet)


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold linear algebra in processes that are started meanwhile to one thread."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def two_processes(characters: int) -> tuple[float, float]:
    """Return the seconds on the wall that one process needs for a chat log, and two that have half of it each."""
    whole = texts.resent(characters)
    halves = whole[: len(whole) // 2], whole[len(whole) // 2 :]
    with one_thread(), worker() as first, worker() as second:
        for process in (first, second):
            process.submit(get_ready).result()
        began = time.perf_counter()
        for both in [process.submit(do, half) for process, half in zip((first, second), halves, strict=True)]:
            both.result()
        two = time.perf_counter() - began
        first.submit(get_ready).result()
        began = time.perf_counter()
        for half in halves:
            first.submit(do, half).result()
        return time.perf_counter() - began, two


def get_ready() -> None:
    """Build this process's Redactor anew."""
    global _ready
    _ready = awake()


def do(conversations: list[Conversation]) -> float:
    """Redact conversations in this process, and return its peak of memory so far, in MiB."""
    ready = _ready or awake()
    for batch in batches(conversations):
        ready.redact(batch)
    return peak_of_this_process()


def peak_of_this_process() -> float:
    """Return the most memory this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak_mib(characters: int) -> float:
    """Return the most memory a process holds that redacts a chat log, in MiB."""
    with one_thread(), worker() as process:
        return process.submit(do, texts.resent(characters)).result()


def cold(*, compiling: bool) -> dict[str, float]:
    """Return the seconds from the start of a process to its first redacted record.

    Args:
        compiling: Measure first what it takes where the database is not compiled yet.
    """
    if not compiling:
        return {CACHED: _first_record(dict(os.environ))}
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"XDG_CACHE_HOME": cache}
        return {name: _first_record(environment) for name in ("nothing compiled yet", CACHED)}


def _first_record(environment: dict[str, str]) -> float:
    command = [sys.executable, "-W", "ignore", "-c", _COLD, str(time.time())]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def process_table(one_s: float, two_s: float, peak: float, started: dict[str, float]) -> Figures:
    """Return all of it as a table."""
    rows = [
        ("one process, seconds", figure(one_s)),
        ("two processes, half each, seconds", figure(two_s)),
        ("peak of memory, MiB", figure(peak)),
        *((f"first record, {name}, seconds", figure(seconds)) for name, seconds in started.items()),
    ]
    return Figures("Processes", ("", ""), tuple(rows))


def process_targets(one_s: float, two_s: float, peak: float, started: dict[str, float]) -> list[Target]:
    """Return the bars on two processes, on memory and on the start."""
    return [
        Target("two processes, times as fast as one", TWO_TIMES, one_s / two_s),
        Target("peak of memory, MiB", PEAK_MIB, peak, at_most=True),
        Target("cold start, database cached, seconds", COLD_S, started[CACHED], at_most=True),
    ]
