"""The consumption ledger: its root, an order in which it can have been read, and every row in the snapshot."""

import hashlib
import struct
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .case import Case
from .files import Files
from .leaves import DIGEST_TYPE, LEAVES, batches_of
from .report import Refused, require
from .shapes import decimal, digest, holds, path
from .training import Model
from .trees import root_of

LEDGER = {
    "epoch": pa.int32(),
    "optimizer_step": pa.int64(),
    "micro_step": pa.int32(),
    "shard": pa.int32(),
    "row": pa.int64(),
    "record_id": pa.string(),
    "leaf": DIGEST_TYPE,
    "n_tokens": pa.int32(),
    "skipped_reason": pa.string(),
}


def verify_ledger(case: Case, model: Model) -> None:
    """Link ``consumption ledger``: its bytes, columns, rows and root."""
    with case.report.link("consumption ledger") as told:
        found = model.byproducts("consumption")
        require(len(found) == 1, "the training statement does not name one consumption ledger")
        holds(annotations=holds(path=path, root=digest, rows=decimal))(found[0], "consumption")
        stated, name = found[0]["annotations"], found[0]["annotations"]["path"]
        data = model.files.signed(name, found[0]["digest"]["sha256"])
        batches, leaves = [], []
        for batch in batches_of(data, LEDGER, "skipped_reason", int(stated["rows"]), name):
            leaves += readings_of(batch.to_pydict())
            batches.append(batch)
        require(root_of(leaves).hex() == stated["root"], "the ledger's rows do not give its root")
        model.ledger = pa.Table.from_batches(batches, pa.schema(LEDGER)).combine_chunks()
        told.append(f"{len(leaves)} rows")


def readings_of(columns: dict[str, list[Any]]) -> list[bytes]:
    """Return the leaf hashes of rows of a consumption ledger; refuse a number below 0."""
    new, pack = hashlib.sha256, struct.Struct(">cIQIIQ32sI").pack
    leaves = []
    try:
        for epoch, step, micro, shard, row, record_id, leaf, tokens, reason in zip(
            *(columns[name] for name in LEDGER), strict=True
        ):
            record = record_id.encode()
            entry = (
                pack(b"\x00", epoch, step, micro, shard, row, leaf, tokens) + len(record).to_bytes(4, "big") + record
            )
            if reason is None:
                entry += b"\x00"
            else:
                words = reason.encode()
                entry += b"\x01" + len(words).to_bytes(4, "big") + words
            leaves.append(new(entry).digest())
    except (struct.error, UnicodeEncodeError) as error:
        raise Refused("a row of the ledger holds a number below 0, or no text") from error
    return leaves


def require_order(ledger: Any, train: int) -> None:
    """Refuse an order in which nothing can have been read, of a snapshot with so many records to train on."""
    require(ledger.num_rows > 0, "nothing was read")
    for name in ("epoch", "optimizer_step"):
        column = ledger.column(name).combine_chunks()
        steps = pc.unique(pc.pairwise_diff(column)).to_pylist()
        require(column[0].as_py() == 0 and set(steps) <= {None, 0, 1}, f"{name} does not count up from 0")
    places = ledger.select(["epoch", "shard", "row"])
    distinct = places.group_by(places.column_names).aggregate([])
    require(distinct.num_rows == ledger.num_rows, "a record was read twice in one epoch")
    epochs = pc.value_counts(ledger.column("epoch"))
    read = dict(zip(epochs.field(0).to_pylist(), epochs.field(1).to_pylist(), strict=True))
    last = max(read)
    whole = all(rows == train for epoch, rows in read.items() if epoch != last) and read[last] <= train
    require(whole, "an epoch has other rows than the split train has records")


def require_read(ledger: Any, manifest: dict[str, Any], files: Files) -> None:
    """Refuse a ledger with a row that is not a record of the snapshot, as its leaves file has it."""
    shards = manifest["shards"]
    by_shard = ledger.select(["shard", "row", "record_id", "leaf"]).sort_by([("shard", "ascending")])
    counts = pc.value_counts(by_shard.column("shard"))
    start = 0
    for place, rows in zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True):
        require(place < len(shards), f"shard {place} does not exist")
        shard = shards[place]
        require(shard["split"] == "train", f"shard {place} is of a part that is not to be trained on")
        data = files.signed(shard["leaves_path"], shard["leaves_sha256"])
        leaves = pa.Table.from_batches(batches_of(data, LEAVES, "", shard["rows"], shard["leaves_path"]))
        read = by_shard.slice(start, rows)
        require(pc.max(read.column("row")).as_py() < shard["rows"], f"shard {place} has no such row")
        there = leaves.select(["record_id", "leaf"]).take(read.column("row"))
        for name in ("record_id", "leaf"):
            same = pc.all(pc.equal(there.column(name), read.column(name))).as_py()
            require(same, f"a {name} of the ledger is not the one in shard {place}")
        start += rows
