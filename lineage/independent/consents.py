"""Consent events, and openings of commitments: what was brought besides, line by line."""

import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from .canonical import document_of, parsed, sha256
from .files import Files, lines_of
from .report import Refused, require
from .shapes import ascending, closed, digest, holding, instant, listed, matching, nullable, one_of, said, slug, truth

STATES: tuple[str, ...] = (
    "unknown",
    "requested",
    "deferred",
    "refused",
    "given",
    "renewed",
    "withdrawn",
    "revoked",
    "expired",
    "invalidated",
    "terminated",
)
JURISDICTION = matching(r"unknown|[a-z]{2}(-[a-z0-9]{1,3})?", "a jurisdiction")
AGE_BAND = one_of("under-13", "13-15", "16-17", "adult", "unknown")
AGREES = ("given", "renewed")


@dataclass(frozen=True, slots=True)
class Event:
    """What a leaf's ground asks of a consent event."""

    tenant: str
    data_subject_id: str
    state: str
    legal_basis: str
    purposes: tuple[str, ...]
    derivatives: bool
    effective_at: str
    expires_at: str | None
    recorded_at: str


EVENT_ID = matching(r"[^@]{1,200}", "an id of an event")


def is_noted(value: Any) -> bool:
    """Whether a value is a text that the ledger takes: printable, without an address, 500 characters at most."""
    return isinstance(value, str) and len(value) <= 500 and value.isprintable() and "@" not in value


NOTED = holding(is_noted, "a short text")
ASKED_FOR = [f"train_ai_system{below}" for below in ("", ".finetune", ".preference", ".evaluation", ".synthetic")]
CONSENT = closed(
    **dict.fromkeys(("language", "method", "notice_id", "notice_version", "evidence"), NOTED),
    **dict.fromkeys(("effective_at", "recorded_at"), instant),
    **dict.fromkeys(("derivatives", "retroactive"), truth),
    event_id=EVENT_ID,
    tenant=slug,
    data_subject_id=said,
    state=one_of(*STATES),
    legal_basis=one_of("consent", "contract", "legitimate-interest"),
    purposes=listed(one_of(*ASKED_FOR), 1),
    data_categories=listed(said),
    jurisdiction=JURISDICTION,
    age_band=AGE_BAND,
    expressed_by=one_of("data-subject", "guardian", "other"),
    expires_at=nullable(instant),
    supersedes=nullable(EVENT_ID),
)


def event_of(line: bytes) -> Event:
    """Return a consent event from its canonical bytes."""
    told = parsed(line, "an event")
    CONSENT(told, "an event")
    require(canonical_event(told) == line, "an event is not in canonical form")
    require(ascending(told["purposes"]) and ascending(told["data_categories"]), "an event's lists are not in order")
    ends = told["expires_at"]
    require(ends is None or ends > told["effective_at"], "an event ends before it begins")
    purposes = tuple(told["purposes"])
    kept = {name: told[name] for name in Event.__slots__ if name != "purposes"}
    return Event(purposes=purposes, **kept)


def canonical_event(told: dict[str, Any]) -> bytes:
    """Return the canonical bytes of an event, fast: its keys are ASCII, and it holds no numbers."""
    try:
        return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise Refused("an event is no text") from error


@dataclass
class Events:
    """The consent events at hand: by receipt, and of those that refuse, by tenant and person."""

    by_receipt: dict[bytes, Event] = field(default_factory=dict)
    refusals: dict[tuple[str, str], list[Event]] = field(default_factory=dict)

    def hear(self, line: bytes) -> None:
        """Take an event."""
        event = event_of(line)
        self.by_receipt[sha256(line)] = event
        if event.state not in AGREES:
            self.refusals.setdefault((event.tenant, event.data_subject_id), []).append(event)


def events_of(files: Files) -> Events | None:
    """Return the consent events at hand, or null where none were brought."""
    if not files.has("consents.jsonl"):
        return None
    events = Events()
    for line in lines_of(files, "consents.jsonl"):
        events.hear(line)
    return events


OPENING = closed(tenant=said, data_subject_id=said, salt=digest)


def openings_of(files: Files) -> list[dict[str, str]]:
    """Return the openings that were brought: whose a commitment is."""
    if not files.has("openings.jsonl"):
        return []
    openings = []
    for line in lines_of(files, "openings.jsonl"):
        opening = document_of(line, "an opening")
        OPENING(opening, "an opening")
        openings.append(opening)
    return openings


def commitment_of(opening: dict[str, str]) -> bytes:
    """Return the commitment that a salt makes of a person of a tenant."""
    message = f"{opening['tenant']}\x00{opening['data_subject_id']}".encode()
    return hmac.digest(bytes.fromhex(opening["salt"]), message, "sha256")
