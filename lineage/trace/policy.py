"""One policy: which snapshots were decided by which version of it, and which models were trained on them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from lineage.canonical import rfc3339
from lineage.manifest import SnapshotManifest
from lineage.statement import TrustedKey
from lineage.trace.evidence import gather
from lineage.warehouse import Warehouse
from policies.errors import UsageError

ASKED = re.compile(r"(?P<policy>[^@\s]+)(@v(?P<version>[1-9][0-9]*))?")


def trace_policy(asked: str, warehouse: Warehouse, trusted: Sequence[TrustedKey]) -> dict[str, Any]:
    """Answer which snapshots were decided by a policy, and which models were trained on them.

    Manifests and statements say it all: no record is looked at.

    Args:
        asked: ``policy-id``, or ``policy-id@v2`` for one version.
        warehouse: Holds the snapshots and models.
        trusted: The keys that may have signed.

    Returns:
        A JSON document: ``versions``, each with its digest, and the ``snapshots`` and ``models`` under it. Two
        entries of one version with different digests would be two policies under one name.

    Raises:
        UsageError: ``asked`` names no policy.
    """
    found = ASKED.fullmatch(asked)
    if found is None:
        raise UsageError(f"{asked!r} does not name a policy.", remedy="Write policy-id, or policy-id@v2.")
    version = int(found["version"]) if found["version"] else None
    evidence = gather(warehouse, trusted, ledgers=False)
    by_version = defaultdict(list)
    for snapshot in evidence.snapshots:
        policy = snapshot.manifest.policy
        if policy.policy_id == found["policy"] and version in (None, policy.version):
            by_version[policy.version, policy.digest].append(snapshot)
    return {
        "policy_id": found["policy"],
        "version": version,
        "versions": [
            {
                "version": number,
                "digest": digest,
                "snapshots": [_snapshot(snapshot.manifest) for snapshot in snapshots],
                "models": [
                    model.document()
                    for snapshot in snapshots
                    for model in evidence.models
                    if model.snapshot_digest == snapshot.manifest_digest
                ],
            }
            for (number, digest), snapshots in sorted(by_version.items())
        ],
        "unverified": evidence.unverified,
    }


def _snapshot(manifest: SnapshotManifest) -> dict[str, Any]:
    return {
        "snapshot": manifest.label,
        "purpose": manifest.purpose,
        "decided_for": rfc3339(manifest.as_of.effective_at),
        "records": manifest.rows,
        "people": manifest.data_subjects.count,
    }
