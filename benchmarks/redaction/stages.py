"""The parts of the benchmark, each in a process of its own, and the table of all targets in front of the others."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks.redaction import Size, gold
from benchmarks.redaction.processes import one_thread, worker
from benchmarks.redaction.targets import Target, verdicts
from benchmarks.timing import Figures, Outcome, Timed, as_figures


@dataclass(frozen=True)
class Part:
    """What one part found."""

    targets: list[Target]
    tables: list[Figures]
    timed: dict[str, list[Timed]] = field(default_factory=dict)


def everything(size: Size) -> Outcome:
    """Return the outcome of all parts; what is not timed runs two at a time."""
    found: list[Part] = []
    with one_thread():
        for at_once in (speed,), (processes,), (recall, contents):
            with ExitStack() as stack:
                running = [stack.enter_context(worker()).submit(part, size) for part in at_once]
                found += [part.result() for part in running]
    return Outcome(
        (verdicts("Targets", [target for part in found for target in part.targets]),
         *(table for part in found for table in part.tables)),
        {title: timed for part in found for title, timed in part.timed.items()},
    )  # fmt: skip


def speed(size: Size) -> Part:
    """Time the loads, and the tiers alone."""
    from benchmarks.redaction import speed, tier_speed

    loads = speed.speed(size.stock_characters, size.whole_characters, size.rounds)
    alone = tier_speed.alone(min(size.whole_characters, 10_000_000), size.stock_characters, size.rounds)
    timed = {**loads, "Tiers alone": alone}
    return Part(
        [*speed.speed_targets(loads), *tier_speed.tier_targets(alone)],
        [*(as_figures(title, of) for title, of in timed.items()), tier_speed.tiers(size.whole_characters)],
        timed,
    )


def processes(size: Size) -> Part:
    """Measure two processes against one, memory, and the start."""
    from benchmarks.redaction import processes

    one_s, two_s = processes.two_processes(size.whole_characters)
    found = one_s, two_s, processes.peak_mib(size.whole_characters), processes.cold(compiling=size.compiling)
    return Part(processes.process_targets(*found), [processes.process_table(*found)])


def recall(size: Size) -> Part:
    """Hold everybody against the gold sets, and the gate against none."""
    if not gold.exists(*gold.PERSONAL):
        return Part([], [])
    from benchmarks.redaction import recall
    from benchmarks.redaction.contestants import STRICT, WIDE, models, ours, stock

    by = {f"stock, {model}": recall.on_all_sets(stock(path).search, size.every) for model, path in models().items()}
    first = next(iter(by.values()))
    by |= {profile: recall.on_all_sets(ours(profile), size.every) for profile in (STRICT, WIDE)}
    gates = recall.gates(size.every)
    tables = [
        table({name: one[of_set] for name, one in by.items()}, of_set)
        for of_set in gold.PERSONAL
        for table in (recall.recall_table, recall.precision_table)
    ]
    targets = [*recall.recall_targets(by[STRICT], by[WIDE], first), *recall.gate_targets(gates)]
    return Part(targets, [*tables, recall.gate_table(gates)])


def contents(size: Size) -> Part:
    """Look for leaks, missed secrets, damage and differing bytes."""
    from benchmarks.redaction import damage, leaks, sameness, secrecy

    leaked = leaks.leaks(size.each)
    masked = damage.masked(size.code_characters, size.stock_characters)
    parsed, same = damage.parsed(size.every), sameness.sameness(size.same_characters)
    targets = [*leaks.leak_targets(leaked)]
    tables = [leaks.leak_table(leaked)]
    if gold.exists(*gold.SECRETS):
        scores = secrecy.secrecy()
        targets += secrecy.secrecy_targets(scores)
        tables.append(secrecy.secrecy_table(scores))
    targets += [*damage.damage_targets(masked, parsed), *sameness.sameness_targets(same)]
    return Part(targets, [*tables, damage.masked_table(masked), damage.parsed_table(parsed), same])
