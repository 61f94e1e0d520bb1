"""Training as a stage of the journey: train on a deployment's snapshot and enter the model in its ledger."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lineage.canonical import sha256_hex
from lineage.ledger.entries import Artifact
from lineage.models import model_directories, open_model
from lineage.tlog.log import enter_statements
from pipelines.deployment import Deployment
from pipelines.journey import Advance
from training_jobs.recipe import Recipe
from training_jobs.run import StepReport, TrainedModel
from training_jobs.sft import train


def train_on(deployment: Deployment, snapshot: str, options: Mapping[str, Any], advance: Advance) -> TrainedModel:
    """Train a model named after a snapshot on its newest version.

    Args:
        deployment: Where the snapshot is and the model goes.
        snapshot: The snapshot's name, with or without a version.
        options: Fields of the recipe.
        advance: Told the steps done and their number.

    Raises:
        NotReleasedError: Nobody released the snapshot for this; `lineage.releasing.approve_release` does.
        LineweightError: As `training_jobs.sft.train`.
    """

    def progress(report: StepReport) -> None:
        advance(report.step + 1, report.steps)

    name = snapshot.partition("@")[0].replace("_", "-")
    recipe = Recipe(**{"snapshot": snapshot, "name": name, **options})
    home = deployment.home
    trained = train(recipe, home.warehouse, deployment.vault, home.trusted(), home.releasers(), progress)
    enter_models(deployment)
    return trained


def enter_models(deployment: Deployment) -> None:
    """Enter every model of the warehouse that verifies and that the ledger does not have yet.

    Models are made where there is no ledger (a training machine); ledger and log catch up with the files.
    """
    warehouse, ledger = deployment.warehouse, deployment.ledger
    known = {artifact.directory for artifact in ledger.artifacts("model")}
    for directory in model_directories(warehouse):
        if directory in known:
            continue
        model = open_model(warehouse, directory, deployment.home.trusted())
        _, name, run = directory.split("/")
        weights = warehouse.read(f"{directory}/model.safetensors")
        ledger.add_artifact(
            Artifact(
                kind="model",
                name=name,
                version=run,
                directory=directory,
                digest=sha256_hex(weights),
                statement_digest=model.opened.statement_digest,
                recorded_at=datetime.now(UTC),
            )
        )
    enter_statements(deployment.home, datetime.now(UTC))
