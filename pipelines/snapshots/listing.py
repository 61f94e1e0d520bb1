"""What is asked for and what is published, each with how it stands, as documents for machines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lineage.dsse import TrustedKey
from lineage.place import Place
from lineage.snapshot import Snapshot, list_snapshots
from lineage.snapshot_request import SnapshotRequest, parse_request
from pipelines.snapshots.standing import State, asks_the_same, sentence, standing_of
from policies.errors import LineweightError

Report = dict[str, Any]


def list_report(
    place: Place, requests: Mapping[str, SnapshotRequest], trusted: Sequence[TrustedKey], now: datetime
) -> Report:
    """Return requests and published snapshots; of one whose signature does not verify only the name, and why.

    Args:
        place: Where they are.
        requests: The requests that are filed, by name.
        trusted: Whose signatures count.
        now: UTC; releases and leases are held against it.
    """
    opened = [_opened(place, *found, trusted, now) for found in list_snapshots(place.warehouse)]
    newest = {snapshot.manifest.name: (snapshot, entry) for snapshot, entry in opened if snapshot is not None}
    return {
        "requests": [_request(request, newest.get(name)) for name, request in sorted(requests.items())],
        "snapshots": [entry for _, entry in opened],
    }


def _request(request: SnapshotRequest, newest: tuple[Snapshot, Report] | None) -> Report:
    """Return a request, and where it is: as far as its newest version, if that was built from the same words."""
    said = request.document()
    names = ("name", "policy", "purpose", "pool", "sources", "requested_by", "because")
    told: Report = {name: said[name] for name in names} | {"newest": None}
    if newest is None:
        return told | {"state": State.REQUESTED, "standing": "requested, and not built"}
    snapshot, entry = newest
    told["newest"] = entry["snapshot"]
    kept = snapshot.manifest.request
    if not asks_the_same(request, parse_request(snapshot.file(kept.path, kept.sha256))):
        return told | {"state": State.REQUESTED, "standing": f"requested otherwise than {entry['snapshot']}"}
    return told | {
        "state": entry["standing"]["state"],
        "standing": f"{entry['snapshot']}: {sentence(entry['standing'])}",
    }


def _opened(
    place: Place, name: str, version: int, directory: str, trusted: Sequence[TrustedKey], now: datetime
) -> tuple[Snapshot | None, Report]:
    label = f"{name}@v{version}"
    try:
        snapshot = Snapshot.open(place.warehouse, directory, trusted)
        standing = standing_of(place, snapshot.manifest, now)
    except LineweightError as error:
        return None, {"snapshot": label, "verified": False, "why": str(error)}
    manifest = snapshot.manifest
    return snapshot, {
        "snapshot": label,
        "verified": True,
        "purpose": manifest.purpose,
        "tenant": manifest.pool.tenant,
        "tenants": sorted(manifest.tenant_roots),
        "rows": manifest.rows,
        "policy": f"{manifest.policy.policy_id} v{manifest.policy.version}",
        "decided_for": manifest.as_of.model_dump(mode="json")["effective_at"],
        "digest": manifest.digest(),
        "standing": standing,
    }


def shown(place: Place, snapshot: Snapshot, now: datetime) -> Report:
    """Return a published version: its manifest, who signed it, what was asked for, and how it stands."""
    kept = snapshot.manifest.request
    return snapshot.manifest.document() | {
        "digest": snapshot.manifest_digest,
        "statement_digest": snapshot.statement_digest,
        "signed_by": list(snapshot.key_ids),
        "requested": parse_request(snapshot.file(kept.path, kept.sha256)).document(),
        "standing": standing_of(place, snapshot.manifest, now),
    }
