"""A run's files: the plan before its first step, everything else after its last, the signed statement at the end.

A run that was interrupted leaves ``plan.json`` and ``recipe.json`` and nothing else: a model is there when
``training.dsse.json`` is.
"""

import json
import platform
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import canonical_json, sha256_hex
from lineage.code_version import code_version
from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root
from lineage.evidence_table import read_table, table_bytes
from lineage.keys.vault import Vault
from lineage.model_signing import ROOT, SIGNATURE_FILE, files_root, sign_model
from lineage.snapshot import MANIFEST_FILE, STATEMENT_FILE
from lineage.statement import Opened, open_envelope, sign_statement
from lineage.training_admission import (
    TICKET_FILE,
    FeedHeeded,
    feed_dependency,
    feed_path,
    ticket_dependency,
)
from lineage.training_statement import (
    Consumption,
    Dependency,
    TrainingRun,
    consumption,
    header_metadata,
    stated_files,
    training_predicate,
    training_statement,
)
from lineage.warehouse import Warehouse
from lineage.weights.registry import REGISTRY_FILE, REGISTRY_SCHEMA, register
from lineage.weights.tensors import read_tensors, tensors_digest
from policies.errors import LineweightError
from training_jobs.admission import Admission
from training_jobs.digest import file_digest
from training_jobs.model import quiet
from training_jobs.recipe import PURPOSE
from training_jobs.run import Run, StepReport, TrainedModel
from training_jobs.weights import write_with_metadata

STATEMENT = "training.dsse.json"
CONSUMPTION = "consumption/rank-0.parquet"
METRICS = "metrics.jsonl"
BUILDER = "https://lineweight.dev/training_jobs/sft"
_LIBRARIES = ("numpy", "pyarrow", "safetensors", "tokenizers", "torch", "transformers")


class ModelDamagedError(LineweightError):
    """A finished run stands there, but its files are not those that were signed."""

    remedy = "Run `lineweight verify` on the model's directory, move it away, and train again."


def commit(run: Run, warehouse: Warehouse) -> dict[str, str]:
    """Write down what will be done, before it is done.

    Returns:
        SHA-256 of each file written, by its path in the model's directory.
    """
    documents = {
        "plan.json": canonical_json({**run.plan.document(), "digest": run.plan.digest}),
        "recipe.json": canonical_json(run.recipe.document()),
    }
    return {path: _write(run, warehouse, path, data) for path, data in documents.items()}


def publish(
    run: Run,
    admission: Admission,
    read: pa.Table,
    reports: Sequence[StepReport],
    warehouse: Warehouse,
    vault: Vault,
    finished_at: datetime,
) -> TrainedModel:
    """Write a trained model with everything that proves where it came from; its statement comes last.

    Args:
        run: The run; its base's model has been trained.
        admission: The ticket and the revocation feeds it was trained under.
        read: What was read: ``n`` rows of ``CONSUMPTION_SCHEMA``.
        reports: What each step did.
        warehouse: Where the model goes.
        vault: Signs the statement.
        finished_at: When the last step ended, UTC.
    """
    ledger = table_bytes(read, CONSUMPTION_SCHEMA)
    root = consumption_root(read).hex()
    consumed = Consumption(CONSUMPTION, _write(run, warehouse, CONSUMPTION, ledger), root, read.num_rows)
    files = commit(run, warehouse)
    files[METRICS] = _write(run, warehouse, METRICS, _metrics(reports))
    copied = _copy_evidence(run, admission, warehouse)

    with tempfile.TemporaryDirectory() as scratch:
        with quiet():
            run.base.model.save_pretrained(scratch)
            run.base.tokenizer.save_pretrained(scratch)
        saved = sorted(path for path in Path(scratch).iterdir() if path.is_file())
        weights = [path for path in saved if path.suffix == ".safetensors"]
        files |= {path.name: _copy(run, warehouse, path) for path in saved if path not in weights}
        registry = register((tensor for path in weights for tensor in read_tensors(path)), run.before)
        files[REGISTRY_FILE] = _write(run, warehouse, REGISTRY_FILE, table_bytes(registry, REGISTRY_SCHEMA))

        taken_in = (*_own_dependencies(run, files), *_admitted_by(run, admission))
        predicate = training_predicate(_training_run(run, taken_in, consumed, files, weights, finished_at))
        digests = {}
        for path in weights:
            with warehouse.staged(f"{run.directory}/{path.name}") as sink:
                digests[path.name] = write_with_metadata(path, sink, header_metadata(predicate))

    everything = {**files, **copied, **digests, CONSUMPTION: consumed.sha256}
    artifacts = {**digests, **_sign_for_others(run, everything, warehouse, vault)}
    envelope = sign_statement(training_statement(predicate, artifacts), [vault])
    _write(run, warehouse, STATEMENT, envelope)
    return _trained(run, open_envelope(envelope, vault.signing_keys), read, reports)


