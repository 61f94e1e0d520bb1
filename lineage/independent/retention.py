"""Signed notes that shards were removed: the one ground on which a home may miss them."""

from typing import Any

from .case import Case
from .envelopes import RETENTION
from .files import Files
from .manifest import label_of
from .report import require
from .shapes import ascending, closed, count, digest, instant, label, listed, path, said, slug

REMOVED = closed(
    path=path, sha256=digest, tenant=slug, records=count, outlived=count, outlived_since=instant, because=said
)
NOTE = closed(snapshot=label, removed_at=instant, removed=listed(REMOVED, 1))


def removed_of(case: Case, files: Files, manifest: dict[str, Any], manifest_digest: str) -> dict[str, str]:
    """Return the shards that signed notes say were removed, and when the earliest says so."""
    shards = {shard["path"]: shard for shard in manifest["shards"]}
    removed: dict[str, str] = {}
    for name in files.names():
        if not name.startswith("retention/"):
            continue
        note = case.verified(files.read(name), name, RETENTION)
        NOTE(note.predicate, name)
        told = note.predicate["removed"]
        require(note.predicate["snapshot"] == label_of(manifest), f"{name} is about another snapshot")
        require(ascending([one["path"] for one in told]), f"{name} is not in order")
        artifacts = {"manifest.json": manifest_digest} | {one["path"]: one["sha256"] for one in told}
        require(note.artifacts == artifacts, f"{name} is not about what it lists")
        for one in told:
            shard = shards.get(one["path"])
            require(shard is not None and one["sha256"] == shard["sha256"], f"{name} names a shard that is not here")
            require(shard is not None and one["tenant"] == shard["tenant"], f"{name} names another tenant")
            require(one["outlived"] <= one["records"], f"{name}: more outlived their time than there are")
            at = note.predicate["removed_at"]
            removed[one["path"]] = min(removed.get(one["path"], at), at)
    return removed
