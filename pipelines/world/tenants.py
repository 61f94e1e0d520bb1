"""The customers of Bloom, and what they agreed to."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.world.dates import written


@dataclass(frozen=True)
class Tenant:
    """A customer of Bloom.

    Attributes:
        slug: The name by which Lineweight knows it.
        weight: Its share of the people.
        countries: The countries its people are in, with weights; ``unknown`` where the product cannot tell.
        has_agents: Whether its people also work with the coding agent.
    """

    slug: str
    weight: float
    countries: dict[str, float]
    has_agents: bool = False


EUROPE = {"de": 5, "fr": 3, "gb": 2, "unknown": 0.6}
AMERICA = {"us-ca": 4, "us-ny": 3, "ca": 2, "br": 1, "unknown": 0.6}
WORLD = {"de": 3, "fr": 2, "us-ca": 2, "us-ny": 2, "ca": 1, "br": 1, "in": 2, "gb": 1, "unknown": 0.8}

TENANTS = (
    Tenant("brightleaf", 24, WORLD, has_agents=True),
    Tenant("copperline", 20, AMERICA, has_agents=True),
    Tenant("goldfinch", 14, EUROPE, has_agents=True),
    Tenant("alder-clinic", 14, EUROPE),
    Tenant("dockside-foods", 12, {"de": 4, "gb": 3, "fr": 1}),
    Tenant("elmgate-legal", 8, {"gb": 4, "us-ny": 2}, has_agents=True),
    Tenant("fernhill", 8, {"in": 3, "gb": 2, "unknown": 1}),
)
SHARED_TENANT = "brightleaf"
TENANT_ONLY = "alder-clinic"
ANSWERS_BY_POST = "dockside-foods"
"""Its consent desk keeps a spreadsheet: its people's events come as CSV."""


def agreements() -> list[dict[str, Any]]:
    """Return every agreement event; ``fernhill`` never signed one."""
    everything = ("train_ai_system",)
    return [
        _agreement("brightleaf", 1, "shared", everything, 730, (2025, 10, 1), (2025, 10, 2)),
        _agreement("copperline", 1, "shared", everything, 540, (2025, 9, 15), (2025, 9, 15)),
        _agreement("goldfinch", 1, "tenant-only", everything, 730, (2025, 10, 1), (2025, 10, 1)),
        # Signed in April, on our desk only in May.
        _agreement("goldfinch", 2, "shared", everything, 730, (2026, 4, 1), (2026, 5, 12)),
        _agreement(
            "alder-clinic", 1, "tenant-only", ("train_ai_system.finetune",), 180, (2025, 10, 20), (2025, 10, 21)
        ),
        _agreement(
            "dockside-foods",
            1,
            "tenant-only",
            ("train_ai_system.evaluation", "train_ai_system.finetune"),
            365,
            (2025, 11, 1),
            (2025, 11, 3),
        ),
        _agreement("elmgate-legal", 1, "none", everything, 30, (2025, 10, 1), (2025, 10, 1)),
    ]


def _agreement(
    tenant: str,
    number: int,
    scope: str,
    purposes: tuple[str, ...],
    retention_days: int,
    effective_on: tuple[int, int, int],
    recorded_on: tuple[int, int, int],
) -> dict[str, Any]:
    return {
        "event_id": f"agr-{tenant}-{number}",
        "tenant": tenant,
        "scope": scope,
        "purposes": list(purposes),
        "retention_days": retention_days,
        "regions": ["eu"] if tenant in ("alder-clinic", "dockside-foods") else [],
        "effective_at": written(datetime(*effective_on, tzinfo=UTC)),
        "recorded_at": written(datetime(*recorded_on, 10, 30, tzinfo=UTC)),
    }
