"""One record explained: what is known of it, which rule decides, on whose word, and what would have to be otherwise.

Nothing is shown of what the record says. People are pseudonyms, and of those who only take part there are numbers
alone: what they consented to is not for others to see.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lineage.canonical import digest_of, rfc3339
from lineage.manifest import SnapshotManifest
from lineage.trace.evidence import consent_document, decisions_of, receipt_of
from lineage.trace.words import Words
from pipelines.deployment import Deployment
from pipelines.explaining.sentences import told
from pipelines.explaining.whereabouts import KEYS, Holding, find_record
from pipelines.facts import AsOf, Known, decide_records
from pipelines.snapshots.sifting import first_said
from policies.consent import EVERYONE, ConsentPeriod, ConsentStatus
from policies.document import Policy
from policies.errors import UsageError
from policies.facts import Facts
from policies.instants import BEGINNING
from policies.nearest import changes_to_permit, not_in_order
from policies.reason import Effect

OWN, SHARED = "tenant", "shared"
SILENCE = ConsentPeriod(BEGINNING, ConsentStatus.UNKNOWN, None)
VERDICT = ("effect", "reason", "rule")

Document = dict[str, Any]


def explain_record(deployment: Deployment, record_id: str) -> Document:
    """Explain one record of the landing area, the governed store or a snapshot.

    Args:
        deployment: Holds all three, the ledger and the policies in force.
        record_id: ``r`` and 32 hex digits.

    Returns:
        A JSON document: where the record is, what each policy in force decides about it now and why, what each
        snapshot that holds it decided then, and all of it in ``sentences``. Of several deliveries of a record the
        one is explained that a snapshot would take. ``record`` is null, and nothing decided, where all that is
        left of the record is why it was left out.

    Raises:
        UsageError: This is no record's id.
        RecordUnknownError: No record of this id is here.
    """
    if not re.fullmatch(r"r[0-9a-f]{32}", record_id):
        raise UsageError("A record's id is r and 32 hexadecimal digits.", remedy="Take it from an exported snapshot.")
    found = find_record(deployment, record_id)
    as_of = deployment.as_of()
    document: Document = {
        "record_id": record_id,
        "as_of": {"effective_at": rfc3339(as_of.effective_at), "recorded_at": rfc3339(as_of.recorded_at)},
        "record": None,
        "agreement": None,
        "policies": [],
        "snapshots": [],
        "landed": found.landed,
        "governed": found.governed,
        "models": found.models,
        "unverified": found.unverified,
    }
    if found.keys.num_rows:
        document |= _decided(deployment, found.keys.filter(first_said(found.keys)), as_of)
        document["snapshots"] = [_of_snapshot(one, document, deployment) for one in found.holdings]
    return document | {"sentences": told(document)}


@dataclass(frozen=True)
class _Asked:
    """One record, and all that decides about it."""

    keys: pa.Table
    known: Known
    as_of: AsOf
    words: Words

    @property
    def row(self) -> dict[str, Any]:
        """The key columns."""
        return dict(self.keys.to_pylist()[0])

    def decision(self, policy: Policy, pool: str) -> Mapping[str, Any]:
        """Return the decision about it in a pool."""
        (decision,) = decide_records(self.keys, self.known, policy, pool, self.as_of).decisions
        return decision


def _decided(deployment: Deployment, keys: pa.Table, as_of: AsOf) -> Document:
    """Return what is known of the record, and what the policies in force decide about it now."""
    row, known_at = keys.to_pylist()[0], as_of.recorded_at
    tenant, person = row["tenant"], row["data_subject_id"]
    words = Words.of_person(deployment.ledger, tenant, person or EVERYONE, known_at)
    asked = _Asked(keys, _known(deployment, row, as_of), as_of, words)
    agreement = words.agreement(as_of.effective_at, known_at)
    return {
        "record": {
            **{name: row[name] for name in ("tenant", "source", "batch", "line", "conversation_id", "position")},
            "occurred_at": rfc3339(row["occurred_at"]),
            "data_subject_id": person,
            "known_as": sorted(words.ids_of(person, known_at)) if person else [],
            "participants": len(row["participants"]),
            **{name: row[name] for name in ("jurisdiction", "age_band", "source_licence")},
        },
        "agreement": None if agreement is None else agreement.document(),
        "policies": [_of_policy(asked, policy) for _, policy in sorted(deployment.policies.items())],
    }


def _known(deployment: Deployment, row: Mapping[str, Any], as_of: AsOf) -> Known:
    """Return what is known of the people of one record and of their tenant: of a ledger of millions, a few rows."""
    ledger, tenant, known_at = deployment.ledger, row["tenant"], as_of.recorded_at
    people = {one for one in (row["data_subject_id"], *row["participants"]) if one is not None}
    heard = (Words.of_person(ledger, tenant, one, known_at).events_of(one, known_at) for one in sorted(people))
    events = {event.event_id: event for said in heard for event in said}
    return Known.of(
        events.values(),
        ledger.agreements(tenant=tenant, known_at=known_at),
        ledger.links(tenant=tenant, known_at=known_at),
        {name: declared.data_categories for name, declared in deployment.declarations.items()},
        deployment.settings.region,
    )


def _of_policy(asked: _Asked, policy: Policy) -> Document:
    """Return what a policy in force decides now, in the tenant's own pool and in a shared one."""
    own, shared = asked.decision(policy, OWN), asked.decision(policy, SHARED)
    facts = Facts(**own["facts"])
    rules = {rule.id: rule.because for rule in policy.rules}
    return {
        "policy_id": policy.policy_id,
        "version": policy.version,
        "digest": digest_of(policy.document()),
        "purpose": policy.purpose,
        **{name: own[name] for name in VERDICT},
        "because": rules.get(own["rule"]),
        "facts": dict(own["facts"]),
        "in_shared_pool": {name: shared[name] for name in VERDICT} | {"facts": dict(shared["facts"])},
        "consent": _consents(asked, policy.purpose),
        "participants": _participants(asked, policy),
        "not_in_order": [] if own["effect"] == Effect.PERMIT else list(not_in_order(policy, facts)),
        "to_permit": [
            {name: [_plain(value) for value in values] for name, values in way.items()}
            for way in changes_to_permit(policy, facts)
        ],
    }


