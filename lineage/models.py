"""Trained models as their readers see them: signed, and with a ledger of what they read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage import training_statement as training
from lineage.canonical import sha256_hex
from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root, trained_on
from lineage.evidence_table import read_table
from lineage.statement import Opened, TrustedKey, open_envelope
from lineage.verifying.model import TRAINING_FILE
from lineage.warehouse import Warehouse
from policies.errors import LineweightError

MODELS = "models"


class NotVerifiedError(LineweightError):
    """Evidence does not verify, so nothing is traced through it."""

    remedy = "Run `lineweight verify` on it, and restore what it names from a copy."


@dataclass(frozen=True)
class Model:
    """A trained model whose statement a trusted key signed, and what it read."""

    name: str
    run: str
    directory: str
    opened: Opened
    consumed: pa.Table

    @property
    def snapshot(self) -> str:
        """The snapshot it was trained on: ``name@vN``."""
        return training.snapshot_label(self.opened.predicate)

    @property
    def snapshot_digest(self) -> str:
        """SHA-256 of that snapshot's manifest, in hexadecimal."""
        return training.dependency(self.opened.predicate, training.SNAPSHOT).sha256

    @cached_property
    def read(self) -> pa.Table:
        """The rows of ``CONSUMPTION_SCHEMA`` that stood in a step, those skipped left out."""
        return trained_on(self.consumed)

    def document(self) -> dict[str, Any]:
        """Return what names it, and when it was trained (RFC 3339, UTC)."""
        when = self.opened.predicate["runDetails"]["metadata"]
        return {
            "model": self.name,
            "run": self.run,
            "snapshot": self.snapshot,
            "started_at": when["startedOn"],
            "finished_at": when["finishedOn"],
        }

    def reading_of(self, record_ids: Iterable[str]) -> dict[str, Any] | None:
        """Return how often and in which optimizer steps (from 0) it read records; None if it read none."""
        wanted = pa.array(sorted(record_ids), pa.string())
        rows = self.read.filter(pc.is_in(self.read["record_id"], wanted))
        if not rows.num_rows:
            return None
        return {
            "records": pc.count_distinct(rows["record_id"]).as_py(),
            "readings": rows.num_rows,
            "tokens": pc.sum(rows["n_tokens"]).as_py(),
            "first_step": pc.min(rows["optimizer_step"]).as_py(),
            "last_step": pc.max(rows["optimizer_step"]).as_py(),
        }


def model_directories(warehouse: Warehouse) -> list[str]:
    """Return the directories of the models whose training was finished and signed, sorted."""
    runs = [f"{MODELS}/{name}/{run}" for name in warehouse.directories(MODELS)
            for run in warehouse.directories(f"{MODELS}/{name}")]  # fmt: skip
    return [directory for directory in runs if warehouse.exists(f"{directory}/{TRAINING_FILE}")]


def open_model(warehouse: Warehouse, directory: str, trusted: Sequence[TrustedKey]) -> Model:
    """Return a model's signed statement and its consumption ledger, compared with what was signed.

    Raises:
        NotVerifiedError: The consumption ledger is not the one signed.
        SignatureRefusedError: No trusted key signed the statement.
        LineweightError: A file is missing or cannot be read.
    """
    opened = open_envelope(warehouse.read(f"{directory}/{TRAINING_FILE}"), trusted)
    stated = training.consumption(opened.predicate)
    data = warehouse.read(f"{directory}/{stated.path}")
    consumed = read_table(data, CONSUMPTION_SCHEMA, stated.path)
    if sha256_hex(data) != stated.sha256 or consumption_root(consumed).hex() != stated.root:
        raise NotVerifiedError(f"{directory}/{stated.path}: is not the consumption ledger that was signed.")
    name, run = directory.split("/")[-2:]
    return Model(name, run, directory, opened, consumed)
