"""The record: one interaction, and the one Arrow schema it travels in.

A record is what a person asked and everything that followed until they spoke again; a conversation is
its records in order of ``position``. ``docs/records.md`` explains every column to a reader.
"""

import hashlib

import pyarrow as pa

TOOL_CALL = pa.struct(
    [
        pa.field("id", pa.string()),
        pa.field("name", pa.string()),
        pa.field("arguments", pa.string()),
    ]
)

MESSAGE = pa.struct(
    [
        pa.field("role", pa.string(), nullable=False),
        pa.field("content", pa.string()),
        pa.field("reasoning", pa.string()),
        pa.field("tool_calls", pa.list_(TOOL_CALL)),
        pa.field("tool_call_id", pa.string()),
    ]
)

OUTCOME = pa.struct(
    [
        pa.field("label", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("signal", pa.string()),
        pa.field("observed_at", pa.timestamp("us", "UTC")),
    ]
)


def _column(name: str, kind: pa.DataType, about: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"about": about})


RECORD_SCHEMA = pa.schema(
    [
        _column("record_id", pa.string(), "Deterministic id: 'r' and 32 hex digits of a SHA-256 over source, "
                "tenant, conversation and position. The same interaction has the same id wherever it is read."),
        _column("source", pa.string(), "Name of the declared source instance the record came from."),
        _column("batch", pa.string(), "SHA-256 of the file's bytes as delivered, in hexadecimal."),
        _column("line", pa.int64(), "Line of the file on which the interaction begins, counted from 1."),
        _column("tenant", pa.string(), "The customer whose content this is. A file, a key and a leaf belong to one."),
        _column("data_subject_id", pa.string(), "The person who spoke: a keyed pseudonym of the product's own id, "
                "different in every tenant. Null when the log does not say, and then denied.", nullable=True),
        _column("participants", pa.list_(pa.string()), "Further people in the conversation, as data_subject_id. "
                "All must permit."),
        _column("conversation_id", pa.string(), "The conversation: 'c' and 32 hex digits of a SHA-256 over source, "
                "tenant and the log's own id."),
        _column("position", pa.int32(), "Place of the interaction in its conversation, counted from 0."),
        _column("occurred_at", pa.timestamp("us", "UTC"), "When the person spoke, UTC."),
        _column("messages", pa.list_(MESSAGE), "The interaction: role (system, user, assistant, tool), content, "
                "reasoning, tool_calls (id, name, arguments as text) and tool_call_id of a tool's answer."),
        _column("model", pa.string(), "The model that answered, as logged.", nullable=True),
        _column("outcome", OUTCOME, "What became of the answer: label (good, bad, mixed), score in [-1, 1], the signal "
                "it was read from, and observed_at, UTC.", nullable=True),
        _column("jurisdiction", pa.string(), "Where the person is: ISO 3166 code in lower case (de, us-ca) "
                "or 'unknown'."),
        _column("age_band", pa.string(), "under-13, 13-15, 16-17, adult or unknown."),
        _column("source_licence", pa.string(), "SPDX expression of the source's licence, or 'unknown'."),
        _column("attributes", pa.map_(pa.string(), pa.string()), "What else the log says, as text: branch, tool "
                "version, build id. Redacted like any other text."),
    ]
)  # fmt: skip

TEXT_COLUMNS = ("messages", "attributes")
KEY_COLUMNS = tuple(name for name in RECORD_SCHEMA.names if name not in TEXT_COLUMNS)


def conversation_id(source: str, tenant: str, conversation: str) -> str:
    """Return the id of a conversation: ``c`` and 32 hex digits, a function of its arguments alone."""
    return "c" + _digest("conversation", source, tenant, conversation)


def record_id(source: str, tenant: str, conversation: str, position: int) -> str:
    """Return the id of an interaction: ``r`` and 32 hex digits, a function of its arguments alone."""
    return "r" + _digest("record", source, tenant, conversation, str(position))


def _digest(*parts: str) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()[:32]
