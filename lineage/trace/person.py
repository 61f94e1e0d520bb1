"""One person: what they said and when we knew, where their records went, and what was done meanwhile."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import rfc3339
from lineage.leaf import DIGEST, data_subject_commitment
from lineage.ledger.store import Ledger
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace.evidence import Evidence, consent_document, decisions_of, gather, receipt_of
from lineage.vault import Vault
from lineage.warehouse import Warehouse
from policies.agreement import TenantScope, agreement_at
from policies.consent import PURPOSES, VALID, ConsentEvent, ConsentPeriod, status_at


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asked about: a tenant and a pseudonym, and the commitment that stands in leaves, if ever made."""

    tenant: str
    data_subject_id: str
    commitment: bytes | None


def trace_person(
    tenant: str,
    product_id: str,
    warehouse: Warehouse,
    ledger: Ledger,
    vault: Vault,
    trusted: Sequence[TrustedKey],
    at: datetime,
) -> dict[str, Any]:
    """Answer which snapshots and models hold a person's records, on what ground, and what changed since.

    ``used_meanwhile`` lists every refusal that was effective before a snapshot was decided and became known
    after it: the snapshot was lawful as far as was known, and the person had said no.

    Args:
        tenant: The customer the person belongs to.
        product_id: The product's own id of the person, or the pseudonym.
        warehouse: Holds the snapshots and models.
        ledger: Holds consents and agreements.
        vault: Holds the tenant's keys and the person's salt.
        trusted: The keys that may have signed.
        at: The instant for which the answer is given, on both clocks, UTC.

    Returns:
        A JSON document, without the product's own id.

    Raises:
        KeyUnavailableError: The vault has no key of the tenant; nothing of it was ever landed.
    """
    data_subject_id = vault.data_subject_id(tenant, product_id, create=False)
    salt = vault.salt(tenant, data_subject_id)
    commitment = None if salt is None else data_subject_commitment(salt, tenant, data_subject_id)
    person = Person(tenant, data_subject_id, commitment)
    events = ledger.consents(tenant=tenant, data_subject_id=data_subject_id, known_at=at)
    evidence = gather(warehouse, trusted)
    held = _holdings(evidence, person, events, ledger, vault, at)
    agreement = agreement_at(ledger.agreements(tenant=tenant, known_at=at), at, at)
    return {
        "tenant": tenant,
        "data_subject_id": data_subject_id,
        "asked_at": rfc3339(at),
        "consent": [_status(events, purpose, at) for purpose in sorted(PURPOSES)],
        "consent_history": [consent_document(event) for event in events],
        "tenant_scope": (agreement.scope if agreement else TenantScope.UNKNOWN).value,
        "salt_held": salt is not None,
        "snapshots": [_without(entry, "models", "ids") for entry in held],
        "models": [model for entry in held for model in entry["models"]],
        "used_meanwhile": _used_meanwhile(held),
        "unverified": evidence.unverified,
    }


def _holdings(
    evidence: Evidence,
    person: Person,
    events: Sequence[ConsentEvent],
    ledger: Ledger,
    vault: Vault,
    at: datetime,
) -> list[dict[str, Any]]:
    """Return one entry for each snapshot that holds records of the person, with the models that read them."""

    def find(snapshot: Snapshot) -> list[dict[str, Any]]:
        rows = _rows(snapshot, person, vault)
        return [_entry(snapshot, rows, events, ledger, at) | {"ids": _ids(rows)}] if rows else []

    return [
        entry | {"models": evidence.models_that_read(snapshot, entry["ids"])}
        for snapshot, entries in evidence.search(find)
        for entry in entries
    ]


