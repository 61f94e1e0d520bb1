"""A consent ledger laid over people of whom the log says nothing: a function of tenant and id, and of nothing else."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from benchmarks.first_run.tenants import AS_OF, Tenant

Row = dict[str, Any]

# Per cent of people, up to and not including; what follows is what they said.
STORIES = (
    (58, "given"),
    (64, "renewed"),
    (69, "given-retroactively"),
    (72, "given-afterwards"),
    (77, "expired"),
    (83, "withdrawn"),
    (89, "withdrawn-recorded-late"),
    (94, "refused"),
    (100, "silent"),
)
JURISDICTIONS = ((25, "de"), (40, "fr"), (55, "us-ca"), (70, "us-ny"), (80, "gb"), (88, "br"), (96, "in"))
AGES = ((93, "adult"), (96, "16-17"))
WITHDRAWN_AT = AS_OF - timedelta(days=9)
LATE_NEWS_AT = AS_OF + timedelta(days=4)


def story_of(tenant: Tenant, person: str) -> str:
    """Return which story is a person's."""
    return "given" if tenant.always else _of(STORIES, tenant, person, 0)


def consent_rows(tenant: Tenant, people: Iterable[str]) -> Iterator[Row]:
    """Yield the consent events of a tenant's people, as a consent desk would deliver them."""
    for person in people:
        about = {
            "tenant": tenant.slug,
            "data_subject_id": person,
            "purposes": ["train_ai_system"],
            "notice_id": "first-run",
            "notice_version": "1",
            "jurisdiction": "de" if tenant.always else _of(JURISDICTIONS, tenant, person, 4),
            "age_band": "adult" if tenant.always else _of(AGES, tenant, person, 8),
        }
        for number, said in enumerate(_told(story_of(tenant, person), tenant.asked_at)):
            yield about | {"event_id": f"{tenant.slug}-{_hash(tenant, person)[:12]}-{number}"} | said


def _told(story: str, asked_at: datetime) -> Iterator[Row]:
    """Yield what a person said, event by event; whoever was never asked said nothing."""
    if story == "silent":
        return
    if story == "refused":
        yield _event("refused", asked_at)
    elif story == "given-afterwards":
        yield _event("given", WITHDRAWN_AT)
    elif story == "given-retroactively":
        yield _event("given", WITHDRAWN_AT, retroactive=True)
    elif story == "expired":
        yield _event("given", asked_at, expires_at=_written(AS_OF - timedelta(days=2)))
    elif story == "renewed":
        yield _event("given", asked_at, expires_at=_written(AS_OF - timedelta(days=2)))
        yield _event("renewed", AS_OF - timedelta(days=20))
    else:
        yield _event("given", asked_at)
    if story == "withdrawn":
        yield _event("withdrawn", WITHDRAWN_AT)
    if story == "withdrawn-recorded-late":
        yield _event("withdrawn", WITHDRAWN_AT, recorded_at=_written(LATE_NEWS_AT))


def _event(state: str, at: datetime, **changes: Any) -> Row:
    return {"state": state, "effective_at": _written(at), "recorded_at": _written(at + timedelta(hours=1))} | changes


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _hash(tenant: Tenant, person: str) -> str:
    return hashlib.sha256(f"{tenant.slug}|{person}".encode()).hexdigest()


def _of(shares: Iterable[tuple[int, str]], tenant: Tenant, person: str, place: int) -> str:
    """Return the word whose share of a hundred the person's digest falls into, ``unknown`` beyond the last.

    Args:
        shares: Upper bounds in per cent, not included, in order, and the words.
        tenant: Of the person.
        person: The product's own id.
        place: Which byte of the digest decides, so that one choice tells nothing of another.
    """
    start = place * 2
    share = int(_hash(tenant, person)[start : start + 8], 16) % 100
    return next((word for bound, word in shares if share < bound), "unknown")
