"""Finding what is to be proved in a snapshot: the record of an id, the entry of a person."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from lineage.keys.vault import Vault
from lineage.leaf import data_subject_commitment
from lineage.ledger.store import Ledger
from lineage.proving.data_subjects import COMMITMENT, data_subjects, stated
from lineage.proving.proofs import PersonProof, RecordProof, prove_person, prove_records
from lineage.snapshot import Snapshot, SnapshotError
from lineage.trace.words import Words
from policies.consent import EVERYONE
from policies.errors import UsageError


def record_in(snapshot: Snapshot, record_id: str) -> RecordProof:
    """Return the proof that a record is in a snapshot.

    Raises:
        UsageError: It is not in it.
        SnapshotError: A leaves file is not the one signed, or does not add up.
    """
    roots = [shard.root for shard in snapshot.manifest.shards]
    for index in range(len(roots)):
        leaves = snapshot.leaves(index)
        row = pc.index(leaves["record_id"], pa.scalar(record_id)).as_py()
        if row >= 0:
            return prove_records(leaves, [row], index, roots)[0]
    raise UsageError(
        f"{record_id} is not in {snapshot.manifest.label}.",
        remedy="`lineweight trace record` says in which snapshots a record is.",
    )


def people_in(snapshot: Snapshot) -> pa.Table:
    """Return who wrote the records of a snapshot, rows of ``DATA_SUBJECT_SCHEMA``, held against the signed root.

    Raises:
        SnapshotError: A leaves file is not the one signed, or its people are not those of the manifest.
    """
    manifest = snapshot.manifest
    people = data_subjects(snapshot.leaves_file(index)[COMMITMENT] for index in range(len(manifest.shards)))
    if stated(people) != manifest.data_subjects:
        raise SnapshotError(f"{manifest.label}: the people in the leaves are not those of the manifest.")
    return people


def person_in(snapshot: Snapshot, commitments: Sequence[bytes]) -> list[PersonProof]:
    """Return the proofs that a person wrote records of a snapshot, or none, one for each of their commitments.

    Raises:
        SnapshotError: As `people_in`.
    """
    people = people_in(snapshot)
    return [prove_person(people, commitment) for commitment in commitments]


def is_silent(ledger: Ledger, tenant: str, data_subject_id: str, at: datetime) -> bool:
    """Return whether nobody ever said anything under any id of a person: it may be that theirs was mistyped.

    Args:
        ledger: Holds what people said, and which ids are one person's.
        tenant: The customer the person belongs to.
        data_subject_id: The pseudonym.
        at: The state of our knowledge, UTC.
    """
    words = Words.of_person(ledger, tenant, data_subject_id, at)
    return all(event.data_subject_id == EVERYONE for event in words.events_of(data_subject_id, at))


def commitments_of(vault: Vault, tenant: str, ids: Sequence[str]) -> dict[str, bytes]:
    """Return what stands in leaves for each id of a person; a salt is made for an id that has none yet.

    With it the commitment is fixed: nothing can be published under the id later that this would not name.

    Raises:
        VaultError: A salt was destroyed: what stood for the id is nobody's, and cannot be told any more.
    """
    salts = vault.salts(tenant, ids)
    return {one: data_subject_commitment(salt, tenant, one) for one, salt in salts.items()}
