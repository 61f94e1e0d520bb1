"""Merkle trees as in RFC 9162, section 2.1: leaves are hashed with 0x00 before them, nodes with 0x01.

Pure and deterministic. Everything here takes leaf *hashes*; `leaf_hash` makes one from an entry.
"""

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_hashes_of(entries: bytes | memoryview, width: int) -> list[bytes]:
    """Return the leaf hashes of entries of one width that lie end to end, each with its 0x00 before it.

    Args:
        entries: ``n`` times ``width`` bytes; the first of each is 0x00.
        width: Bytes of an entry, that one counted.
    """
    view, sha256 = memoryview(entries), hashlib.sha256
    return [sha256(view[start : start + width]).digest() for start in range(0, len(view), width)]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the Merkle Tree Hash of the leaves in order (RFC 9162, 2.1.1); of none, SHA-256 of nothing."""
    level = list(leaf_hashes)
    while len(level) > 1:
        level = _parents(level)
    return level[0] if level else EMPTY_ROOT


def levels(leaf_hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Return a tree level by level, the leaves first and the root last; where there are no leaves, nothing."""
    found = [list(leaf_hashes)] if leaf_hashes else []
    while found and len(found[-1]) > 1:
        found.append(_parents(found[-1]))
    return found


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the siblings from a leaf up to the root (RFC 9162, 2.1.3.1).

    Raises:
        IndexError: There is no such leaf.
    """
    return path_in(levels(leaf_hashes), index)


def path_in(tree: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """Return the siblings from a leaf up to the root, in a tree that stands as `levels` made it.

    Raises:
        IndexError: There is no such leaf.
    """
    size = len(tree[0]) if tree else 0
    if not 0 <= index < size:
        raise IndexError(f"There is no leaf {index} in a tree of {size}.")
    proof = []
    for level in tree:
        if (index ^ 1) < len(level):
            proof.append(level[index ^ 1])
        index >>= 1
    return proof


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> bool:
    """Return whether a proof shows that ``leaf`` is leaf ``index`` of ``size`` (RFC 9162, 2.1.3.2)."""
    return root_of_path(leaf, index, size, proof) == expected_root


def root_of_path(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that a proof leads to from leaf ``index`` of ``size``; ``None`` where it has not the length."""
    if not 0 <= index < size:
        return None
    place, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return node if last == 0 else None


def consistency_proof(leaf_hashes: Sequence[bytes], first: int) -> list[bytes]:
    """Return what shows that the first ``first`` leaves are the beginning of all of them (RFC 9162, 2.1.4.1).

    Raises:
        IndexError: There are not so many leaves, or ``first`` is 0, for which there is nothing to show.
    """
    if not 0 < first <= len(leaf_hashes):
        raise IndexError(f"A tree of {len(leaf_hashes)} has no beginning of {first} leaves to show.")
    return _subproof(list(leaf_hashes), first, whole=True)


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether a proof shows that a tree of ``second`` leaves begins with one of ``first`` (RFC 9162, 2.1.4.2).

    Every tree begins with the empty one, and a tree with itself: there the proof must be empty.
    """
    if first == 0 or first == second:
        expected = EMPTY_ROOT if first == 0 else second_root
        return not proof and first <= second and first_root == expected
    if not 0 < first < second:
        return False
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        return False
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and older == first_root and newer == second_root


def _subproof(leaves: list[bytes], first: int, *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162, 2.1.4.1; ``whole`` while the older tree is one whose root the verifier has."""
    if first == len(leaves):
        return [] if whole else [root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if first <= split:
        return [*_subproof(leaves[:split], first, whole=whole), root(leaves[split:])]
    return [*_subproof(leaves[split:], first - split, whole=False), root(leaves[:split])]


def _parents(level: list[bytes]) -> list[bytes]:
    """Hash neighbours in pairs; a last one without a neighbour rises as it is."""
    sha256 = hashlib.sha256
    paired = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    return paired + level[-1:] if len(level) % 2 else paired
