"""Recall and precision on the reported halves of the gold sets, and what the gate in front of the model costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.redaction import gold
from benchmarks.redaction.contestants import STRICT, WIDE, Search, Spans, ours
from benchmarks.redaction.gold import Document, Half, Share
from benchmarks.redaction.targets import Target
from benchmarks.timing import Figures
from pipelines.redaction.profile import Gate, load_profile

GATED = ("presidio_research_large", "wnut17_dev", "wikigold")
GATES = (Gate.OPEN, Gate.LEARNED, Gate.CAPITALS)

BARS = (
    ("presidio_research_large", "PERSON", 0.90),
    ("presidio_research_large", "ADDRESS", 0.85),
    ("presidio_research_large", "PHONE", 0.97),
    ("wnut17_dev", "PERSON", 0.55),
)
"""Least character recall under the strict profile, by set and label."""

GATE_COSTS_AT_MOST = 0.005


@dataclass(frozen=True)
class Judged:
    """How one contestant did on one set: character recall by label, span precision by the type it gave."""

    recall: Mapping[str, Share]
    precision: Mapping[str, Share]


def judged(search: Search, documents: Sequence[Document]) -> Judged:
    """Search documents and hold what is found against what is annotated."""
    found = search([document.text for document in documents])
    return Judged(gold.character_recall(documents, _ranges(found)), gold.span_precision(documents, found))


def on_all_sets(search: Search, every: int) -> dict[str, Judged]:
    """Return how a contestant does on every ``every``-th document of each set's reported half."""
    return {name: judged(search, gold.documents(name, Half.REPORTED)[::every]) for name in gold.PERSONAL}


def gates(every: int) -> dict[str, dict[Gate, Share]]:
    """Return recall of names by set and gate, all else as in the strict profile."""
    strict = load_profile(STRICT)
    found: dict[str, dict[Gate, Share]] = {name: {} for name in GATED}
    for gate in GATES:
        profile = strict.model_copy(update={"names": strict.names.model_copy(update={"gate": gate})})
        search = ours(profile)
        for name in GATED:
            documents = gold.documents(name, Half.REPORTED)[::every]
            found[name][gate] = judged(search, documents).recall["PERSON"]
    return found


def recall_table(by_contestant: Mapping[str, Judged], name: str) -> Figures:
    """Return character recall by label, each contestant a column."""
    first = next(iter(by_contestant.values()))
    rows = [
        (label, share.whole, *(_percent(one.recall[label]) for one in by_contestant.values()))
        for label, share in first.recall.items()
    ]
    return Figures(f"{name}: characters found", ("label", "letters and digits", *by_contestant), tuple(rows))


def precision_table(by_contestant: Mapping[str, Judged], name: str) -> Figures:
    """Return by type how many spans were found and how many of them touch something annotated."""
    types = sorted({entity_type for one in by_contestant.values() for entity_type in one.precision})
    nothing = Share(0, 0)
    rows = [
        (entity_type, *(_of(one.precision.get(entity_type, nothing)) for one in by_contestant.values()))
        for entity_type in types
    ]
    totals = (_of(_sum(one.precision)) for one in by_contestant.values())
    title = f"{name}: spans that touch something annotated, of those found"
    return Figures(title, ("type", *by_contestant), (*rows, ("all", *totals)))


def gate_table(by_set: Mapping[str, Mapping[Gate, Share]]) -> Figures:
    """Return recall of names by gate."""
    rows = [(name, *(_percent(by_gate[gate]) for gate in GATES)) for name, by_gate in by_set.items()]
    return Figures("Names found, by the gate in front of the model", ("set", *GATES), tuple(rows))


def gate_targets(by_set: Mapping[str, Mapping[Gate, Share]]) -> list[Target]:
    """Return what the learned gate costs in recall, against showing the model every sentence."""
    return [
        Target(
            f"{name}: recall of names that the gate costs",
            GATE_COSTS_AT_MOST,
            max(0.0, by_gate[Gate.OPEN].value - by_gate[Gate.LEARNED].value),
            at_most=True,
        )
        for name, by_gate in by_set.items()
    ]


def recall_targets(
    strict: Mapping[str, Judged], wide: Mapping[str, Judged], stock: Mapping[str, Judged]
) -> list[Target]:
    """Return the named bars, and every label of every set where stock finds more than the wide profile."""
    named = [
        Target(f"{name}: {label}, character recall", bar, strict[name].recall[label].value)
        for name, label, bar in BARS
        if name in strict and label in strict[name].recall
    ]
    behind = [
        Target(f"{name}: {label}, {WIDE} against stock", share.value, wide[name].recall[label].value)
        for name, one in stock.items()
        for label, share in one.recall.items()
        if wide[name].recall[label].value < share.value
    ]
    labels = sum(len(one.recall) for one in stock.values())
    count = Target(f"labels of which stock finds more, of {labels} in all sets", 0, len(behind), at_most=True)
    return [*named, count, *behind]


def _ranges(found: Sequence[Spans]) -> list[list[tuple[int, int]]]:
    return [[(start, end) for start, end, _ in spans] for spans in found]


def _sum(shares: Mapping[str, Share]) -> Share:
    return Share(sum(one.part for one in shares.values()), sum(one.whole for one in shares.values()))


def _percent(share: Share) -> str:
    return f"{100 * share.value:.1f} %"


def _of(share: Share) -> str:
    return f"{share.part} of {share.whole}" if share.whole else ""
