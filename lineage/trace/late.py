"""Late news: what was used although somebody had said no, or a customer had changed what may be done.

Every refusal, withdrawal, refusal for everyone, agreement and grant that ended is held against every snapshot and
every model trained on one. What was read *after it was known* comes first: that is what an officer has to act on.
What was used *before it was known* was lawful as far as anybody knew.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from lineage.canonical import rfc3339
from lineage.inputs import parse_inputs
from lineage.keys.vault import Vault
from lineage.ledger.store import Ledger
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace.evidence import Evidence, gather
from lineage.trace.hearing import Hearing, People
from lineage.trace.holding import Holding
from lineage.trace.news import of_agreement
from lineage.trace.turning import Reading, agreement_turned
from lineage.trace.uses import Hit, Told, Use, people_turned, uses_of
from lineage.warehouse import Warehouse

Document = dict[str, Any]


def trace_late(
    warehouse: Warehouse,
    ledger: Ledger,
    vault: Vault,
    trusted: Sequence[TrustedKey],
    at: datetime,
    since: datetime | None = None,
) -> Document:
    """Answer what was used that should not have been, told apart by what was known then.

    Args:
        warehouse: Holds the snapshots and models; those made after ``at`` are not asked about.
        ledger: Holds consents, links and agreements.
        vault: Holds the people's salts, and the keys to read who takes part in a record.
        trusted: The keys that may have signed.
        at: The instant for which the answer is given, on both clocks, UTC.
        since: Only what became known at or after this instant, UTC.

    Returns:
        A JSON document; people by their pseudonyms, records by their ids.
    """
    evidence = gather(warehouse, trusted)
    evidence.snapshots = [one for one in evidence.snapshots if one.manifest.as_of.recorded_at <= at]
    decided = [min(one.manifest.as_of.effective_at, one.manifest.as_of.recorded_at) for one in evidence.snapshots]
    hearing = Hearing(ledger, vault, at, min(decided, default=at))
    search, told = _Search(evidence, hearing, vault, at), Told()
    for snapshot, uses in evidence.search(search.turned_uses):
        told.add(snapshot, uses)
    heard = [news for news in told.by_key.values() if since is None or news.known_at >= since]
    after = [news.document(["after"]) for news in heard if news.after]
    before = [news.document(["snapshots", "before"]) for news in heard if news.snapshots or news.before]
    return {
        "asked_at": rfc3339(at),
        "since": None if since is None else rfc3339(since),
        "used_after_it_was_known": sorted(after, key=_order),
        "used_before_it_was_known": sorted(before, key=_order),
        "totals": {"after": _totals(after), "before": _totals(before)},
        "not_looked_up": sorted({*hearing.not_looked_up, *search.not_looked_up}),
        "unverified": evidence.unverified,
    }


class _Search:
    """Holds snapshots, and the models trained on them, against what the people of their tenants said."""

    def __init__(self, evidence: Evidence, hearing: Hearing, vault: Vault, at: datetime) -> None:
        self._evidence, self._hearing, self._vault, self._at = evidence, hearing, vault, at
        self.not_looked_up: list[str] = []

    def turned_uses(self, snapshot: Snapshot) -> list[Use]:
        """Return the uses of a snapshot, each with what news concerns of it."""
        manifest, uses = snapshot.manifest, uses_of(self._evidence, snapshot, self._at)
        for tenant in sorted(manifest.tenant_roots):
            people, holding = self._hearing.people(tenant), Holding(snapshot, tenant, self._vault)
            by_person = holding.by_person(people) if people.said_anything else {}
            for use in uses:
                use.hits.extend(people_turned(people.words, manifest.purpose, use.reading, by_person, self._at))
                use.hits.extend(self._agreement_turned(holding, use.reading, people))
            self.not_looked_up += holding.not_looked_up
        return uses

    def _agreement_turned(self, holding: Holding, reading: Reading, people: People) -> Iterator[Hit]:
        manifest = holding.snapshot.manifest
        region = parse_inputs(holding.snapshot.file(manifest.inputs.path, manifest.inputs.sha256)).region
        turned = agreement_turned(people.words, manifest, region, reading, self._at)
        if turned is not None:
            when, agreed = turned
            oldest = None if agreed.forbids else agreed.oldest
            record_ids = holding.record_ids() if oldest is None else holding.older_than(oldest)
            if len(record_ids):
                key, news = of_agreement(people.words, agreed, self._at)
                yield Hit(key, news, when, None, record_ids.combine_chunks())


def _order(document: Document) -> tuple[str, str, str, str]:
    return document["known_at"] or "", document["tenant"], document["kind"], document["event_id"] or ""


def _totals(told: Sequence[Document]) -> dict[str, int]:
    """Count each thing once, in however many pieces of news it stands."""
    models = [model for news in told for model in news["models"]]
    snapshots = [snapshot for news in told for snapshot in news.get("snapshots", ())]
    return {
        "news": len(told),
        "people": len({(news["tenant"], person) for news in told for person in news["people"]}),
        "snapshots": len({one["snapshot"] for one in snapshots}),
        "models": len({(one["model"], one["run"]) for one in models}),
        "records": len({record for one in (*models, *snapshots) for record in one["record_ids"]}),
    }
