"""The learning itself: the network of ``pipelines.redaction.people.network`` in torch, with its roundings.

Forward, every weight and activation is rounded as it will be at work, so what is learnt is what is shipped;
backward, the gradient passes the roundings unchanged (Bengio, Léonard and Courville, 2013, straight-through).
"""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipelines.redaction.people.features import LEXICON_ROWS, STANDING_ROWS, rows_of
from pipelines.redaction.people.learning.document import UNSURE, Document
from pipelines.redaction.people.network import (
    ACTIVATION_SCALE,
    DILATIONS,
    LIMIT,
    TABLE_SCALE,
    WEIGHT_LIMIT,
    WEIGHT_SCALE,
)
from pipelines.redaction.people.tagger import LABELS
from pipelines.redaction.people.tokens import SPACE, tokens

WIDTH = 48
TOKENS_A_STEP = 6000
RATE = 4e-3
# Against learning the corpus by heart: shares of what is left out, and of doubt in every label.
_FORGOTTEN_WORD, _FORGOTTEN_NAME, _DROPPED, _DOUBT = 0.25, 0.1, (0.2, 0.15), 0.04
_NOT_LEARNT = -100
_REACH = sum(DILATIONS)


class Example(NamedTuple):
    """A document's tokens: ``[n]`` numbers of words, ``[n]`` joints, ``[n]`` labels."""

    words: np.ndarray[Any, np.dtype[np.int32]]
    joints: np.ndarray[Any, np.dtype[np.int32]]
    labels: np.ndarray[Any, np.dtype[np.int64]]


class Vocabulary(dict[str, int]):
    """The words of the examples and the rows of the table that each is the sum of; word 0 is none."""

    def __init__(self, lexicon: dict[int, int]) -> None:
        super().__init__()
        self._lexicon = lexicon
        self.rows: list[list[int]] = [[]]

    def __missing__(self, word: str) -> int:
        blank = word.isspace() and "\n" not in word
        self[word] = SPACE if blank else len(self.rows)
        if not blank:
            self.rows.append(rows_of(word, self._lexicon))
        return self[word]


def example(document: Document, vocabulary: Vocabulary) -> Example:
    """Return a document as the network is shown it."""
    cut = tokens([document.text], vocabulary.__getitem__, 0)
    labels = np.zeros(len(cut.words), np.int64)
    for start, end, label in document.spans:
        inside = (cut.starts < end) & (cut.ends > start)
        labels[inside] = _NOT_LEARNT if label == UNSURE else LABELS.index(label)
    return Example(cut.words, cut.joints, labels)


class Learner(nn.Module):
    """The network while it learns; all numbers are what they stand for, not yet integers."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(rows, WIDTH) * 0.1)
        self.joints = nn.Parameter(torch.randn(4, WIDTH) * 0.1)
        self.layers = nn.ParameterList(torch.randn(3, WIDTH, WIDTH) / math.sqrt(1.5 * WIDTH) / 2 for _ in DILATIONS)
        self.biases = nn.ParameterList(torch.zeros(WIDTH) for _ in DILATIONS)
        self.out = nn.Parameter(torch.randn(WIDTH, len(LABELS)) / math.sqrt(WIDTH))
        self.out_biases = nn.Parameter(torch.zeros(len(LABELS)))

    def forward(self, bag: tuple[Tensor, Tensor], words: Tensor, joints: Tensor) -> Tensor:
        """Return the logits, ``[n, l]``, of ``n`` tokens between ``_REACH`` empty places on either side."""
        table = _rounded(self.table, TABLE_SCALE, LIMIT)
        known = functional.embedding_bag(bag[0], table, bag[1], mode="sum")
        states = known[words] + _rounded(self.joints, TABLE_SCALE, LIMIT)[joints]
        states = functional.dropout(_rounded(states, ACTIVATION_SCALE, LIMIT), _DROPPED[0], self.training)
        for weights, biases, wide in zip(self.layers, self.biases, DILATIONS, strict=True):
            matrix = _rounded(weights, WEIGHT_SCALE, WEIGHT_LIMIT)
            beside = torch.cat((states[: -2 * wide], states[wide:-wide], states[2 * wide :]), 1)
            sums = beside @ matrix.flatten(0, 1) + _rounded(biases, WEIGHT_SCALE * ACTIVATION_SCALE, 2**20)
            new = functional.dropout(functional.relu(sums), _DROPPED[1], self.training)
            states = _rounded(states[wide:-wide] + new, ACTIVATION_SCALE, LIMIT)
        return states @ _rounded(self.out, WEIGHT_SCALE, WEIGHT_LIMIT) + self.out_biases

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return the arrays of integers that :class:`~pipelines.redaction.people.network.Network` takes."""
        product = WEIGHT_SCALE * ACTIVATION_SCALE
        made: dict[str, np.ndarray[Any, Any]] = {
            "table": _integers(self.table, TABLE_SCALE, LIMIT).astype(np.int8),
            "joints": _integers(self.joints, TABLE_SCALE, LIMIT).astype(np.int8),
            "weights_out": _integers(self.out, WEIGHT_SCALE, WEIGHT_LIMIT).astype(np.int16),
            "biases_out": _integers(self.out_biases, product, 2**20).astype(np.int32),
        }
        for place, (weights, biases) in enumerate(zip(self.layers, self.biases, strict=True)):
            made[f"weights_{place}"] = _integers(weights, WEIGHT_SCALE, WEIGHT_LIMIT).astype(np.int16)
            made[f"biases_{place}"] = _integers(biases, product, 2**20).astype(np.int32)
        return made


