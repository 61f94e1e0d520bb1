"""A certificate for a customer: what was agreed, what lies where, what was made of it, and the root of their records.

Other customers are counted and never named. A snapshot's statement and manifest name every customer of its pool, so
they are enclosed only where the snapshot is this customer's alone, or where whoever issues asks for it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import rfc3339
from lineage.certificates.certificate import Certificate, Document, Enclosed, certified
from lineage.certificates.collected import governed_accounts
from lineage.certificates.enclosing import (
    LogProofs,
    by_label,
    enclose_manifest,
    enclose_statement,
    issuer,
    snapshot_facts,
)
from lineage.certificates.tenant_proof import TenantProofFile
from lineage.home import Home
from lineage.models import Model
from lineage.people import LANDING
from lineage.proving.data_subjects import COMMITMENT, data_subjects
from lineage.release import NotReleasedError, decisions
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace.evidence import gather, noting
from policies.agreement import agreement_at
from policies.errors import LineweightError


class UnknownTenantError(LineweightError):
    """A certificate was asked for of a customer of whom nothing is known."""

    remedy = "Name a customer of whom the ledger has heard: `lineweight ledger show` lists them."


@dataclass
class TenantCertificate:
    """Makes the certificate of one customer.

    Attributes:
        home: Where everything is.
        trusted: The keys that may have signed snapshots and models.
        at: The instant for which agreements are asked about, on both clocks, UTC.
        statements: Enclose statements and manifests of shared pools too, which name the other customers.
    """

    home: Home
    trusted: Sequence[TrustedKey]
    at: datetime
    statements: bool = False
    enclosed: Enclosed = field(default_factory=Enclosed)

    def of(self, tenant: str) -> Certificate:
        """Return the certificate of a customer.

        Raises:
            UnknownTenantError: The ledger holds no agreement, consent or landed file of the customer.
            LineweightError: Evidence contradicts itself.
        """
        ledger = self.home.ledger()
        history = ledger.agreements(tenant=tenant, known_at=self.at)
        landed = [batch for batch in ledger.batches() if batch.tenants.get(tenant)]
        if not history and not landed and tenant not in ledger.tenants():
            raise UnknownTenantError(f"{tenant}: nothing is known here of a customer of this name.")
        agreed = agreement_at(history, self.at, self.at)
        evidence = gather(self.home.warehouse, self.trusted)
        unverified = evidence.unverified
        snapshots: list[Document] = []
        models: list[Document] = []
        held = [one for one in by_label(evidence.snapshots) if tenant in one.manifest.tenant_roots]
        for snapshot in held:
            with noting(unverified, snapshot.directory):
                snapshots.append(self._snapshot(snapshot, tenant))
                trained = [one for one in evidence.models if one.snapshot_digest == snapshot.manifest_digest]
                models += [read for read in (_read(one, snapshot, tenant) for one in trained) if read is not None]
        document = {
            "kind": "tenant",
            "at": rfc3339(self.at),
            "issuer": issuer(self.home, self.enclosed),
            "tenant": tenant,
            "agreement": None if agreed is None else agreed.document(),
            "agreements": [{"digest": event.digest(), "event": event.document()} for event in history],
            "landed": self._landed(tenant),
            "governed": self._governed(tenant),
            "snapshots": snapshots,
            "snapshots_without": len(evidence.snapshots) - len(held),
            "models": models,
            "unverified": unverified,
        }
        return certified(document, self.enclosed, self.home.vault())

    def _landed(self, tenant: str) -> list[Document]:
        """Count by source the files delivered with records of a customer, and those whose raw records still stand."""
        counted: dict[str, Counter[str]] = {}
        seen: set[tuple[str, str]] = set()
        for batch in self.home.ledger().batches():
            if not batch.tenants.get(tenant) or (batch.source, batch.batch) in seen:
                continue
            seen.add((batch.source, batch.batch))
            standing = self.home.warehouse.exists(f"{LANDING}/{batch.source}/{batch.batch}/{tenant}.parquet")
            told = counted.setdefault(batch.source, Counter())
            told.update(files=1, records=batch.tenants[tenant], raw_files=int(standing))
        return [
            {"source": source, **{name: told[name] for name in ("files", "records", "raw_files")}}
            for source, told in sorted(counted.items())
        ]

    def _governed(self, tenant: str) -> list[Document]:
        """Count by source what was kept of a customer's records after governing, and what was denied."""
        counted: dict[str, Counter[str]] = {}
        for account in governed_accounts(self.home.warehouse, tenant):
            told = counted.setdefault(str(account["source"]), Counter())
            denied, quarantined = sum(account["denied"].values()), sum(account["quarantined"].values())
            told.update(kept=account["permitted"], denied=denied, quarantined=quarantined)
        return [
            {"source": source, **{name: told[name] for name in ("kept", "denied", "quarantined")}}
            for source, told in sorted(counted.items())
        ]

    def _snapshot(self, snapshot: Snapshot, tenant: str) -> Document:
        manifest, label = snapshot.manifest, snapshot.manifest.label
        places = [place for place, shard in enumerate(manifest.shards) if shard.tenant == tenant]
        people = data_subjects(snapshot.leaves_file(place)[COMMITMENT] for place in places)
        others = len(set(manifest.tenant_roots) - {tenant})
        proof = TenantProofFile.of(manifest, tenant)
        enclose = self.statements or not others
        return {
            **snapshot_facts(snapshot),
            "pool": manifest.pool.kind,
            "others": others,
            "records": sum(manifest.shards[place].rows for place in places),
            "people": people.num_rows,
            "tenant_root": manifest.tenant_roots[tenant],
            "lease_expires_at": rfc3339(manifest.lease_expires_at),
            "removed": [
                {"records": one.shard.records, "removed_at": one.removed_at, "because": one.shard.because}
                for path, one in sorted(snapshot.removed.items())
                if one.shard.tenant == tenant
            ],
            "releases": self._releases(snapshot),
            "proof": self.enclosed.add_json(f"tenant/{label}", proof.to_bytes()),
            "enclosed": enclose_statement(self.home, snapshot, self.enclosed) if enclose else None,
            "manifest_enclosed": enclose_manifest(self.home, snapshot, self.enclosed) if enclose else None,
            "log": self._log.enclose(f"log/{label}", snapshot.statement_digest, self.enclosed),
        }

    def _releases(self, snapshot: Snapshot) -> list[Document]:
        """Return the decisions on a snapshot that are known at the instant, in order."""
        try:
            found, _ = decisions(self.home.warehouse, snapshot.manifest, self.home.releasers())
        except NotReleasedError:
            return []
        return [
            {
                "verdict": one.terms.verdict.value,
                "purpose": one.terms.purpose,
                "decided_at": rfc3339(one.terms.decided_at),
                "expires_at": rfc3339(one.terms.expires_at) if one.terms.expires_at else None,
                "digest": one.digest,
            }
            for one in found
            if one.terms.decided_at <= self.at
        ]

    @cached_property
    def _log(self) -> LogProofs:
        return LogProofs(self.home)


def _read(model: Model, snapshot: Snapshot, tenant: str) -> dict[str, Any] | None:
    """Return what a model read of a customer's shards; None of nothing."""
    places = [place for place, shard in enumerate(snapshot.manifest.shards) if shard.tenant == tenant]
    rows = model.read.filter(pc.is_in(model.read["shard"], pa.array(places, model.read["shard"].type)))
    if not rows.num_rows:
        return None
    return {
        **model.document(),
        "statement": model.opened.statement_digest,
        "records": pc.count_distinct(rows["record_id"]).as_py(),
        "of_records": pc.count_distinct(model.read["record_id"]).as_py(),
        "readings": rows.num_rows,
        "tokens": pc.sum(rows["n_tokens"]).as_py() or 0,
        "first_step": pc.min(rows["optimizer_step"]).as_py(),
        "last_step": pc.max(rows["optimizer_step"]).as_py(),
    }
