"""The tagger's network: convolutions in whole numbers, so that a result depends on nothing but the words around it.

Weights and activations are integers and no sum reaches 2**24, so single-precision arithmetic is exact: no order of
summation, no size of batch and no processor changes a digit. The words before and after a token count up to
:attr:`Network.reach`; beyond the edges of a text there are zeros.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.redaction.people.tokens import Integers, Tokens
from policies.errors import LineweightError

Floats = NDArray[np.float32]

LIMIT = 127  # of an activation, and of an entry of the table
WEIGHT_LIMIT = 511
# Powers of two between an integer and what it stands for.
TABLE_SCALE, ACTIVATION_SCALE, WEIGHT_SCALE = 64, 16, 256
DILATIONS = (1, 2, 4)
_EXACT = 2**24
_FINE = 64  # steps of a logit to one; differences beyond 16 do not count
_EXPONENTIALS = np.rint(np.exp(-np.arange(16 * _FINE + 1) / _FINE) * 2**20).astype(np.float64)
_BLOCK = 2048


class WeightsError(LineweightError):
    """The weights of the tagger are not what the network needs."""

    remedy = "Install Lineweight anew, or learn the weights again: python -m pipelines.redaction.people.learning."


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution: ``[3, d, d]`` weights for the tokens before, at and after, ``[d]`` biases, its dilation.

    Weights and biases are integers divided by :data:`WEIGHT_SCALE`, a power of two, so they are as exact as before.
    """

    weights: Floats
    biases: Floats
    dilation: int

    def __call__(self, states: Floats) -> Floats:
        """Return the states after the layer: ``dilation`` fewer on either side than were given."""
        wide = self.dilation
        middle = states[wide:-wide]
        sums: Floats = middle @ self.weights[1]
        sums += states[: -2 * wide] @ self.weights[0]
        sums += states[2 * wide :] @ self.weights[2]
        sums += self.biases
        np.maximum(sums, 0, out=sums)
        np.rint(sums, out=sums)
        sums += middle
        return np.minimum(sums, LIMIT, out=sums)


class Network:
    """The table of words, the layers over it, and the labels they end in.

    Args:
        arrays: ``table`` ``[r, d]`` int8, ``joints`` ``[4, d]`` int8, for each layer ``weights_i`` ``[3, d, d]`` int16
            and ``biases_i`` ``[d]`` int32, and ``weights_out`` ``[d, l]`` int16 and ``biases_out`` ``[l]`` int32.

    Raises:
        WeightsError: An array is missing or not of its shape, or a sum could reach 2**24 and be inexact.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        try:
            self.table = np.asarray(arrays["table"], np.int16)
            self._joints = np.asarray(arrays["joints"], np.float32)
            parts = [(arrays[f"weights_{i}"], arrays[f"biases_{i}"]) for i in range(len(DILATIONS))]
            self._out = np.asarray(arrays["weights_out"], np.float32)
            self._out_biases = np.asarray(arrays["biases_out"], np.float32)
        except KeyError as error:
            raise WeightsError(f"the tagger's weights lack {error.args[0]}") from error
        scaled = [(_scaled(weights), _scaled(biases)) for weights, biases in parts]
        self._layers = [Layer(*two, dilation) for two, dilation in zip(scaled, DILATIONS, strict=True)]
        self._check()

    @property
    def reach(self) -> int:
        """How many tokens on either side a token's probabilities depend on."""
        return sum(layer.dilation for layer in self._layers)

    def words(self, rows: Sequence[Sequence[int]]) -> Floats:
        """Return what ``n`` words are before their neighbours are seen, ``[n, d]``: each a sum of rows of the table."""
        if not rows:
            return np.zeros((0, self.table.shape[1]), np.float32)
        flat = np.fromiter(chain.from_iterable(rows), np.int32)
        firsts = np.cumsum([0, *map(len, rows)])[:-1]
        return np.add.reduceat(self.table[flat], firsts).astype(np.float32)

    def probabilities(self, words: Floats, row: Tokens) -> Floats:
        """Return the probabilities of the labels in each of ``n`` places, ``[n, l]``, in rows that add up to 1.

        Args:
            words: ``[w, d]`` what each word is; word 0, all zero, stands in empty places.
            row: ``n`` places, texts at least :attr:`reach` apart.
        """
        reach = self.reach
        numbers, joints = np.pad(row.words, reach), np.pad(row.joints, reach)
        blocks = [
            self._block(words[numbers[at : at + _BLOCK + 2 * reach]], joints[at : at + _BLOCK + 2 * reach])
            for at in range(0, max(len(row.words), 1), _BLOCK)
        ]
        return np.concatenate(blocks)

    def _block(self, states: Floats, joints: Integers) -> Floats:
        states += self._joints[joints]
        states *= np.float32(ACTIVATION_SCALE / TABLE_SCALE)
        np.rint(states, out=states)
        np.clip(states, -LIMIT, LIMIT, out=states)
        for layer in self._layers:
            states = layer(states)
        logits = np.rint((states @ self._out + self._out_biases) * np.float32(_FINE / ACTIVATION_SCALE / WEIGHT_SCALE))
        behind = np.minimum(logits.max(1, keepdims=True) - logits, len(_EXPONENTIALS) - 1).astype(np.int32)
        shares = _EXPONENTIALS[behind]
        return np.asarray(shares / shares.sum(1, keepdims=True), np.float32)

    def _check(self) -> None:
        wide = self.table.shape[1] if self.table.ndim == 2 else 0
        scaled = [(layer.weights * WEIGHT_SCALE, layer.biases * WEIGHT_SCALE) for layer in self._layers]
        matrices, biases = zip(*scaled, (self._out, self._out_biases), strict=True)
        shapes = [(3, wide, wide)] * len(self._layers) + [(wide, self._out.shape[-1])]
        if not wide or self._joints.shape != (4, wide) or [matrix.shape for matrix in matrices] != shapes:
            raise WeightsError("an array of the tagger's weights is not of the shape that the network needs")
        for matrix, bias in zip(matrices, biases, strict=True):
            most = LIMIT * np.abs(matrix).sum(tuple(range(matrix.ndim - 1))) + np.abs(bias)
            if most.max() >= _EXACT:
                raise WeightsError("a sum of the tagger's network could reach 2**24 and be inexact")


def _scaled(integers: NDArray[Any]) -> Floats:
    return np.asarray(integers, np.float32) / np.float32(WEIGHT_SCALE)
