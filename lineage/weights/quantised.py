"""Quantised weights: what they hold at chosen places, and what they would hold were they made from other values.

Quantising is rounding, to steps that a scale sets. Given the scales in the file, what ours would have been rounded to
is known exactly, and so is what the base would have been: where the two differ, the file tells which of them it was
made from. That holds for rounding to nearest. Methods that choose otherwise, to make up for errors elsewhere (GPTQ,
AWQ, HQQ), give other numbers, and their weights are compared by how much of our change they hold, as others are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lineage.weights.eight_bits import EIGHT_BITS
from lineage.weights.fingerprint import cast
from lineage.weights.tensors import FLOATS, Tensor, Values

Places = NDArray[np.int64]


class Quantised(Protocol):
    """A weight of several parts."""

    @property
    def name(self) -> str:
        """What the weight is called in the file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Dimensions of the weight itself, however it is packed."""

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """All tensors it is made of; the first holds the numbers."""

    def values(self, places: Sequence[int]) -> Values:
        """Return the values at places of the flattened weight, as float64."""

    def nearest(self, values: Values, places: Sequence[int]) -> Values:
        """Return what would be held at those places, were it made from these values by rounding to nearest."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Scales, and which of them is for which place.

    Attributes:
        scale: One value for the whole, for each row, or for each block of a grid laid over the tensor.
        shape: Of the tensor.
        grid: How many blocks there are along each dimension of it.
    """

    scale: Tensor
    shape: tuple[int, ...]
    grid: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, ...], scale: Tensor) -> "Blocks | None":
        """Return the blocks that a scale's shape means for a tensor's; ``None`` where it fits none."""
        ones = (1,) * len(shape)
        grid = scale.shape
        if scale.count == 1:
            grid = ones
        elif len(shape) and len(grid) == 1 and grid[0] == shape[0]:
            grid = (grid[0], *ones[1:])
        if scale.dtype not in FLOATS:
            return None
        fits = len(grid) == len(shape) and all(0 < many <= size for many, size in zip(grid, shape, strict=True))
        return cls(scale, shape, grid) if fits else None

    def of_places(self, places: Sequence[int]) -> Places:
        """Return which scale each place has."""
        index = np.unravel_index(np.asarray(places, dtype=np.int64), self.shape)
        steps = [math.ceil(size / many) for size, many in zip(self.shape, self.grid, strict=True)]
        within = [one // step for one, step in zip(index, steps, strict=True)]
        return np.asarray(np.ravel_multi_index(within, self.grid, mode="clip"), dtype=np.int64)

    def scales(self, places: Sequence[int]) -> Values:
        """Return the scale at each place."""
        return self.scale.values(self.of_places(places).tolist())


@dataclass(frozen=True, slots=True)
class Linear:
    """Whole numbers or floats of 8 bits, each times a scale; they count from a zero point, where there is one."""

    name: str
    shape: tuple[int, ...]
    numbers: Tensor
    blocks: Blocks
    factor: float
    zero: Tensor | None

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """Numbers, scales, zero points."""
        further = () if self.zero is None else (self.zero,)
        return (self.numbers, self.blocks.scale, *further)

    @property
    def file(self) -> Path:
        """Where the numbers are."""
        return self.numbers.file

    def values(self, places: Sequence[int]) -> Values:
        """Return the values at places."""
        scales = self.blocks.scales(places) * self.factor
        return (self.numbers.values(places) - self._zeros(places)) * scales

    def nearest(self, values: Values, places: Sequence[int]) -> Values:
        """Return what would be held, made from these values."""
        scales, zeros = self.blocks.scales(places) * self.factor, self._zeros(places)
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = values / scales
        if self.numbers.dtype in EIGHT_BITS:
            return cast(exact, self.numbers.dtype) * scales
        least, most = (0, 255) if self.numbers.dtype == "U8" else (-128, 127)
        return np.asarray((np.clip(np.rint(exact + zeros), least, most) - zeros) * scales)

    def _zeros(self, places: Sequence[int]) -> Values:
        if self.zero is None:
            return np.zeros(len(places))
        return self.zero.values(self.blocks.of_places(places).tolist())


@dataclass(frozen=True, slots=True)
class Packed:
    """Signed numbers of a few bits, several in a word of 32, each times a scale."""

    name: str
    shape: tuple[int, ...]
    numbers: Tensor
    blocks: Blocks
    told: Tensor
    bits: int

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """Words, scales, and the tensor that tells the shape."""
        return (self.numbers, self.blocks.scale, self.told)

    @property
    def file(self) -> Path:
        """Where the numbers are."""
        return self.numbers.file

    def values(self, places: Sequence[int]) -> Values:
        """Return the values at places."""
        row, column = np.divmod(np.asarray(places, dtype=np.int64), self.shape[1])
        each = 32 // self.bits
        words = self.numbers.values((row * self.numbers.shape[1] + column // each).tolist()).astype(np.int64)
        held = words >> (column % each * self.bits) & (1 << self.bits) - 1
        return np.asarray((held - (1 << self.bits - 1)) * self.blocks.scales(places))

    def nearest(self, values: Values, places: Sequence[int]) -> Values:
        """Return what would be held, made from these values."""
        scales, half = self.blocks.scales(places), 1 << self.bits - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = values / scales
        return np.asarray(np.clip(np.rint(exact), -half, half - 1) * scales)


@dataclass(frozen=True, slots=True)
class Nested:
    """The largest values of blocks, quantised themselves: each a place in a table of 256, times the largest of its own.

    Attributes:
        added: To each of them.
    """

    largest: Tensor
    table: Tensor
    size: int
    added: float

    def values(self, codes: Places, blocks: Places) -> Values:
        """Return the largest value of each block, by its code and its number."""
        scales = self.largest.values((blocks // self.size).tolist())
        return self.table.values(codes.tolist()) * scales + self.added


@dataclass(frozen=True, slots=True)
class Coded:
    """Places in a table of 16 values, each times the largest value of its block, as bitsandbytes writes them.

    Attributes:
        nested: Where these largest values are quantised themselves, how.
    """

    name: str
    shape: tuple[int, ...]
    numbers: Tensor
    legend: Tensor
    absmax: Tensor
    table: Tensor
    size: int
    nested: Nested | None

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """Numbers, legend, largest values, table."""
        further = () if self.nested is None else (self.nested.largest, self.nested.table)
        return (self.numbers, self.legend, self.absmax, self.table, *further)

    @property
    def file(self) -> Path:
        """Where the numbers are."""
        return self.numbers.file

    def values(self, places: Sequence[int]) -> Values:
        """Return the values at places."""
        at = np.asarray(places, dtype=np.int64)
        held = self.numbers.values((at // 2).tolist()).astype(np.int64)
        return self._table()[np.where(at % 2 == 0, held >> 4, held & 15)] * self._largest(at)

    def nearest(self, values: Values, places: Sequence[int]) -> Values:
        """Return what would be held, made from these values."""
        largest, table = self._largest(np.asarray(places, dtype=np.int64)), self._table()
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = values / largest
        return np.asarray(table[np.argmin(np.abs(table[None, :] - exact[:, None]), axis=1)] * largest)

    def _table(self) -> Values:
        return self.table.values(range(16))

    def _largest(self, at: Places) -> Values:
        block = at // self.size
        held = self.absmax.values(block.tolist())
        if self.nested is None:
            return held
        return self.nested.values(held.astype(np.int64), block)
