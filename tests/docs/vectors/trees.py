"""Vectors of trees: roots, inclusion and consistency, the tree over people, what was consumed."""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from lineage import merkle
from lineage.canonical import sha256_hex
from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root, entries
from lineage.proving.data_subjects import COMMITMENT, DATA_SUBJECT_SCHEMA, stated, tree
from lineage.proving.data_subjects import entries as people_entries
from lineage.proving.files import EntryFile
from lineage.proving.proofs import PersonProof, prove_person
from tests.docs.vectors.documents import Vector

# The entries that test vectors of certificate transparency use.
ENTRIES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
ENTRIES.append(bytes(range(0x60, 0x70)))
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def trees() -> Vector:
    """Return roots of 0 to 8 leaves, every proof among them, and proofs that do not hold."""
    roots = [merkle.root(LEAVES[:size]) for size in range(len(LEAVES) + 1)]
    included = [
        {"leaf": LEAVES[index].hex(), "index": index, "size": size, "root": roots[size].hex()}
        | {"proof": _hex(merkle.inclusion_proof(LEAVES[:size], index))}
        for size in range(1, len(LEAVES) + 1)
        for index in range(size)
    ]
    consistent = [
        {"first": first, "second": second, "first_root": roots[first].hex(), "second_root": roots[second].hex()}
        | {"proof": _hex(merkle.consistency_proof(LEAVES[:second], first) if first else [])}
        for second in range(len(LEAVES) + 1)
        for first in range(second + 1)
    ]
    return {
        "about": "RFC 9162, section 2.1. `roots` has the root over the first 0, 1, … 8 leaves.",
        "entries": _hex(ENTRIES),
        "leaves": _hex(LEAVES),
        "roots": _hex(roots),
        "inclusion": included,
        "consistency": consistent,
        "refused": {"inclusion": _not_included(), "consistency": _not_consistent()},
    }


def _not_included() -> list[Vector]:
    root, proof = merkle.root(LEAVES[:7]), merkle.inclusion_proof(LEAVES[:7], 2)
    held = {"leaf": LEAVES[2].hex(), "index": 2, "size": 7, "root": root.hex(), "proof": _hex(proof)}
    node = merkle.node_hash(LEAVES[2], LEAVES[3]).hex()
    changes: list[tuple[str, dict[str, Any], str]] = [
        ("another leaf", {"leaf": LEAVES[3].hex()}, "It does not lead to the root."),
        ("another place", {"index": 3}, "The sides follow from the place."),
        ("a place beyond the end", {"index": 7}, "Places are below the size."),
        ("a size of nothing", {"index": 0, "size": 0}, "Nothing is in a tree of nothing."),
        ("a larger size", {"size": 9}, "The proof is too short for it."),
        ("a smaller size", {"size": 4}, "The proof is too long for it."),
        ("another root", {"root": merkle.root(LEAVES).hex()}, "It does not lead to the root."),
        ("a hash missing", {"proof": _hex(proof[:-1])}, "The proof is too short."),
        ("a hash too many", {"proof": _hex([*proof, root])}, "The proof is too long."),
        ("hashes exchanged", {"proof": _hex([proof[1], proof[0], *proof[2:]])}, "They are from the leaf upwards."),
        ("a node for a leaf", {"leaf": node, "index": 1, "proof": _hex(proof[1:])}, "It is too short for 7 leaves."),
        ("no proof", {"proof": []}, "The proof is too short."),
    ]
    return [{"name": name, **held, **change, "because": why} for name, change, why in changes]


def _not_consistent() -> list[Vector]:
    roots = [merkle.root(LEAVES[:size]).hex() for size in range(9)]
    proof = _hex(merkle.consistency_proof(LEAVES[:7], 3))
    held = {"first": 3, "second": 7, "first_root": roots[3], "second_root": roots[7], "proof": proof}
    same = {"first": 3, "second": 3, "first_root": roots[3], "second_root": roots[3], "proof": []}
    none = {"first": 0, "second": 7, "first_root": roots[0], "second_root": roots[7], "proof": []}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("roots exchanged", held | {"first_root": roots[7], "second_root": roots[3]}, "Trees grow."),
        ("another older root", held | {"first_root": roots[2]}, "History was rewritten."),
        ("another newer root", held | {"second_root": roots[8]}, "It does not lead there."),
        ("a hash missing", held | {"proof": proof[:-1]}, "The proof is too short."),
        ("a hash too many", held | {"proof": [*proof, roots[7]]}, "The proof is too long."),
        ("no proof", held | {"proof": []}, "The proof is too short."),
        ("sizes exchanged", held | {"first": 7, "second": 3}, "Trees grow."),
        ("another size", held | {"first": 4}, "The path follows from the sizes."),
        ("something between equal trees", same | {"proof": [roots[3]]}, "A tree begins with itself without proof."),
        ("equal sizes, other roots", same | {"second_root": roots[4]}, "One tree has one root."),
        ("something after nothing", none | {"proof": [roots[7]]}, "Every tree begins with nothing, without proof."),
        ("nothing with a root", none | {"first_root": roots[1]}, "Nothing has the root of nothing."),
    ]
    return [{"name": name, **case, "because": why} for name, case, why in cases]


