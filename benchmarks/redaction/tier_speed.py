"""What each tier takes, alone and of the whole."""

import time
from collections.abc import Sequence

from benchmarks.corpus import log_name, size_mb
from benchmarks.redaction import texts
from benchmarks.redaction.contestants import STRICT, stock_patterns
from benchmarks.redaction.speed import DISTINCT, RESENT, awake, batches
from benchmarks.redaction.targets import Target
from benchmarks.timing import Contender, Figures, Timed, figure, take_turns
from pipelines.redaction.profile import load_profile
from pipelines.redaction.tier import Tier

STRUCTURED, PEOPLE = "structured", "people"
MB_S = {STRUCTURED: 10.0, PEOPLE: 0.8}
"""Least MB/s of a core, by tier, over texts it has not seen."""


def tiers(characters: int) -> Figures:
    """Return what each tier took of a chat log, with resent history and turn by turn."""
    rows: list[tuple[object, ...]] = []
    for name, load in {RESENT: texts.resent, DISTINCT: texts.turns}.items():
        measured = awake()
        before = dict(measured.figures().seconds)
        ready, began = batches(load(characters)), time.perf_counter()
        for batch in ready:
            measured.redact(batch)
        seconds, told = time.perf_counter() - began, measured.figures()
        took = {tier: spent - before.get(tier, 0.0) for tier, spent in told.seconds.items()}
        took["all else"] = seconds - sum(took.values())
        rows += [(f"{name}: {tier}", figure(spent), _percent(spent, seconds)) for tier, spent in took.items()]
        rows.append((f"{name}: texts seen before", f"{told.hits:,}", _percent(told.hits, told.texts)))
        rows.append((f"{name}: characters searched", f"{told.searched:,}", _percent(told.searched, told.characters)))
    return Figures(f"Where the seconds go, {log_name()}", ("", "seconds or number", "share"), tuple(rows))


def alone(characters: int, sample: int, rounds: int) -> list[Timed]:
    """Time two tiers alone over texts they have not seen, beside Presidio's recognisers that need no model."""
    logged, turns = texts.logged(characters), [text for texts_ in texts.turns(characters) for text in texts_]
    few = logged[:: max(1, sum(map(len, logged)) // sample)]
    analyze, ready = stock_patterns(), [_tiers() for _ in range(rounds)]
    loads = {STRUCTURED: logged, PEOPLE: turns}
    contenders = [
        Contender("Presidio without a model", lambda _: [analyze(text) for text in few], {"MB": size_mb([few])}),
        *(
            Contender(name, lambda number, name=name: _find(ready[number][name], loads[name]), {"MB": size_mb([load])})
            for name, load in loads.items()
        ),
    ]
    return take_turns(contenders, rounds, time.process_time)


def tier_targets(timed: Sequence[Timed]) -> list[Target]:
    """Return the bars on the rate of each tier."""
    rates = {one.name: one.rate("MB") for one in timed}
    return [Target(f"{name} tier, MB/s of a core", bar, rates[name]) for name, bar in MB_S.items()]


def _tiers() -> dict[str, Tier]:
    from pipelines.redaction.tiers import shipped_tiers

    made = {tier.name: tier for tier in shipped_tiers(load_profile(STRICT), ())}
    for tier in made.values():
        _find(tier, ["My name is Jane Doe, mail jane.doe@corp.internal."])
    return made


def _find(tier: Tier, texts: Sequence[str]) -> object:
    return tier.find(texts, [""] * len(texts))


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / max(whole, 1e-9):.0f} %"
