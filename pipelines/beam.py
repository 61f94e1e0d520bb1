"""The adapter to Apache Beam: work units in, results out, no logic of its own.

A work unit is a file to read and the files to write. The pipeline is one straight line (create, process),
so that it runs unchanged on Beam's local runner, in several processes, on Flink, Spark, Dask or Dataflow.
Text never crosses a shuffle: a unit leaves a small result (counts and digests) in the warehouse, where
whoever started it reads it back, on this machine or another.
"""

import json
import logging
import shlex
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment

from lineage.warehouse import Warehouse
from policies.errors import LineweightError

Unit = TypeVar("Unit")
Result = TypeVar("Result")
POLL_SECONDS = 0.5


class UnitRefusedError(LineweightError):
    """A unit of work was refused; the other units were done."""


class _Process(beam.DoFn):  # type: ignore[misc]
    """Do one unit and leave its result; a refusal is a result too, so that the other units go on."""

    def __init__(self, do: Callable[[Any], Any], warehouse: Warehouse, run: str) -> None:
        self._do, self._warehouse, self._run = do, warehouse, run

    def process(self, numbered: tuple[int, Any]) -> Iterator[int]:
        place, unit = numbered
        try:
            answer: dict[str, Any] = {"result": asdict(self._do(unit))}
        except LineweightError as error:
            answer = {"refused": str(error), "remedy": error.remedy}
        self._warehouse.write(f"{self._run}/{place:08d}.json", json.dumps(answer).encode())
        yield place


def run_units(
    units: Sequence[Unit],
    do: Callable[[Unit], Result],
    result: type[Result],
    warehouse: Warehouse,
    *,
    runner: str = "FnApiRunner",
    workers: int = 1,
    advance: Callable[[int], None] = lambda done: None,
) -> list[Result]:
    """Do every unit and return their results in the order of the units.

    Args:
        units: What to do; each must pickle.
        do: A module-level function. It may run more than once for a unit (a retry), so what it writes must
            overwrite itself.
        result: The dataclass that ``do`` returns; its fields must be JSON values.
        warehouse: Where results are left, under ``runs/``, until they are read.
        runner: Name of a Beam runner.
        workers: Processes on this machine, for the local runner.
        advance: Called now and then with the number of units done so far.

    Raises:
        UnitRefusedError: At least one unit was refused; the message is that of the first.
    """
    if not units:
        return []
    run = f"runs/{uuid.uuid4().hex}"
    try:
        options = PipelineOptions([f"--direct_num_workers={workers}"])
        with (
            _watched(warehouse, run, advance),
            beam.Pipeline(runner=_runner(runner, workers), options=options) as pipeline,
        ):
            created = pipeline | "Create" >> beam.Create(list(enumerate(units)))
            spread = created | "Spread" >> beam.Reshuffle()
            spread | "Process" >> beam.ParDo(_Process(do, warehouse, run))
        answers = [json.loads(warehouse.read(path)) for path in warehouse.files(run)]
    finally:
        warehouse.delete_tree(run)
    for answer in answers:
        if "refused" in answer:
            raise UnitRefusedError(answer["refused"], remedy=answer["remedy"])
    return [result(**answer["result"]) for answer in answers]


class _watched:  # noqa: N801 - reads as a clause of the with statement
    """While the block runs, say now and then how many results stand."""

    def __init__(self, warehouse: Warehouse, run: str, advance: Callable[[int], None]) -> None:
        self._warehouse, self._run, self._advance = warehouse, run, advance
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            self._advance(len(self._warehouse.files(self._run)))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._advance(len(self._warehouse.files(self._run)))


def _runner(name: str, workers: int) -> str | FnApiRunner:
    """Return the runner: by name, or the local one with several worker processes."""
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    if name != "FnApiRunner" or workers == 1:
        return name
    command = f"{shlex.quote(sys.executable)} -m pipelines.beam_worker"
    return FnApiRunner(default_environment=SubprocessSDKEnvironment.from_command_string(command))
