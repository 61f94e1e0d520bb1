"""Secrets on three published catalogues, both halves, beside other scanners and what all of them find together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.redaction import gold
from benchmarks.redaction.contestants import STRICT, ours
from benchmarks.redaction.gold import Document, Half, Ranges, Share
from benchmarks.redaction.scanners import Scan, scanners
from benchmarks.redaction.targets import Target
from benchmarks.timing import Figures

FULL_SPAN = {"secrets_gitleaks": 0.95, "secrets_noseyparker": 0.80, "secrets_secretlint": 0.75}
"""The least share of secrets covered whole, by set."""

FLAGGED_AT_MOST = 0.05
OURS, TOGETHER = "ours", "the others together"

Scores = dict[tuple[str, Half], dict[str, "Score"]]


@dataclass(frozen=True)
class Score:
    """How many secrets were covered whole, and in how many texts without one something was found."""

    whole: Share
    flagged: Share


def secrecy() -> Scores:
    """Return how every scanner did, by set and half."""
    searching = ours(STRICT)

    def search(texts: Sequence[str]) -> list[Ranges]:
        return [[(start, end) for start, end, kind in spans if kind == "SECRET"] for spans in searching(texts)]

    others = scanners()
    return {
        (name, half): _scores(gold.documents(name, half), {OURS: search, **others})
        for name in gold.SECRETS
        for half in Half
    }


def _scores(documents: Sequence[Document], contestants: Mapping[str, Scan]) -> dict[str, Score]:
    texts = [document.text for document in documents]
    found = {name: scan(texts) for name, scan in contestants.items()}
    if len(found) > 1:
        each = zip(*(ranges for name, ranges in found.items() if name != OURS), strict=True)
        found[TOGETHER] = [[place for ranges in of_text for place in ranges] for of_text in each]
    return {
        name: Score(gold.full_span_recall(documents, ranges), gold.flagged_negatives(documents, ranges))
        for name, ranges in found.items()
    }


def secrecy_table(scores: Scores) -> Figures:
    """Return the share of secrets covered whole, and of texts flagged that have none, by set and half."""
    names = list(next(iter(scores.values())))
    rows = [(name, half.value, *(_cell(by_name[one]) for one in names)) for (name, half), by_name in scores.items()]
    title = "Secrets covered whole / texts without one that were flagged"
    return Figures(title, ("set", "half", *names), tuple(rows))


def secrecy_targets(scores: Scores) -> list[Target]:
    """Return the bars on the reported halves."""
    found = []
    for name, bar in FULL_SPAN.items():
        score = scores[name, Half.REPORTED][OURS]
        found.append(Target(f"{name}: secrets covered whole", bar, score.whole.value))
        found.append(Target(f"{name}: texts without one flagged", FLAGGED_AT_MOST, score.flagged.value, at_most=True))
    return found


def _cell(score: Score) -> str:
    return f"{100 * score.whole.value:.1f} % / {100 * score.flagged.value:.1f} %"
