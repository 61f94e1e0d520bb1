"""What redaction may have left: canaries that are searched for, and what a second detector sees.

Both are a function of the snapshot's seed and texts. Nothing of a text or a value goes anywhere but into counts.
"""

import hashlib
import html
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from lineage.residual import Canaries, SecondDetector, Seen
from pipelines.redaction import markers
from pipelines.redaction.canary_values import canary, label_of
from pipelines.redaction.operators.drawing import Draw
from pipelines.redaction.operators.pieces import pieces
from pipelines.redaction.operators.reserved import belongs_to_nobody
from pipelines.redaction.spans import Span

FEWEST, MOST = 5, 100  # canaries of each type; a hundred that are all found say that 96 % are found at least
_RECORDS_A_CANARY = 10
_HOST_CHARS = 300
_OWN_LINE = "Here is what you asked for.\nThe build is green again and the page loads."

# What a search returns for each of ``n`` texts: the spans found in it.
Search = Callable[[Sequence[str]], Sequence[Sequence[Span]]]

# How a value is written where it stands, and the line it stands in.
_CARRIERS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("Please note that my {label} is {value}, thank you.", str),
    ('{{"{name}": "{value}", "state": "open"}}', lambda value: json.dumps(value)[1:-1]),
    ('    {name} = "{value}"', str),
    ("https://shop.example.net/find?{name}={value}&page=1", quote),
    ("<tr><td>{label}</td><td>{value}</td></tr>", html.escape),
)


@dataclass(frozen=True, slots=True)
class Planted:
    """A canary in a text: it is found when every letter and digit of it from ``start`` up to ``end`` is covered."""

    entity_type: str
    text: str
    start: int
    end: int

    def is_found(self, spans: Collection[Span]) -> bool:
        """Return whether spans of the text leave no letter and no digit of the value."""
        place = self.start
        for piece in pieces(self.text[self.start : self.end]):
            if piece.is_alphanumeric and not any(span.start <= place < span.end for span in spans):
                return False
            place += len(piece.raw)
        return True


def canaries_for(records: int) -> int:
    """Return how many canaries of each type a snapshot of so many records gets: the larger, the surer."""
    return min(MOST, max(FEWEST, records // _RECORDS_A_CANARY))


def planted(entity_types: Collection[str], hosts: Sequence[str], seed: int, each: int) -> Iterator[Planted]:
    """Yield the canaries of every type that has any, each in one of the texts and in one of the ways to write it.

    Args:
        entity_types: What the profile names.
        hosts: Redacted texts of the snapshot; where there are none, a text of our own.
        seed: The snapshot's seed: the same seed and texts give the same canaries.
        each: How many of each type.
    """
    key = hashlib.sha256(f"lineweight.canaries/v1\0{seed}".encode()).digest()
    hosts = [host[:_HOST_CHARS] for host in hosts] or [_OWN_LINE]
    for entity_type in sorted(entity_types):
        label = label_of(entity_type)
        for number in range(each if label is not None else 0):
            draw = Draw(key, f"{entity_type}\0{number}")
            host = hosts[draw.below(len(hosts))]
            yield _set_into(host, entity_type, str(label), _CARRIERS[number % len(_CARRIERS)], draw)


def _set_into(
    host: str, entity_type: str, label: str, carrier: tuple[str, Callable[[str], str]], draw: Draw
) -> Planted:
    """Return a host with a line of its own for a value, between two of its lines."""
    line, written = carrier
    value = canary(entity_type, draw)
    before, after = line.format(label=label, name=label.replace(" ", "_").replace("-", "_"), value="\0").split("\0")
    lines = host.split("\n")
    cut = draw.below(len(lines) + 1)
    head = "\n".join([*lines[:cut], before])
    telling = value.rpartition("/")[2].removeprefix("@") if entity_type in ("USER_PATH", "HANDLE") else value
    start = len(head) + len(written(value)) - len(written(telling))
    text = "\n".join([head + written(value) + after, *lines[cut:]])
    return Planted(entity_type, text, start, len(head) + len(written(value)))


def canaries_found(
    search: Search, entity_types: Collection[str], hosts: Sequence[str], seed: int, each: int
) -> dict[str, Canaries]:
    """Return for every type how many canaries were planted and found; see :func:`planted`.

    Raises:
        DetectorError: A text could not be searched to its end.
    """
    there = list(planted(entity_types, hosts, seed, each))
    found = Counter(
        one.entity_type
        for one, spans in zip(there, search([one.text for one in there]), strict=True)
        if one.is_found(spans)
    )
    number = Counter(one.entity_type for one in there)
    return {kind: Canaries.of(number[kind], found[kind]) for kind in sorted(entity_types)}


@dataclass(frozen=True, slots=True)
class Second:
    """A detector that shares nothing with ours but Presidio's patterns: what it is, knows, and finds."""

    name: str
    knows: frozenset[str]
    search: Search


def seen_again(second: Second, thresholds: Mapping[str, float], texts: Sequence[str], records: int) -> SecondDetector:
    """Return what a second detector sees in published texts; surrogates and what belongs to nobody are not counted.

    Args:
        second: The detector.
        thresholds: Least score by type, of the types that are looked for.
        texts: The sample.
        records: How many records it is of.
    """
    wanted = sorted(second.knows & thresholds.keys())
    seen = Counter[str]()
    for text, spans in zip(texts, second.search(texts), strict=True):
        made = markers.existing(text)
        for span in spans:
            if span.entity_type in wanted and span.score >= thresholds[span.entity_type]:
                seen[span.entity_type] += _is_left(span, text, made)
    characters = sum(map(len, texts))
    counted = {kind: Seen.of(seen[kind], characters) for kind in wanted}
    return SecondDetector(detector=second.name, records=records, characters=characters, seen=counted)


def _is_left(span: Span, text: str, made: Sequence[tuple[int, int, str]]) -> bool:
    """Return whether a span is neither beside a surrogate's letters nor of a value that is nobody's."""
    if any(start < span.end and span.start < end for start, end, _ in made):
        return False
    return not belongs_to_nobody(span.entity_type, text[span.start : span.end])
