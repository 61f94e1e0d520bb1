"""Supervised fine-tuning on a snapshot: one script, read from top to bottom.

``python -m training_jobs.sft --help``, or ``lineweight train``. Needs no database, no Dagster and no Beam.

1. Open the snapshot: signed by a trusted key, for this purpose, leased, released for this, or nothing happens.
2. Open the base model and write the plan down: which record stands in which step.
3. Train. At each epoch all of 1 is asked again, and who took their records back since is skipped. Each step's
   tensors are held against the plan and entered in the consumption ledger.
4. Publish: weights, consumption, copies of what the run was admitted by; the signed statement last.

The same snapshot, recipe, base, code and revocations give bit-identical weights on a CPU.
"""

import contextlib
import dataclasses
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import torch
from torch.nn import functional

from lineage.keys.vault import Vault
from lineage.manifest import TRAIN, SnapshotManifest
from lineage.release import Asked
from lineage.snapshot import Snapshot, find_snapshot
from lineage.statement import TrustedKey
from lineage.warehouse import Warehouse
from policies.errors import LineweightError
from training_jobs.admission import Admission
from training_jobs.consumption import ConsumptionLedger
from training_jobs.dataset import IGNORED, Batch, TokenisedSnapshot, snapshot_texts, tokenise
from training_jobs.digest import code_digest
from training_jobs.model import open_base
from training_jobs.plan import TrainingPlan
from training_jobs.publish import already_published, commit, publish
from training_jobs.recipe import PURPOSE, Recipe
from training_jobs.run import Run, StepReport, TrainedModel
from training_jobs.weights import sampled

Progress = Callable[[StepReport], None]
Gate = Callable[[int], frozenset[str]]
"""Asked at the first step of each epoch: returns the ids of records that may not be read, or raises."""


class TrainingDivergedError(LineweightError):
    """The loss is no longer a number; nothing was published."""

    remedy = "Lower --learning-rate and train again."


def utc_now() -> datetime:
    """Return the present instant, UTC."""
    return datetime.now(UTC)


def train(
    recipe: Recipe,
    warehouse: Warehouse,
    vault: Vault,
    trusted: Sequence[TrustedKey],
    releasers: Sequence[TrustedKey],
    progress: Progress | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> TrainedModel:
    """Train a model on a snapshot and publish it with its signed statement.

    Args:
        recipe: What to train and how.
        warehouse: Holds the snapshot; receives the model.
        vault: Opens the tenants' shards and signs the statement.
        trusted: Keys, one of which must have signed the snapshot and its revocation feeds.
        releasers: Keys, one of which must have signed the snapshot's release ticket.
        progress: Called after each step.
        clock: Tells the time, UTC: lease and ticket are held against it, and the statement's start and finish
            are its.

    Returns:
        The model; of a run that stands already, what it was: nothing is trained twice.

    Raises:
        NotReleasedError: Nobody released the snapshot for this; nothing of it was opened.
        LineweightError: The snapshot is not signed by a trusted key, was changed, may not be trained on (any
            longer), or a tenant's key is missing; the tensors departed from the plan; the loss is not a number.
            Then no weights and no statement are visible.
    """
    started_at = clock()
    snapshot = Snapshot.open(warehouse, find_snapshot(warehouse, recipe.snapshot), trusted)
    recipe = dataclasses.replace(recipe, snapshot=snapshot.manifest.label)
    plan = plan_for(recipe, snapshot.manifest)
    admission = Admission(warehouse, snapshot, trusted, releasers, asked_for(recipe, plan), clock)
    revoked = admission.ask(0)

    with deterministic(recipe):
        base = open_base(recipe, snapshot_texts(snapshot, vault, revoked))
        run = Run(recipe, plan, snapshot, base, code_digest(), started_at, revoked, sampled(base.model))
        if (model := already_published(run, warehouse, vault)) is not None:
            return model

        dataset = tokenise(snapshot, vault, base.tokenizer, recipe.max_tokens, revoked)
        ledger = ConsumptionLedger(plan, dataset)
        commit(run, warehouse)

        reports = fit(run, dataset, ledger, admission.ask, progress)
        return publish(run, admission, ledger.table(), reports, warehouse, vault, clock())


def fit(
    run: Run, dataset: TokenisedSnapshot, ledger: ConsumptionLedger, gate: Gate, progress: Progress | None
) -> list[StepReport]:
    """Train the base's model in place, step by step as planned, and return what each step did.

    Raises:
        LineweightError: The gate says that training may not go on.
        NothingToTrainError: Every record has been revoked.
        PlanDepartureError: A step's tensors hold other records than planned.
        TrainingDivergedError: The loss or the gradient is no longer a number.
    """
    reports: list[StepReport] = []
    model = run.base.model.to(run.recipe.device).train()
    optimizer = make_optimizer(model, run.recipe)
    began = time.monotonic()
    for step in range(run.plan.steps):
        if run.plan.begins_epoch(step):
            dataset.revoke(gate(step))
        batch = dataset.batch(run.plan, step)
        ledger.append(batch)

        rate = learning_rate_at(step, run.plan.steps, run.recipe)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = summed_loss(model, batch, run.recipe.device)
        (loss / len(batch.slots)).backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), run.recipe.gradient_clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

        report = StepReport(
            step=step,
            steps=run.plan.steps,
            loss=loss.item() / max(1, batch.records),
            learning_rate=rate,
            gradient_norm=norm.item(),
            records=batch.records,
            tokens=batch.tokens,
            elapsed_s=time.monotonic() - began,
        )
        require_finite(report)
        reports.append(report)
        if progress is not None:
            progress(report)
    return reports


