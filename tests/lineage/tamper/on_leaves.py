"""Attacks on the records of a snapshot: leaves, roots, people, shards, and notes of what was removed."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pyarrow as pa

from lineage import leaf
from lineage.canonical import digest_of, sha256_hex
from lineage.manifest import SnapshotManifest, snapshot_root, tenant_roots
from lineage.proving.data_subjects import COMMITMENT, data_subjects, stated
from lineage.retention import RemovedShard, retention_statement
from lineage.statement import sign_statement
from lineage.verifying.snapshot import NO_KEYS, NO_LIMITS
from tests.lineage.small_snapshot import AS_OF
from tests.lineage.tamper.attack import Attack, Attacker, Copy
from tests.lineage.tamper.forger import SNAPSHOT, Document, Forger
from tests.lineage.tamper.touching import flip, forged, leaves, put, remove, table
from tests.lineage.tamper.world import SAMPLE

FILES, KEY = Attacker.FILES, Attacker.KEY
LEAVES = f"{SNAPSHOT}/leaves/000-acme.parquet"
SHARD = f"{SNAPSHOT}/shards/000-acme.parquet"
OTHER = f"{SNAPSHOT}/shards/001-globex.parquet"
SUBSET = "consumption ⊆ snapshot"
Rows = list[Document]


def _swapped(rows: Rows) -> None:
    rows[0], rows[1] = rows[1], rows[0]


def _ids_swapped(rows: Rows) -> None:
    rows[0]["record_id"], rows[1]["record_id"] = rows[1]["record_id"], rows[0]["record_id"]


def _another(column: str, value: bytes | None = None) -> Callable[[Rows], object]:
    def change(rows: Rows) -> None:
        rows[0][column] = rows[1][column] if value is None else value

    return change


def _unsealed(rows: Rows) -> None:
    rows[0]["data_subject_commitment"] = rows[1]["data_subject_commitment"]


def _one_less(forger: Forger) -> None:
    """The last record of the first shard goes: from leaves, ledger and every count."""
    kept = forger.leaves(0).slice(0, 4)
    forger.change_ledger(
        lambda rows: rows.__setitem__(slice(None), [r for r in rows if (r["shard"], r["row"]) != (0, 4)])
    )
    forger.put_leaves(0, kept)
    _recount(forger, -1)


def _recount(forger: Forger, by: int) -> None:
    counts = forger.manifest["counts"]
    counts["permitted"] += by
    counts["considered"] += by
    forger.manifest["rows"] += by
    forger.change("decisions", lambda said: said[0].update(records=said[0]["records"] + by))

    def part(said: Document) -> None:
        said["parts"][0]["records"] += by
        said["parts"][0]["permitted"] += by

    forger.change("inputs", part)


def _moved(forger: Forger) -> None:
    """A record of one tenant goes to the other's shard, in leaves and ledger."""
    first, second = forger.leaves(0), forger.leaves(1)

    def follow(rows: Rows) -> None:
        for row in rows:
            if (row["shard"], row["row"]) == (0, 4):
                row.update(shard=1, row=5)

    forger.change_ledger(follow)
    forger.put_leaves(1, pa.concat_tables([second, first.slice(4, 1)]))
    forger.put_leaves(0, first.slice(0, 4))


def _wrong(name: str, value: Any) -> Callable[[Forger], None]:
    def change(forger: Forger) -> None:
        forger.manifest[name] = value

    return change


def _people_of_another(forger: Forger) -> None:
    forger.manifest["data_subjects"]["root"] = sha256_hex(b"people of another snapshot")


def _person_left_out(forger: Forger) -> None:
    """The tree over people is made of all but one, and counts one less."""
    people = data_subjects(forger.leaves(index)[COMMITMENT] for index in (0, 1))
    forger.manifest["data_subjects"] = stated(people.slice(1)).model_dump(mode="json")


def _shard_root(forger: Forger) -> None:
    forger.manifest["shards"][0]["root"] = "0" * 64
    shards = SnapshotManifest.model_validate(forger.manifest).shards
    forger.manifest.update(root=snapshot_root([one.root for one in shards]), tenant_roots=tenant_roots(shards))