def already_published(run: Run, warehouse: Warehouse, vault: Vault) -> TrainedModel | None:
    """Return the model of a run that was finished before, or ``None``.

    Raises:
        SignatureRefusedError: Its statement was not signed by this vault.
        ModelDamagedError: A file is not the one that was signed.
    """
    if not warehouse.exists(f"{run.directory}/{STATEMENT}"):
        return None
    opened = open_envelope(warehouse.read(f"{run.directory}/{STATEMENT}"), vault.signing_keys)
    consumed = consumption(opened.predicate)
    artifacts = {name: sha256 for name, sha256 in opened.artifacts.items() if name != ROOT}
    signed = {**artifacts, **stated_files(opened.predicate), consumed.path: consumed.sha256}
    for path, sha256 in signed.items():
        place = f"{run.directory}/{path}"
        if not warehouse.exists(place) or sha256_hex(warehouse.read(place)) != sha256:
            raise ModelDamagedError(f"{place}: is not the file that was signed.")
    read = read_table(warehouse.read(f"{run.directory}/{CONSUMPTION}"), CONSUMPTION_SCHEMA, CONSUMPTION)
    lines = warehouse.read(f"{run.directory}/{METRICS}").splitlines()
    reports = [StepReport(**json.loads(line)) for line in lines]
    return _trained(run, opened, read, reports, already=True)


def _own_dependencies(run: Run, files: dict[str, str]) -> tuple[Dependency, ...]:
    return (
        Dependency("base-model", f"model:{run.base.name}", run.base.digest),
        Dependency("tokenizer", "file:tokenizer.json", files["tokenizer.json"], run.base.tokenizer_from),
        Dependency("code", f"lineweight@{code_version()}", run.code),
    )


def _admitted_by(run: Run, admission: Admission) -> tuple[Dependency, ...]:
    label, ticket = run.snapshot.manifest.label, admission.ticket
    feeds = (
        feed_dependency(label, FeedHeeded(read.feed.number, read.feed.digest, read.from_step), len(read.feed.revoked))
        for read in admission.feeds
    )
    return (ticket_dependency(label, ticket.digest), *feeds)


def _training_run(
    run: Run,
    taken_in: tuple[Dependency, ...],
    consumed: Consumption,
    files: dict[str, str],
    weights: list[Path],
    finished_at: datetime,
) -> TrainingRun:
    return TrainingRun(
        run=run.id,
        builder=BUILDER,
        recipe=run.recipe.document(),
        internal={
            "plan": run.plan.digest,
            "purpose": PURPOSE,
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in _LIBRARIES},
            "tensors": {path.name: tensors_digest(path) for path in weights},
        },
        snapshot=run.snapshot.manifest,
        snapshot_statement_digest=run.snapshot.statement_digest,
        dependencies=taken_in,
        consumption=consumed,
        started_at=run.started_at,
        finished_at=finished_at,
        files=files,
    )


def _trained(
    run: Run, opened: Opened, read: pa.Table, reports: Sequence[StepReport], *, already: bool = False
) -> TrainedModel:
    losses = [report.loss for report in reports if report.records]
    tenth = max(1, len(losses) // 10)
    skipped = pc.is_valid(read["skipped_reason"])
    return TrainedModel(
        directory=run.directory,
        run=run.id,
        steps=len(reports),
        records=pc.count_distinct(read["record_id"].filter(pc.invert(skipped))).as_py(),
        skipped=pc.count_distinct(read["record_id"].filter(skipped)).as_py(),
        consumption_root=consumption(opened.predicate).root,
        statement_digest=opened.statement_digest,
        loss_first=sum(losses[:tenth]) / tenth,
        loss_last=sum(losses[-tenth:]) / tenth,
        already=already,
    )


def _metrics(reports: Sequence[StepReport]) -> bytes:
    return b"".join(json.dumps(asdict(report)).encode() + b"\n" for report in reports)


def _copy_evidence(run: Run, admission: Admission, warehouse: Warehouse) -> dict[str, str]:
    """Keep what the run was admitted by beside the weights, so that the chain can be read from there."""
    documents = {
        f"snapshot/{MANIFEST_FILE}": run.snapshot.manifest.to_bytes(),
        f"snapshot/{STATEMENT_FILE}": warehouse.read(f"{run.snapshot.directory}/{STATEMENT_FILE}"),
        TICKET_FILE: admission.ticket.envelope,
        **{feed_path(read.feed.number): read.feed.envelope for read in admission.feeds},
    }
    return {path: _write(run, warehouse, path, data) for path, data in documents.items()}


def _sign_for_others(run: Run, files: dict[str, str], warehouse: Warehouse, vault: Vault) -> dict[str, str]:
    """Write the signature that the OpenSSF's tool verifies; returns what our own statement says of it."""
    signature = sign_model(run.id, files, vault)
    return {SIGNATURE_FILE: _write(run, warehouse, SIGNATURE_FILE, signature), ROOT: files_root(files)}


def _copy(run: Run, warehouse: Warehouse, source: Path) -> str:
    with source.open("rb") as stream, warehouse.staged(f"{run.directory}/{source.name}") as sink:
        shutil.copyfileobj(stream, sink)
    return file_digest(source)


def _write(run: Run, warehouse: Warehouse, path: str, data: bytes) -> str:
    warehouse.write(f"{run.directory}/{path}", data)
    return sha256_hex(data)
