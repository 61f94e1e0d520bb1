"""Deciding: every record of a whole store against Cedar, and against the law read aloud, record by record.

``decide_batches`` begins with Parquet files (consent events, agreements, links, key columns of records) and ends with
a column of decisions; reading the files is timed, drawing them at random from a seed is not. It runs in a process of
its own, whose highest memory is told. Cedar (``cedarpy``) evaluates the same policy, translated by
``benchmarks.cedar``, for a sample of the records: in one batch and request by request, its policies parsed before the
clock starts. Cedar knows nothing of consent, so it is given the facts ready drawn, which is the greater part of the
work. The loop is what one would write first: for each record of the sample, and everybody in it, ``status_at`` now and
at collection, ``agreement_at``, ``Facts`` and ``decide``; events lie grouped by person before the clock starts. All
must permit the same records, and the loop must give the same reasons, or nothing is reported.
"""

import multiprocessing
import resource
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from benchmarks.cedar import policy_text, request
from benchmarks.ledgers import AS_OF, Drawn, known, records, write
from benchmarks.record_by_record import RecordByRecord
from benchmarks.timing import Contender, Figures, Outcome, Timed, as_figures, figure, take_turns
from pipelines.facts import AsOf, decide_batches
from policies.decision import Effect
from policies.document import DOCUMENTS, Policy, load_policies
from policies.errors import LineweightError

CLOCKS = AsOf(AS_OF, AS_OF)
POOL = "shared"
ROWS = 1 << 19


class DifferentAnswersError(LineweightError):
    """Two ways to decide disagree, so their times mean nothing."""

    remedy = "Run tests/pipelines/test_facts.py and tests/policies/test_cedar.py."


@dataclass(frozen=True)
class Size:
    """How much: what is drawn, records in the sample, rounds."""

    drawn: Drawn
    sample: int
    rounds: int


FULL = Size(Drawn(consents=3_000_000, agreements=100_000, records=10_000_000), 5_000, 3)
TINY = Size(Drawn(consents=600, agreements=20, records=2_000), 100, 1)


@dataclass(frozen=True)
class All:
    """What deciding all records took, and what came of it.

    Attributes:
        seconds: From opening the first file to the last decision.
        peak_mb: The most memory the process held.
        reasons: How many records were decided for which reason.
        first: The reasons of the first records, as many as the sample has.
    """

    seconds: float
    peak_mb: float
    reasons: Counter[str]
    first: list[str]


def measure(size: Size) -> Outcome:
    """Time all, compare their answers, and say how much memory the records took."""
    (policy,) = load_policies(DOCUMENTS)
    answers: dict[str, list[Any]] = {}
    with TemporaryDirectory() as place:
        directory = Path(place)
        _apart(write, size.drawn, directory)
        sample = pa.Table.from_batches([next(records(directory, size.sample))])
        contenders = _on_sample(policy, RecordByRecord(sample, known(directory), CLOCKS, POOL), answers)
        rounds = [(take_turns(contenders, 1), _apart(decide_all, directory, size.sample)) for _ in range(size.rounds)]
    everything = [all_records for _, all_records in rounds]
    _compare(answers, everything[0].first)
    timed = [
        Timed(one.name, tuple(of_round[place].seconds[0] for of_round, _ in rounds), one.work)
        for place, one in enumerate(contenders)
    ]
    work = {"records": float(size.drawn.records)}
    timed.append(Timed("decide_batches, from Parquet", tuple(one.seconds for one in everything), work))
    drawn = size.drawn
    title = f"{drawn.records:,} records, {drawn.consents:,} consent events, {drawn.agreements:,} agreements"
    return Outcome((as_figures(title, timed), _memory(everything), _reasons(everything[0].reasons)), {title: timed})


def decide_all(directory: Path, first: int) -> All:
    """Decide every record that was written, and keep the reason of each."""
    began = time.perf_counter()
    (policy,) = load_policies(DOCUMENTS)
    decisions = decide_batches(records(directory, ROWS), known(directory), policy, POOL, CLOCKS)
    reasons = [batch["reason"].dictionary_encode() for batch in decisions]
    seconds = time.perf_counter() - began
    counts = Counter[str]()
    for column in reasons:
        counts.update({one["values"]: one["counts"] for one in column.value_counts().to_pylist()})
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return All(seconds, peak_mb, counts, reasons[0].slice(0, first).to_pylist())


def _on_sample(policy: Policy, aloud: RecordByRecord, answers: dict[str, list[Any]]) -> list[Contender]:
    import cedarpy

    policies, nobody = cedarpy.PolicySet.from_str(policy_text(policy)), cedarpy.Entities.from_json_str("[]")
    asked = [request(aloud.facts(row, policy)) for row in aloud.rows]
    work = {"records": float(len(asked))}

    def singly(_: int) -> None:
        answers["cedar"] = [cedarpy.is_authorized(one, policies, nobody).allowed for one in asked]

    def batch(_: int) -> None:
        answers["cedar batch"] = [one.allowed for one in cedarpy.is_authorized_batch(asked, policies, nobody)]

    def loop(_: int) -> None:
        answers["loop"] = [aloud.decide(row, policy) for row in aloud.rows]

    return [
        Contender("Cedar in one batch, facts given", batch, work),
        Contender("Cedar by request, facts given", singly, work),
        Contender("loop over records", loop, work),
    ]


def _compare(answers: dict[str, list[Any]], reasons: list[str]) -> None:
    permitted = [reason == "permitted" for reason in reasons]
    same = (
        [str(decision.reason) for decision in answers["loop"]] == reasons,
        [decision.effect is Effect.PERMIT for decision in answers["loop"]] == permitted,
        answers["cedar"] == permitted,
        answers["cedar batch"] == permitted,
    )
    if not all(same) or not any(permitted) or all(permitted):
        raise DifferentAnswersError(f"The ways to decide differ on {len(reasons)} records.")


def _memory(rounds: list[All]) -> Figures:
    peaks = tuple((f"decide_batches, round {place}", figure(one.peak_mb)) for place, one in enumerate(rounds, 1))
    return Figures("Memory at its highest", ("", "MB"), peaks)


def _reasons(reasons: Counter[str]) -> Figures:
    rows = tuple((reason, f"{count:,}") for reason, count in reasons.most_common())
    return Figures("What was decided", ("reason", "records"), rows)


def _apart(work: Any, *arguments: Any) -> Any:
    """Do something in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *arguments).result()