def _content_exchanged(forger: Forger) -> None:
    """Two shards' encrypted files change places, and the manifest names them so."""
    first, second = (forger.read(path) for path in (SHARD, OTHER))
    forger.write(SHARD, second)
    forger.write(OTHER, first)
    for shard, data in zip(forger.manifest["shards"], (second, first), strict=True):
        shard.update(sha256=sha256_hex(data), bytes=len(data))


def _note(copy: Copy, *, signer: Any = None, keep: bool = False, **changes: Any) -> None:
    said = SnapshotManifest.model_validate_json(copy.read(f"{SNAPSHOT}/manifest.json"))
    shard = said.shards[0]
    removed = {"path": shard.path, "sha256": shard.sha256, "tenant": shard.tenant, "records": shard.rows}
    removed |= {"outlived": 5, "outlived_since": "2026-05-01T00:00:00.000000Z", "because": "30 days"}
    one = RemovedShard(**{**removed, **changes})
    assert asdict(one)["path"]
    document = retention_statement(said, [one], AS_OF + timedelta(days=1))
    envelope = sign_statement(document, [signer or copy.genuine.vault])
    copy.write(f"{SNAPSHOT}/retention/{digest_of(document)[:32]}.dsse.json", envelope)
    if not keep:
        copy.remove(SHARD)


def _held_out(forger: Forger) -> None:
    """The second shard is a part that was to be held out, and the ledger says that it was trained on, in one epoch."""
    forger.manifest["shards"][1]["split"] = "validation"
    parts = {"by": "person", "parts": {"train": 0.5, "validation": 0.5}}
    forger.change("request", lambda said: said.update(split=parts))
    forger.change_ledger(lambda rows: rows.__setitem__(slice(10, None), []))


def _resized(forger: Forger) -> None:
    forger.manifest["shards"][0]["bytes"] += 1