PEOPLE = [(bytes([first]) + bytes(31), records) for first, records in ((16, 3), (32, 1), (64, 7), (128, 2), (200, 5))]


def people(listed: list[tuple[bytes, int]]) -> pa.Table:
    """Return rows of ``DATA_SUBJECT_SCHEMA`` as they are listed."""
    rows = [{COMMITMENT: who, "records": records} for who, records in listed]
    return pa.Table.from_pylist(rows, schema=DATA_SUBJECT_SCHEMA)


def data_subjects() -> Vector:
    """Return a tree over five people, one over one and one over nobody, and who is in them and who is not."""
    return {
        "about": "The tree over people. An entry is the commitment and the number of records (u64, big-endian). "
        "`records` is what a proof shows: 0 where the person is not in it.",
        "trees": [
            _tree("five people", PEOPLE, [("the first", 16), ("in the middle", 64), ("the last", 200),
                                         ("before the first", 1), ("between two", 65), ("after the last", 255)]),
            _tree("one person", PEOPLE[:1], [("the only one", 16), ("before", 1), ("after", 17)]),
            _tree("nobody", [], [("anybody", 16)]),
        ],
        "refused": _not_shown(),
        "refused_trees": _no_trees(),
    }  # fmt: skip


def _tree(name: str, listed: list[tuple[bytes, int]], cases: list[tuple[str, int]]) -> Vector:
    table = people(listed)
    said = stated(table)
    return {
        "name": name,
        "people": [{"commitment": who.hex(), "records": records} for who, records in listed],
        "entries": _hex(people_entries(table)),
        "leaves": _hex(tree(table)),
        "root": said.root,
        "count": said.count,
        "proofs": [_shown(case, prove_person(table, bytes([first]) + bytes(31))) for case, first in cases],
    }


def _shown(name: str, proof: PersonProof) -> Vector:
    return {"name": name, **EntryFile.of(proof).model_dump(mode="json"), "records": proof.records}


def _not_shown() -> list[Vector]:
    table = people(PEOPLE)
    root = stated(table).root
    between, inside, end = (prove_person(table, bytes([first]) + bytes(31)) for first in (65, 64, 255))
    third, fourth = between.neighbours
    first, second, last = (prove_person(table, PEOPLE[place][0]).neighbours[0] for place in (0, 1, 4))
    cases = [
        ("a gap between the neighbours", replace(between, neighbours=(second, fourth)), "Somebody can stand there."),
        ("a member hidden between neighbours", replace(inside, neighbours=(second, fourth)), "They are not adjacent."),
        ("one neighbour in the middle", replace(between, neighbours=(third,)), "Somebody can stand after it."),
        ("the other neighbour alone", replace(between, neighbours=(fourth,)), "Somebody can stand before it."),
        ("the first, for somebody after it", replace(between, neighbours=(first,)), "Somebody can stand after it."),
        ("the last, for somebody before it", replace(between, neighbours=(last,)), "Somebody can stand before it."),
        ("both on one side", replace(end, neighbours=(fourth, last)), "After the last stands the last alone."),
        ("a neighbour twice", replace(between, neighbours=(third, third)), "Neighbours stand on two sides."),
        ("a member with a neighbour", replace(inside, neighbours=(*inside.neighbours, fourth)), "It is alone."),
        ("nothing at all", replace(between, neighbours=()), "Only a tree of nobody shows it with nothing."),
        ("another number of records", replace(inside, neighbours=(replace(third, records=8),)), "It is hashed."),
        ("another place", replace(end, neighbours=(replace(last, index=3),)), "The path is of one place."),
        ("another path", replace(inside, neighbours=(replace(third, path=third.path[::-1]),)), "It does not hold."),
        ("somebody else's commitment", replace(inside, neighbours=(replace(third, commitment=bytes(32)),)), "Hashed."),
    ]
    shown = [
        {"name": name, **EntryFile.of(proof).model_dump(mode="json"), "root": root, "count": 5, "because": why}
        for name, proof, why in cases
    ]
    lied = EntryFile.of(replace(end, neighbours=(fourth,))).model_dump(mode="json")
    return [*shown, {"name": "a smaller count", **lied, "root": root, "count": 4, "because": "The count is signed."}]


