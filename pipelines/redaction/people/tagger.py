"""The learned tagger: which words of a text are a person's name or part of a street address, and how surely.

It is small and fast, made for two questions: may this sentence hold a name at all (:data:`GATE`: show it to the NER),
and is this a name on its own account (:data:`FIND`). What it learnt from, and what it cannot do, is in the model
card beside its weights.
"""

import functools
import hashlib
import io
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from pipelines.redaction.people.features import gazetteer, rows_of
from pipelines.redaction.people.network import Floats, Network
from pipelines.redaction.people.tokens import SPACE, Integers, tokens

LABELS = ("O", "PERSON", "STREET_ADDRESS", "LOCATION", "ORGANIZATION")
# Both are tuned on the tuning halves of the gold sets; see the model card.
GATE = 0.025
FIND: Mapping[str, float] = {"PERSON": 0.3, "STREET_ADDRESS": 0.3}
_REMEMBERED_WORDS = 50_000
_CHARACTERS_AT_ONCE = 120_000


@dataclass(frozen=True, slots=True)
class Tagged:
    """The ``n`` tokens of a text: words, numbers, marks and line breaks, in order.

    Attributes:
        starts: ``[n]`` offsets in code points.
        ends: ``[n]`` offsets in code points, each beyond the token's last character.
        probabilities: ``[n, 5]``, one column for each of :data:`LABELS`; every row adds up to 1.
    """

    starts: Integers
    ends: Integers
    probabilities: Floats

    def highest(self, label: str) -> float:
        """Return the highest probability of a label in the text; 0 where there are no tokens."""
        return float(self.probabilities[:, LABELS.index(label)].max(initial=0.0))

    def runs(self, label: str, at_least: float) -> list[tuple[int, int, float]]:
        """Return start, end and highest probability of each run of neighbouring tokens that are surely a label."""
        column = self.probabilities[:, LABELS.index(label)]
        edges = np.flatnonzero(np.diff(np.concatenate(([0], column >= at_least, [0]))))
        return [
            (int(self.starts[first]), int(self.ends[last - 1]), float(column[first:last].max()))
            for first, last in edges.reshape(-1, 2)
        ]


class Tagger:
    """A tagger with its weights. What it finds in a text depends on that text alone, to the last digit.

    Args:
        arrays: The arrays of a :class:`~pipelines.redaction.people.network.Network`, and ``lexicon`` ``[w]``, the
            keys of the words that have a row of the table of their own.
        version: Names the weights; findings carry it.
    """

    def __init__(self, arrays: Mapping[str, Any], version: str) -> None:
        self.version = version
        self._network = Network(arrays)
        first = len(self._network.table) - len(arrays["lexicon"])
        self._lexicon = {int(key): first + place for place, key in enumerate(arrays["lexicon"])}
        self._words = _Words(self._network, self._lexicon)
        self._numbering = threading.Lock()  # two threads may not number new words at a time

    @classmethod
    @functools.cache
    def shipped(cls) -> "Tagger":
        """Return the tagger with the weights that ship with Lineweight, read once in a process."""
        content = (resources.files(__package__) / "weights" / "tagger.npz").read_bytes()
        return cls.read(content)

    @classmethod
    def read(cls, content: bytes) -> "Tagger":
        """Return the tagger whose weights a file holds; its version digests them, the gazetteer and the thresholds."""
        rest = json.dumps([sorted(gazetteer().items()), GATE, sorted(FIND.items())])
        version = hashlib.sha256(content + rest.encode()).hexdigest()[:12]
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(dict(arrays), version)

    def probabilities(self, texts: Sequence[str]) -> list[Tagged]:
        """Return what the tagger makes of each of ``n`` texts; takes time in proportion to their length.

        A token is seen with the seven before and after it, so a text may be cut anywhere at that price. Memory grows
        with the longest text, by some 60 bytes a character: give it pieces, not whole files.
        """
        return [tagged for part in _parts(texts) for tagged in self._tagged(part)]

    def _tagged(self, texts: Sequence[str]) -> list[Tagged]:
        with self._numbering:
            if len(self._words) > _REMEMBERED_WORDS:
                self._words = _Words(self._network, self._lexicon)
            row = tokens(texts, self._words.__getitem__, self._network.reach)
            states = self._words.states()
        found = self._network.probabilities(states, row)
        return [Tagged(row.starts[first:last], row.ends[first:last], found[first:last]) for first, last in row.ranges]


class _Words(dict[str, int]):
    """The words seen so far, by number, and what each is to the network; word 0 stands beyond the edges."""

    def __init__(self, network: Network, lexicon: Mapping[int, int]) -> None:
        super().__init__()
        self._network, self._lexicon = network, lexicon
        self._states = np.zeros((1, network.table.shape[1]), np.float32)
        self._new: list[list[int]] = []

    def states(self) -> Floats:
        """Return what each word is, ``[w, d]``, by its number."""
        if self._new:
            self._states = np.concatenate((self._states, self._network.words(self._new)))
            self._new = []
        return self._states

    def __missing__(self, word: str) -> int:
        if word.isspace() and "\n" not in word:
            self[word] = SPACE
        else:
            self[word] = len(self._states) + len(self._new)
            self._new.append(rows_of(word, self._lexicon))
        return self[word]


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the texts in parts of so many characters that they are read at once."""
    first = size = 0
    for place, text in enumerate(texts):
        if size and size + len(text) > _CHARACTERS_AT_ONCE:
            yield texts[first:place]
            first, size = place, 0
        size += len(text)
    if first < len(texts):
        yield texts[first:]
