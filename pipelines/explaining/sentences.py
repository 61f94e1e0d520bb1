"""What is known of one record, and what was decided about it, in sentences that a compliance officer reads aloud."""

from collections.abc import Iterator, Mapping
from typing import Any

from lineage.commands.wording import moment
from policies.explain import phrase

Document = Mapping[str, Any]


def told(document: Document) -> list[str]:
    """Return the sentences of an explained record, in the order in which they are read."""
    if document["record"] is None:
        return [_left_out(place) for place in document["governed"]] + [
            "Nothing else is left of it here: what it was decided by cannot be looked up again."
        ]
    return [
        _made(document["record"]),
        _agreed(document["agreement"], document["record"]["tenant"]),
        *(sentence for entry in document["policies"] for sentence in _of_policy(entry)),
        *_where(document),
        *(sentence for entry in document["snapshots"] for sentence in _of_snapshot(entry)),
    ]


def _made(record: Document) -> str:
    who = record["data_subject_id"] or "somebody the log does not name"
    also = [one for one in record["known_as"] if one != record["data_subject_id"]]
    return (
        f"{who}{f', who is also {_and(also)},' if also else ''} of {record['tenant']} made this record on "
        f"{moment(record['occurred_at'])}, as {record['source']} says."
    )


def _agreed(agreement: Document | None, tenant: str) -> str:
    if agreement is None:
        return f"No agreement with {tenant} is in force."
    purposes = _and(agreement["purposes"]) or "no purpose"
    return (
        f"The agreement with {tenant} in force is {agreement['event_id']}: {agreement['scope']}, for {purposes}, "
        f"effective {moment(agreement['effective_at'])}, recorded {moment(agreement['recorded_at'])}."
    )


def _of_policy(entry: Document) -> Iterator[str]:
    name = f"{entry['policy_id']} version {entry['version']}"
    yield f"Under {name}, for {entry['purpose']}, it is now {_verdict(entry)}."
    if entry["because"]:
        yield f"The rule says: {entry['because']}"
    shared = entry["in_shared_pool"]
    if (shared["effect"], shared["reason"]) != (entry["effect"], entry["reason"]):
        yield f"In a pool shared with other tenants it is {_verdict(shared)}."
    if entry["not_in_order"]:
        wrong = [phrase(fact, [entry["facts"][fact]]) for fact in entry["not_in_order"]]
        yield f"What is not in order: {'; '.join(wrong)}."
    yield f"When the record was made, consent was {_consent(entry['consent']['at_collection'])}"
    yield f"Now, consent is {_consent(entry['consent']['at_use'])}"
    if (others := entry["participants"])["people"]:
        yield _others(others)
    yield from _to_permit(entry, name)


def _to_permit(entry: Document, name: str) -> Iterator[str]:
    if entry["effect"] == "permit":
        return
    for way in entry["to_permit"]:
        changes = [phrase(fact, values) for fact, values in way.items()]
        yield f"{name} would permit it if this held instead: {'; '.join(changes)}."
    if not entry["to_permit"]:
        yield f"Too much stands against it for {name} to permit it by changing a few facts."


def _consent(period: Document) -> str:
    event = period["event"]
    if event is None:
        return "unknown: nothing was said."
    expired = f" since {moment(period['since'])}" if period["status"] == "expired" else ""
    return (
        f"{period['status']}{expired}: {event['event_id']} says {event['state']} ({event['legal_basis']}), "
        f"effective {moment(event['effective_at'])}, recorded {moment(event['recorded_at'])}."
    )


def _others(others: Document) -> str:
    permit = others["permit"]
    reasons = [f"{count} do not ({reason})" for reason, count in others["denied_by_reason"].items()]
    return f"Of the others who take part ({others['people']}), {_and([f'{permit} permit', *reasons])}."


def _where(document: Document) -> Iterator[str]:
    for place in document["landed"]:
        yield f"It was read from {place['file']}, line {place['line']}, landed {moment(place['landed_at'])}."
    yield from map(_left_out, document["governed"])
    if not document["governed"]:
        yield "It was not governed yet, or what was governed of it is gone."
    if not document["snapshots"]:
        yield "No snapshot holds it."
    for model in document["models"]:
        yield f"{model['model']}, run {model['run']}, read it from {model['snapshot']}."


def _left_out(place: Document) -> str:
    part = f"{place['source']}, part {place['part'].rsplit('/', 1)[-1]} of {place['batch'][:12]}…"
    if place["effect"] == "permit":
        return f"When it was governed ({part}), some policy permitted it; it was redacted and kept."
    did = "denied, and only its id was kept" if place["effect"] == "deny" else "stopped by redaction"
    return f"When it was governed ({part}), it was {did}: {place['reason']}."


def _of_snapshot(entry: Document) -> Iterator[str]:
    policy, event = entry["policy"], entry["consent"]
    ground = f", on {event['event_id']} ({event['state']})" if event else ""
    yield (
        f"{entry['snapshot']} holds it: decided for {moment(entry['decided_for'])} as known at "
        f"{moment(entry['known_at'])} by {policy['policy_id']} version {policy['version']}, {_verdict(entry)}{ground}."
    )
    if entry["receipt"] and not event:
        yield f"The consent event it was decided by, {entry['receipt'][:12]}…, is not in this ledger."
    changes = [f"{name} was {_word(was)}, is {_word(now)}" for name, (was, now) in entry["changed"].items()]
    if changes:
        yield f"Since then: {'; '.join(changes)}."


def _verdict(entry: Document) -> str:
    effect = {"permit": "permitted", "deny": "denied"}.get(entry["effect"], "of an unknown decision")
    if entry["rule"]:
        return f"{effect} by the rule {entry['rule']}"
    return f"{effect} ({entry['reason']})"


def _word(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
