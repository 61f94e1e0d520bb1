"""A run: what goes into it, what each step reports, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lineage.canonical import digest_of
from lineage.snapshot import Snapshot
from lineage.weights.tensors import Values
from training_jobs.model import Base
from training_jobs.plan import TrainingPlan
from training_jobs.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Run:
    """Everything known at its start that decides what weights come out, and when it began (UTC).

    Args:
        revoked: Ids of the records that were revoked when it began.
        before: Values of the base's tensors at the sampled places, by name, as they were before training.
    """

    recipe: Recipe
    plan: TrainingPlan
    snapshot: Snapshot
    base: Base
    code: str
    started_at: datetime
    revoked: frozenset[str] = frozenset()
    before: Mapping[str, Values] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits over plan, recipe, base, code and revocations: same inputs, same run."""
        inputs = {
            "plan": self.plan.digest,
            "recipe": self.recipe.document(),
            "base": self.base.digest,
            "code": self.code,
            "revoked": sorted(self.revoked),
        }
        return digest_of(inputs)[:12]

    @property
    def directory(self) -> str:
        """Where the run's files go in the warehouse."""
        return f"models/{self.recipe.name}/{self.id}"


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one optimizer step did.

    Args:
        step: Its number, from 0.
        steps: Steps in the run.
        loss: Mean over the records trained on of their mean loss a token, in nats.
        learning_rate: In force at this step.
        gradient_norm: Before clipping.
        records: Records in the tensors that were not skipped.
        tokens: Their tokens.
        elapsed_s: Seconds since the first step began.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    gradient_norm: float
    records: int
    tokens: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A finished run.

    Args:
        directory: Its place in the warehouse.
        run: Its id.
        steps: Optimizer steps.
        records: Records trained on, each counted once.
        skipped: Records of the plan that were not trained on, each counted once.
        consumption_root: Merkle root of the consumption ledger, hexadecimal.
        statement_digest: SHA-256 of the training statement, hexadecimal.
        loss_first: Mean loss of the first tenth of the steps.
        loss_last: Mean loss of the last tenth.
        already: The run stood there before and was not repeated.
    """

    directory: str
    run: str
    steps: int
    records: int
    skipped: int
    consumption_root: str
    statement_digest: str
    loss_first: float
    loss_last: float
    already: bool = False
