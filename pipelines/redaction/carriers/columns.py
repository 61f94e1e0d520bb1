"""The texts of a batch of records: each distinct one once, where it stands, and the batch with some changed.

Equal texts are found by Arrow, and what became of a distinct text is carried back to all its places at once: a request
that resends its history costs what is new in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lineage.record import MESSAGE, TOOL_CALL

Numbers = npt.NDArray[np.int64]
_ABSENT = -1


@dataclass(slots=True)
class TextColumn:
    """All texts of one kind, such as the contents of messages: ``n`` places in order, ``d`` distinct texts.

    Attributes:
        name: What comes after the place of what the text belongs to, such as ``.content``.
        owners: The places the texts belong to: messages, tool calls or attributes, row by row.
        texts: The distinct texts; ``None`` where the bytes are no UTF-8.
        fields: The names of the fields of the distinct texts; ``""`` where there is none.
        codes: ``n`` numbers of distinct texts; -1 where there is no text.
    """

    name: str
    owners: "Owners"
    texts: list[str | None]
    fields: list[str]
    codes: Numbers

    def place(self, position: int) -> str:
        """Return the place of a text within its record, such as ``messages[1].content``."""
        return self.owners.place(position) + self.name


@dataclass(frozen=True, slots=True)
class Owners:
    """Messages, tool calls or attributes: ``n`` of them, of which text columns hold a text each.

    Attributes:
        name: What they are called in a place.
        parents: For each the number of what it is part of: a row of the batch, or a message.
        firsts: For each parent the number of its first.
        above: The owners that the parents are; ``None`` where they are rows.
    """

    name: str
    parents: Numbers
    firsts: Numbers
    above: "Owners | None" = None

    @property
    def rows(self) -> Numbers:
        """For each the row of the batch it belongs to."""
        return self.parents if self.above is None else self.above.rows[self.parents]

    def place(self, position: int) -> str:
        """Return the place of one within its record, such as ``messages[1].tool_calls[0]``."""
        parent = int(self.parents[position])
        own = f"{self.name}[{position - int(self.firsts[parent])}]"
        return own if self.above is None else f"{self.above.place(parent)}.{own}"


class RecordTexts:
    """The texts of ``n`` records.

    Args:
        batch: ``n`` rows of ``RECORD_SCHEMA``.
    """

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._messages = _compact(batch["messages"])
        self._attributes = _compact(batch["attributes"])
        self._parts = {name: self._messages.values.field(name) for name in MESSAGE.names}
        self._calls = _compact(self._parts["tool_calls"])
        messages = _owners("messages", self._messages)
        calls = _owners("tool_calls", self._calls, messages)
        attributes = _owners("attributes", self._attributes)
        self.columns = [
            *(_column(f".{name}", messages, self._parts[name]) for name in ("content", "reasoning", "tool_call_id")),
            *(_column(f".{name}", calls, self._calls.values.field(name)) for name in TOOL_CALL.names),
            _column(".key", attributes, self._attributes.keys),
            _named_column("", attributes, self._attributes.keys, self._attributes.items),
        ]

    def rebuilt(self, changed: Sequence[pa.Array | None]) -> tuple[pa.Array, pa.Array]:
        """Return the columns ``messages`` and ``attributes`` with changed texts.

        Args:
            changed: For each of :attr:`columns` all the texts it holds now; ``None`` where they are as before.
        """
        content, reasoning, call_id, *of_calls, key, value = changed
        calls = self._calls
        if any(new is not None for new in of_calls):
            inside = [_or(new, calls.values.field(place)) for place, new in enumerate(of_calls)]
            values = pa.StructArray.from_arrays(inside, fields=list(TOOL_CALL), mask=pc.is_null(calls.values))
            calls = pa.ListArray.from_arrays(calls.offsets, values, type=calls.type, mask=pc.is_null(calls))
        parts = self._parts | {"tool_calls": calls}
        for name, new in (("content", content), ("reasoning", reasoning), ("tool_call_id", call_id)):
            parts[name] = _or(new, parts[name])
        inside = [parts[name] for name in MESSAGE.names]
        values = pa.StructArray.from_arrays(inside, fields=list(MESSAGE), mask=pc.is_null(self._messages.values))
        messages = pa.ListArray.from_arrays(self._messages.offsets, values, type=self._messages.type)
        keys, items = _or(key, self._attributes.keys), _or(value, self._attributes.items)
        attributes = pa.MapArray.from_arrays(self._attributes.offsets, keys, items, type=self._attributes.type)
        return messages, attributes


def _or(new: pa.Array | None, old: pa.Array) -> pa.Array:
    return old if new is None else new


def _compact(lists: pa.Array) -> pa.Array:
    """Return lists whose values begin with those of the first list and end with those of the last."""
    ends = lists.offsets
    if lists.offset == 0 and ends[0].as_py() == 0 and ends[-1].as_py() == len(lists.values):
        return lists
    return lists.take(pa.array(np.arange(len(lists))))


def _owners(name: str, lists: pa.Array, above: Owners | None = None) -> Owners:
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return Owners(name, np.repeat(np.arange(len(lists)), np.diff(offsets)), offsets[:-1], above)


def _column(name: str, owners: Owners, values: pa.Array) -> TextColumn:
    codes, texts = _distinct(values)
    return TextColumn(name, owners, texts, [""] * len(texts), codes)


def _named_column(name: str, owners: Owners, names: pa.Array, values: pa.Array) -> TextColumn:
    """Return texts that differ in what they say or in the field they are the value of."""
    name_codes, fields = _distinct(names)
    codes, texts = _distinct(values)
    pairs = np.where(codes == _ABSENT, _ABSENT, codes * max(1, len(fields)) + name_codes)
    distinct, places = np.unique(pairs, return_inverse=True)
    absent = int(distinct.size > 0 and distinct[0] == _ABSENT)
    of_text, of_name = np.divmod(distinct[absent:], max(1, len(fields)))
    return TextColumn(
        name, owners, [texts[k] for k in of_text], [fields[k] or "" for k in of_name], places.astype(np.int64) - absent
    )


def _distinct(values: pa.Array) -> tuple[Numbers, list[str | None]]:
    """Return for each value the number of its text, -1 where there is none, and the distinct texts."""
    encoded = values.dictionary_encode()
    codes = encoded.indices.fill_null(_ABSENT).to_numpy(zero_copy_only=False).astype(np.int64)
    try:
        return codes, encoded.dictionary.to_pylist()
    except UnicodeDecodeError:
        return codes, [_decoded(one) for one in encoded.dictionary.cast(pa.binary()).to_pylist()]


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
