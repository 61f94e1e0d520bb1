"""A data subject passport: what was collected of a person, on what ground it was used, where it went, with proofs.

It answers Art. 15 GDPR for what is kept here, and tells how to withdraw (Art. 7(3) and 13(2)(c)). Where no snapshot
holds anything of the person it is a certificate of that. Whether they are in a snapshot is shown by the tree of the
people who wrote its records (`lineage.proving.data_subjects`), under the snapshot's signed statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from lineage.canonical import rfc3339
from lineage.certificates.certificate import Certificate, Document, Enclosed, certified
from lineage.certificates.collected import Collection
from lineage.certificates.enclosing import LogProofs, by_label, enclose_statement, issuer, snapshot_facts
from lineage.home import Home
from lineage.index.keeping import Indexes
from lineage.leaf import data_subject_commitment
from lineage.proving.files import PersonProofFile
from lineage.proving.finding import person_in
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace import trace_person
from lineage.trace.evidence import gather, noting
from lineage.trace.words import Words
from policies.consent import ConsentEvent

EXPLICIT = ("rule", "legal_basis", "receipt", "records")


@dataclass
class PersonCertificate:
    """Makes the certificate of one person.

    Attributes:
        home: Where everything is.
        tenant: The customer the person belongs to.
        trusted: The keys that may have signed snapshots and models.
        at: The instant for which it answers, on both clocks, UTC.
        contact: Where the person can write to, as the deployer says; None where nothing is said.
        statements: Enclose the snapshots' signed statements, which name every customer of a pool.
        indexes: Where to look; without, every leaf is read.
    """

    home: Home
    tenant: str
    trusted: Sequence[TrustedKey]
    at: datetime
    contact: str | None = None
    statements: bool = True
    indexes: Indexes | None = None
    enclosed: Enclosed = field(default_factory=Enclosed)

    def of(self, person: str) -> Certificate:
        """Return the certificate of a person, named by the product's own id or by the pseudonym.

        A person who has no salt yet gets one, so that nothing can be published of them later that this certificate
        would not name.

        Raises:
            KeyUnavailableError: The vault has no key of the tenant.
            LineweightError: Evidence contradicts itself.
        """
        home, vault, ledger = self.home, self.home.vault(), self.home.ledger()
        told = trace_person(
            self.tenant, person, home.warehouse, ledger, vault, self.trusted, self.at, self.indexes
        )  # fmt: skip
        ids = tuple(sorted([told["data_subject_id"], *told["also_known_as"]]))
        destroyed = vault.destroyed(self.tenant, ids)
        salts = vault.salts(self.tenant, [one for one in ids if one not in destroyed])
        commitments = {one: data_subject_commitment(salts[one], self.tenant, one) for one in sorted(salts)}
        evidence = gather(home.warehouse, self.trusted, ledgers=False)
        unverified = list(told["unverified"])
        snapshots = []
        for snapshot in by_label(evidence.snapshots):
            with noting(unverified, snapshot.directory):
                snapshots.append(self._snapshot(snapshot, told["snapshots"], list(commitments.values())))
        document = {
            "kind": "person",
            "at": rfc3339(self.at),
            "issuer": issuer(home, self.enclosed),
            "tenant": self.tenant,
            "data_subject_id": told["data_subject_id"],
            "also_known_as": told["also_known_as"],
            "contact": self.contact,
            "collected": Collection(home.warehouse, ledger, vault, self.tenant, ids).find().document(),
            "tenant_scope": told["tenant_scope"],
            "consents": self._consents(told),
            "consent_now": told["consent"],
            "snapshots": snapshots,
            "models": told["models"],
            "used_meanwhile": told["used_meanwhile"],
            "openings": [
                {"data_subject_id": one, "commitment": commitments[one].hex(), "salt": salts[one].hex()}
                for one in sorted(salts)
            ],
            "salts_destroyed": [{"data_subject_id": one, "at": rfc3339(destroyed[one])} for one in sorted(destroyed)],
            "not_looked_up": sorted(set(told["not_looked_up"])),
            "unverified": _distinct(unverified),
        }
        return certified(document, self.enclosed, vault)

    def _snapshot(self, snapshot: Snapshot, held: Sequence[Mapping[str, Any]], commitments: list[bytes]) -> Document:
        label = snapshot.manifest.label
        entry = next((dict(one) for one in held if one["snapshot"] == label), None)
        takes_part = entry["as_participant"] if entry else 0
        return {
            **snapshot_facts(snapshot),
            "wrote": entry["records"] - takes_part if entry else 0,
            "takes_part": takes_part,
            "grounds": [{name: one[name] for name in EXPLICIT} for one in entry["grounds"]] if entry else [],
            "status_known_then": entry["status_known_then"] if entry else None,
            "status_known_now": entry["status_known_now"] if entry else None,
            **self._proof(snapshot, commitments),
            "enclosed": enclose_statement(self.home, snapshot, self.enclosed) if self.statements else None,
            "log": self._log.enclose(f"log/{label}", snapshot.statement_digest, self.enclosed),
        }

    def _proof(self, snapshot: Snapshot, commitments: list[bytes]) -> Document:
        """Enclose the proof that the person is in a snapshot, or is not; none where no commitment is left to prove."""
        if not commitments:
            return {"proof": None, "entries": []}
        file = PersonProofFile.of(person_in(snapshot, commitments), snapshot.manifest)
        name = self.enclosed.add_json(f"data-subject/{snapshot.manifest.label}", file.to_bytes())
        return {"proof": name, "entries": shown_entries(file)}

    @cached_property
    def _log(self) -> LogProofs:
        return LogProofs(self.home)

    def _consents(self, told: Mapping[str, Any]) -> list[Document]:
        """Return the consent events heard of the person, and those that snapshots rest on, each with its receipt."""
        person, ledger = told["data_subject_id"], self.home.ledger()
        words = Words.of_person(ledger, self.tenant, person, self.at)
        events = {event.receipt(): event for event in words.events_of(person, self.at)}
        named = {ground["receipt"] for entry in told["snapshots"] for ground in entry["grounds"]} - {None}
        events |= ledger.consents_by_receipt(named - set(events))
        return [{"receipt": receipt, "event": event.document()} for receipt, event in sorted(events.items(), key=_time)]


def shown_entries(file: PersonProofFile) -> list[Document]:
    """Return what a certificate shows of a proof: for each commitment the entries of the tree that prove it."""
    return [
        {
            "commitment": entry.commitment,
            "neighbours": [{"index": one.index, "commitment": one.commitment} for one in entry.neighbours],
        }
        for entry in file.entries
    ]


def _time(found: tuple[str, ConsentEvent]) -> tuple[datetime, datetime, str]:
    receipt, event = found
    return event.effective_at, event.recorded_at, receipt


def _distinct(unverified: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return each directory once that could not be followed, with the first reason."""
    first: dict[str, dict[str, str]] = {}
    for one in unverified:
        first.setdefault(one["directory"], one)
    return [first[directory] for directory in sorted(first)]
