"""How a snapshot stands: requested, built, approved, refused, lapsed; and what was revoked of it since."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from lineage.canonical import rfc3339
from lineage.manifest import SnapshotManifest
from lineage.place import Place
from lineage.release import DEPLOYMENT, NotReleasedError, Ticket, decisions
from lineage.revocation import Feed, latest_feed, lease_of
from lineage.snapshot_request import SnapshotRequest

Report = dict[str, Any]


class State(StrEnum):
    """Where a request or a version is on its way; told to people and machines, so members are never renamed."""

    REQUESTED = "requested"
    BUILT = "built"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"
    UNKNOWN = "unknown"


def standing_of(place: Place, manifest: SnapshotManifest, now: datetime) -> Report:
    """Return how a version stands at an instant, as JSON values: its release, its lease, what was revoked.

    A file that does not verify makes the state ``unknown``, with the reason as ``fault``.

    Args:
        place: Where it is.
        manifest: The version's.
        now: UTC.

    Raises:
        LineweightError: The newest revocation feed does not verify.
    """
    feed = latest_feed(place.warehouse, manifest, place.trusted())
    lease = lease_of(manifest, feed)
    told: Report = {"lease_expires_at": rfc3339(lease), "lease_lapsed": now >= lease, "revoked": _revoked(feed)}
    try:
        found, passed_over = decisions(place.warehouse, manifest, place.releasers())
    except NotReleasedError as error:
        return {"state": State.UNKNOWN, "fault": str(error), "release": None} | told
    heard = [ticket for ticket in found if ticket.terms.decided_at <= now]
    latest = heard[-1] if heard else None
    release = None if latest is None else _release(latest, now)
    state = _state(latest, lapsed=told["lease_lapsed"] or (release or {}).get("lapsed", False))
    return {"state": state, "fault": "; ".join(passed_over), "release": release} | told


def sentence(standing: Mapping[str, Any]) -> str:
    """Return how a version stands, in words."""
    state, release = standing["state"], standing["release"]
    if state == State.UNKNOWN:
        return f"unknown: {standing['fault']}"
    if release is None:
        return "built, and released by nobody" if state == State.BUILT else "lapsed: its lease has run out"
    who = "the deployment's own key: nobody else looked" if release["alone"] else release["approver"]
    if state == State.REFUSED:
        return f"refused by {who}: {release['because']}"
    until = release["expires_at"][:10]
    if state == State.LAPSED:
        what = "release" if release["lapsed"] else "lease"
        return f"lapsed: approved by {who} until {until}; its {what} has run out"
    return f"approved by {who} until {until}"


def asks_the_same(filed: SnapshotRequest, built: SnapshotRequest) -> bool:
    """Return whether a version was built from what is filed; a policy or purpose left out was found for it."""
    found = {name: getattr(built, name) for name in ("policy", "purpose") if getattr(filed, name) is None}
    return filed.model_copy(update=found) == built


def _state(latest: Ticket | None, *, lapsed: bool) -> State:
    if latest is not None and latest.refused:
        return State.REFUSED
    if lapsed:
        return State.LAPSED
    return State.BUILT if latest is None else State.APPROVED


def _release(ticket: Ticket, now: datetime) -> Report:
    terms = ticket.terms
    document = terms.document() | {"digest": ticket.digest, "alone": terms.approver == DEPLOYMENT}
    return document | {"lapsed": terms.expires_at is not None and now >= terms.expires_at}


def _revoked(feed: Feed | None) -> Report | None:
    if feed is None:
        return None
    by_reason = {reason: len(records) for reason, records in sorted(feed.said.revoked.items())}
    return {"feed": feed.number, "as_of": rfc3339(feed.as_of.recorded_at), "records": len(feed.revoked)} | {
        "by_reason": by_reason
    }
