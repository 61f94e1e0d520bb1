"""Damage: what is masked in code that holds no personal data, and whether code still parses afterwards."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.corpus import records
from benchmarks.redaction.code import nobodys, parsing, unfenced
from benchmarks.redaction.contestants import Search, redactor, stock
from benchmarks.redaction.targets import Target
from benchmarks.timing import Figures

STOCK, OURS = "stock Presidio", "ours"
MASKED_AT_MOST = 2.0
STILL_PARSE = 99.5
UNIT_BYTES = 10_000


@dataclass(frozen=True)
class Masked:
    """What was masked in code without personal data, by type; in so many bytes."""

    spans: Counter[str]
    size_bytes: int

    @property
    def rate(self) -> float:
        """Spans per 10 kB."""
        return self.spans.total() * UNIT_BYTES / max(1, self.size_bytes)


@dataclass(frozen=True)
class Parsed:
    """How many blocks parsed before and how many of those do afterwards, by language; how many were changed."""

    before: Counter[str]
    after: Counter[str]
    changed: int
    quarantined: int


def masked(characters: int, sample: int) -> dict[str, dict[str, Masked]]:
    """Return what is masked by corpus, by us in much code and by stock in a sample of it."""
    search = stock().search
    few, many = nobodys(sample), nobodys(characters)
    return {name: {STOCK: _by_stock(search, few[name]), OURS: _by_us(many[name])} for name in many}


def _by_stock(search: Search, texts: Sequence[str]) -> Masked:
    return Masked(Counter(kind for spans in search(texts) for _, _, kind in spans), _size(texts))


def _by_us(texts: Sequence[str]) -> Masked:
    rows = [one for part in _redacted(texts) for one in part.findings.to_pylist() if one["kept_because"] is None]
    return Masked(Counter(row["entity_type"] for row in rows), _size(texts))


def parsed(every: int) -> Parsed:
    """Redact every ``every``-th block that parses, each as a message of its own, and parse it again."""
    blocks = parsing(every)
    texts: dict[int, str] = {}
    for part in _redacted([block.fenced() for block in blocks]):
        for row in part.batch.select(["line", "messages"]).to_pylist():
            texts[row["line"] - 1] = row["messages"][0]["content"]
    found = {place: unfenced(blocks[place].language, text) for place, text in texts.items()}
    return Parsed(
        before=Counter(blocks[place].language for place in found),
        after=Counter(block.language for block in found.values() if block.parses()),
        changed=sum(block != blocks[place] for place, block in found.items()),
        quarantined=len(blocks) - len(found),
    )


def _redacted(texts: Sequence[str]) -> Iterator[Any]:
    redacting = redactor()
    for batch in records([[text] for text in texts]).combine_chunks().to_batches():
        yield redacting.redact(batch)


def _size(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts)


def masked_table(by_corpus: Mapping[str, Mapping[str, Masked]]) -> Figures:
    """Return spans per 10 kB, by type and corpus."""
    types = sorted({kind for corpus in by_corpus.values() for one in corpus.values() for kind in one.spans})
    cells = {f"{corpus}, {who}": one for corpus, by in by_corpus.items() for who, one in by.items()}
    rows: list[tuple[object, ...]] = [
        (kind, *(f"{one.spans[kind] * UNIT_BYTES / max(1, one.size_bytes):.2f}" for one in cells.values()))
        for kind in types
    ]
    rows.append(("all", *(f"{one.rate:.2f}" for one in cells.values())))
    rows.append(("kB searched", *(f"{one.size_bytes / 1000:.0f}" for one in cells.values())))
    return Figures("Masked per 10 kB of code without personal data", ("type", *cells), tuple(rows))


def parsed_table(found: Parsed) -> Figures:
    """Return how many blocks still parse, by language."""
    rows = [(name, count, found.after[name]) for name, count in found.before.most_common()]
    total = ("all", found.before.total(), found.after.total())
    title = f"Blocks that parsed and still parse; {found.changed} were changed, {found.quarantined} quarantined"
    return Figures(title, ("language", "parsed", "still parse"), (*rows, total))


def damage_targets(by_corpus: Mapping[str, Mapping[str, Masked]], found: Parsed) -> list[Target]:
    """Return the bars on masked code and on what still parses."""
    rates = [Target(f"{name}, masked per 10 kB", MASKED_AT_MOST, by[OURS].rate, True) for name, by in by_corpus.items()]
    still = 100 * found.after.total() / max(1, found.before.total())
    return [*rates, Target("blocks that parsed and still parse, %", STILL_PARSE, still)]
