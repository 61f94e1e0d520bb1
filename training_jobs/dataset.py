"""A snapshot as tokens, and the batch of a step as tensors that know which records they hold.

Shards are opened one at a time; their text is dropped once it is tokenized. The token ids (4 bytes a token)
stay in memory: on disk they would be the text of tenants in the clear.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lineage.keys.vault import Vault
from lineage.manifest import TRAIN
from lineage.snapshot import Snapshot
from policies.errors import LineweightError
from training_jobs.chat import Encoded, Rendered, SkipReason, encode, render, texts_of
from training_jobs.plan import TrainingPlan

if TYPE_CHECKING:
    import torch

IGNORED = -100
_CHUNK = 256
_COLUMNS = ("record_id", "messages")


class ShardMismatchError(LineweightError):
    """A shard and its leaves do not name the same records in the same order."""

    remedy = "Run `lineweight verify` on the snapshot; publish it again if it is broken."


class NothingToTrainError(LineweightError):
    """Every record of the snapshot is skipped."""

    remedy = "Choose records in which an assistant answers and that nobody took back, or raise --max-tokens."


@dataclass(frozen=True, slots=True)
class Sample:
    """One record, ready to stand in a tensor.

    Args:
        shard: Index of its shard in the manifest.
        row: Its row in the shard.
        record_id: Its id.
        leaf: Its leaf in the snapshot's tree, 32 bytes.
        content: Its tokens, or why it is skipped.
    """

    shard: int
    row: int
    record_id: str
    leaf: bytes
    content: Encoded | SkipReason


@dataclass(frozen=True, slots=True)
class Slot:
    """What stood in one row of a step's tensors."""

    epoch: int
    sample: Sample
    tokens: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A step's tensors, ``[b, s]``: ``b`` planned records, ``s`` tokens of the longest.

    A skipped record keeps its row, with one padding token and no loss, so the plan keeps its shape.
    """

    step: int
    input_ids: "torch.Tensor"
    attention_mask: "torch.Tensor"
    labels: "torch.Tensor"
    slots: tuple[Slot, ...]

    @property
    def tokens(self) -> int:
        """Tokens of records in the tensors, padding not counted."""
        return sum(slot.tokens for slot in self.slots)

    @property
    def records(self) -> int:
        """Records in the tensors that were not skipped."""
        return sum(isinstance(slot.sample.content, Encoded) for slot in self.slots)


class TokenisedSnapshot:
    """Every record of a snapshot's ``train`` split in the order of its manifest, tokenized.

    Args:
        samples: The records, in order.
        padding: Id of the padding token.

    Raises:
        NothingToTrainError: No record has anything to train on.
    """

    def __init__(self, samples: list[Sample], padding: int) -> None:
        self.samples = _trainable(samples)
        self._padding = padding

    def __len__(self) -> int:
        return len(self.samples)

    def revoke(self, record_ids: Collection[str]) -> None:
        """Skip records from now on and for good: they keep their slots, and their tokens are dropped.

        Raises:
            NothingToTrainError: No other record has anything to train on.
        """
        if not record_ids:
            return
        self.samples = _trainable(
            [
                replace(sample, content=SkipReason.REVOKED) if sample.record_id in record_ids else sample
                for sample in self.samples
            ]
        )

    def batch(self, plan: TrainingPlan, step: int) -> Batch:
        """Return the tensors of a step and, slot by slot, what was put into them."""
        import torch

        slots = [
            _slot(int(epoch), self.samples[place])
            for epoch, place in zip(plan.epochs_of(step), plan.records_of(step), strict=True)
        ]
        shape = (len(slots), max(1, *(slot.tokens for slot in slots)))
        ids = np.full(shape, self._padding, dtype=np.int64)
        attended = np.zeros(shape, dtype=np.int64)
        labels = np.full(shape, IGNORED, dtype=np.int64)
        attended[:, 0] = 1
        for line, slot in enumerate(slots):
            content = slot.sample.content
            if isinstance(content, Encoded):
                ids[line, : slot.tokens] = content.ids
                attended[line, : slot.tokens] = 1
                labels[line, : slot.tokens] = np.where(content.trained, content.ids, IGNORED)
        return Batch(step, torch.from_numpy(ids), torch.from_numpy(attended), torch.from_numpy(labels), tuple(slots))


def tokenise(
    snapshot: Snapshot, vault: Vault, tokenizer: Any, max_tokens: int, revoked: Collection[str] = ()
) -> TokenisedSnapshot:
    """Read the ``train`` split of a verified snapshot shard by shard and tokenize it.

    Args:
        snapshot: Opened, so its signature was verified.
        vault: Opens the shards.
        tokenizer: Of the base.
        max_tokens: A record's tokens beyond this number are cut off.
        revoked: Ids of records that are skipped; their text is not looked at.

    Raises:
        ShardMismatchError: A shard and its leaves disagree.
        NothingToTrainError: Every record was skipped.
    """
    samples: list[Sample] = []
    for shard in _train_shards(snapshot):
        table, leaves = _rows(snapshot, shard, vault), snapshot.leaves(shard)
        if not table.column("record_id").equals(leaves.column("record_id")):
            raise ShardMismatchError(f"{snapshot.manifest.shards[shard].path}: its rows are not those of its leaves.")
        contents = _contents(tokenizer, table, max_tokens, revoked)
        rows = zip(table.column("record_id").to_pylist(), leaves.column("leaf").to_pylist(), contents, strict=True)
        samples += [Sample(shard, row, record, leaf, content) for row, (record, leaf, content) in enumerate(rows)]
    return TokenisedSnapshot(samples, int(tokenizer.pad_token_id))


def snapshot_texts(snapshot: Snapshot, vault: Vault, revoked: Collection[str] = ()) -> Iterator[str]:
    """Yield every text of a snapshot's ``train`` split, shard by shard, without those of revoked records."""
    for shard in _train_shards(snapshot):
        for batch in _rows(snapshot, shard, vault).to_batches(max_chunksize=_CHUNK):
            for record_id, messages in zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True):
                if record_id not in revoked:
                    yield from texts_of(messages)


def _train_shards(snapshot: Snapshot) -> list[int]:
    """Return which shards may be trained on: what is held out for validation is never opened."""
    return [index for index, shard in enumerate(snapshot.manifest.shards) if shard.split == TRAIN]


def _rows(snapshot: Snapshot, shard: int, vault: Vault) -> pa.Table:
    return snapshot.shard(shard, vault, columns=_COLUMNS)


def _contents(
    tokenizer: Any, table: pa.Table, max_tokens: int, revoked: Collection[str]
) -> Iterator[Encoded | SkipReason]:
    """Yield what each row is to training, in order; text is held for ``_CHUNK`` rows at a time."""
    for batch in table.to_batches(max_chunksize=_CHUNK):
        rendered = [
            SkipReason.REVOKED if record_id in revoked else render(tokenizer, messages)
            for record_id, messages in zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True)
        ]
        encoded = iter(encode(tokenizer, [text for text in rendered if isinstance(text, Rendered)], max_tokens))
        for text in rendered:
            yield next(encoded) if isinstance(text, Rendered) else text


def _trainable(samples: list[Sample]) -> list[Sample]:
    if not any(isinstance(sample.content, Encoded) for sample in samples):
        raise NothingToTrainError(f"None of the {len(samples)} records has a token to train on.")
    return samples


def _slot(epoch: int, sample: Sample) -> Slot:
    return Slot(epoch, sample, len(sample.content.ids) if isinstance(sample.content, Encoded) else 0)
