"""The whole chain of some records that an auditor drew: leaf, roots, decision, consent, and whose it is.

A record that was drawn is shown from its eight digests up to the root of the snapshot, with the decision made again
from its facts, the consent event that it rests on where events were brought, and the person where their commitment
was opened. What of it nobody could look at is counted.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lineage import leaf
from lineage.canonical import rfc3339
from lineage.proving.proofs import RecordProof, prove_records
from lineage.proving.receipts import Opening
from lineage.snapshot import Snapshot
from lineage.verifying.consents import NO_LEDGER, require_ground
from lineage.verifying.decisions import read_decisions, require_replayed
from lineage.verifying.depth import Depth, drawn
from lineage.verifying.links import Chain, Link, require
from lineage.verifying.scope import Scope
from policies.consent import ConsentEvent
from policies.decision import Effect
from policies.document import Policy

NOT_OPENED = "People: of {:,} records drawn, whose they are was not shown: no opening was brought."
Place = tuple[int, int]  # shard, row


@dataclass(frozen=True)
class _Drawn:
    """One record that was drawn, and the proof of its leaf, which holds."""

    record_id: str
    proof: RecordProof
    tenant: str

    def digest(self, name: str) -> bytes:
        return self.proof.digests[name]


def drawn_places(snapshot: Snapshot, depth: Depth) -> list[Place]:
    """Return which records a sample draws of a snapshot: shard and row of each, in order."""
    manifest = snapshot.manifest
    starts, places = 0, []
    wanted = drawn(depth, manifest.root, manifest.rows)
    for index, shard in enumerate(manifest.shards):
        places += [(index, place - starts) for place in wanted if starts <= place < starts + shard.rows]
        starts += shard.rows
    return places


def verify_sample(chain: Chain, snapshot: Snapshot, policy: Policy, places: Sequence[Place], scope: Scope) -> None:
    """Verify the chain of each record that was drawn, and keep it for the report.

    Args:
        chain: Collects the checks, and the chains.
        snapshot: Whose files are as signed.
        policy: The one decided by.
        places: Shard and row of each record.
        scope: With events and openings, if there are any.

    Raises:
        BrokenLinkError: A link of a record does not hold; the message names the record by its id.
    """
    stated = snapshot.manifest.decisions
    with chain.testing(Link.SAMPLE):
        decisions = read_decisions(snapshot.file(stated.path, stated.sha256), stated.path)
        by_digest = {str(one["digest"]): one for one in decisions}
        for one in _proved(snapshot, places):
            decision = by_digest.get(one.digest("decision_digest").hex())
            require(decision is not None, f"{one.record_id}: its decision is not in {stated.path}.")
            if decision is not None:
                require_replayed(decision, stated.path, policy)
                require(decision["effect"] == Effect.PERMIT, f"{one.record_id}: was not permitted.")
                event = _consent(one, decision["facts"], snapshot, scope)
                opening = _opening(one, scope)
                _require_theirs(chain, one, event, opening)
                chain.sampled.append(_document(one, snapshot, decision, event, opening))
    count = len(places)
    by = f" by the seed {scope.depth.seed!r}" if scope.depth.seed else ""
    chain.holds(Link.SAMPLE, f"{count:,} records drawn{by}, each shown from its leaf to the snapshot's root")
    if not scope.receipts.given:
        chain.passes_over(NO_LEDGER)
    if unopened := sum(1 for one in chain.sampled if one["data_subject_id"] is None):
        chain.passes_over(
            f"People: of {unopened:,} records drawn, whose they are was not shown: no opening was brought."
        )


def _proved(snapshot: Snapshot, places: Sequence[Place]) -> list[_Drawn]:
    """Return each record that was drawn, its leaf shown to be in the snapshot and to be its tenant's."""
    manifest, found = snapshot.manifest, []
    roots, root = [shard.root for shard in manifest.shards], bytes.fromhex(manifest.root)
    by_shard: dict[int, list[int]] = defaultdict(list)
    for index, row in places:
        by_shard[index].append(row)
    for index, rows in sorted(by_shard.items()):
        table, shard = snapshot.leaves_file(index), manifest.shards[index]
        require(table.num_rows == shard.rows, f"{shard.leaves_path}: has not the rows the manifest says.")
        ids = table["record_id"].take(pa.array(rows, pa.int64())).to_pylist()
        for record_id, proof in zip(ids, prove_records(table, rows, index, roots), strict=True):
            one = _Drawn(record_id, proof, shard.tenant)
            require(proof.holds(root), f"{one.record_id}: its leaf does not lead to the snapshot's root.")
            same = one.digest("tenant_commitment") == leaf.tenant_commitment(shard.tenant)
            require(same, f"{one.record_id}: is of another tenant than its shard.")
            same = one.digest("policy_digest").hex() == manifest.policy.digest
            require(same, f"{one.record_id}: was decided by another policy.")
            found.append(one)
    return found


def _consent(one: _Drawn, facts: Mapping[str, Any], snapshot: Snapshot, scope: Scope) -> ConsentEvent | None:
    if not scope.receipts.given:
        return None
    return require_ground(facts, one.digest("consent_receipt"), one.tenant, snapshot.manifest, scope.receipts)


def _opening(one: _Drawn, scope: Scope) -> Opening | None:
    opening = scope.receipts.openings.get(one.digest("data_subject_commitment"))
    require(opening is None or opening.tenant == one.tenant, f"{one.record_id}: is opened as another tenant's.")
    return opening


def _require_theirs(chain: Chain, one: _Drawn, event: ConsentEvent | None, opening: Opening | None) -> None:
    """Note where a record rests on the consent of another id than its author's: one that is linked to theirs."""
    if event is not None and opening is not None and event.data_subject_id != opening.data_subject_id:
        chain.passes_over(
            f"Consent: {one.record_id} rests on the consent of another id of its author; "
            "that both are one person is the ledger's word."
        )


def _document(
    one: _Drawn,
    snapshot: Snapshot,
    decision: Mapping[str, Any],
    event: ConsentEvent | None,
    opening: Opening | None,
) -> dict[str, Any]:
    policy, proof = snapshot.manifest.policy, one.proof
    consent = None
    if event is not None:
        consent = {
            "receipt": event.receipt(),
            "state": event.state.value,
            "effective_at": rfc3339(event.effective_at),
            "recorded_at": rfc3339(event.recorded_at),
        }
    return {
        "record_id": one.record_id,
        "snapshot": snapshot.manifest.label,
        "tenant": one.tenant,
        "shard": proof.shard,
        "row": proof.row,
        "leaf": proof.leaf().hex(),
        "hashes_to_root": len(proof.shard_path) + len(proof.snapshot_path),
        "decision": {"digest": decision["digest"], "reason": decision["reason"], "rule": decision["rule"]},
        "policy": f"{policy.policy_id} version {policy.version}",
        "source_batch": one.digest("source_batch_digest").hex(),
        "consent": consent,
        "data_subject_id": None if opening is None else opening.data_subject_id,
    }
