"""What a change of policy does to ten million records: counted in columns, against deciding them one by one.

Records, events and agreements are drawn at random from a seed and lie in Parquet files; the clock runs from the files
to the counts by reason, tenant and jurisdiction. *Equal terms*: the second policy has other rules, so facts are drawn
once and decided twice. *Other terms*: it also keeps records longer, so facts are drawn twice. *Record by record* is
what one would write first, the readable rules for one record after the other under both policies; it has a sample, and
its events lie at hand before its clock starts, so its time for all records is its rate, not a measurement. Its answers
and those of the columns must be the same on the sample, or nothing is reported.
"""

import resource
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from benchmarks import ledgers
from benchmarks.record_by_record import RecordByRecord
from benchmarks.timing import Contender, Figures, Outcome, as_figures, figure, take_turns
from pipelines.facts import AsOf
from pipelines.policy.change import Changed, Delivered, changed
from policies.decision import Effect
from policies.document import DOCUMENTS, Policy, load_policies
from policies.errors import LineweightError
from policies.rule import Rule, When

CLOCKS = AsOf(ledgers.AS_OF, ledgers.AS_OF)
POOL = "tenant"
ROWS = 250_000


class DifferentAnswersError(LineweightError):
    """The two ways to compare disagree, so their times mean nothing."""

    remedy = "Run tests/pipelines/test_policy_change.py."


@dataclass(frozen=True)
class Size:
    """How much: what is drawn, records decided one by one, and rounds."""

    drawn: ledgers.Drawn
    sample: int
    rounds: int


FULL = Size(ledgers.Drawn(3_000_000, 100_000, 10_000_000), 2_000, 3)
TINY = Size(ledgers.Drawn(600, 20, 2_000), 100, 1)


def measure(size: Size) -> Outcome:
    """Time both kinds of change both ways, compare the answers on the sample, and say what the memory was."""
    (before,) = load_policies(DOCUMENTS)
    rules = before.model_copy(update={"version": 2, "deny": before.deny[1:], "permit": _narrower(before)})
    terms = rules.model_copy(update={"retain_days": 900})
    with tempfile.TemporaryDirectory() as kept:
        directory = Path(kept)
        ledgers.write(size.drawn, directory)
        sample = pa.Table.from_batches([next(iter(ledgers.records(directory, size.sample)))])
        loop = RecordByRecord(sample, ledgers.known(directory), CLOCKS, POOL)
        for after in (rules, terms):
            _compare(loop, sample, directory, before, after)
        contenders = [
            Contender("record by record, on a sample", lambda _: _by_hand(loop, before, rules), _work(len(loop.rows))),
            Contender("columns, equal terms", lambda _: _all(directory, before, rules), _work(size.drawn.records)),
            Contender("columns, other terms", lambda _: _all(directory, before, terms), _work(size.drawn.records)),
        ]
        timed = take_turns(contenders, size.rounds)
        counted = _all(directory, before, rules).document()
    title = f"{size.drawn.records:,} records, {size.drawn.consents:,} consent events under two policies"
    seconds = size.drawn.records / timed[0].rate("records")
    told = (
        ("record by record, all records at the rate of the sample, hours", figure(seconds / 3_600)),
        ("records gained", f"{counted['gained']['records']:,}"),
        ("records lost", f"{counted['lost']['records']:,}"),
        ("memory at its highest, MB", figure(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)),
    )
    return Outcome((as_figures(title, timed), Figures("Besides", ("", ""), told)), {title: timed})


def _narrower(policy: Policy) -> tuple[Rule, ...]:
    """Return a policy's permit rules, each for one country alone."""
    germany = [When.model_validate(rule.when.conditions() | {"jurisdiction": ["de"]}) for rule in policy.permit]
    return tuple(rule.model_copy(update={"when": when}) for rule, when in zip(policy.permit, germany, strict=True))


def _all(directory: Path, before: Policy, after: Policy) -> Changed:
    batches = (Delivered(batch) for batch in ledgers.records(directory, ROWS))
    return changed(batches, ledgers.known(directory), before, after, POOL, CLOCKS)


def _by_hand(loop: RecordByRecord, before: Policy, after: Policy) -> Counter[tuple[bool, str]]:
    """Count the records of the sample that one of two policies permits: gained or not, and why the other denies."""
    counts = Counter[tuple[bool, str]]()
    for row in loop.rows:
        one, other = loop.decide(row, before), loop.decide(row, after)
        if one.effect is not other.effect:
            gained = other.effect is Effect.PERMIT
            counts[gained, (one if gained else other).reason] += 1
    return counts


def _compare(loop: RecordByRecord, sample: pa.Table, directory: Path, before: Policy, after: Policy) -> None:
    found = changed([Delivered(sample)], ledgers.known(directory), before, after, POOL, CLOCKS).document()
    told = {(side == "gained", reason): records for side in ("gained", "lost")
            for reason, records in found[side]["by_reason"].items()}  # fmt: skip
    if told != dict(_by_hand(loop, before, after)):
        raise DifferentAnswersError(f"Columns and loop differ on {len(loop.rows)} records.")


def _work(records: int) -> dict[str, float]:
    return {"records": float(records)}
