"""A snapshot as tokens, and the batch of a step as tensors that know which records they hold.

Shards are opened one at a time; their text is dropped once it is tokenized. The token ids (4 bytes a token)
stay in memory: on disk they would be the text of tenants in the clear.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lineage.snapshot import Snapshot
from lineage.vault import Vault
from policies.errors import LineweightError
from training_jobs.chat import Encoded, Rendered, SkipReason, encode, render, texts_of
from training_jobs.plan import TrainingPlan

if TYPE_CHECKING:
    import torch

IGNORED = -100
_CHUNK = 256


class ShardMismatchError(LineweightError):
    """A shard and its leaves do not name the same records in the same order."""

    remedy = "Run `lineweight verify` on the snapshot; publish it again if it is broken."


class NothingToTrainError(LineweightError):
    """Every record of the snapshot was skipped."""

    remedy = "Choose records in which an assistant answers, or raise --max-tokens."


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
    """Every record of a snapshot in the order of its manifest, tokenized.

    Args:
        samples: The records, in order.
        padding: Id of the padding token.

    Raises:
        NothingToTrainError: No record has anything to train on.
    """

    def __init__(self, samples: list[Sample], padding: int) -> None:
        if not any(isinstance(sample.content, Encoded) for sample in samples):
            raise NothingToTrainError(f"None of the {len(samples)} records has a token to train on.")
        self.samples = samples
        self._padding = padding

    def __len__(self) -> int:
        return len(self.samples)

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


def tokenise(snapshot: Snapshot, vault: Vault, tokenizer: Any, max_tokens: int) -> TokenisedSnapshot:
    """Read a verified snapshot shard by shard and tokenize it.

    Raises:
        ShardMismatchError: A shard and its leaves disagree.
        NothingToTrainError: Every record was skipped.
    """
    samples: list[Sample] = []
    for shard in range(len(snapshot.manifest.shards)):
        samples.extend(_shard_samples(snapshot, shard, vault, tokenizer, max_tokens))
    return TokenisedSnapshot(samples, int(tokenizer.pad_token_id))


def snapshot_texts(snapshot: Snapshot, vault: Vault) -> Iterator[str]:
    """Yield every text of a snapshot's messages, shard by shard."""
    for shard in range(len(snapshot.manifest.shards)):
        for batch in snapshot.shard(shard, vault, columns=["messages"]).to_batches(max_chunksize=_CHUNK):
            for messages in batch.column("messages").to_pylist():
                yield from texts_of(messages)


def _shard_samples(snapshot: Snapshot, shard: int, vault: Vault, tokenizer: Any, max_tokens: int) -> Iterator[Sample]:
    table = snapshot.shard(shard, vault, columns=["record_id", "messages"])
    leaves = snapshot.leaves(shard)
    if not table.column("record_id").equals(leaves.column("record_id")):
        raise ShardMismatchError(f"{snapshot.manifest.shards[shard].path}: its rows are not those of its leaves.")
    leaf_bytes = leaves.column("leaf").to_pylist()
    row = 0
    for batch in table.to_batches(max_chunksize=_CHUNK):
        contents = _contents(tokenizer, batch.column("messages").to_pylist(), max_tokens)
        for record_id, content in zip(batch.column("record_id").to_pylist(), contents, strict=True):
            yield Sample(shard, row, record_id, leaf_bytes[row], content)
            row += 1


def _contents(tokenizer: Any, conversations: list[Any], max_tokens: int) -> Iterator[Encoded | SkipReason]:
    rendered = [render(tokenizer, messages) for messages in conversations]
    encoded = iter(encode(tokenizer, [text for text in rendered if isinstance(text, Rendered)], max_tokens))
    for text in rendered:
        yield next(encoded) if isinstance(text, Rendered) else text


def _slot(epoch: int, sample: Sample) -> Slot:
    return Slot(epoch, sample, len(sample.content.ids) if isinstance(sample.content, Encoded) else 0)
