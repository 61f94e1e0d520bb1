"""The walk through all leaves: every leaf and root is made again, and what they name is counted."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .case import Case, Snapshot
from .grounds import require_ground
from .leaves import DIGESTS, LEAVES, batches_of, leaves_of, raw, tenant_commitment
from .report import link, require
from .trees import person_entry, root_of, root_of_entries


@dataclass
class Walked:
    """What was counted on the way through the leaves."""

    people: Counter[bytes] = field(default_factory=Counter)
    decided: Counter[bytes] = field(default_factory=Counter)
    receipts: int = 0


def verify_leaves(case: Case, snapshot: Snapshot) -> None:
    """Make every leaf and root again, shard by shard, and compare what they name with what was signed."""
    report, manifest, walked = case.report, snapshot.manifest, Walked()
    for place, shard in enumerate(snapshot.shards):
        walk_shard(case, snapshot, place, shard, walked)
    report.held("leaves files", f"{len(snapshot.shards)} files")
    report.held("leaves", f"{manifest['rows']} made again")
    report.held("shard roots", f"{len(snapshot.shards)}")
    report.held("leaves ↔ tenant", f"{len(manifest['tenant_roots'])} tenants")
    with report.link("data subjects") as told:
        entries = (person_entry(who, many) for who, many in sorted(walked.people.items()))
        root = root_of_entries(entries).hex()
        require({"root": root, "count": len(walked.people)} == manifest["data_subjects"], "the people are others")
        told.append(f"{len(walked.people)} people")
    with report.link("leaves ↔ decisions") as told:
        permitted = {key: one["records"] for key, one in snapshot.decisions.items() if one["effect"] == "permit"}
        decided = {key.hex(): many for key, many in walked.decided.items()}
        require({key: many for key, many in permitted.items() if many} == decided, "the leaves are not those permitted")
        told.append(f"{len(decided)} decisions are named")
    if case.events is None:
        report.skip("Consent events: none were brought.")
    else:
        report.held("consent receipts", f"{walked.receipts} pairs of decision and event")
    report.held("snapshot root", manifest["root"])


def walk_shard(case: Case, snapshot: Snapshot, place: int, shard: dict[str, Any], walked: Walked) -> None:
    """Verify the leaves of one shard, and add up what they name."""
    before, name = case.report.before, shard["leaves_path"]
    tenant, policy = tenant_commitment(shard["tenant"]), bytes.fromhex(snapshot.manifest["policy"]["digest"])
    leaves: list[bytes] = []
    pairs: set[tuple[bytes, bytes]] = set()
    with link(before + "leaves files"):
        data = snapshot.files.signed(name, shard["leaves_sha256"])
        for batch in batches_of(data, LEAVES, "", shard["rows"], name):
            columns = {one: raw(batch.column(one)) for one in (*DIGESTS, "leaf")}
            made = leaves_of([columns[one] for one in DIGESTS])
            with link(before + "leaves"):
                require(b"".join(made) == columns["leaf"], f"{name} holds a leaf that its digests do not give")
            with link(before + "leaves ↔ tenant"):
                require(columns["tenant_commitment"] == tenant * len(made), f"{name} holds another tenant's leaf")
            with link(before + "policy"):
                require(columns["policy_digest"] == policy * len(made), f"{name} names another policy")
            leaves += made
            pairs |= counted(batch, walked)
    with link(before + "shard roots"):
        require(root_of(leaves).hex() == shard["root"], f"the leaves of shard {place} do not give its root")
    with link(before + "consent receipts"):
        for decision, receipt in pairs:
            require_ground(snapshot, shard["tenant"], decision.hex(), receipt, case.events)
    walked.receipts += len(pairs)


def counted(batch: Any, walked: Walked) -> set[tuple[bytes, bytes]]:
    """Count people and decisions of a batch; return its distinct pairs of decision and consent receipt."""
    people = pc.value_counts(batch.column("data_subject_commitment"))
    for who, many in zip(people.field(0).to_pylist(), people.field(1).to_pylist(), strict=True):
        walked.people[who] += many
    grounds = pa.Table.from_batches([batch.select(["decision_digest", "consent_receipt"])])
    distinct = grounds.group_by(grounds.column_names).aggregate([([], "count_all")])
    pairs = list(zip(*(distinct.column(one).to_pylist() for one in grounds.column_names), strict=True))
    for (decision, _), many in zip(pairs, distinct.column("count_all").to_pylist(), strict=True):
        walked.decided[decision] += many
    return set(pairs)
