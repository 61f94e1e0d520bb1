"""One person: what they said and when we knew, where their records went, and what was done meanwhile."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lineage.canonical import rfc3339
from lineage.index.keeping import Indexes
from lineage.keys.vault import Vault
from lineage.leaf import data_subject_commitment
from lineage.ledger.store import Ledger
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace.evidence import Evidence, consent_document, decisions_of, gather, receipt_of
from lineage.trace.indexed import gather_stated
from lineage.trace.meanwhile import used_meanwhile
from lineage.trace.person_rows import Person, PersonSearch
from lineage.trace.turning import worth
from lineage.trace.words import Words
from lineage.warehouse import Warehouse
from policies.agreement import TenantScope
from policies.consent import PURPOSES, VALID, ConsentPeriod

FOUND_BY_NO_INDEX = (
    "The salt of an id was destroyed, so no index leads from it to records. Of content that is left, --full-scan reads "
    "in which records the person takes part."
)


def trace_person(
    tenant: str,
    product_id: str,
    warehouse: Warehouse,
    ledger: Ledger,
    vault: Vault,
    trusted: Sequence[TrustedKey],
    at: datetime,
    indexes: Indexes | None = None,
) -> dict[str, Any]:
    """Answer which snapshots and models hold a person's records, on what ground, and what changed since.

    A person who has several ids is asked about under all of them. ``used_meanwhile`` lists every refusal that
    became known after a snapshot with the person's records was decided, with what was used although of it, told
    apart by what was known (`lineage.trace.turning`).

    Args:
        tenant: The customer the person belongs to.
        product_id: The product's own id of the person, or the pseudonym.
        warehouse: Holds the snapshots and models.
        ledger: Holds consents, links and agreements.
        vault: Holds the tenant's keys and the person's salts.
        trusted: The keys that may have signed.
        at: The instant for which the answer is given, on both clocks, UTC.
        indexes: Where to look; without, every leaf is read.

    Returns:
        A JSON document, without the product's own id.

    Raises:
        IndexContradictedError: An index was changed, or says something else than the evidence.
        KeyUnavailableError: The vault has no key of the tenant; nothing of it was ever landed.
    """
    data_subject_id = vault.data_subject_id(tenant, product_id, create=False)
    words = Words.of_person(ledger, tenant, data_subject_id, at)
    person = _person(tenant, data_subject_id, tuple(sorted(words.ids_of(data_subject_id, at))), vault)
    evidence = gather(warehouse, trusted) if indexes is None else gather_stated(warehouse, trusted, indexes)
    destroyed = vault.destroyed(tenant, person.ids)
    not_looked_up = [FOUND_BY_NO_INDEX] if destroyed and indexes is not None else []
    search = PersonSearch(person, vault, not_looked_up, indexes)
    held = _holdings(evidence, search, words, ledger, at)
    agreement = words.agreement(at, at)
    return {
        "tenant": tenant,
        "data_subject_id": data_subject_id,
        "also_known_as": [one for one in person.ids if one != data_subject_id],
        "asked_at": rfc3339(at),
        "consent": [_status(words, data_subject_id, purpose, at) for purpose in sorted(PURPOSES)],
        "consent_history": [
            consent_document(event) | {"data_subject_id": event.data_subject_id}
            for event in words.events_of(data_subject_id, at)
        ],
        "tenant_scope": (agreement.scope if agreement else TenantScope.UNKNOWN).value,
        "salt_held": bool(person.commitments),
        "salt_destroyed_at": min(map(rfc3339, destroyed.values()), default=None),
        "snapshots": [_without(entry, "models", "ids") for entry in held],
        "models": [model for entry in held for model in entry["models"]],
        "used_meanwhile": used_meanwhile(evidence, words, held, at),
        "not_looked_up": not_looked_up,
        "unverified": evidence.unverified,
    }


def _person(tenant: str, data_subject_id: str, ids: Sequence[str], vault: Vault) -> Person:
    salts = vault.known_salts(tenant, ids)
    commitments = {data_subject_commitment(salt, tenant, one): one for one, salt in salts.items()}
    return Person(tenant, data_subject_id, tuple(ids), commitments)


def _holdings(
    evidence: Evidence, search: PersonSearch, words: Words, ledger: Ledger, at: datetime
) -> list[dict[str, Any]]:
    """Return one entry for each snapshot that holds records of the person, with the models that read them."""
    person = search.person

    def find(snapshot: Snapshot) -> list[dict[str, Any]]:
        rows = search.rows(snapshot)
        ids = {one: sorted({row["record_id"] for row in rows if one in row["people"]}) for one in person.ids}
        return [_entry(snapshot, rows, words, person, ledger, at) | {"ids": ids}] if rows else []

    return [
        entry | {"models": evidence.models_that_read(snapshot, [one for ids in entry["ids"].values() for one in ids])}
        for snapshot, entries in evidence.search(find)
        for entry in entries
    ]


def _without(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


def _entry(
    snapshot: Snapshot,
    rows: Sequence[Mapping[str, Any]],
    words: Words,
    person: Person,
    ledger: Ledger,
    at: datetime,
) -> dict[str, Any]:
    manifest = snapshot.manifest
    decided, purpose = manifest.as_of, manifest.purpose
    people = sorted({one for row in rows for one in row["people"]})

    def least(known_at: datetime) -> ConsentPeriod:
        periods = (words.consent(one, purpose, decided.effective_at, known_at) for one in people)
        return min(periods, key=lambda period: worth(period.status))

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
        "status_known_then": least(decided.recorded_at).status.value,
        "status_known_now": least(at).status.value,
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


def _status(words: Words, data_subject_id: str, purpose: str, at: datetime) -> dict[str, Any]:
    period = words.consent(data_subject_id, purpose, at, at)
    return {
        "purpose": purpose,
        "status": period.status.value,
        "permits": period.status in VALID,
        "since": rfc3339(period.from_at) if period.event else None,
        "event_id": period.event.event_id if period.event else None,
    }
