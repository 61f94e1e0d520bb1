"""The demo: a small world, taken the whole way through Dagster, from logs to weights that can be traced back."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from lineage.canonical import rfc3339
from lineage.home_settings import SETTINGS_FILE
from lineage.ledger.importing import read_agreement_file, read_consent_file
from lineage.manifest import SnapshotManifest
from lineage.snapshot import Snapshot, find_snapshot
from lineage.verifying.verify import Report, verify_path
from pipelines.assets import build_assets
from pipelines.demonstration.measuring import Recall, recall_of_planted
from pipelines.demonstration.officers import activate, release, settings_lines, settle_officers, settle_policies
from pipelines.deployment import Deployment
from pipelines.journey import governed_parts, landed_results
from pipelines.reports import added
from pipelines.settings import Settings
from pipelines.watching import watched
from pipelines.world import World, generate
from policies.errors import LineweightError, UsageError

WORLD = "demo"
MAIN = "bloom-shared"
QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
TRAINING = {"epochs": 1, "batch_size": 16}


class DemoFailedError(LineweightError):
    """A stage of the demo did not succeed."""

    remedy = "Remove the demo's directory and run it again; if it fails again, the message above says where."


@dataclass
class Demo:
    """One run of the demo, and what was measured on the way.

    Attributes:
        home: Directory of its own.
        seconds: Wall time by stage.
    """

    home: Path
    seed: int
    records: int
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> "Journey":
        """Make the world, take it the whole way, and return what stands at the end.

        Raises:
            DemoFailedError: A stage did not succeed.
            UsageError: The directory holds something that is not a demo.
        """
        with self._timed("world"):
            world = generate(self._claimed() / WORLD, self.seed, self.records)
            settle_officers(self.home / WORLD, self.seed)
            settle_policies(self.home / WORLD)
            self._settle(world)
        deployment = Deployment(Settings.load(str(self.home)).model_copy(update={"seed": self.seed}))
        with self._timed("ledger"):
            import_ledgers(deployment, world)
        activate(deployment.home, deployment.settings.policies, self.seed, world.as_of)
        self._materialize(deployment)
        with self._timed("recall"):
            recall = recall_of_planted(deployment, world.planted)
        with self._timed("verify"):
            verified = verify_path(self._model(deployment), deployment.home.trusted(), vault=deployment.vault)
        return Journey(world, deployment, recall, verified, self._model(deployment), self.seconds)

    def _claimed(self) -> Path:
        """Return the home, if it is empty or holds an earlier run of the demo."""
        there = self.home.is_dir() and any(self.home.iterdir())
        if there and not (self.home / WORLD / "planted.jsonl").is_file():
            raise UsageError(
                f"{self.home}: holds something that is not a demo.", remedy="Name an empty directory with --home."
            )
        return self.home

    def _settle(self, world: World) -> None:
        """Write the settings that make every further command mean this world."""
        lines = [
            "# A demonstration: its keys and salts derive from the seed, and whoever knows the seed knows them.",
            f"sources: {WORLD}/sources",
            f"requests: {WORLD}/requests",
            f"policies: {WORLD}/policies",
            "region: eu",
            *settings_lines(WORLD),
            "# Decisions are made for this instant, so that they come out the same whenever they are made.",
            f"as_of: {rfc3339(world.as_of)}",
        ]
        (self.home / SETTINGS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _materialize(self, deployment: Deployment) -> None:
        """Run the journey through Dagster: each source, each snapshot, and a model on the one released."""
        assets = build_assets(deployment, watched)
        with _instance() as instance:
            for source in sorted(deployment.declarations):
                self._run(assets, ["landed", "governed"], source, instance)
            for request in sorted(deployment.requests):
                self._run(assets, ["staged_snapshot", "snapshot"], request, instance)
            release(deployment.home, MAIN, self.seed, datetime.now(UTC))
            self._run(assets, ["model"], MAIN, instance, {"ops": {"model": {"config": TRAINING}}})

    def _run(
        self,
        assets: list[dg.AssetsDefinition],
        selection: list[str],
        partition: str,
        instance: dg.DagsterInstance,
        run_config: dict[str, Any] | None = None,
    ) -> None:
        with self._timed(f"{selection[-1]} {partition}"):
            result = dg.materialize(
                assets,
                selection=selection,
                partition_key=partition,
                instance=instance,
                run_config=QUIET | (run_config or {}),
                raise_on_error=False,
            )
        if not result.success:
            failed = [event.message for event in result.all_events if event.is_failure]
            raise DemoFailedError(f"{partition}: {' and '.join(selection)}: {failed[0] if failed else 'failed'}")

    def _model(self, deployment: Deployment) -> Path:
        newest = max(deployment.ledger.artifacts("model"), key=lambda artifact: artifact.recorded_at)
        return deployment.warehouse.local_path(newest.directory)

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[stage] = time.monotonic() - began


@dataclass
class Journey:
    """What stands at the end of a demo, to be told."""

    world: World
    deployment: Deployment
    recall: Recall
    verified: Report
    model: Path
    seconds: dict[str, float]

    def snapshot(self) -> Snapshot:
        """Return the snapshot of the shared pool, opened with the deployment's own key."""
        directory = find_snapshot(self.deployment.warehouse, MAIN)
        return Snapshot.open(self.deployment.warehouse, directory, self.deployment.home.trusted())

    def manifests(self) -> list[SnapshotManifest]:
        """Return the manifests of all the demo's snapshots, the shared pool first."""
        names = sorted(self.deployment.requests, key=lambda name: (name != MAIN, name))
        warehouse, trusted = self.deployment.warehouse, self.deployment.home.trusted()
        return [Snapshot.open(warehouse, find_snapshot(warehouse, name), trusted).manifest for name in names]

    def quarantined_by_reason(self) -> dict[str, int]:
        """Return why lines were set aside on landing and records when they were redacted."""
        sources = sorted(self.deployment.declarations)
        landing = [batch.reasons for source in sources for batch in landed_results(self.deployment, source)]
        return added([*landing, *(part.quarantined for part in governed_parts(self.deployment))])

    def records(self) -> dict[str, int]:
        """Return what became of everything received: ``landed = permitted + denied + quarantined``."""
        counts = self.snapshot().manifest.counts
        quarantined = sum(self.quarantined_by_reason().values())
        return {
            "landed": counts.permitted + counts.denied + quarantined,
            "permitted": counts.permitted,
            "denied": counts.denied,
            "quarantined": quarantined,
        }

    def document(self) -> dict[str, Any]:
        """Return the one object that ``--json`` prints."""
        snapshot = self.snapshot()
        warehouse = self.deployment.warehouse
        return {
            "seed": self.world.seed,
            "records": self.records(),
            "denied_by_reason": snapshot.manifest.counts.denied_by_reason,
            "quarantined_by_reason": self.quarantined_by_reason(),
            "snapshot": {
                "path": str(warehouse.local_path(snapshot.directory)),
                "name": snapshot.manifest.label,
                "root": snapshot.manifest.root,
            },
            "model": {"path": str(self.model)},
            "redaction": self.recall.document(),
            "verified": self.verified.verified,
            "seconds": {stage: round(seconds, 1) for stage, seconds in self.seconds.items()},
        }


def import_ledgers(deployment: Deployment, world: World) -> None:
    """Import the world's consents and agreements; what cannot be read was planted, and is quarantined."""
    now = datetime.now(UTC)
    for path in world.consents:
        deployment.ledger.add_consents(read_consent_file(path, deployment.vault, now).events)
    deployment.ledger.add_agreements(read_agreement_file(world.agreements, now).events)


@contextlib.contextmanager
def _instance() -> Iterator[dg.DagsterInstance]:
    """Return the instance that DAGSTER_HOME names, so that `dg dev` shows the runs; else one that passes."""
    with dg.DagsterInstance.get() if os.environ.get("DAGSTER_HOME") else dg.DagsterInstance.ephemeral() as instance:
        yield instance
