"""One benchmark at a time, each in a process of its own, so that none inherits another's memory, models or threads."""

import importlib
import logging
import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor

from benchmarks.timing import Outcome


def measure(name: str, *, tiny: bool = False) -> Outcome:
    """Run one benchmark here, in full or with its tiny sizes, whose figures mean nothing."""
    module = importlib.import_module(f"benchmarks.{name}")
    outcome: Outcome = module.measure(module.TINY if tiny else module.FULL)
    return outcome


def by_itself(name: str, *, tiny: bool = False) -> Outcome:
    """Run one benchmark in a new process, and keep what the libraries there have to say to themselves."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=quiet) as process:
        return process.submit(measure, name, tiny=tiny).result()


def quiet() -> None:
    """Keep to themselves what libraries have to say in this process."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
