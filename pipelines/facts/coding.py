"""Columns as small numbers, and rows as one number each: what makes millions of rows a few hundred cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Column: TypeAlias = pa.Array | pa.ChunkedArray

NO_INSTANT = int(np.iinfo(np.int64).min)
_LARGEST = 1 << 62


@dataclass(frozen=True)
class Coded:
    """A column of ``n`` words: row ``i`` holds ``words[codes[i]]``; a null is a word too."""

    codes: npt.NDArray[np.int32]
    words: pa.Array

    def list(self) -> list[Any]:
        """Return the words."""
        words: list[Any] = self.words.to_pylist()
        return words


def whole(column: Column) -> pa.Array:
    """Return a column in one piece."""
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        return column.combine_chunks()
    return column


def coded(column: Column) -> Coded:
    """Return a column of texts as codes; one that comes as a dictionary is not read again."""
    found = whole(column)
    if not pa.types.is_dictionary(found.type):
        found = found.dictionary_encode(null_encoding="encode")
    words = found.dictionary
    indices = found.indices
    if indices.null_count:
        indices = indices.fill_null(len(words))
        words = pa.concat_arrays([words, pa.nulls(1, words.type)])
    return Coded(indices.to_numpy().astype(np.int32, copy=False), words)


def each(column: Coded, number: Callable[[Any], int]) -> Numbers:
    """Return for each row the number of its word; each word is asked once."""
    return np.array([number(word) for word in column.list()], np.int64)[column.codes]


def places(column: Coded, among: Sequence[Any]) -> Numbers:
    """Return for each row the place of its word in a list, -1 for one that is not in it."""
    order = {word: place for place, word in enumerate(among)}
    return each(column, lambda word: order.get(word, -1))


def cases(parts: Sequence[tuple[npt.NDArray[Any], int]], rows: int) -> tuple[npt.NDArray[np.int32], Numbers]:
    """Number the distinct combinations of several columns.

    Args:
        parts: For each column ``rows`` codes, and how many codes there may be: each is at least 0 and less.
        rows: Rows of each column.

    Returns:
        The case of each row, numbered from 0 in no order that means anything; and for each case one row in
        which it occurs.
    """
    packed, size = np.zeros(rows, np.int64), 1
    for codes, count in parts:
        if count == 1:
            continue
        if size * count > _LARGEST:
            packed, size = numbered(packed)[0].astype(np.int64), rows
        packed *= count
        packed += codes
        size *= count
    return numbered(packed)


def numbered(values: Numbers) -> tuple[npt.NDArray[np.int32], Numbers]:
    """Return which of its distinct values each row holds, and for each distinct value a row that holds it."""
    case: npt.NDArray[np.int32] = pa.array(values).dictionary_encode().indices.to_numpy()
    example = np.zeros(int(case.max(initial=-1)) + 1, np.int64)
    example[case] = np.arange(len(values))
    return case, example


def flags(column: Column) -> Flags:
    """Return booleans; there are no nulls among them."""
    found: Flags = whole(column).to_numpy(zero_copy_only=False)
    return found


def microseconds(column: Column, missing: int = NO_INSTANT) -> Numbers:
    """Return instants as microseconds since 1970-01-01T00:00:00Z; ``missing`` for a null."""
    numbers = whole(column).cast(pa.timestamp("us", "UTC")).view(pa.int64())
    filled: Numbers = pc.fill_null(numbers, missing).to_numpy()
    return filled


def at_places(values: npt.NDArray[Any], places: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the values at ``n`` places; anything at all for a place below 0."""
    return values.take(places, mode="clip") if len(values) else np.zeros(len(places), values.dtype)
