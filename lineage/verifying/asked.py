"""Was the snapshot made as it was asked for, and of what it says? From its own files, without keys."""

import json

from lineage.inputs import parse_inputs
from lineage.manifest import TRAIN
from lineage.snapshot import Snapshot
from lineage.snapshot_request import parse_request
from lineage.verifying.links import BrokenLinkError, Chain, Link, require


def verify_request(chain: Chain, snapshot: Snapshot) -> None:
    """Note whether what was asked for is what the manifest says was made, and nothing lies in a part not asked for.

    Raises:
        BrokenLinkError: It is not.
    """
    manifest, stated = snapshot.manifest, snapshot.manifest.request
    with chain.testing(Link.REQUEST):
        asked = parse_request(snapshot.file(stated.path, stated.sha256))
        fields = {
            "name": (asked.name, manifest.name),
            "policy": (asked.policy, manifest.policy.policy_id),
            "purpose": (asked.purpose, manifest.purpose),
            "pool": (asked.tenant, manifest.pool.tenant),
            "sources": (asked.sources, manifest.sources),
            "seed": (asked.seed, manifest.seed),
        }
        other = [name for name, (requested, made) in fields.items() if requested != made]
        require(not other, f"{stated.path}: asks for another {', '.join(other)} than the manifest says.")
        splits = {shard.split for shard in manifest.shards}
        parts = {TRAIN} if asked.split is None else set(asked.split.parts)
        require(splits <= parts, f"{stated.path}: asks for no part {', '.join(sorted(splits - parts))}.")
        long = [shard.path for shard in manifest.shards if shard.rows > asked.shard_rows]
        require(not long, f"{', '.join(long)}: holds more records than asked for.")
    chain.holds(Link.REQUEST, f"asked for as it was made; parts: {', '.join(sorted(splits)) or 'none'}")


def verify_inputs(chain: Chain, snapshot: Snapshot) -> None:
    """Note whether every record considered is of a part that is named, and of a source and tenant asked for.

    Raises:
        BrokenLinkError: One is not.
    """
    manifest, stated = snapshot.manifest, snapshot.manifest.inputs
    with chain.testing(Link.INPUTS):
        inputs = parse_inputs(snapshot.file(stated.path, stated.sha256))
        considered = inputs.considered == manifest.counts.considered
        require(considered, f"{stated.path}: its parts do not add up to the records considered.")
        require(set(inputs.sources) == set(manifest.sources), f"{stated.path}: names other sources than asked for.")
        for part in inputs.parts:
            whole = part.records == part.permitted + part.denied + part.quarantined
            require(whole, f"{stated.path}: {part.output}: its counts do not add up.")
            asked = part.source in inputs.sources and manifest.pool.tenant in (None, part.tenant)
            require(asked, f"{stated.path}: {part.output}: nobody asked for it.")
            same = part.redaction == manifest.redaction.digest
            require(same, f"{stated.path}: {part.output}: was redacted by another version than the manifest says.")
        quarantined = sum(part.quarantined for part in inputs.parts) == manifest.counts.quarantined
        require(quarantined, f"{stated.path}: its parts hold not as many quarantined records as the manifest says.")
        denied = sum(part.denied for part in inputs.parts) <= manifest.counts.denied
        require(denied, f"{stated.path}: its parts hold more denied records than the manifest says.")
    chain.holds(Link.INPUTS, f"{len(inputs.parts)} governed parts, {inputs.considered:,} records considered")


def gates_passed(data: bytes, name: str) -> bool:
    """Return whether the results of quality gates say that all passed, and hold no failure that is no mere warning.

    Args:
        data: The bytes of ``quality.json``: ``success``, and ``results`` with ``severity`` and ``success`` each.
        name: The file's name, for messages.

    Raises:
        BrokenLinkError: They are no such results.
    """
    try:
        said = json.loads(data)
        failed = [one for one in said["results"] if one["success"] is not True and one["severity"] != "warning"]
        return said["success"] is True and not failed
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BrokenLinkError(f"{name}: is no list of results of quality gates.") from error
