"""A small world whose leaves carry the receipts of consents that stand in a ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from lineage import leaf
from lineage.canonical import digest_of, sha256_hex
from lineage.ledger.entries import Batch
from lineage.ledger.store import Ledger
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import ConsentEvent, ConsentStatus
from tests.lineage import small_snapshot
from tests.lineage.small_snapshot import TENANTS, SmallWorld

NOW = datetime(2026, 7, 1, tzinfo=UTC)
EARLY = datetime(2026, 1, 1, tzinfo=UTC)
WITHDRAWN_AT = datetime(2026, 5, 20, tzinfo=UTC)
HEARD_AT = datetime(2026, 6, 3, tzinfo=UTC)


@dataclass
class TracedWorld(SmallWorld):
    """Two tenants with two people each; user 0 of acme withdrew, and it was heard after the snapshot."""

    @property
    def url(self) -> str:
        return f"sqlite:///{self.root / 'ledger.db'}"

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(self.url)

    def person(self, tenant: str, number: int) -> str:
        return self.vault.data_subject_id(tenant, f"user {number}")

    def given(self, tenant: str, person: str) -> ConsentEvent:
        return ConsentEvent(
            event_id=f"given-{person[-6:]}",
            tenant=tenant,
            data_subject_id=person,
            state=ConsentStatus.GIVEN,
            purposes=("train_ai_system",),
            notice_id="privacy",
            notice_version="3",
            effective_at=EARLY,
            recorded_at=EARLY,
        )

    def withdrawn(self) -> ConsentEvent:
        given = self.given("acme", self.person("acme", 0))
        told = {"event_id": "withdrawn-1", "state": ConsentStatus.WITHDRAWN}
        return given.model_copy(update=told | {"effective_at": WITHDRAWN_AT, "recorded_at": HEARD_AT})

    def settle(self) -> None:
        """Fill the ledger: consents, agreements, and the one landed file."""
        people = [(tenant, self.person(tenant, number)) for tenant in TENANTS for number in (0, 1)]
        self.ledger.add_consents([self.given(tenant, person) for tenant, person in people] + [self.withdrawn()])
        self.ledger.add_agreements([_agreement(tenant) for tenant in TENANTS])
        declared = {"records": 10, "quarantined": 0, "repeated": 0, "declaration_digest": "cd" * 32}
        tenants = dict.fromkeys(TENANTS, 5)
        log = sha256_hex(b"the log")
        self.ledger.add_batch(Batch("web", log, "day-1.jsonl", landed_at=EARLY, tenants=tenants, **declared))


def _agreement(tenant: str) -> AgreementEvent:
    return AgreementEvent(
        event_id=f"agreed-{tenant}",
        tenant=tenant,
        scope=TenantScope.SHARED,
        purposes=("train_ai_system",),
        retention_days=None,
        effective_at=EARLY,
        recorded_at=EARLY,
    )


def traced_world(root: Path, monkeypatch: pytest.MonkeyPatch) -> TracedWorld:
    """Make the world, or open it; its records name user 1 of acme as a participant of acme's first record."""
    world = TracedWorld(root)
    plain_records, plain_leaves = small_snapshot.records, small_snapshot.leaves_of

    def records(vault: object, tenant: str, rows: int = 5) -> pa.Table:
        table = plain_records(world.vault, tenant, rows)
        others = [[world.person(tenant, 1)] if tenant == "acme" and row == 0 else [] for row in range(rows)]
        place = table.schema.get_field_index("participants")
        return table.set_column(place, table.schema.field(place), pa.array(others, pa.list_(pa.string())))

    def leaves(vault: object, tenant: str, table: pa.Table) -> pa.Table:
        sealed = plain_leaves(world.vault, tenant, table)
        said = [world.given(tenant, person).document() for person in table["data_subject_id"].to_pylist()]
        receipts = pa.array([bytes.fromhex(digest_of(document)) for document in said], leaf.DIGEST)
        place = sealed.schema.get_field_index("consent_receipt")
        return leaf.seal(sealed.set_column(place, sealed.schema.field(place), receipts))

    monkeypatch.setattr(small_snapshot, "records", records)
    monkeypatch.setattr(small_snapshot, "leaves_of", leaves)
    if not (root / "ledger.db").exists():
        world.settle()
        world.train(world.publish())
    return world
