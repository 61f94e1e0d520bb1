"""The three logs, each as one tenant: where it is, how it is declared, and what its tenant agreed to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
"""Every decision is made for this instant, on both clocks."""

SHARED = "first-run"
"""The snapshot of the shared pool; a tenant that does not share has one of its own, of its own name."""

_TRANSCRIPT = """\
source: {source}
format: claude_code
files: ../logs/{source}/*.jsonl.gz
tenant: {tenant}
controller: The publisher of the log
licence: MIT
person: {{column: user_id}}
conversation: {{column: session_id}}
occurred_at: {{column: event.timestamp}}
data_categories: [user.content]
"""

# The log has no clock but the seconds of each session: they are counted from an instant that was assumed.
_CHAT = """\
source: {source}
format: openai_chat
files: ../logs/{source}/*.jsonl.gz
tenant: {tenant}
controller: The publisher of the log
licence: CC0-1.0
person: {{column: programmer_id}}
conversation: {{columns: [programmer_id, task_name, model]}}
occurred_at: {{column: timestamp, unit: s, starting: 2024-06-01T00:00:00Z}}
data_categories: [user.content]
messages: {{column: request}}
answer: {{column: response}}
model: {{column: model}}
outcome: {{label: {{column: copy_events, present: good}}, signal: copied}}
attributes: {{task: {{column: task_name}}}}
"""


@dataclass(frozen=True)
class Slice:
    """Which sessions of a log are taken: those whose earliest time is in ``[since, until)``, whole."""

    since: str
    until: str

    def holds(self, first: str) -> bool:
        """Return whether a session is taken; ``first`` is its earliest time, RFC 3339 in UTC."""
        return self.since <= first < self.until


@dataclass(frozen=True)
class Tenant:
    """One log as one tenant.

    Attributes:
        slug: The tenant, and the name of its source.
        log: Its file, under the directory of logs.
        declaration: The source's declaration.
        person: The column of the person.
        scope: What the tenant agreed to.
        asked_at: When its people were asked, UTC: before the first line.
        always: People who gave consent whatever the hash of their id says.
        slice: Which sessions are taken; all where it is ``None``.
        rewrite: Turns a line of a log whose format is nobody's into one that is declared; ``None`` leaves it.
    """

    slug: str
    log: Path
    declaration: str
    person: str
    scope: str
    asked_at: datetime
    always: bool = False
    slice: Slice | None = None
    rewrite: Callable[[bytes], bytes] | None = None

    def declared(self) -> str:
        """Return the declaration's YAML."""
        return self.declaration.format(source=self.slug, tenant=self.slug)


TENANTS = (
    Tenant(
        slug="realhumaneval",
        log=Path("realhumaneval/chat.jsonl.gz"),
        declaration=_CHAT,
        person="programmer_id",
        scope="shared",
        asked_at=datetime(2024, 5, 20, 9, tzinfo=UTC),
    ),
    Tenant(
        slug="cipher-box",
        log=Path("entire_cipher_box/events.jsonl.gz"),
        declaration=_TRANSCRIPT,
        person="user_id",
        scope="shared",
        asked_at=datetime(2026, 1, 2, 9, tzinfo=UTC),
        always=True,
    ),
    Tenant(
        slug="entire-cli",
        log=Path("entire_cli/events.jsonl.gz"),
        declaration=_TRANSCRIPT,
        person="user_id",
        scope="tenant-only",
        asked_at=datetime(2026, 1, 2, 9, tzinfo=UTC),
        slice=Slice("2026-02-09", "2026-02-13"),
    ),
)
REQUESTS = {SHARED: "shared", **{tenant.slug: tenant.slug for tenant in TENANTS if tenant.scope == "tenant-only"}}
"""Pools by the snapshot's name."""
