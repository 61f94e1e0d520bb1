"""Merkle trees of RFC 9162: leaf hashes, roots, and the two proofs."""

import hashlib
from collections.abc import Iterable

from .canonical import sha256
from .report import require
from .shapes import is_whole

NOTHING = sha256(b"")


def leaf_of(entry: bytes) -> bytes:
    """Return the leaf hash of an entry (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + entry)


def root_of(level: list[bytes]) -> bytes:
    """Return the root over leaf hashes; a last node without a neighbour rises as it is."""
    new = hashlib.sha256
    while len(level) > 1:
        paired = [new(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[-1:] if len(level) % 2 else paired
    return level[0] if level else NOTHING


def root_of_path(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to (RFC 9162, section 2.1.3.2).

    Raises:
        Refused: The place is not below the size, or the proof is too short or too long.
    """
    require(is_whole(index) and is_whole(size) and index < size and len(hashes) <= 63, "there is no such place")
    place, last, node = index, size - 1, leaf
    for sibling in hashes:
        require(last > 0, "a path is too long")
        if place % 2 or place == last:
            node = sha256(b"\x01" + sibling + node)
            while place and place % 2 == 0:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + sibling)
        place, last = place >> 1, last >> 1
    require(last == 0, "a path is too short")
    return node


def require_consistent(sizes: tuple[int, int], roots: tuple[bytes, bytes], hashes: list[bytes]) -> None:
    """Refuse unless the first tree is the beginning of the second (RFC 9162, section 2.1.4.2)."""
    first, second = sizes
    require(is_whole(first) and is_whole(second) and first <= second, "a tree does not shrink")
    if first == 0 or first == second:
        require(not hashes, "nothing has to be shown here")
        require(roots[0] == (roots[1] if first else NOTHING), "the roots differ")
        return
    hashes = [roots[0], *hashes] if first & (first - 1) == 0 else list(hashes)
    require(0 < len(hashes) <= 64, "a proof is too short or too long")
    place, last = first - 1, second - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for one in hashes[1:]:
        require(last > 0, "a proof is too long")
        if place % 2 or place == last:
            old, new = sha256(b"\x01" + one + old), sha256(b"\x01" + one + new)
            while place and place % 2 == 0:
                place, last = place >> 1, last >> 1
        else:
            new = sha256(b"\x01" + new + one)
        place, last = place >> 1, last >> 1
    require(last == 0, "a proof is too short")
    require((old, new) == roots, "the first tree is not the beginning of the second")


def root_of_entries(entries: Iterable[bytes]) -> bytes:
    """Return the root over entries, each hashed as a leaf first."""
    return root_of([leaf_of(entry) for entry in entries])


def person_entry(commitment: bytes, records: int) -> bytes:
    """Return the entry of a person in the tree over people, 40 bytes."""
    require(0 <= records < 1 << 64, "a count is not of 64 bits")
    return commitment + records.to_bytes(8, "big")
