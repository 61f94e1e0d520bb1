"""Vectors of the transparency log: entries, checkpoints and proofs in the formats of C2SP."""

from typing import Any

from lineage import merkle
from lineage.canonical import sha256_hex
from lineage.statement import SNAPSHOT_PREDICATE
from lineage.ticket import RELEASE_PREDICATE
from lineage.tlog.checkpoint import Checkpoint
from lineage.tlog.entry import LogEntry
from lineage.tlog.note import NoteKey, sign_note
from lineage.tlog.proof import LogProof
from tests.docs.vectors.documents import Vector
from tests.docs.vectors.envelopes import another_spelling
from tests.docs.vectors.keys import FIRST, STRANGER, PublishedKey

KINDS = (SNAPSHOT_PREDICATE, RELEASE_PREDICATE)
ENTRIES = [LogEntry(KINDS[place % 2], sha256_hex(b"statement %d" % place)) for place in range(5)]
LEAVES = [entry.leaf() for entry in ENTRIES]
ORIGIN = FIRST.trusted.log


def checkpoint(size: int, signer: PublishedKey = FIRST, leaves: list[bytes] = LEAVES, origin: str = ORIGIN) -> bytes:
    """Return a signed checkpoint over the first entries."""
    return Checkpoint(origin, size, merkle.root(leaves[:size])).sign(signer.trusted, signer)


def proof(index: int, size: int, note: bytes) -> str:
    """Return a proof file."""
    return LogProof(index, tuple(merkle.inclusion_proof(LEAVES[:size], index)), note).written().decode()


def tlog() -> Vector:
    """Return entries, checkpoints, proofs that hold, and ones that do not."""
    return {
        "about": "A log of five entries. An entry is the text of canonical JSON; checkpoints and proofs are text. "
        "The key is the first of dsse.json. A case of `refused` is a proof of `entry` for whoever trusts that key; "
        "where `published` stands, the proof's checkpoint must be the one in it.",
        "origin": ORIGIN,
        "vkey": NoteKey(ORIGIN, FIRST.trusted).written(),
        "entries": [entry.data().decode() for entry in ENTRIES],
        "leaves": [leaf.hex() for leaf in LEAVES],
        "checkpoints": [checkpoint(size).decode() for size in range(1, 6)],
        "accepted": [
            *(
                {"entry": ENTRIES[index].data().decode(), "proof": proof(index, size, checkpoint(size))}
                for index, size in ((0, 1), (0, 5), (2, 3), (3, 5), (4, 5))
            ),
            {"entry": ENTRIES[3].data().decode(), "proof": _extra(proof(3, 5, checkpoint(5)))},
        ],
        "refused": _refused(),
    }


def _extra(text: str) -> str:
    return text.replace("\nindex", "\nextra cHJvdmVzIG5vdGhpbmc=\nindex", 1)


def _refused() -> list[Vector]:
    good, note = proof(3, 5, checkpoint(5)), checkpoint(5)
    entry, other = ENTRIES[3].data().decode(), ENTRIES[2].data().decode()
    hash_line = good.split("\n")[2]
    forked = [*LEAVES[:4], merkle.leaf_hash(b"another history")]
    extended = sign_note(f"{note.decode().partition(chr(10) * 2)[0]}\nmore\n", ORIGIN, FIRST.trusted, FIRST)
    elsewhere = checkpoint(5, origin="example.com/log")
    cases: list[tuple[str, str, str, str]] = [
        ("another entry", other, good, "The proof is of one entry."),
        ("another place", entry, good.replace("index 3", "index 2"), "The path is of one place."),
        ("a place with a zero before it", entry, good.replace("index 3", "index 03"), "A number has one spelling."),
        ("a hash missing", entry, good.replace(f"{hash_line}\n", "", 1), "The path is too short."),
        ("a hash too many", entry, good.replace(hash_line, f"{hash_line}\n{hash_line}", 1), "The path is too long."),
        (
            "base64 in another spelling",
            entry,
            good.replace(hash_line, another_spelling(hash_line), 1),
            "It has one spelling.",
        ),
        ("no header", entry, good.partition("\n")[2], "It is no proof."),
        ("no checkpoint", entry, good.partition("\n\n")[0] + "\n\n", "Nobody signed the root."),
        ("a stranger's checkpoint", entry, proof(3, 5, checkpoint(5, STRANGER)), "Its key is not trusted."),
        ("another size", entry, good.replace(f"{ORIGIN}\n5\n", f"{ORIGIN}\n6\n"), "The signature does not match."),
        ("an extension line", entry, proof(3, 5, extended), "What cannot be audited is not signed."),
        ("another log", entry, proof(3, 5, elsewhere), "It is named after another key."),
        ("another history", entry, proof(3, 5, checkpoint(5, leaves=forked)), "It does not lead to that root."),
    ]
    refused = [{"name": name, "entry": said, "proof": text, "because": why} for name, said, text, why in cases]
    published: dict[str, Any] = {"name": "not as published", "entry": entry, "proof": good}
    return [
        *refused,
        published | {"published": checkpoint(5, leaves=forked).decode(), "because": "There are two logs."},
    ]
