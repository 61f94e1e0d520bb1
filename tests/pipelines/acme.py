"""A small world instead of mocks: real logs, real ledgers, real keys, its own clock."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage.encrypted import read_encrypted
from lineage.warehouse import Warehouse
from pipelines.deployment import Deployment
from pipelines.gates import check_governed, check_staged
from pipelines.governed import Governed
from pipelines.journey import govern_source, land_source, publish_snapshot, stage_snapshot
from pipelines.landing.landed import LandResult
from pipelines.settings import Settings
from pipelines.snapshots.publish import Published
from policies.agreement import AgreementEvent
from policies.consent import ConsentEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PURPOSE = "train_ai_system.finetune"
SOURCE = "support-chat"

DECLARATION = """\
source: support-chat
format: openai_chat
files: ../logs/*.jsonl
tenant: {column: tenant}
controller: ACME GmbH
licence: LicenseRef-Proprietary
person: {column: person}
participants: {column: participants}
conversation: {column: conversation}
occurred_at: {column: at}
jurisdiction: {column: country}
age_band: {column: age}
data_categories: [user.content]
"""


class Acme:
    """ACME's deployment in a directory, and what people say in it. Time passes only when `passes` is called."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.home = home
        self.now = NOON
        self._lines: list[str] = []
        self._events = 0
        for name in ("sources", "logs", "requests"):
            (home / name).mkdir(parents=True, exist_ok=True)
        (home / "sources" / "support-chat.yaml").write_text(DECLARATION)
        self.settings = Settings(home=str(home), **{"rows_per_unit": 100, **settings})

    @property
    def deployment(self) -> Deployment:
        """The deployment as it is now: everything read anew, decided for the world's present."""
        return Deployment(self.settings.model_copy(update={"as_of": self.now}))

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.home)

    def passes(self, **time: int) -> None:
        self.now += timedelta(**time)

    def agrees(self, tenant: str, scope: str = "shared", **more: Any) -> None:
        self._events += 1
        event = {"event_id": f"a{self._events}", "tenant": tenant, "scope": scope, "purposes": ["train_ai_system"]}
        times = {"effective_at": self.now, "recorded_at": self.now, "retention_days": None}
        self.deployment.ledger.add_agreements([AgreementEvent(**event, **(times | more))])

    def consents(self, person: str, state: str = "given", tenant: str = "acme", **more: Any) -> None:
        self._events += 1
        deployment = self.deployment
        event = {
            "event_id": f"c{self._events}",
            "tenant": tenant,
            "data_subject_id": deployment.vault.data_subject_id(tenant, person),
            "state": state,
            "purposes": [PURPOSE],
            "effective_at": self.now,
            "recorded_at": self.now,
        }
        deployment.ledger.add_consents([ConsentEvent(**(event | more))])

    def says(self, person: str | None, text: str, tenant: str = "acme", answer: str = "Done.", **more: Any) -> None:
        line = {
            "tenant": tenant,
            "person": person,
            "participants": [],
            "conversation": f"talk-{len(self._lines)}",
            "at": self.now.isoformat(),
            "country": "de",
            "age": "adult",
            "messages": [{"role": "user", "content": text}, {"role": "assistant", "content": answer}],
        }
        self._lines.append(json.dumps(line | more))

    def delivers(self, name: str = "day.jsonl") -> Path:
        """Write what was said since the last delivery into a log file."""
        path = self.home / "logs" / name
        path.write_text("".join(f"{line}\n" for line in self._lines), encoding="utf-8")
        self._lines.clear()
        return path

    def asks(self, name: str = "all", pool: str = "shared", **more: Any) -> None:
        """Write a snapshot request."""
        document = {"name": name, "policy": "model-training", "pool": pool, "sources": [SOURCE]} | more
        (self.home / "requests" / f"{name}.yaml").write_text(json.dumps(document))

    def lands(self) -> list[LandResult]:
        return land_source(self.deployment, SOURCE)

    def governs(self) -> list[Governed]:
        return govern_source(self.deployment, SOURCE)

    def publishes(self, name: str = "all") -> Published:
        deployment = self.deployment
        check_governed(deployment, govern_source(deployment, SOURCE)).require(SOURCE)
        directory = stage_snapshot(deployment, name)
        check_staged(deployment, directory).require(name)
        return publish_snapshot(deployment, directory)

    def governed_rows(self) -> list[dict[str, Any]]:
        """Return every governed record, decrypted."""
        found = [path for path in self.warehouse.files("governed") if path.endswith("records.parquet")]
        return [row for path in found for row in self.opened(path, path.split("/")[1]).to_pylist()]

    def opened(self, path: str, tenant: str) -> pa.Table:
        """Return a file of one tenant, decrypted."""
        return read_encrypted(self.warehouse, path, key=self.deployment.vault.file_key(tenant, path), aad=path)


def shard_rows(world: Acme, published: Published) -> list[dict[str, Any]]:
    """Return every record of a published snapshot, decrypted, in order."""
    shards = published.manifest.shards
    tables = [world.opened(f"{published.directory}/{shard.path}", shard.tenant) for shard in shards]
    return [row for table in tables for row in table.to_pylist()]
