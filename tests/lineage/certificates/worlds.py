"""A small world that certificates are issued in: two customers, a snapshot, a model, a ledger, a log, landed files."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lineage.canonical import canonical_json, sha256_hex
from lineage.certificates.certificate import Certificate, Document, Enclosed, certified
from lineage.certificates.checking import Checked, check_certificate
from lineage.certificates.model import ModelCertificate
from lineage.certificates.page import written
from lineage.certificates.person import PersonCertificate
from lineage.certificates.tenant import TenantCertificate
from lineage.encrypted import write_encrypted
from lineage.home import Home
from lineage.keys.vault import Vault
from lineage.people import keep_people, people_path
from lineage.tlog.log import enter_statements
from lineage.warehouse import Warehouse
from tests.lineage import small_snapshot
from tests.lineage.traced_world import NOW, traced_world

BATCH = sha256_hex(b"the log")
DIRECTORY = f"landing/web/{BATCH}"
ACCOUNT = {
    "controller": "Acme <Widgets> GmbH",
    "data_categories": ["user.content"],
    "expires_at": "2026-08-01T00:00:00.000000Z",
}


@dataclass(frozen=True)
class Certifying:
    """A home in which certificates are issued and checked; user 0 of acme withdrew, user 1 takes part in a record."""

    home: Home

    @property
    def vault(self) -> Vault:
        return self.home.vault()

    def person(self, name: str = "user 0", **changes: Any) -> Certificate:
        return PersonCertificate(self.home, "acme", self.home.trusted(), NOW, **changes).of(name)

    def tenant(self, name: str = "acme", **changes: Any) -> Certificate:
        return TenantCertificate(self.home, self.home.trusted(), NOW, **changes).of(name)

    def model(self, **changes: Any) -> Certificate:
        place = self.home.warehouse.local_path("models/little/run-1")
        return ModelCertificate(self.home, self.home.trusted(), NOW, **changes).of(place)

    def check(self, certificate: Certificate, **brought: Any) -> Checked:
        return check_certificate(written(certificate), self.home.trusted(), **brought)

    def reissued(self, certificate: Certificate, change: Callable[[Document, dict[str, Any]], None]) -> Certificate:
        """What a dishonest issuer hands out: document and pieces changed, and signed anew with the right key."""
        document, pieces = copied(certificate.document), copied(dict(certificate.pieces))
        del document["evidence"]
        change(document, pieces)
        return certified(document, Enclosed(pieces), self.vault)

    def copied(self, to: Path) -> "Certifying":
        return Certifying(Home(str(shutil.copytree(self.home.warehouse.local_path(), to / "home"))))


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    return json.loads(canonical_json([value]))[0]


def certifying(root: Path) -> Certifying:
    """Make the world."""
    with pytest.MonkeyPatch.context() as patched:
        world = traced_world(root, patched)
        _land(world.warehouse, world.vault)
    home = Home(str(root))
    enter_statements(home, NOW)
    return Certifying(home)


def _land(warehouse: Warehouse, vault: Vault) -> None:
    """Land and govern the records of both customers, as a source of their own would."""
    for tenant in small_snapshot.TENANTS:
        records, path = small_snapshot.records(vault, tenant), f"{DIRECTORY}/{tenant}.parquet"
        write_encrypted(warehouse, path, records, key=vault.file_key(tenant, path), aad=path)
        keep_people(warehouse, vault, tenant, people_path(DIRECTORY, tenant), records["data_subject_id"].to_pylist())
        output = f"governed/{tenant}/web/{BATCH}/part-00000"
        kept = f"{output}/records.parquet"
        write_encrypted(warehouse, kept, records.slice(0, 3), key=vault.file_key(tenant, kept), aad=kept)
        account = {"source": "web", "output": output, "permitted": 3, "denied": {"minors": 2}, "quarantined": {}}
        warehouse.write(f"{output}/unit.json", canonical_json(account))
    warehouse.write(f"{DIRECTORY}/batch.json", canonical_json(ACCOUNT))


__all__ = ["ACCOUNT", "BATCH", "DIRECTORY", "NOW", "Certifying", "certifying", "copied"]
