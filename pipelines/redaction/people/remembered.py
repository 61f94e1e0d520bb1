"""What was found in pieces of text, remembered under a digest within a bound of bytes; no text is kept."""

import hashlib
from collections import OrderedDict
from typing import Generic, TypeVar

_ENTRY_BYTES = 240  # of a key and its place in the table
_FIND_BYTES = 200  # of one find

Find = TypeVar("Find")


def key_of(kind: str, piece: str) -> bytes:
    """Return the 128 bits under which a piece of a kind is known."""
    return hashlib.blake2b(piece.encode(), digest_size=16, person=kind.encode()).digest()


class Remembered(Generic[Find]):
    """The finds of the pieces asked about last, as many as some bytes hold; those asked about longest ago go first.

    Args:
        limit_bytes: An estimate of the memory that all of it may take.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._found: OrderedDict[bytes, tuple[Find, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: bytes) -> tuple[Find, ...] | None:
        """Return the finds of a piece, or ``None`` where they are not remembered."""
        found = self._found.get(key)
        if found is not None:
            self._found.move_to_end(key)
        return found

    def put(self, key: bytes, found: tuple[Find, ...]) -> None:
        """Remember the finds of a piece, and forget older ones where there is no room."""
        if key not in self._found:
            self._found[key] = found
            self._bytes += _size(found)
        while self._bytes > self._limit_bytes and len(self._found) > 1:
            self._bytes -= _size(self._found.popitem(last=False)[1])


def _size(found: tuple[Find, ...]) -> int:
    return _ENTRY_BYTES + _FIND_BYTES * len(found)
