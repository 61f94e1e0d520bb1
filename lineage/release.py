"""Release: which of the decisions on a snapshot stands, and that there is one.

``releases/<name>/v<k>/<decided_at>-<digest>.dsse.json``, one file a decision, signed by an officer who may
approve releases; where a deployment has no officers, by its own key. Nothing is ever taken back from the
files: the latest decision stands, and at one instant a refusal does. Training without a ticket is refused.
"""

from collections.abc import Sequence
from datetime import datetime

from lineage.canonical import rfc3339
from lineage.dsse import Refusal, SignatureRefusedError, TrustedKey
from lineage.manifest import SnapshotManifest
from lineage.predicate import PredicateError
from lineage.ticket import (
    ANY,
    DEPLOYMENT,
    RELEASE_PREDICATE,
    Asked,
    NotReleasedError,
    OtherSnapshotError,
    Terms,
    Ticket,
    Verdict,
    open_ticket,
    releases_directory,
    require_permitted,
    sign_ticket,
)
from lineage.warehouse import Warehouse

__all__ = [
    "ANY",
    "DEPLOYMENT",
    "RELEASE_PREDICATE",
    "Asked",
    "NotReleasedError",
    "Terms",
    "Ticket",
    "Verdict",
    "decisions",
    "open_ticket",
    "release_standing",
    "releases_directory",
    "require_permitted",
    "sign_ticket",
]


def decisions(
    warehouse: Warehouse, manifest: SnapshotManifest, holders: Sequence[TrustedKey]
) -> tuple[list[Ticket], list[str]]:
    """Return the decisions on a snapshot by those who may, the one that stands last, and what was passed over.

    Passed over is what others signed, or what is about another snapshot; each as a sentence's end.

    Raises:
        NotReleasedError: Nobody may release, or a file is damaged: it may have been a refusal.
    """
    if not holders:
        remedy = "Give an officer the duty approve-releases in lineweight.yaml."
        raise NotReleasedError(f"{manifest.label}: there is nobody who may release it.", remedy=remedy)
    found, passed_over = [], []
    for path in warehouse.files(releases_directory(manifest)):
        try:
            found.append(open_ticket(warehouse.read(path), manifest, holders))
        except OtherSnapshotError:
            passed_over.append("a ticket there is about another snapshot")
        except (SignatureRefusedError, PredicateError) as error:
            if not (isinstance(error, SignatureRefusedError) and error.reason is Refusal.UNKNOWN_KEY):
                raise NotReleasedError(f"{path}: {error}", remedy="Restore it from a copy, or decide anew.") from error
            passed_over.append("a ticket there is signed by nobody who may release")
    found.sort(key=lambda ticket: (ticket.terms.decided_at, ticket.refused, ticket.digest))
    return found, sorted(set(passed_over))


def release_standing(
    warehouse: Warehouse, manifest: SnapshotManifest, holders: Sequence[TrustedKey], now: datetime
) -> Ticket:
    """Return the ticket by which a snapshot is released now.

    Args:
        warehouse: Where the decisions are.
        manifest: The snapshot's.
        holders: The keys of those who may release: `lineage.place.Place.releasers`.
        now: UTC; what is decided later is not heard yet.

    Raises:
        NotReleasedError: There is none: nobody who may decided, the latest decision refuses, it has run out,
            or a file is damaged.
    """
    found, passed_over = decisions(warehouse, manifest, holders)
    heard = [ticket for ticket in found if ticket.terms.decided_at <= now]
    if not heard:
        why = "; ".join(["nobody has released it", *passed_over])
        raise NotReleasedError(
            f"{manifest.label}: {why}.", remedy=f"Run `lineweight snapshot approve {manifest.label}`."
        )
    latest = heard[-1]
    if latest.refused:
        when = rfc3339(latest.terms.decided_at)
        raise NotReleasedError(f"{manifest.label}: {latest.terms.approver} refused its release at {when}.")
    if not latest.holds_at(now):
        raise NotReleasedError(f"{manifest.label}: its release by {latest.terms.approver} has run out.")
    return latest
