"""The stages of the run, each of which can be a process of its own: ``python -m benchmarks.first_run.stages``."""

import argparse
import json
import logging
import resource
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.first_run.tenants import SHARED, TENANTS

Document = dict[str, Any]
TRAINING = {"steps": 60, "batch_size": 8, "learning_rate": 1e-3, "max_tokens": 256, "seed": 0}
MOST_EPOCHS = 10_000  # of a snapshot of few records the steps are many epochs


def ledger(home: Path, _argument: str) -> Document:
    """Import the consents and agreements that were laid out."""
    from lineage.ledger.importing import read_agreement_file, read_consent_file

    deployment, now = _deployment(home), datetime.now(UTC)
    files = sorted((home / "ledgers").glob("consents-*.jsonl"))
    consents = [read_consent_file(file, deployment.vault, now) for file in files]
    agreements = read_agreement_file(home / "ledgers" / "agreements.jsonl", now)
    for one in consents:
        deployment.ledger.add_consents(one.events)
    deployment.ledger.add_agreements(agreements.events)
    return {
        "consents": sum(len(one.events) for one in consents),
        "agreements": len(agreements.events),
        "rejected": sum(len(one.rejected) for one in consents) + len(agreements.rejected),
    }


def land(home: Path, source: str) -> Document:
    """Land a source."""
    from pipelines.journey import land_source
    from pipelines.reports import landing_report

    report: Document = landing_report({source: land_source(_deployment(home), source)})["sources"][source]
    return report


def govern(home: Path, source: str) -> Document:
    """Gate and redact a source."""
    from pipelines.journey import govern_source
    from pipelines.reports import governing_report

    parts = govern_source(_deployment(home), source)
    report: Document = governing_report({source: parts})["sources"][source]
    return report | {"units": len(parts)}


def gates(home: Path, source: str) -> Document:
    """Hold what was governed against its expectations; stops where one fails."""
    from pipelines.gates import check_governed
    from pipelines.journey import governed_parts

    deployment = _deployment(home)
    checked = check_governed(deployment, governed_parts(deployment, source))
    checked.require(source)
    return _warned(checked.results) | checked.summary()


def snapshot(home: Path, name: str) -> Document:
    """Stage a snapshot's shards, hold them against their expectations, and publish."""
    from pipelines.gates import check_staged
    from pipelines.journey import publish_snapshot, stage_snapshot
    from pipelines.reports import snapshot_report

    deployment = _deployment(home)
    directory = stage_snapshot(deployment, name)
    checked = check_staged(deployment, directory)
    checked.require(name)
    report: Document = snapshot_report(publish_snapshot(deployment, directory))
    return report | {"gates": _warned(checked.results) | checked.summary()}


def train(home: Path, name: str) -> Document:
    """Release a snapshot for it, and train the tiny model on it."""
    from lineage.releasing import Allowed, approve_release
    from pipelines.training import train_on

    deployment = _deployment(home)
    approve_release(deployment.home, name, datetime.now(UTC), allowed=Allowed(max_epochs=MOST_EPOCHS))
    trained = train_on(deployment, name, TRAINING, lambda done, total: None)
    return {
        "directory": trained.directory,
        "steps": trained.steps,
        "loss_first": trained.loss_first,
        "loss_last": trained.loss_last,
        "consumption_root": trained.consumption_root,
    }


def verify(home: Path, name: str) -> Document:
    """Verify the model trained on a snapshot, its snapshot and, with the keys, the content."""
    from lineage.verifying.verify import verify_path

    deployment = _deployment(home)
    report = verify_path(_model(deployment, name), deployment.home.trusted(), vault=deployment.vault)
    document = report.document()
    broken = document["broken_link"]
    return {"verified": report.verified, "links": len(document["checks"]), "broken_link": broken}


def trace(home: Path, name: str) -> Document:
    """Trace the model trained on a snapshot back to consents, as they stand at the instant of the run."""
    from lineage.trace import trace_model

    deployment = _deployment(home)
    at = deployment.as_of().effective_at
    return trace_model(_model(deployment, name), deployment.ledger, deployment.home.trusted(), at)


def residue(home: Path, name: str) -> Document:
    """Export a snapshot, look for what should not be there, and remove the export."""
    from benchmarks.first_run.residue import residue_of
    from lineage.export import export
    from lineage.snapshot import Snapshot, find_snapshot

    deployment = _deployment(home)
    warehouse = deployment.warehouse
    opened = Snapshot.open(warehouse, find_snapshot(warehouse, name), deployment.home.trusted())
    target = Path(tempfile.mkdtemp(prefix="first-run-")) / "exported"
    try:
        export(opened, deployment.vault, target)
        return residue_of(target, deployment)
    finally:
        shutil.rmtree(target.parent)


STAGES: dict[str, Callable[[Path, str], Document]] = {
    stage.__name__: stage for stage in (ledger, land, govern, gates, snapshot, train, verify, trace, residue)
}


def plan() -> list[tuple[str, str]]:
    """Return the stages and what each is about, in order."""
    sources = [tenant.slug for tenant in TENANTS]
    own = [tenant.slug for tenant in TENANTS if tenant.scope == "tenant-only"]
    per_source = [(stage, source) for stage in ("land", "govern", "gates") for source in sources]
    snapshots = [SHARED, *own]
    after = [(stage, name) for stage in ("snapshot", "residue", "train", "verify", "trace") for name in snapshots]
    return [("ledger", ""), *per_source, *after]


def _deployment(home: Path) -> Any:
    from pipelines.deployment import Deployment
    from pipelines.settings import Settings

    return Deployment(Settings.load(str(home)))


def _model(deployment: Any, name: str) -> Path:
    found = [artifact for artifact in deployment.ledger.artifacts("model") if artifact.name == name]
    newest = max(found, key=lambda artifact: artifact.recorded_at)
    path: Path = deployment.warehouse.local_path(newest.directory)
    return path


def _warned(results: Any) -> Document:
    """Return what did not hold but only warns: how many records, by what it means."""
    warned: dict[str, int] = {}
    for one in results:
        if not one["success"] and one["severity"] == "warning":
            warned[one["meaning"]] = warned.get(one["meaning"], 0) + int(one["unexpected_count"] or 0)
    return {"warned": warned}


def main() -> None:
    """Run one stage and write its result and what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("argument")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    result = STAGES[asked.stage](asked.home, asked.argument)
    own, workers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    took = {
        "cpu_seconds": own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime,
        "peak_mib": own.ru_maxrss / 1024,
        "peak_worker_mib": workers.ru_maxrss / 1024,
    }
    asked.out.write_text(json.dumps({"result": result, "took": took}), encoding="utf-8")


if __name__ == "__main__":
    main()
