"""The asset of models: weights trained on a published snapshot, with the statement that says so."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import dagster as dg

from pipelines.deployment import Deployment
from pipelines.journey import Advance
from pipelines.training import train_on

Watch = Callable[[str], AbstractContextManager[Advance]]


class TrainingConfig(dg.Config):
    """What may be set when the asset is materialised; the defaults train the tiny model on a CPU."""

    base: str = "tiny"
    steps: int | None = None
    epochs: int = 1
    batch_size: int = 8
    learning_rate: float = 3e-3
    max_tokens: int = 256
    seed: int = 0
    threads: int = 1


def model_asset(deployment: Deployment, requests: dg.PartitionsDefinition, watch: Watch) -> dg.AssetsDefinition:
    """The asset of trained weights, one partition a snapshot request."""

    @dg.asset(
        key="model", deps=["snapshot"], partitions_def=requests, group_name="journey", kinds={"torch", "safetensors"}
    )
    def model(context: dg.AssetExecutionContext, config: TrainingConfig) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads the bare name
        """Weights that carry where they came from."""
        name = context.partition_key
        with watch(f"training on {name}") as advance:
            trained = train_on(deployment, name, config.model_dump(), advance)
        return dg.MaterializeResult(
            metadata={
                "directory": trained.directory,
                "steps": trained.steps,
                "loss at first": trained.loss_first,
                "loss at last": trained.loss_last,
                "consumption root": trained.consumption_root,
                "statement": trained.statement_digest,
            }
        )

    return model