def _without(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


def _ids(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(row["record_id"] for row in rows)


def _rows(snapshot: Snapshot, person: Person, vault: Vault) -> list[dict[str, Any]]:
    """Return the leaves of the records the person wrote, and of those in which they only take part."""
    found = []
    for index, shard in enumerate(snapshot.manifest.shards):
        if shard.tenant == person.tenant:
            leaves = snapshot.leaves(index)
            wrote = _written_by(leaves, person)
            places = sorted(wrote | _joined_by(snapshot, index, person, vault))
            listed = zip(places, leaves.take(pa.array(places, pa.int64())).to_pylist(), strict=True)
            found += [leaf | {"shard": index, "wrote": place in wrote} for place, leaf in listed]
    return found


def _written_by(leaves: pa.Table, person: Person) -> set[int]:
    if person.commitment is None:
        return set()
    own = pc.equal(leaves["data_subject_commitment"], pa.scalar(person.commitment, DIGEST))
    return set(pc.indices_nonzero(own).to_pylist())


def _joined_by(snapshot: Snapshot, index: int, person: Person, vault: Vault) -> set[int]:
    """Return the rows of a shard, decrypted for this, that name the person among the participants."""
    participants = snapshot.shard(index, vault, columns=["participants"])["participants"].combine_chunks()
    named = pc.equal(pc.list_flatten(participants), person.data_subject_id)
    return set(pc.list_parent_indices(participants).filter(named).to_pylist())


def _entry(
    snapshot: Snapshot, rows: Sequence[Mapping[str, Any]], events: Sequence[ConsentEvent], ledger: Ledger, at: datetime
) -> dict[str, Any]:
    manifest = snapshot.manifest
    decided, purpose = manifest.as_of, manifest.purpose
    then = status_at(events, purpose, decided.effective_at, decided.recorded_at)
    now_known = status_at(events, purpose, decided.effective_at, at)
    return {
        "snapshot": manifest.label,
        "purpose": purpose,
        "policy": f"{manifest.policy.policy_id} v{manifest.policy.version}",
        "decided_for": rfc3339(decided.effective_at),
        "known_at": rfc3339(decided.recorded_at),
        "shards": [manifest.shards[index].path for index in sorted({row["shard"] for row in rows})],
        "records": len(rows),
        "as_participant": sum(not row["wrote"] for row in rows),
        "grounds": _grounds(snapshot, rows, ledger),
        "status_known_then": then.status.value,
        "status_known_now": now_known.status.value,
        "overturned_by": _overturned(then, now_known),
    }


def _grounds(snapshot: Snapshot, rows: Sequence[Mapping[str, Any]], ledger: Ledger) -> list[dict[str, Any]]:
    """Return the decisions that let the person's own records in, with the consent behind them; count records.

    What others consented to, in whose records the person only takes part, is not theirs to see.
    """
    decisions = decisions_of(snapshot)
    counted = Counter((receipt_of(row), row["decision_digest"].hex()) for row in rows if row["wrote"])
    events = ledger.consents_by_receipt(receipt for receipt, _ in counted if receipt is not None)
    listed = []
    for (receipt, decision), records in sorted(counted.items(), key=lambda entry: (entry[0][0] or "", entry[0][1])):
        event = None if receipt is None else events.get(receipt)
        decided = decisions.get(decision, {})
        listed.append(
            {
                "records": records,
                "rule": decided.get("rule"),
                "legal_basis": decided.get("facts", {}).get("legal_basis"),
                "receipt": receipt,
                "consent": None if event is None else consent_document(event),
            }
        )
    return listed


def _overturned(then: ConsentPeriod, now_known: ConsentPeriod) -> dict[str, Any] | None:
    """Return the refusal that took effect before a decision and was heard after it."""
    if then.status not in VALID or now_known.status in VALID or now_known.event is None:
        return None
    return consent_document(now_known.event)


def _used_meanwhile(held: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what was used between the day a refusal took effect and the day it became known."""
    refusals = {entry["overturned_by"]["event_id"]: entry["overturned_by"] for entry in held if entry["overturned_by"]}
    told = []
    for event_id, refusal in refusals.items():
        used = [entry for entry in held if (entry["overturned_by"] or {}).get("event_id") == event_id]
        told.append(
            {
                **{name: refusal[name] for name in ("event_id", "state", "effective_at", "recorded_at")},
                "snapshots": [entry["snapshot"] for entry in used],
                "models": [f"{model['model']}/{model['run']}" for entry in used for model in entry["models"]],
                "records": len({record for entry in used for record in entry["ids"]}),
            }
        )
    return told


def _status(events: Sequence[ConsentEvent], purpose: str, at: datetime) -> dict[str, Any]:
    period = status_at(events, purpose, at, at)
    return {
        "purpose": purpose,
        "status": period.status.value,
        "permits": period.status in VALID,
        "since": rfc3339(period.from_at) if period.event else None,
        "event_id": period.event.event_id if period.event else None,
    }
