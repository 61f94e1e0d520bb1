"""Speed on one core, beside stock Presidio over the same texts.

Seconds are those a processor worked, so that a busy machine slows nobody. Every round has Redactors of its own that
remember nothing, built and woken up before the clock starts.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from benchmarks.corpus import Conversation, log_name, records, size_mb
from benchmarks.redaction import texts
from benchmarks.redaction.contestants import redactor, stock
from benchmarks.redaction.targets import Target
from benchmarks.timing import Contender, Timed, take_turns

if TYPE_CHECKING:
    from pipelines.redaction.engine import Redactor

RESENT, DISTINCT, NAMED = "Resent history", "Distinct turns", "Name-dense prose"
STOCK, OURS, WITHOUT, ALL = "stock Presidio", "ours", "ours, no segment cache", "ours, all of it"

TIMES_STOCK = {RESENT: 100, DISTINCT: 40, NAMED: 5}
"""How many times as fast as stock each load must be."""

RESENT_MB_S = 2.0
ROWS = 250

WAKING = [["My name is Jane Doe, mail jane.doe@corp.internal.", "Hello."]]


def batches(conversations: Sequence[Conversation], tenant: str = "acme") -> list[pa.RecordBatch]:
    """Return conversations as records, in batches as the pipeline has them."""
    return records(conversations, tenant).combine_chunks().to_batches(max_chunksize=ROWS)


def awake(**settings: int) -> "Redactor":
    """Return a Redactor that has loaded all it loads, and remembers nothing of the tenant that is measured."""
    made = redactor(**settings)
    for batch in batches(WAKING, "another"):
        made.redact(batch)
    return made


def speed(characters: int, most: int, rounds: int) -> dict[str, list[Timed]]:
    """Return how long everybody took, by load.

    Args:
        characters: Of the sample of each load that everybody has: stock is slow.
        most: Of the load that ours has besides.
        rounds: How often.
    """
    replace = stock().redact
    loads = {RESENT: texts.resent, DISTINCT: texts.turns, NAMED: texts.named}
    return {
        f"{name}{'' if name == NAMED else f' of {log_name()}'}": _turns(replace, part, load(most), rounds)
        for name, load in loads.items()
        if (part := load(characters))
    }


def _turns(
    replace: Callable[[str], str], part: Sequence[Conversation], whole: Sequence[Conversation], rounds: int
) -> list[Timed]:
    sample, everything = batches(part), batches(whole)
    alone = [batch.slice(row, 1) for batch in sample for row in range(batch.num_rows)]
    ready = [(awake(), awake(cache_bytes=0), awake()) for _ in range(rounds)]
    work = {"MB": size_mb(part), "records": float(len(part))}
    contenders = [
        Contender(STOCK, lambda _: [replace(text) for texts_ in part for text in texts_], work),
        Contender(OURS, lambda number: [ready[number][0].redact(batch) for batch in sample], work),
        Contender(WITHOUT, lambda number: [ready[number][1].redact(batch) for batch in alone], work),
        Contender(
            ALL,
            lambda number: [ready[number][2].redact(batch) for batch in everything],
            {"MB": size_mb(whole), "records": float(len(whole))},
        ),
    ]
    return take_turns(contenders, rounds, time.process_time)


def speed_targets(timed: Mapping[str, Sequence[Timed]]) -> list[Target]:
    """Return the bars on speed: of the whole of each load, against the rate of stock on its sample."""
    found = [
        Target(f"{title}, times as fast as stock", bar, _named(of, ALL).ratio_to(of[0]))
        for title, of in timed.items()
        for name, bar in TIMES_STOCK.items()
        if title.startswith(name)
    ]
    resent = next(of for title, of in timed.items() if title.startswith(RESENT))
    return [*found, Target(f"{RESENT}, MB/s of a core", RESENT_MB_S, _named(resent, ALL).rate("MB"))]


def _named(timed: Sequence[Timed], name: str) -> Timed:
    return next(one for one in timed if one.name == name)
