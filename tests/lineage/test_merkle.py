"""Merkle trees against the vectors that Certificate Transparency implementations share."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage import merkle

# From github.com/transparency-dev/merkle, testonly/constants.go: eight entries, and the root of the first n.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_published_vectors(size: int):
    assert merkle.root([merkle.leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size]


def _by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    pair = _by_definition(leaves[:split]) + _by_definition(leaves[split:])
    return hashlib.sha256(b"\x01" + pair).digest()


def _leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


@given(st.integers(1, 200))
def test_the_root_is_the_one_the_rfc_defines(count: int):
    assert merkle.root(_leaves(count)) == _by_definition(_leaves(count))


@given(st.integers(1, 200), st.data())
def test_a_proof_shows_its_leaf_and_no_other(count: int, data: st.DataObject):
    leaves, index = _leaves(count), data.draw(st.integers(0, count - 1))
    proof, root = merkle.inclusion_proof(leaves, index), merkle.root(leaves)
    assert merkle.verify_inclusion(leaves[index], index, count, proof, root)
    other = merkle.leaf_hash(b"other")
    assert not merkle.verify_inclusion(other, index, count, proof, root)
    assert not merkle.verify_inclusion(leaves[index], index, count, [*proof, other], root)
    assert not merkle.verify_inclusion(leaves[index], index + count, count, proof, root)
    if count > 1:
        assert not merkle.verify_inclusion(leaves[index], (index + 1) % count, count, proof, root)
        assert not merkle.verify_inclusion(leaves[index], index, count, proof[:-1], root)


def test_an_inner_node_is_not_taken_for_a_leaf():
    leaves = _leaves(4)
    nodes = [merkle.node_hash(leaves[0], leaves[1]), merkle.node_hash(leaves[2], leaves[3])]
    assert merkle.root(nodes) == merkle.root(leaves)
    entries = [leaves[0] + leaves[1], leaves[2] + leaves[3]]
    assert merkle.root([merkle.leaf_hash(entry) for entry in entries]) != merkle.root(leaves)


def test_there_is_no_proof_of_a_leaf_that_is_not_there():
    with pytest.raises(IndexError):
        merkle.inclusion_proof(_leaves(3), 3)
    assert not merkle.verify_inclusion(merkle.EMPTY_ROOT, 0, 0, [], merkle.EMPTY_ROOT)


def test_a_proof_for_a_smaller_tree_does_not_show_a_place_in_a_larger_one():
    leaves = _leaves(4)
    proof, root = merkle.inclusion_proof(leaves, 0), merkle.root(leaves)
    assert not merkle.verify_inclusion(leaves[0], 0, 8, proof, root)


# From the same vectors: how many leaves the older and the newer tree have, and the proof between them.
CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]


@pytest.mark.parametrize(("first", "second", "proof"), CONSISTENCY, ids=["1 to 1", "1 to 8", "6 to 8"])
def test_consistency_proofs_are_those_of_the_published_vectors(first: int, second: int, proof: list[str]):
    leaves = [merkle.leaf_hash(entry) for entry in ENTRIES[:second]]
    assert [node.hex() for node in merkle.consistency_proof(leaves, first)] == proof
    older, newer = merkle.root(leaves[:first]), merkle.root(leaves)
    assert merkle.verify_consistency(first, second, older, newer, [bytes.fromhex(node) for node in proof])


@given(st.integers(1, 130), st.data())
def test_a_consistency_proof_shows_the_beginning_and_no_other(second: int, data: st.DataObject):
    first = data.draw(st.integers(1, second))
    leaves = _leaves(second)
    proof, older, newer = merkle.consistency_proof(leaves, first), merkle.root(leaves[:first]), merkle.root(leaves)
    assert merkle.verify_consistency(first, second, older, newer, proof)
    other = merkle.leaf_hash(b"other")
    assert not merkle.verify_consistency(first, second, other, newer, proof)
    assert not merkle.verify_consistency(first, second, older, other, proof)
    assert not merkle.verify_consistency(first, second, older, newer, [*proof, other])
    assert not merkle.verify_consistency(second + 1, second, older, newer, proof)
    if proof:
        assert not merkle.verify_consistency(first, second, older, newer, proof[:-1])
        changed = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.verify_consistency(
            first, second, older, newer, [other if place == changed else node for place, node in enumerate(proof)]
        )


def test_a_history_in_which_one_entry_changed_has_no_proof():
    leaves = _leaves(9)
    forked = [*leaves[:3], merkle.leaf_hash(b"rewritten"), *leaves[4:], merkle.leaf_hash(b"new")]
    older, newer = merkle.root(leaves), merkle.root(forked)
    for first in range(1, 10):
        assert not merkle.verify_consistency(9, 10, older, newer, merkle.consistency_proof(forked, first))


def test_every_tree_begins_with_the_empty_one_and_that_needs_no_proof():
    newer = merkle.root(_leaves(5))
    assert merkle.verify_consistency(0, 5, merkle.EMPTY_ROOT, newer, [])
    assert not merkle.verify_consistency(0, 5, newer, newer, [])
    assert not merkle.verify_consistency(0, 5, merkle.EMPTY_ROOT, newer, [newer])
    for first in (0, 6):
        with pytest.raises(IndexError):
            merkle.consistency_proof(_leaves(5), first)
