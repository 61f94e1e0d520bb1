"""The fields of one line, read without guessing: what cannot be read is a fault, and the field is dropped."""

import re
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from lineage.canonical import sha256_hex
from lineage.keys.vault import Vault
from lineage.ledger.lines import SURROGATE, Line, RejectReason, Shape
from lineage.ledger.recording import event_bytes
from policies.agreement import AgreementEvent
from policies.consent import VALID, ConsentEvent
from policies.consent_event import EVERYONE
from policies.instants import read_instant
from policies.person_link import PersonLink

Event = TypeVar("Event", ConsentEvent, AgreementEvent, PersonLink)

TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
PERSON = "data_subject_id"
SAME_AS = "same_as"
TIMES = ("effective_at", "expires_at", "recorded_at")
UNKNOWN_WORD = {"state": RejectReason.UNKNOWN_STATE, "scope": RejectReason.UNKNOWN_SCOPE}


def check_fields(line: Line, shape: Shape) -> None:
    """Drop the fields no event has, and those whose text must not be stored.

    The ledger can never be rewritten, so a text in which an e-mail address may stand is not let in. The
    product's own id of the person may be one: it is replaced by the pseudonym before it is stored.
    """
    if _is_clean(line, shape):
        return
    for name, value in list(line.fields.items()):
        texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
        if name not in shape.names:
            line.fault(RejectReason.UNKNOWN_FIELD)  # its name is not shown: in a broken file it may be a value
        elif name in (PERSON, SAME_AS):
            continue
        elif not all(text.isprintable() for text in texts):
            line.fault(RejectReason.UNPRINTABLE_TEXT, name)
        elif any("@" in text for text in texts):
            line.fault(RejectReason.PERSONAL_DATA, name)
        else:
            continue
        del line.fields[name]


def _is_clean(line: Line, shape: Shape) -> bool:
    """Return whether nothing is to be dropped, in one look at all the texts together."""
    told = [value for name, value in line.fields.items() if name not in (PERSON, SAME_AS)]
    texts = [text for value in told for text in (value if isinstance(value, list) else (value,))]
    joined = "".join(text for text in texts if isinstance(text, str))
    return line.fields.keys() <= shape.names and joined.isprintable() and "@" not in joined


def read_tenant(line: Line) -> str | None:
    """Return the tenant, if it can be made out; a name in capitals or with spaces round it is a fault."""
    written = line.fields.get("tenant")
    if written is None:
        line.fault(RejectReason.MISSING_FIELD, "tenant")
        return None
    tenant = written.strip().lower() if isinstance(written, str) else ""
    if tenant != written or not TENANT.fullmatch(tenant):
        line.fault(RejectReason.TENANT_UNREADABLE, "tenant")
    return tenant if TENANT.fullmatch(tenant) else None


def read_person(line: Line, tenant: str, vault: Vault, name: str = PERSON) -> str | None:
    """Return the person's pseudonym, if the line says who it is; an id with spaces round it is a fault.

    ``everyone`` names all people of the tenant, and stays as it is; written otherwise (``Everyone``) it is a
    fault, and heard all the same.
    """
    written = line.fields.get(name)
    if written is None:
        line.fault(RejectReason.MISSING_FIELD, name)
        return None
    known = isinstance(written, str | int) and not isinstance(written, bool)
    text = str(written) if known else ""
    product_id = text.strip()
    if not product_id or SURROGATE.search(product_id):
        line.fault(RejectReason.PERSON_UNREADABLE, name)
        return None
    everyone = product_id.casefold() == EVERYONE
    if text != (EVERYONE if everyone else product_id):
        line.fault(RejectReason.PERSON_UNREADABLE, name)
    return EVERYONE if everyone else vault.data_subject_id(tenant, product_id)


def read_times(line: Line, now: datetime) -> None:
    """Put instants in the place of the times written; a line without ``recorded_at`` was recorded now."""
    for name in TIMES:
        written = line.fields.pop(name, None)
        if written is None:
            continue
        at = _instant(written)
        if isinstance(at, RejectReason):
            line.fault(at, name)
        elif name == "recorded_at" and at > now:
            line.fault(RejectReason.RECORDED_IN_THE_FUTURE, name)
        else:
            line.fields[name] = at
    line.fields.setdefault("recorded_at", now)


def read_event(line: Line, model: type[Event]) -> Event | None:
    """Return the event the line says, if there is nothing wrong with it.

    An event without an id gets one made from its content, so that it is the same when delivered again.
    """
    faulty = {fault.field for fault in line.faults}
    try:
        event = model.model_validate({"event_id": "-", **line.fields})
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            name = str(found["loc"][0]) if found["loc"] else _of_the_whole(line)
            if name not in faulty:
                everyone = name == PERSON and _grants_for_everyone(line)
                line.fault(RejectReason.GRANT_FOR_EVERYONE if everyone else _reason(name, found["type"]), name)
                faulty.add(name)
        return None
    if line.faults:
        return None
    return event if "event_id" in line.fields else event.model_copy(update={"event_id": content_id(event)})


def _of_the_whole(line: Line) -> str:
    """Return the field to name where fields are at odds with one another."""
    if SAME_AS in line.fields:
        return SAME_AS
    return PERSON if _grants_for_everyone(line) else "expires_at"


def _grants_for_everyone(line: Line) -> bool:
    return line.fields.get(PERSON) == EVERYONE and line.fields.get("state") in VALID


def _instant(written: object) -> datetime | RejectReason:
    if not isinstance(written, str):
        return RejectReason.TIME_UNREADABLE
    try:
        if datetime.fromisoformat(written).utcoffset() is None:
            return RejectReason.TIME_WITHOUT_ZONE
        return read_instant(written)
    except ValueError:
        return RejectReason.TIME_UNREADABLE


def _reason(name: str, kind: str) -> RejectReason:
    if kind == "missing" or (name, kind) == ("purposes", "too_short"):
        return RejectReason.MISSING_FIELD
    if name == "purposes" and kind == "value_error":
        return RejectReason.UNKNOWN_PURPOSE
    return UNKNOWN_WORD.get(name, RejectReason.INVALID_FIELD)


def content_id(event: ConsentEvent | AgreementEvent | PersonLink) -> str:
    """Return an id made from what an event says, whenever it was recorded."""
    document: dict[str, Any] = event.document()
    content = {name: value for name, value in document.items() if name not in ("event_id", "recorded_at")}
    return "content-" + sha256_hex(event_bytes(content))[:32]
