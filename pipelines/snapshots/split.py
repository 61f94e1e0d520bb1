"""Split: which part of a snapshot a record lies in, a function of who spoke or of its conversation alone.

The place of a person or a conversation is a number in [0, 1): the first 64 bits of
``SHA-256("lineweight.split/v1" ‖ 0x00 ‖ seed ‖ 0x00 ‖ tenant ‖ 0x00 ‖ id)``. The parts, in order of their names,
share the line between them. Nothing else is looked at, so no record that is added or taken away moves another,
and nobody can lie in two parts.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

import numpy as np
import pyarrow as pa

from lineage.manifest import TRAIN
from lineage.snapshot_request import Split

DOMAIN = b"lineweight.split/v1"
PERSON = "person"
_WHOLE = 1 << 64

Merged = Mapping[tuple[str, str], str]


def parts_of(keys: pa.Table, split: Split | None, seed: int, merged: Merged) -> pa.Array:
    """Return the part of every record.

    Args:
        keys: ``n`` rows with at least tenant, data_subject_id and conversation_id.
        split: How to deal; ``None`` puts all into ``train``.
        seed: Another seed deals otherwise.
        merged: Of ids that are one person, the id that stands for all: by tenant and id. Others stand for
            themselves.

    Returns:
        ``n`` names of parts, dictionary-encoded.
    """
    if split is None:
        return pa.repeat(pa.scalar(TRAIN), keys.num_rows).dictionary_encode()
    names = sorted(split.parts)
    bounds = _bounds([split.parts[name] for name in names])
    column = "data_subject_id" if split.by == PERSON else "conversation_id"
    chosen = pa.table({"tenant": keys["tenant"], "id": keys[column], "row": np.arange(keys.num_rows)})
    dealt = chosen.group_by(["tenant", "id"], use_threads=False).aggregate([("row", "list")])
    code = np.zeros(keys.num_rows, np.int32)
    lists = dealt["row_list"].combine_chunks()
    places = [
        bisect_right(bounds, place(seed, tenant, merged.get((tenant, one), one) if split.by == PERSON else one))
        for tenant, one in zip(dealt["tenant"].to_pylist(), dealt["id"].to_pylist(), strict=True)
    ]
    code[lists.flatten().to_numpy()] = np.repeat(np.array(places, np.int32), lists.value_lengths().to_numpy())
    return pa.DictionaryArray.from_arrays(pa.array(code), pa.array(names))


def place(seed: int, tenant: str, one: str) -> int:
    """Return where a person or a conversation stands on the line of 2^64 places."""
    said = b"\x00".join((DOMAIN, str(seed).encode(), tenant.encode(), one.encode()))
    return int.from_bytes(hashlib.sha256(said).digest()[:8], "big")


def _bounds(shares: list[float]) -> list[int]:
    """Return where each part but the last ends; the last has what is left, whatever the fractions rounded to."""
    return [round(share * _WHOLE) for share in accumulate(shares[:-1])]