def asked_for(recipe: Recipe, plan: TrainingPlan) -> Asked:
    """Return what a recipe asks of a release ticket."""
    return Asked(PURPOSE, recipe.trained_by, recipe.document()["base"], plan.epochs)


def plan_for(recipe: Recipe, manifest: SnapshotManifest) -> TrainingPlan:
    """Return the order in which a recipe visits a snapshot's ``train`` split: whole epochs, or as many steps as said.

    Raises:
        EmptyPlanError: The snapshot has no record to train on.
    """
    records = manifest.rows_of(TRAIN)
    visits = recipe.epochs * records if recipe.steps is None else recipe.steps * recipe.batch_size
    return TrainingPlan(manifest.root, records, recipe.batch_size, visits, recipe.seed)


def make_optimizer(model: Any, recipe: Recipe) -> torch.optim.Optimizer:
    """Return AdamW; weight decay falls on matrices, not on norms and biases."""
    matrices = [parameter for parameter in model.parameters() if parameter.ndim >= 2]
    others = [parameter for parameter in model.parameters() if parameter.ndim < 2]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.95))


def learning_rate_at(step: int, steps: int, recipe: Recipe) -> float:
    """Return the learning rate of a step: linear warm-up, then a cosine down to a tenth of the peak."""
    if step < recipe.warmup_steps:
        return recipe.learning_rate * (step + 1) / recipe.warmup_steps
    past = (step - recipe.warmup_steps) / max(1, steps - recipe.warmup_steps)
    return recipe.learning_rate * (0.55 + 0.45 * math.cos(math.pi * past))


def summed_loss(model: Any, batch: Batch, device: str) -> torch.Tensor:
    """Return the sum over a batch's records of their mean loss a trained token, in nats.

    A record weighs the same whether its answer is long or short, and a skipped one weighs nothing. The step
    divides by the records *planned*, so a record's part in the gradient does not depend on who was skipped.
    """
    logits = model(
        input_ids=batch.input_ids.to(device), attention_mask=batch.attention_mask.to(device), use_cache=False
    ).logits
    labels = batch.labels[:, 1:].to(device)
    losses = functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="none"
    ).view(labels.shape)
    trained = (labels != IGNORED).sum(dim=1).clamp(min=1)
    return (losses.sum(dim=1) / trained).sum()


def require_finite(report: StepReport) -> None:
    """Refuse to go on once the loss or the gradient is not a number.

    Raises:
        TrainingDivergedError: It names the step.
    """
    if not (math.isfinite(report.loss) and math.isfinite(report.gradient_norm)):
        raise TrainingDivergedError(f"Step {report.step}: the loss or its gradient is not a finite number.")


@contextlib.contextmanager
def deterministic(recipe: Recipe) -> Iterator[None]:
    """Make torch repeat itself bit for bit while the block runs, and put its settings back after."""
    threads, before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS repeats itself only with this
    torch.set_num_threads(recipe.threads)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            yield
    finally:
        torch.use_deterministic_algorithms(before)
        torch.set_num_threads(threads)


if __name__ == "__main__":
    from training_jobs.cli import main

    main()
