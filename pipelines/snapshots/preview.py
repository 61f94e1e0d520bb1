"""Preview: what a snapshot would hold if it were built now, and why the rest is out; nothing is written.

The same selection as a build's, on key columns alone, counted as it goes: no record is kept in memory longer
than its stretch. What the gate denied when the sources were governed is told with the gate's reason of then.
"""

from typing import Any

from lineage.canonical import digest_of, rfc3339
from lineage.manifest import TRAIN
from lineage.snapshot import newest_version
from pipelines.deployment import Deployment
from pipelines.facts import AsOf
from pipelines.snapshots.account import Account
from pipelines.snapshots.asked import Asked
from pipelines.snapshots.considered import ask_for, landed_not_governed
from pipelines.snapshots.stretches import QUARANTINE, shards, stretches

Report = dict[str, Any]


def preview(deployment: Deployment, name: str, as_of: AsOf) -> Report:
    """Return what the next version of a snapshot would hold, as JSON values.

    Raises:
        UsageError: No request has the name, or one of its sources is not declared.
        RequestError: Its policy is not in force, or is for something else.
        NothingGovernedError: The parts were redacted by different versions, or otherwise than the policy asks.
    """
    asked = ask_for(deployment, deployment.request(name), as_of)
    account, files = Account(), 0
    for stretch in stretches(asked, places=True):
        account.add(stretch)
        files += sum(1 for _ in shards(stretch.rows, asked.request.shard_rows))
    return _described(deployment, asked) | {
        "counts": account.counts(),
        "quarantined_by_reason": account.by("reason", effect=QUARANTINE),
        "parts": _parts(asked, account),
        "by_tenant": account.became("tenant"),
        "by_source": account.became("source"),
        "by_jurisdiction": account.became("jurisdiction"),
        "left_out": account.left_out(),
        "files": files,
        "landed_not_governed": landed_not_governed(deployment, asked),
    }


def _parts(asked: Asked, account: Account) -> dict[str, int]:
    """Return how many records each part asked for would hold; a part of nobody holds none."""
    names = (TRAIN,) if asked.request.split is None else sorted(asked.request.split.parts)
    return {name: account.splits.get(name, 0) for name in names}


def _described(deployment: Deployment, asked: Asked) -> Report:
    request, policy = asked.request, asked.policy
    version = 1 + newest_version(deployment.warehouse, request.name)
    return {
        "preview": True,
        "would_be": f"{request.name}@v{version}",
        "request": request.document(),
        "policy": {
            "policy_id": policy.policy_id,
            "version": policy.version,
            "digest": digest_of(policy.document()),
            "activated": deployment.in_force[policy.policy_id].envelope is not None,
        },
        "as_of": {"effective_at": rfc3339(asked.as_of.effective_at), "recorded_at": rfc3339(asked.as_of.recorded_at)},
    }
