"""The recipe: everything a person chooses about a training run, in one frozen value saved beside the weights."""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.errors import UsageError

TINY = "tiny"
PURPOSE = "train_ai_system.finetune"
DEVICES = ("cpu", "cuda")
_MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_AT_LEAST_ONE = ("epochs", "batch_size", "threads", "vocabulary_size")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to train, on what, and how. Two runs of one recipe on one snapshot give the same weights.

    Args:
        snapshot: ``name@vK`` of the snapshot; ``name`` alone means its newest version.
        name: Name of the model, a slug; its run gets a directory of its own under it.
        base: ``tiny`` for a fresh model of about a million parameters, the path of a directory in the
            Hugging Face layout, or a name on the Hugging Face hub.
        steps: Optimizer steps; ``None`` means as many as ``epochs`` needs.
        epochs: Passes over the snapshot when ``steps`` is ``None``.
        batch_size: Records a step.
        learning_rate: The peak; reached after ``warmup_steps``, then a cosine down to a tenth of it.
        warmup_steps: Steps of linear warm-up.
        weight_decay: Of AdamW, on matrices only.
        gradient_clip: Largest norm of the gradient of a step.
        max_tokens: A record's tokens beyond this number are cut off.
        seed: Of the fresh weights and of the order of records.
        threads: CPU threads. Another number gives other weights, so it belongs to the recipe.
        device: ``cpu`` or ``cuda``.
        vocabulary_size: Tokens of the tokenizer learned for the ``tiny`` base; other bases bring their own.
        trained_by: The team that trains; a release ticket may be for some teams alone.

    Raises:
        UsageError: A value is out of range; the message names the field.
    """

    snapshot: str
    name: str
    base: str = TINY
    steps: int | None = None
    epochs: int = 1
    batch_size: int = 8
    learning_rate: float = 3e-3
    warmup_steps: int = 8
    weight_decay: float = 0.01
    gradient_clip: float = 1.0
    max_tokens: int = 256
    seed: int = 0
    threads: int = 2
    device: str = "cpu"
    vocabulary_size: int = 2048
    trained_by: str = ""

    def __post_init__(self) -> None:
        if not _MODEL_NAME.fullmatch(self.name):
            raise UsageError("name: a model's name is lower-case letters, digits and hyphens, 63 at most.")
        for field in _AT_LEAST_ONE:
            _require(field, getattr(self, field) >= 1, "must be at least 1")
        _require("steps", self.steps is None or self.steps >= 1, "must be at least 1")
        _require("learning_rate", 0 < self.learning_rate < 1, "must lie between 0 and 1")
        _require("gradient_clip", self.gradient_clip > 0, "must be greater than 0")
        _require("weight_decay", 0 <= self.weight_decay < 1, "must lie between 0 and 1")
        _require("warmup_steps", self.warmup_steps >= 0, "must not be negative")
        _require("seed", 0 <= self.seed < 2**53, "must lie between 0 and 2^53")
        _require("max_tokens", self.max_tokens >= 2, "must be at least 2")
        _require("trained_by", len(self.trained_by) <= 200, "must not be longer than 200 characters")
        _require("device", self.device in DEVICES, f"must be one of {', '.join(DEVICES)}")

    def document(self) -> dict[str, Any]:
        """Return the recipe as a JSON-ready document.

        Of a base directory only the last part of its path is told: a path can name a person, and what the
        base was is said by its digest in the training statement.
        """
        document = dataclasses.asdict(self)
        if Path(self.base).is_dir():
            document["base"] = f"directory:{Path(self.base).resolve().name}"
        return document


def _require(field: str, holds: bool, rule: str) -> None:
    if not holds:
        raise UsageError(f"{field}: {rule}.")