ATTACKS = (
    Attack("two rows of the leaves change places", FILES, table(LEAVES, leaf.LEAF_SCHEMA, _swapped), SUBSET),
    Attack("a leaf is changed by a byte", FILES, flip(LEAVES), SUBSET),
    Attack("the leaves of a shard are removed", FILES, remove(LEAVES), SUBSET),
    Attack("the leaves of a snapshot without a model are changed", FILES, flip(LEAVES), "leaves files",
           artifact=SNAPSHOT),
    Attack("a leaf names another person, and is not hashed anew", KEY, forged(leaves(_unsealed, sealed=False)), SUBSET),
    Attack("a leaf names another person, and is not hashed anew, in a snapshot", KEY,
           forged(leaves(_unsealed, sealed=False)), "leaves", artifact=SNAPSHOT),
    Attack("a shard's root is another one", KEY, forged(_shard_root), SUBSET),
    Attack("a shard's root is another one, in a snapshot", KEY, forged(_shard_root), "shard roots", artifact=SNAPSHOT),
    Attack("the snapshot's root is another one", KEY, forged(_wrong("root", "0" * 64)), "snapshot copies"),
    Attack("the snapshot's root is another one, in a snapshot", KEY, forged(_wrong("root", "0" * 64)), "snapshot root",
           artifact=SNAPSHOT),
    Attack("a tenant's root is another one, in a snapshot", KEY,
           forged(lambda forger: forger.manifest["tenant_roots"].update(acme="0" * 64)), "tenant roots",
           artifact=SNAPSHOT),
    Attack("a leaf is of another tenant than its shard", KEY, forged(leaves(_another("tenant_commitment", bytes(32)))),
           "snapshot: leaves ↔ tenant"),
    Attack("a record is moved to the other tenant's shard", KEY, forged(_moved), "snapshot: leaves ↔ tenant"),
    Attack("the root over people is that of another snapshot", KEY, forged(_people_of_another),
           "snapshot: data subjects"),
    Attack("a person is left out of the tree over people", KEY, forged(_person_left_out), "snapshot: data subjects"),
    Attack("a leaf was decided by another policy", KEY, forged(leaves(_another("policy_digest", bytes(32)))),
           "snapshot: policy"),
    Attack("a leaf names a decision that is not listed", KEY, forged(leaves(_another("decision_digest", bytes(32)))),
           "snapshot: consent receipts"),
    # What only keys can tell.
    Attack("two rows of the leaves change places, and all is signed anew", KEY, forged(leaves(_swapped)),
           untold=NO_KEYS),
    Attack("two rows of the leaves change places, and the auditor has the keys", KEY, forged(leaves(_swapped)),
           "snapshot: content", with_keys=True),
    Attack("two record ids change places, so that a revocation names the wrong one", KEY, forged(leaves(_ids_swapped)),
           untold=NO_KEYS),
    Attack("two record ids change places, and the auditor has the keys", KEY, forged(leaves(_ids_swapped)),
           "snapshot: content", with_keys=True),
    Attack("a leaf is given to another person, so that the withdrawn one is in no tree", KEY,
           forged(leaves(_another("data_subject_commitment"))), untold=NO_KEYS),
    Attack("a leaf is given to another person, and the auditor has the keys", KEY,
           forged(leaves(_another("data_subject_commitment"))), "snapshot: content", with_keys=True),
    Attack("a leaf names another landed file, and the auditor has the keys", KEY,
           forged(leaves(_another("source_batch_digest", bytes(32)))), "snapshot: content", with_keys=True),
    Attack("a record is left out of leaves, ledger and counts, and its text stays", KEY, forged(_one_less),
           untold=NO_KEYS),
    Attack("a record is left out of leaves, ledger and counts, and the auditor has the keys", KEY, forged(_one_less),
           "snapshot: content", with_keys=True),
    # Shards.
    Attack("a byte of a shard is changed", FILES, flip(SHARD), "snapshot: shard files"),
    Attack("two shards change places", FILES,
           lambda copy: (copy.write("x", copy.read(SHARD)), copy.write(SHARD, copy.read(OTHER)),
                         copy.write(OTHER, copy.read("x")), copy.remove("x")), "snapshot: shard files"),
    Attack("two shards change places, signed anew, and the auditor has the keys", KEY, forged(_content_exchanged),
           "snapshot: content", with_keys=True),
    Attack("two shards change places, signed anew", KEY, forged(_content_exchanged), untold=NO_KEYS),
    Attack("a shard is removed", FILES, remove(SHARD), "snapshot: file listing"),
    Attack("a shard has another size than the manifest says", KEY, forged(_resized), "snapshot: shard files"),
    Attack("a file is added to shards/", FILES, put(f"{SNAPSHOT}/shards/more.parquet", b"more"),
           "snapshot: file listing"),
    Attack("a file is added to leaves/", FILES, put(f"{SNAPSHOT}/leaves/more.parquet", b"more"),
           "snapshot: file listing"),
    Attack("a file is hidden in shards/ under a staging name", FILES,
           put(f"{SNAPSHOT}/shards/.staging-1-more.parquet", b"more"),
           untold="Files that the statement does not name: shards/.staging-1-more.parquet"),
    Attack("a file is added beside the manifest", FILES, put(f"{SNAPSHOT}/notes.txt", b"more"),
           untold="Files that the statement does not name: notes.txt"),
    # Retention.
    Attack("a note of what was removed by nobody who is trusted", FILES,
           lambda copy: _note(copy, signer=copy.genuine.stranger), "snapshot: retention"),
    Attack("a note about another file than the shard", KEY, lambda copy: _note(copy, path="leaves/000-acme.parquet"),
           "snapshot: retention"),
    Attack("a note about other bytes than the shard's", KEY, lambda copy: _note(copy, sha256="0" * 64),
           "snapshot: retention"),
    Attack("a note says that a shard had to go, and its time was not over", KEY, _note, untold=NO_LIMITS),
    Attack("a note says that a shard had to go, and the shard is still here", KEY,
           lambda copy: _note(copy, keep=True), untold="Retention: shards/000-acme.parquet has to go"),
    # Parts and samples.
    Attack("records of a part that was to be held out are trained on", KEY, forged(_held_out), SUBSET),
    Attack("a leaf that is not the hash of its digests, and every record is drawn", KEY,
           forged(leaves(_unsealed, sealed=False)), SUBSET, depth=SAMPLE),
)  # fmt: skip