def _plain(value: str | bool) -> str | bool:
    """Return a fact's value as JSON can carry it."""
    return value if isinstance(value, bool) else str(value)


def _consents(asked: _Asked, purpose: str) -> Document:
    """Return the consent in force when the record was made and now, both as known now."""
    instants = {"at_collection": asked.row["occurred_at"], "at_use": asked.as_of.effective_at}
    person, known_at = asked.row["data_subject_id"], asked.as_of.recorded_at
    return {
        name: _period(SILENCE if person is None else asked.words.consent(person, purpose, at, known_at))
        for name, at in instants.items()
    }


def _period(period: ConsentPeriod) -> Document:
    event = period.event
    return {
        "status": period.status.value,
        "since": None if event is None else rfc3339(period.from_at),
        "event": None if event is None else consent_document(event),
    }


def _participants(asked: _Asked, policy: Policy) -> Document:
    """Return how many of the others permit, each asked as if they were the author, and why the rest do not."""
    row = asked.row
    others = [
        row | {"data_subject_id": one, "participants": [], "jurisdiction": "unknown", "age_band": "unknown"}
        for one in row["participants"]
    ]
    keys = pa.Table.from_pylist(others, KEYS)
    decided = decide_records(keys, asked.known, policy, OWN, asked.as_of).rows.to_pylist() if others else []
    reasons = Counter(one["reason"] for one in decided if not one["permitted"])
    return {
        "people": len(others),
        "permit": sum(one["permitted"] for one in decided),
        "denied_by_reason": dict(sorted(reasons.items())),
    }


def _of_snapshot(held: Holding, now: Document, deployment: Deployment) -> Document:
    """Return what a snapshot that holds the record decided, on which consent, and which facts are others now."""
    manifest = held.snapshot.manifest
    decision = decisions_of(held.snapshot).get(held.leaf["decision_digest"].hex(), {})
    receipt = receipt_of(held.leaf)
    event = None if receipt is None else deployment.ledger.consent_by_receipt(receipt)
    facts = decision.get("facts", {})
    return {
        "snapshot": manifest.label,
        "split": manifest.shards[held.shard].split,
        "pool": manifest.pool.kind,
        "decided_for": rfc3339(manifest.as_of.effective_at),
        "known_at": rfc3339(manifest.as_of.recorded_at),
        "policy": {name: getattr(manifest.policy, name) for name in ("policy_id", "version", "digest")},
        **{name: decision.get(name) for name in VERDICT},
        "facts": facts,
        "receipt": receipt,
        "consent": None if event is None else consent_document(event),
        "changed": _changed(facts, _facts_now(now, manifest)),
    }


def _facts_now(now: Document, manifest: SnapshotManifest) -> Mapping[str, Any]:
    """Return the facts as of now, if the policy that decided is in force for the snapshot's purpose."""
    for entry in now["policies"]:
        if (entry["policy_id"], entry["purpose"]) == (manifest.policy.policy_id, manifest.purpose):
            facts: Mapping[str, Any] = (entry if manifest.pool.kind == OWN else entry["in_shared_pool"])["facts"]
            return facts
    return {}


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> Document:
    return {name: [then[name], now[name]] for name in then if name in now and then[name] != now[name]}
