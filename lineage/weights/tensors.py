"""Tensors of safetensors files, read without torch: names, shapes, bytes, and values at chosen places.

Format: https://github.com/huggingface/safetensors#format. A file is believed in nothing: every offset is checked, no
byte may belong to two tensors, and a name is told twice or cannot be shown only in a file that is refused.
"""

import hashlib
import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineage.weights.eight_bits import EIGHT_BITS, table
from policies.errors import InputError

HEADER_LIMIT_BYTES = 100_000_000
_LENGTH_BYTES = 8
_PIECE_BYTES = 1 << 22
_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
           "U64": 8, "U32": 4, "U16": 2, "F8_E4M3": 1, "F8_E5M2": 1}  # fmt: skip
_NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1",
          "U64": "<u8", "U32": "<u4", "U16": "<u2", "BF16": "<u2", "F8_E4M3": "u1", "F8_E5M2": "u1"}  # fmt: skip
FLOATS = ("F64", "F32", "F16", "BF16", *EIGHT_BITS)

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor in a file.

    Attributes:
        file: The file it is in.
        name: Its name there.
        dtype: As safetensors names it: ``F32``, ``BF16``.
        shape: Its dimensions.
        start: Where its bytes begin in the file.
        size: How many bytes they are.
    """

    file: Path
    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    size: int

    @property
    def count(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    def digest(self) -> bytes:
        """Return the SHA-256 of its bytes, read piece by piece."""
        hasher, left = hashlib.sha256(), self.size
        with self.file.open("rb") as source:
            source.seek(self.start)
            while left and (piece := source.read(min(left, _PIECE_BYTES))):
                hasher.update(piece)
                left -= len(piece)
        return hasher.digest()

    def values(self, places: Sequence[int]) -> Values:
        """Return the values at places of the flattened tensor (row by row), as float64.

        Raises:
            InputError: Its values are no numbers that are known.
        """
        if self.dtype not in _NUMPY:
            raise InputError(f"{self.file.name}: {self.dtype} holds no numbers that can be compared.")
        kind = np.dtype(_NUMPY[self.dtype])
        held = np.memmap(self.file, dtype=np.uint8, mode="r", offset=self.start, shape=(self.size,)).view(kind)
        found = np.array(held[np.asarray(places, dtype=np.int64)])
        if self.dtype == "BF16":  # the upper half of a float of 32 bits
            found = np.left_shift(found.astype("<u4"), 16).view("<f4")
        if self.dtype in EIGHT_BITS:
            return np.asarray(table(self.dtype)[found])
        return found.astype(np.float64)


def tensors_digest(path: Path) -> str:
    """Return the SHA-256 of a safetensors file's tensors without its header, in hexadecimal: equal for equal weights.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open("rb") as source:
            source.seek(_LENGTH_BYTES + int.from_bytes(source.read(_LENGTH_BYTES), "little"))
            return hashlib.file_digest(source, "sha256").hexdigest()
    except (OSError, OverflowError, ValueError) as error:
        raise InputError(f"{path.name}: is not a safetensors file that can be read.") from error


def read_tensors(path: Path) -> list[Tensor]:
    """Return the tensors of a safetensors file in order of name.

    Raises:
        InputError: It is no such file, or speaks of bytes that are not in it.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as source:
            length = int.from_bytes(source.read(_LENGTH_BYTES), "little")
            if length > min(HEADER_LIMIT_BYTES, size):
                raise ValueError
            header = json.loads(source.read(length), object_pairs_hook=_once)
        begin = _LENGTH_BYTES + length
        entries = sorted((name, entry) for name, entry in header.items() if name != "__metadata__")
        tensors = [_tensor(path, name, entry, begin, size) for name, entry in entries]
        _require_apart(tensors)
        return tensors
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path.name}: is not a safetensors file that can be read.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object that names nothing twice, and nothing that cannot be shown."""
    found = dict(pairs)
    if len(found) != len(pairs) or not all(name.isprintable() for name in found):
        raise ValueError
    return found


def _require_apart(tensors: Sequence[Tensor]) -> None:
    """Do nothing if no byte belongs to two tensors: else a small file could ask for hashing without end."""
    taken = sorted((tensor.start, tensor.start + tensor.size) for tensor in tensors if tensor.size)
    if any(after < end for (_, end), (after, _) in itertools.pairwise(taken)):
        raise ValueError


def _tensor(path: Path, name: str, entry: dict[str, Any], begin: int, size: int) -> Tensor:
    low, high = entry["data_offsets"]
    dtype, shape = str(entry["dtype"]), tuple(entry["shape"])
    if any(type(number) is not int or number < 0 for number in (low, high, *shape)) or begin + high > size:
        raise ValueError
    if high < low or (dtype in _WIDTHS and high - low != math.prod(shape) * _WIDTHS[dtype]):
        raise ValueError
    return Tensor(path, name, dtype, shape, begin + low, high - low)