def learn(passes: Iterator[Sequence[Example]], vocabulary: Vocabulary, rows: int, steps: int, seed: int) -> Learner:
    """Return the network after so many steps; on one machine, with one thread, always the same.

    Args:
        passes: Examples, pass after pass, without end.
        vocabulary: The words of the examples; it grows with the passes.
        rows: Rows of the table.
        steps: Steps of gradient descent, of some :data:`TOKENS_A_STEP` tokens each.
        seed: Where everything random begins.
    """
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    learner = Learner(rows)
    optimiser = torch.optim.Adam(learner.parameters(), lr=RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.1)
    batches = (batch for examples in passes for batch in _batches(examples))
    for _, batch in zip(range(steps), batches, strict=False):
        words, joints, labels = (torch.from_numpy(np.concatenate(part)) for part in zip(*batch, strict=True))
        distinct, numbers = torch.unique(words, return_inverse=True)
        bag = _bag([vocabulary.rows[number] for number in distinct.tolist()])
        logits = learner(bag, numbers, joints)
        wanted = labels[_REACH:-_REACH].long()
        loss = functional.cross_entropy(logits, wanted, ignore_index=_NOT_LEARNT, label_smoothing=_DOUBT)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return learner.eval()


def _batches(examples: Sequence[Example]) -> Iterator[list[Example]]:
    """Yield the examples of a pass in rows of some thousand tokens, with empty places between them."""
    edge = Example(np.zeros(_REACH, np.int32), np.zeros(_REACH, np.int32), np.full(_REACH, _NOT_LEARNT, np.int64))
    batch, size = [edge], 0
    for one in examples:
        batch += [one, edge]
        size += len(one.words) + _REACH
        if size >= TOKENS_A_STEP:
            yield batch
            batch, size = [edge], 0


def _bag(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Return the rows of many words in one, and where each begins; now and then what is known of a word is left out."""
    flat = torch.tensor([row for one in rows for row in one])
    owner = torch.repeat_interleave(torch.arange(len(rows)), torch.tensor([len(one) for one in rows]))
    chance = torch.rand(len(flat))
    forgotten = (flat >= LEXICON_ROWS) & (chance < _FORGOTTEN_WORD)
    forgotten |= (flat >= STANDING_ROWS.start) & (flat < STANDING_ROWS.stop) & (chance < _FORGOTTEN_NAME)
    flat, owner = flat[~forgotten], owner[~forgotten]
    counts = torch.bincount(owner, minlength=len(rows)).tolist()
    return flat, torch.tensor([0, *accumulate(counts[:-1])])


def _rounded(values: Tensor, scale: int, limit: int) -> Tensor:
    """Return values in steps of 1/scale within limits; the gradient is that of the values within them."""
    within = values.clamp(-limit / scale, limit / scale)
    return within + (torch.round(within * scale) / scale - within).detach()


def _integers(values: Tensor, scale: int, limit: int) -> np.ndarray[Any, Any]:
    return torch.round(values.detach() * scale).clamp(-limit, limit).numpy()
