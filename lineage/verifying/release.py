"""Was this model trained as its snapshot was released, and without what was revoked as far as the run knew?

Both are read from the model's directory: the ticket and the feeds were copied there when it was trained.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.dsse import logs_of
from lineage.manifest import SnapshotManifest
from lineage.release import Asked, Ticket, open_ticket, require_permitted
from lineage.revocation import Feed, lease_of, open_feed
from lineage.statement import Opened, TrustedKey
from lineage.training_admission import RELEASE_TICKET, TICKET_FILE, FeedHeeded, feed_path, feeds_heeded
from lineage.training_statement import dependency
from lineage.verifying.links import BrokenLinkError, Chain, Link, require
from lineage.verifying.reading import read

REVOKED = "revoked"
NOT_OTHERS = "Release: the deployment's own key approved it; nobody else looked."
NO_LATER_REFUSAL = "Release: whether it was refused after the training began was not asked."
NO_LATER_FEED = "Revocations: whether a record was revoked that no feed of this run names was not asked."


def verify_ticket(
    chain: Chain,
    directory: Path,
    opened: Opened,
    manifest: SnapshotManifest,
    snapshot: Opened,
    consumed: pa.Table,
    trusted: Sequence[TrustedKey],
) -> None:
    """Verify that somebody trusted released the snapshot for this training, before it began.

    Args:
        chain: Collects the checks.
        directory: The model's.
        opened: The training statement.
        manifest: The manifest of the snapshot trained on.
        snapshot: The signed statement about it.
        consumed: What was read, rows of ``CONSUMPTION_SCHEMA``.
        trusted: The keys that may have signed the ticket.

    Raises:
        BrokenLinkError: Nobody did, or not for this.
    """
    with chain.testing(Link.TICKET):
        stated = dependency(opened.predicate, RELEASE_TICKET)
        ticket = open_ticket(read(directory, TICKET_FILE), manifest, trusted)
        require(ticket.digest == stated.sha256, f"{TICKET_FILE}: is another ticket than the one stated.")
        began = _started_at(opened)
        require(ticket.holds_at(began), f"{TICKET_FILE}: did not hold when the training began.")
        require_permitted(ticket, _asked(opened, consumed))
    chain.holds(Link.TICKET, _told(ticket))
    chain.passes_over(NO_LATER_REFUSAL)
    if logs_of(ticket.key_ids, trusted) <= logs_of(snapshot.key_ids, trusted):
        chain.passes_over(NOT_OTHERS)


def verify_revocations(
    chain: Chain,
    directory: Path,
    opened: Opened,
    manifest: SnapshotManifest,
    consumed: pa.Table,
    trusted: Sequence[TrustedKey],
) -> None:
    """Verify that from the step on at which a run read a feed, it read no record which that revokes.

    Args:
        chain: As for `verify_ticket`, and so are the others.
        directory: The model's.
        opened: The training statement.
        manifest: The manifest of the snapshot trained on.
        consumed: What was read.
        trusted: The keys that may have signed a feed.

    Raises:
        BrokenLinkError: It did, or skipped as revoked what no feed names, or there was no lease.
    """
    read_before = 0
    with chain.testing(Link.REVOCATIONS):
        heeded = feeds_heeded(opened.predicate)
        order = [(stated.number, stated.from_step) for stated in heeded]
        rising = all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(order))
        require(rising, "The feeds that were read are not stated in the order in which they were made.")
        feeds = [(stated, _feed(directory, stated, manifest, trusted)) for stated in heeded]
        at_first = [feed for stated, feed in feeds if stated.from_step == 0]
        ends = lease_of(manifest, at_first[-1] if at_first else None)
        require(_started_at(opened) < ends, "The snapshot's lease had ended when the training began.")
        trained = consumed.filter(pc.is_null(consumed["skipped_reason"]))
        for stated, feed in feeds:
            named = trained.filter(_among(trained["record_id"], feed.revoked))
            after = pc.sum(pc.greater_equal(named["optimizer_step"], stated.from_step)).as_py() or 0
            require(not after, f"{feed.file_name}: {after} rows were trained on after it revoked them.")
            read_before = max(read_before, named.num_rows)
        skipped = consumed.filter(pc.equal(consumed["skipped_reason"], REVOKED))["record_id"]
        everything = frozenset().union(*(feed.revoked for _, feed in feeds))
        founded = pc.all(_among(skipped, everything), min_count=0).as_py()
        require(bool(founded), "A record was skipped as revoked, and no feed that was read names it.")
    chain.holds(Link.REVOCATIONS, _feeds_told(len(feeds), len(skipped), read_before))
    chain.passes_over(NO_LATER_FEED)


def _feed(directory: Path, stated: FeedHeeded, manifest: SnapshotManifest, trusted: Sequence[TrustedKey]) -> Feed:
    path = feed_path(stated.number)
    feed = open_feed(read(directory, path), stated.number, manifest, trusted)
    require(feed.digest == stated.digest, f"{path}: is another feed than the one stated.")
    return feed


def _asked(opened: Opened, consumed: pa.Table) -> Asked:
    """Return what was trained, by the training statement and by what was read."""
    said = opened.predicate.get("buildDefinition", {})
    recipe, internal = said.get("externalParameters", {}), said.get("internalParameters", {})
    epochs = (pc.max(consumed["epoch"]).as_py() or 0) + 1
    return Asked(
        purpose=_text(internal, "purpose"),
        trained_by=_text(recipe, "trained_by"),
        base=_text(recipe, "base"),
        epochs=epochs,
    )


def _text(said: Any, name: str) -> str:
    found = said.get(name) if isinstance(said, dict) else None
    require(isinstance(found, str), f"The training statement does not say {name}.")
    return str(found)


def _started_at(opened: Opened) -> datetime:
    metadata = opened.predicate.get("runDetails", {}).get("metadata", {})
    try:
        began = datetime.fromisoformat(_text(metadata, "startedOn"))
    except ValueError as error:
        raise BrokenLinkError("The training statement does not say when the training began.") from error
    require(began.tzinfo is not None, "The training statement names a time without a zone.")
    return began


def _among(ids: pa.ChunkedArray, wanted: frozenset[str]) -> pa.ChunkedArray:
    return pc.is_in(ids, pa.array(sorted(wanted), pa.string()))


def _told(ticket: Ticket) -> str:
    terms = ticket.terms
    return (
        f"released by {terms.approver} for {terms.purpose}, at most {terms.max_epochs} epochs; signed before it began"
    )


def _feeds_told(feeds: int, skipped: int, read_before: int) -> str:
    if not feeds:
        return "no feed had been made when the run asked"
    earlier = f"; {read_before:,} rows were read before their feed was" if read_before else ""
    return f"{feeds} feeds read, {skipped:,} rows skipped as revoked, none trained on from then on{earlier}"
