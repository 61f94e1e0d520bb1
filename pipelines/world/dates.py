"""When things happen in the world. All instants are UTC."""

from datetime import UTC, datetime

NOTICE_FROM = datetime(2025, 10, 15, tzinfo=UTC)
"""From here on people are asked for their consent."""

LOGS_FROM = datetime(2025, 11, 3, tzinfo=UTC)
AGENT_FROM = datetime(2026, 2, 2, tzinfo=UTC)
"""The coding agent came three months after the builder."""

LOGS_UNTIL = datetime(2026, 5, 30, tzinfo=UTC)
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
"""The instant the snapshots of the demo ask about, on both clocks."""

LATE_NEWS = datetime(2026, 6, 3, 9, 12, tzinfo=UTC)
"""When a withdrawal from before ``AS_OF`` reaches the ledger: too late for the snapshot."""


def written(at: datetime) -> str:
    """Return an instant as the product writes it: RFC 3339, UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
