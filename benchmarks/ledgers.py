"""Ledgers and key columns of any size, drawn from a seed: the same sizes give the same rows."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.facts import Known
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import ConsentEvent

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = 360
BEGAN = AS_OF - timedelta(days=DAYS)
STATES = ("given", "given", "given", "renewed", "withdrawn", "refused", "requested")
LICENCE = "LicenseRef-Proprietary"
CATEGORIES = ("user.content",)


def _person(number: int, agreements: int) -> tuple[str, str]:
    return f"tenant-{number % (agreements // 2)}", f"ds_{number:032x}"


def ledgers(consents: int, agreements: int) -> Known:
    """Return three consents of every person, and two agreements of every tenant, in no order of time."""
    chance, purpose = random.Random(7), ("train_ai_system.finetune",)
    said_consents = []
    for number in range(consents):
        tenant, person = _person(number // 3, agreements)
        said: dict[str, Any] = {
            "tenant": tenant,
            "data_subject_id": person,
            "state": chance.choice(STATES),
            "purposes": purpose,
        }
        said |= {"age_band": "adult", "jurisdiction": "de", "retroactive": chance.random() < 0.2}
        at = BEGAN + timedelta(seconds=chance.randrange(DAYS * 86_400))
        said_consents.append(ConsentEvent(event_id=f"c{number}", effective_at=at, recorded_at=at, **said))
    agreed = []
    for number in range(agreements):
        at = BEGAN + timedelta(days=chance.randrange(DAYS))
        scope, (tenant, _) = chance.choice(list(TenantScope)), _person(number, agreements)
        said = {"tenant": tenant, "scope": scope, "purposes": ("train_ai_system",)}
        agreed.append(AgreementEvent(event_id=f"a{number}", effective_at=at, recorded_at=at, **said))
    return Known(said_consents, agreed, {"web": CATEGORIES})


def keys_of(records: int, consents: int, agreements: int) -> pa.Table:
    """Return the key columns of records at random instants, of random people."""
    chance, rows = np.random.default_rng(7), records
    people = [_person(number, agreements) for number in range(consents // 3)]
    who = pa.array(chance.integers(0, len(people), rows))
    at = np.datetime64(BEGAN.replace(tzinfo=None), "us") + chance.integers(0, DAYS * 86_400, rows) * 1_000_000
    fixed = {"source": "web", "jurisdiction": "de", "age_band": "adult", "source_licence": LICENCE}
    return pa.table(
        {
            "record_id": pa.array([f"r{number:032x}" for number in range(rows)]),
            "tenant": pa.array([tenant for tenant, _ in people]).take(who),
            "data_subject_id": pa.array([person for _, person in people]).take(who),
            "participants": pa.array([[]] * rows, pa.list_(pa.string())),
            "occurred_at": pa.array(at).cast(pa.timestamp("us", "UTC")),
            **{name: pa.repeat(pa.scalar(value), rows) for name, value in fixed.items()},
        }
    )
