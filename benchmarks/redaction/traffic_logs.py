"""The logs of real traffic, each as one tenant all of whose people consent, so that everything is redacted."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.first_run.tenants import TENANTS, Tenant

ASKED_AT = datetime(2024, 5, 20, 9, tzinfo=UTC)
"""Before the first line of either log, UTC."""

BEGAN = "2025-10-01T00:00:00Z"
"""What stands for the time of a conversation that has none."""

_AGENTS = next(tenant for tenant in TENANTS if tenant.slug == "entire-cli")
_NOTES = """\
source: {source}
format: openai_chat
files: ../logs/{source}/*.jsonl.gz
tenant: {tenant}
controller: The publisher of the log
licence: Apache-2.0
person: {{column: user_id}}
conversation: {{column: conversation_id}}
occurred_at: {{column: at}}
data_categories: [user.content]
messages: {{column: messages}}
model: {{column: model}}
attributes: {{tool: {{column: tool}}}}
"""


def as_chat(line: bytes) -> bytes:
    """Return a conversation of the notes as a line of ``openai_chat``; answers of tools are missing, and empty here."""
    row = json.loads(line)
    told = [message for place, one in enumerate(row["messages"]) for message in _messages(place, one)]
    at = next((one["timestamp"] for one in row["messages"] if one.get("timestamp")), BEGAN)
    names = ("user_id", "conversation_id", "model", "tool")
    return json.dumps({name: row[name] for name in names} | {"at": at, "messages": told}).encode() + b"\n"


def _messages(place: int, said: dict[str, Any]) -> list[dict[str, Any]]:
    if said["type"] != "tool_use":
        return [{"role": said["type"], "content": said.get("text") or ""}]
    called = {"name": said.get("name") or "tool", "arguments": json.dumps(said.get("input"))}
    call = {"id": f"call-{place}", "type": "function", "function": called}
    answer = {"role": "tool", "tool_call_id": call["id"], "content": ""}
    return [{"role": "assistant", "content": "", "tool_calls": [call]}, answer]


TRAFFIC = (
    Tenant(
        slug="entire-cli",
        log=_AGENTS.log,
        declaration=_AGENTS.declaration,
        person=_AGENTS.person,
        scope="tenant-only",
        asked_at=ASKED_AT,
        always=True,
    ),
    Tenant(
        slug="gitai-notes",
        log=Path("gitai_notes/conversations.jsonl.gz"),
        declaration=_NOTES,
        person="user_id",
        scope="tenant-only",
        asked_at=ASKED_AT,
        always=True,
        rewrite=as_chat,
    ),
)