def _no_trees() -> list[Vector]:
    unsorted, twice = [*PEOPLE[1:], PEOPLE[0]], [*PEOPLE[:2], PEOPLE[1], *PEOPLE[2:]]
    cases = [
        ("not sorted", unsorted, "Entries are sorted: made from the leaves, the tree has another root."),
        ("somebody twice", twice, "Each person has one entry."),
    ]
    return [
        {"name": name, "entries": _hex(people_entries(people(listed))), "root": stated(people(listed)).root}
        | {"because": why}
        for name, listed, why in cases
    ]


ROWS: list[dict[str, Any]] = [
    {"epoch": 0, "optimizer_step": 0, "micro_step": 0, "shard": 0, "row": 0, "n_tokens": 12, "skipped_reason": None},
    {"epoch": 0, "optimizer_step": 0, "micro_step": 0, "shard": 1, "row": 4999, "n_tokens": 0}
    | {"skipped_reason": "no-assistant-turn"},
    {"epoch": 1, "optimizer_step": 2**33, "micro_step": 0, "shard": 0, "row": 1, "n_tokens": 2048}
    | {"skipped_reason": None},
    {"epoch": 1, "optimizer_step": 2**33, "micro_step": 0, "shard": 2, "row": 0, "n_tokens": 0}
    | {"skipped_reason": "revoked"},
    {"epoch": 2, "optimizer_step": 7, "micro_step": 0, "shard": 0, "row": 0, "n_tokens": 1, "skipped_reason": ""},
]

LEAF = {"record_id": "r", "leaf": sha256_hex(b"a leaf")}


def consumption() -> Vector:
    """Return rows of a consumption ledger with their entries and root, and rows of another root."""
    rows = [row | {"record_id": f"r{place}é", "leaf": sha256_hex(bytes([place]))} for place, row in enumerate(ROWS)]
    table = ledger(rows)
    root = consumption_root(table).hex()
    changes: list[tuple[str, dict[str, Any], str]] = [
        ("a step changed", {"optimizer_step": 1}, "It is hashed."),
        ("a reason where there was none", {"skipped_reason": ""}, "Null and an empty text differ."),
        ("a leaf changed", {"leaf": sha256_hex(b"another")}, "It is hashed."),
        ("a negative number", {"n_tokens": -1}, "Numbers are not negative."),
    ]
    changed = [
        {"name": name, "rows": [rows[0] | change, *rows[1:]], "root": root, "because": why}
        for name, change, why in changes
    ]
    order = {"name": "another order", "rows": [rows[1], rows[0], *rows[2:]], "root": root}
    read, unread = _orders()
    return {
        "about": "Rows of a consumption ledger, the bytes of each entry, and the root over them: they show how rows "
        "are written, and not in which order they are read. `orders` are [epoch, optimizer_step, shard, row] of rows "
        "that can have been read one after the other, of a snapshot with `records` to train on.",
        "rows": rows,
        "entries": _hex(list(entries(table))),
        "root": root,
        "root_of_nothing": consumption_root(CONSUMPTION_SCHEMA.empty_table()).hex(),
        "orders": read,
        "refused": {
            "rows": [*changed, order | {"because": "Rows are in the order of reading."}],
            "orders": unread,
        },
    }


def _orders() -> tuple[list[Vector], list[Vector]]:
    first, second = [[0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]], [[1, 1, 0, 0], [1, 2, 0, 1], [1, 2, 1, 0]]
    read = [("two epochs", [*first, *second]), ("a second that was cut short", [*first, second[0]]),
            ("a first that was cut short", first[:2])]  # fmt: skip
    unread = [
        ("nothing", [], "Something is read."),
        ("a step left out", [first[0], [0, 2, 0, 0]], "Steps count up one by one."),
        ("a step back", [first[2], first[0]], "Steps count up from 0."),
        ("an epoch that does not begin at 0", second, "Epochs count up from 0."),
        ("an epoch left out", [*first, [2, 1, 0, 0]], "Epochs count up one by one."),
        ("a record twice in an epoch", [first[0], first[0]], "An epoch holds each once."),
        ("an epoch that holds too few", [*first[:2], *second], "What was finished holds all."),
    ]
    return (
        [{"name": name, "records": 3, "rows": rows} for name, rows in read],
        [{"name": name, "records": 3, "rows": rows, "because": why} for name, rows, why in unread],
    )


def read_in_order(case: Vector) -> pa.Table:
    """Return rows of an order as rows of ``CONSUMPTION_SCHEMA``."""
    names = ("epoch", "optimizer_step", "shard", "row")
    return ledger([ROWS[0] | dict(zip(names, row, strict=True)) | LEAF for row in case["rows"]])


def ledger(rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows of a vector as rows of ``CONSUMPTION_SCHEMA``."""
    return pa.Table.from_pylist([row | {"leaf": bytes.fromhex(row["leaf"])} for row in rows], CONSUMPTION_SCHEMA)


def _hex(values: list[bytes]) -> list[str]:
    return [value.hex() for value in values]
