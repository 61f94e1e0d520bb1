"""Proofs of a record or a person, against the signed statement of a snapshot."""

from typing import Any

from .canonical import document_of
from .case import signed_by
from .envelopes import SNAPSHOT, Trust, verified
from .leaves import DIGESTS
from .manifest import TREE, label_of
from .report import Report, require
from .shapes import ascending, closed, count, digest, holds, label, listed, one_of, ordinal, slug
from .trees import NOTHING, leaf_of, person_entry, root_of_path

PLACE = closed(index=count, count=count)
PATH = listed(digest, most=63)
RECORD_PROOF = closed(
    format=one_of("lineweight.record-proof/v1"),
    snapshot=label,
    manifest=digest,
    root=digest,
    digests=closed(**dict.fromkeys(DIGESTS, digest)),
    shard=PLACE,
    row=PLACE,
    shard_path=PATH,
    snapshot_path=PATH,
)
NEIGHBOUR = closed(index=count, commitment=digest, records=count, path=PATH)
PERSON_PROOF = closed(
    format=one_of("lineweight.data-subject-proof/v1"),
    snapshot=label,
    manifest=digest,
    root=digest,
    count=count,
    entries=listed(closed(commitment=digest, neighbours=listed(NEIGHBOUR, most=2)), 1, 1000),
)


def verify_proof(data: bytes, envelope: bytes, trust: Trust, report: Report) -> None:
    """Verify a proof of a record or a person against the signed statement of a snapshot."""
    with report.link("signature") as told:
        statement = verified(envelope, trust, "the statement", SNAPSHOT)
        told.append(signed_by(statement))
    with report.link("proof") as told:
        proof = document_of(data, "the proof")
        kind = proof.get("format") if isinstance(proof, dict) else None
        records = kind == "lineweight.record-proof/v1"
        (RECORD_PROOF if records else PERSON_PROOF)(proof, "the proof")
        predicate = statement.predicate
        holds(name=slug, version=ordinal, root=digest, data_subjects=TREE)(predicate, "the statement")
        require(statement.artifacts.get("manifest.json") == proof["manifest"], "the proof is about another manifest")
        require(label_of(predicate) == proof["snapshot"], "the proof is about another snapshot")
        told.append(shown_of_record(proof, predicate) if records else shown_of_person(proof, predicate))
    report.skip("Whose the commitments are, and what the record says: that takes a salt, and keys.")


def shown_of_record(proof: dict[str, Any], predicate: dict[str, Any]) -> str:
    """Return what a record proof shows."""
    require(predicate["root"] == proof["root"], "the proof has another root than the signed one")
    leaf = leaf_of(b"".join(bytes.fromhex(proof["digests"][name]) for name in DIGESTS))
    root = leaf
    for place, hashes in (("row", "shard_path"), ("shard", "snapshot_path")):
        node = root if place == "row" else leaf_of(root)
        root = root_of_path(node, proof[place]["index"], proof[place]["count"], list(map(bytes.fromhex, proof[hashes])))
    require(root.hex() == proof["root"], "the proof does not lead to the root")
    return f"a record with the leaf {leaf.hex()} is in {proof['snapshot']}"


def shown_of_person(proof: dict[str, Any], predicate: dict[str, Any]) -> str:
    """Return what a person's proof shows."""
    stated = {"root": proof["root"], "count": proof["count"]}
    require(predicate["data_subjects"] == stated, "the proof is of other people than the signed ones")
    named = [entry["commitment"] for entry in proof["entries"]]
    require(ascending(named), "a commitment stands twice, or they are not in order")
    records = sum(records_of(entry, proof["root"], proof["count"]) for entry in proof["entries"])
    return f"the person of {len(named)} commitments wrote {records} records of {proof['snapshot']}"


def records_of(entry: dict[str, Any], root: str, size: int) -> int:
    """Return how many records an entry shows; 0 where it shows that there is none."""
    mine, neighbours = entry["commitment"], entry["neighbours"]
    for one in neighbours:
        leaf = leaf_of(person_entry(bytes.fromhex(one["commitment"]), one["records"]))
        led = root_of_path(leaf, one["index"], size, list(map(bytes.fromhex, one["path"])))
        require(led.hex() == root, "a neighbour is not in the tree")
    found = [one for one in neighbours if one["commitment"] == mine]
    if found:
        require(len(neighbours) == 1, "more is shown than the entry")
        return int(found[0]["records"])
    smaller = [one["index"] for one in neighbours if one["commitment"] < mine]
    greater = [one["index"] for one in neighbours if one["commitment"] > mine]
    require(len(smaller) <= 1 and len(greater) <= 1, "the neighbours do not stand on both sides")
    left, right = (smaller or [-1])[0], (greater or [size])[0]
    require(right == left + 1, "somebody can stand between the neighbours")
    require(bool(neighbours) or root == NOTHING.hex(), "nothing is shown")
    return 0
