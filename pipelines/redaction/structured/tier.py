"""The tier of all that has a shape: every rule in one pass over many texts, each report confirmed in its window."""

import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.redaction.rule import Rule, search
from pipelines.redaction.spans import Span
from pipelines.redaction.structured.alphabet import EDGE, shadow
from pipelines.redaction.structured.context import raised
from pipelines.redaction.structured.database import PLACE_BITS, Database, cache_directory
from pipelines.redaction.structured.prefilter import Plan, plans
from pipelines.redaction.structured.reading import UnreadableError, read
from pipelines.redaction.structured.searching import matches

if TYPE_CHECKING:
    from presidio_analyzer import PatternRecognizer

_EDGE = bytes((EDGE,))
_BLOCK_CHARS = 8_000_000  # texts that are scanned together; a longer one is scanned alone


class StructuredTier:
    """Rules and Presidio's pattern recognisers, searched in one pass.

    What is found equals what :func:`~pipelines.redaction.rule.search` finds rule by rule, with context words added.

    Args:
        rules: Rules with distinct names.
        recognizers: Pattern recognisers; each of their patterns becomes a rule.
        cache: Where compiled databases are kept; the user's cache by default.
    """

    name = "structured"

    def __init__(
        self, rules: Sequence[Rule], recognizers: Sequence["PatternRecognizer"] = (), cache: Path | None = None
    ) -> None:
        self._rules = (*rules, *_rules_of(recognizers))
        ways = [_ways(rule.expression, rule.flags) for rule in self._rules]
        variants = [[one.scanned for one in plans_of] for plans_of in ways]
        self._database = Database(variants, cache_directory() if cache is None else cache)
        self._plans = [
            None if chosen is None else ways[place][chosen] for place, chosen in enumerate(self._database.chosen)
        ]
        self._unscanned = tuple(place for place, chosen in enumerate(self._plans) if chosen is None)

    @property
    def unscanned(self) -> tuple[str, ...]:
        """Names of the rules that the scanner cannot look for; each whole text is searched with them."""
        return tuple(self._rules[place].name for place in self._unscanned)

    @property
    def version(self) -> Mapping[str, Any]:
        """Digest over every rule, and the libraries that decide what one finds."""
        lines = [
            f"{rule.name}\0{rule.entity_type}\0{rule.version}\0{rule.score}\0{rule.flags}\0{rule.expression}\0"
            f"{' '.join(rule.context)}"
            for rule in self._rules
        ]
        return {
            "libraries": {name: version(name) for name in ("phonenumbers", "presidio-analyzer", "regex")},
            "rules": hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest(),
        }

    def find(self, texts: Sequence[str], fields: Sequence[str]) -> list[list[Span]]:
        """Return what is found in each of ``n`` texts.

        Raises:
            DetectorError: A search did not finish in time, or a validator failed.
        """
        found: list[list[Span]] = [[] for _ in texts]
        for block in _blocks(texts):
            for at, place, ends in self._reported([texts[one] for one in block]):
                self._add(found[block[at]], place, ends, texts[block[at]], fields[block[at]])
        for spans, text, field in zip(found, texts, fields, strict=True):
            self._search_whole(spans, text, field)
        return found

    def _reported(self, texts: Sequence[str]) -> Iterator[tuple[int, int, list[int]]]:
        """Yield a text, a rule and the ends reported, ascending, in code points of the text."""
        reports = self._database.reports(_EDGE + _EDGE.join(map(shadow, texts)) + _EDGE)
        if not len(reports):
            return
        begins = np.cumsum([1, *(len(text) + 1 for text in texts)])
        places, ends = reports >> PLACE_BITS, reports & ((1 << PLACE_BITS) - 1)
        inside = np.searchsorted(begins, ends, side="right") - 1
        # A character after the match may have been consumed: the edge, which belongs to the text before it.
        late = ends == begins[inside]
        inside = inside - (late & (inside > 0))
        cut = np.flatnonzero((np.diff(places) != 0) | (np.diff(inside) != 0)) + 1
        for begin, stop in zip([0, *cut], [*cut, len(reports)], strict=True):
            text = int(inside[begin])
            yield text, int(places[begin]), (ends[begin:stop] - begins[text]).tolist()

    def _add(self, found: list[Span], place: int, ends: list[int], text: str, field: str) -> None:
        rule, searched = self._rules[place], self._plans[place]
        if searched is None:
            return
        for match in matches(rule, searched, ends, text):
            span = rule.span(match)
            if span is not None:
                found.append(raised(span, rule, text, field))

    def _search_whole(self, found: list[Span], text: str, field: str) -> None:
        if not self._unscanned:
            return
        folded = text.lower()
        for place in self._unscanned:
            rule = self._rules[place]
            if not rule.literals or any(literal.lower() in folded for literal in rule.literals):
                found += [raised(span, rule, text, field) for span in search(rule, text)]


@functools.lru_cache(maxsize=4096)
def _ways(expression: str, flags: int) -> tuple[Plan, ...]:
    try:
        return plans(read(expression, flags))
    except UnreadableError:
        return ()


def _blocks(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield places of texts that are scanned together."""
    block: list[int] = []
    size = 0
    for place, text in enumerate(texts):
        if block and size + len(text) > _BLOCK_CHARS:
            yield block
            block, size = [], 0
        block.append(place)
        size += len(text) + 1
    if block:
        yield block


def _rules_of(recognizers: Sequence["PatternRecognizer"]) -> list[Rule]:
    if not recognizers:
        return []
    from pipelines.redaction.structured.presidio import pattern_rules

    return [rule for recognizer in recognizers for rule in pattern_rules(recognizer)]
