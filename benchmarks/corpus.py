"""Texts and records to measure on: a real chat log where it is at hand, else that of the demo's world."""

import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage.record import RECORD_SCHEMA, conversation_id, record_id

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL_LOG = DATA / "logs" / "realhumaneval" / "chat.jsonl.gz"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

Conversation = list[str]


def log_name() -> str:
    """Return what the chat log is, for a title."""
    return "realhumaneval" if REAL_LOG.exists() else "the demo's world"


def requests() -> list[Conversation]:
    """Return each request of a chat log as the texts sent and the answer: the history is sent again every time."""
    if REAL_LOG.exists():
        return list(_requests(REAL_LOG))
    from pipelines.world import generate

    with tempfile.TemporaryDirectory() as directory:
        world = generate(Path(directory), seed=7, records=600)
        return [request for log in world.logs if "web" in log.parts for request in _requests(log)]


def _requests(log: Path) -> Iterator[Conversation]:
    with gzip.open(log, "rt", encoding="utf-8") as lines:
        for line in lines:
            try:
                row = json.loads(line)
                texts = [*(message["content"] for message in row["request"]), row["response"]]
            except (ValueError, KeyError, TypeError):  # the world has malformed lines on purpose
                continue
            yield [text for text in texts if isinstance(text, str) and text]


def records(conversations: Sequence[Conversation], tenant: str = "acme", people: int = 50) -> pa.Table:
    """Return one row of ``RECORD_SCHEMA`` for each conversation; ids and times are functions of its place."""
    rows = [record(place, texts, tenant, place % people) for place, texts in enumerate(conversations)]
    return pa.Table.from_pylist(rows, schema=RECORD_SCHEMA)


def distinct_turns() -> list[str]:
    """Return every text of the chat log once, in the order it first came."""
    return list(dict.fromkeys(text for texts in requests() for text in texts))


def size_mb(conversations: Sequence[Conversation]) -> float:
    """Return how many megabytes (10^6 bytes of UTF-8) of text conversations hold."""
    return sum(len(text.encode()) for texts in conversations for text in texts) / 1e6


def record(place: int, texts: Conversation, tenant: str, person: int) -> dict[str, Any]:
    """Return one row of ``RECORD_SCHEMA`` with these texts as its messages; id and time are functions of the place."""
    return {
        "record_id": record_id("web", tenant, f"chat {place}", 0),
        "source": "web",
        "batch": "ab" * 32,
        "line": place + 1,
        "tenant": tenant,
        "data_subject_id": f"ds_{person:032x}",
        "participants": [],
        "conversation_id": conversation_id("web", tenant, f"chat {place}"),
        "position": 0,
        "occurred_at": BEGAN + timedelta(seconds=place),
        "messages": [_message("assistant" if turn % 2 else "user", text) for turn, text in enumerate(texts)],
        "model": "builder-1",
        "outcome": {"label": "good", "score": 1.0, "signal": "build", "observed_at": BEGAN},
        "jurisdiction": "de",
        "age_band": "adult",
        "source_licence": "LicenseRef-Proprietary",
        "attributes": [("branch", "main")],
    }


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text, "reasoning": None, "tool_calls": None, "tool_call_id": None}
