"""What training really read: written down from the tensors of each step, and held against the plan."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lineage.consumption import CONSUMPTION_SCHEMA
from policies.errors import LineweightError
from training_jobs.chat import Encoded, SkipReason
from training_jobs.dataset import Batch, Sample, Slot, TokenisedSnapshot
from training_jobs.plan import TrainingPlan


class PlanDepartureError(LineweightError):
    """A step's tensors hold other records than the plan says; the run ends here."""

    remedy = "Nothing was published. Report this: the loader and the plan must never disagree."


class ConsumptionLedger:
    """The rows of a run's consumption, in order of reading.

    Args:
        plan: What should be read.
        dataset: The samples that places of the plan name.
    """

    def __init__(self, plan: TrainingPlan, dataset: TokenisedSnapshot) -> None:
        self._plan = plan
        self._dataset = dataset
        self._columns: dict[str, list[Any]] = {name: [] for name in CONSUMPTION_SCHEMA.names}

    def append(self, batch: Batch) -> None:
        """Write down what stands in a step's tensors.

        Raises:
            PlanDepartureError: It is not what the plan says of this step.
        """
        planned = [self._dataset.samples[place] for place in self._plan.records_of(batch.step)]
        if len(planned) != len(batch.slots) or len(planned) != len(batch.input_ids):
            raise PlanDepartureError(f"Step {batch.step}: {len(planned)} records planned, {len(batch.slots)} read.")
        for sample, slot, ids in zip(planned, batch.slots, batch.input_ids.numpy(), strict=True):
            if not _holds(ids, sample, slot):
                raise PlanDepartureError(f"Step {batch.step}: {sample.record_id} is planned, another was read.")
        for slot in batch.slots:
            for name, value in _row(batch.step, slot).items():
                self._columns[name].append(value)

    def table(self) -> pa.Table:
        """Return the rows as a table of ``CONSUMPTION_SCHEMA``."""
        return pa.table(self._columns, schema=CONSUMPTION_SCHEMA)


def _holds(ids: NDArray[np.int64], sample: Sample, slot: Slot) -> bool:
    """Return whether one row of a tensor, and what is said of it, is the sample that was planned."""
    if slot.sample.record_id != sample.record_id:
        return False
    expected = sample.content.ids if isinstance(sample.content, Encoded) else np.array([], dtype=np.int32)
    return slot.tokens == len(expected) and np.array_equal(ids[: slot.tokens], expected)


def _row(step: int, slot: Slot) -> dict[str, Any]:
    sample = slot.sample
    return {
        "epoch": slot.epoch,
        "optimizer_step": step,
        "micro_step": 0,
        "shard": sample.shard,
        "row": sample.row,
        "record_id": sample.record_id,
        "leaf": sample.leaf,
        "n_tokens": slot.tokens,
        "skipped_reason": sample.content.value if isinstance(sample.content, SkipReason) else None,
    }
