"""The manifest of a snapshot: its fields, its six laws, and the statement that follows from its bytes."""

import math
from collections.abc import Mapping
from typing import Any

from .canonical import canonical, document_of, sha256_hex
from .envelopes import SNAPSHOT, STATEMENT_TYPE
from .report import require
from .shapes import (
    closed,
    count,
    digest,
    instant,
    integer,
    listed,
    mapped,
    matching,
    nullable,
    one_of,
    ordinal,
    path,
    real,
    said,
    slug,
    text,
    truth,
)
from .trees import root_of_entries

FILE = closed(path=path, sha256=digest)
PURPOSE = matching(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", "a purpose")
CLOCKS = closed(effective_at=instant, recorded_at=instant)
ENTITY = matching(r"[A-Z][A-Z0-9_]*", "an entity type")
TREE = closed(root=digest, count=count)
CANARIES = mapped(ENTITY, closed(planted=count, found=count, at_least=real))
SEEN = mapped(ENTITY, closed(spans=count, at_most_per_10k=real))
RESIDUAL = closed(
    canaries=nullable(CANARIES),
    second_detector=closed(detector=text, records=count, characters=count, seen=SEEN),
)
SHARD = closed(
    path=path,
    tenant=slug,
    split=slug,
    rows=count,
    bytes=count,
    sha256=digest,
    leaves_path=path,
    leaves_sha256=digest,
    root=digest,
)
MANIFEST = closed(
    format=one_of("lineweight.snapshot/v1"),
    name=slug,
    version=ordinal,
    parent=nullable(digest),
    request=FILE,
    purpose=PURPOSE,
    pool=closed(kind=one_of("shared", "tenant"), tenant=nullable(slug)),
    sources=listed(said),
    as_of=CLOCKS,
    seed=integer,
    shards=listed(SHARD),
    tenant_roots=mapped(slug, digest),
    root=digest,
    rows=count,
    data_subjects=TREE,
    policy=closed(policy_id=slug, version=ordinal, digest=digest, path=path, sha256=digest, activation=nullable(FILE)),
    redaction=closed(profile=said, digest=digest, engine=text, residual=RESIDUAL),
    ledger_checkpoint=digest,
    inputs=FILE,
    counts=closed(
        considered=count, permitted=count, denied=count, quarantined=count, denied_by_reason=mapped(said, count)
    ),
    decisions=FILE,
    quality=closed(path=path, sha256=digest, success=truth),
    lease_expires_at=instant,
    keys=one_of("vault", "derived-from-seed"),
    created_by=closed(code_version=text),
)


def manifest_of(data: bytes, name: str = "manifest.json") -> dict[str, Any]:
    """Return a manifest that is canonical, closed, and keeps the laws of manifests."""
    manifest: dict[str, Any] = document_of(data, name)
    MANIFEST(manifest, name)
    require((manifest["parent"] is None) == (manifest["version"] == 1), "a parent is the version before")
    require_counts(manifest)
    require_one_digest_a_path(manifest)
    require_roots(manifest)
    require_bounds(manifest["redaction"]["residual"])
    return manifest


def label_of(manifest: Mapping[str, Any]) -> str:
    """Return what a snapshot is called."""
    return f"{manifest['name']}@v{manifest['version']}"


def require_counts(manifest: dict[str, Any]) -> None:
    """Laws 1, 2 and 5: nothing is unaccounted for, nobody is there without a record, or in another one's pool."""
    counts, shards, pool = manifest["counts"], manifest["shards"], manifest["pool"]
    parts = counts["permitted"] + counts["denied"] + counts["quarantined"]
    require(counts["considered"] == parts, "the counts do not add up to those considered")
    require(sum(counts["denied_by_reason"].values()) == counts["denied"], "the reasons do not add up to those denied")
    require(manifest["rows"] == counts["permitted"], "the rows are not those permitted")
    require(sum(shard["rows"] for shard in shards) == manifest["rows"], "the shards' rows do not add up")
    require(manifest["data_subjects"]["count"] <= manifest["rows"], "there are more people than records")
    require((pool["kind"] == "tenant") == (pool["tenant"] is not None), "the pool contradicts itself")
    require(all(pool["tenant"] in (None, shard["tenant"]) for shard in shards), "a shard lies outside of the pool")


def require_one_digest_a_path(manifest: dict[str, Any]) -> None:
    """Law 3: no path stands twice."""
    further = [manifest[name] for name in ("request", "policy", "inputs", "decisions", "quality")]
    further += [one for one in [manifest["policy"]["activation"]] if one is not None]
    paths = [one["path"] for one in further]
    paths += [shard[which] for shard in manifest["shards"] for which in ("path", "leaves_path")]
    require(len(set(paths)) == len(paths), "a path stands twice")


def root_of_shards(shards: list[dict[str, Any]]) -> str:
    """Return the root over shards: their roots are entries."""
    return root_of_entries(bytes.fromhex(shard["root"]) for shard in shards).hex()


def require_roots(manifest: dict[str, Any]) -> None:
    """Law 4: the roots of tenants and snapshot follow from those of the shards."""
    of_tenant: dict[str, list[dict[str, Any]]] = {}
    for shard in manifest["shards"]:
        of_tenant.setdefault(shard["tenant"], []).append(shard)
    roots = {tenant: root_of_shards(shards) for tenant, shards in of_tenant.items()}
    require(manifest["tenant_roots"] == roots, "the tenants' roots do not follow from the shards")
    require(manifest["root"] == root_of_shards(manifest["shards"]), "the root does not follow from the shards")


def require_bounds(residual: dict[str, Any]) -> None:
    """Law 6: what is said to be left at most follows from what was counted."""
    for kind, one in (residual["canaries"] or {}).items():
        require(one["found"] <= one["planted"], f"more canaries of {kind} are found than planted")
        require(one["at_least"] == _wilson(one["found"], one["planted"]), f"the bound of {kind} does not follow")
    detector = residual["second_detector"]
    for kind, one in detector["seen"].items():
        bound = _byar(one["spans"], detector["characters"])
        require(one["at_most_per_10k"] == bound, f"the bound of {kind} does not follow")


def _wilson(found: int, planted: int) -> float:
    if planted == 0:
        return 0.0
    p, n, z = found / planted, planted, 1.959963984540054
    low = (p + z**2 / (2 * n) - z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)
    return max(0, math.floor(low * 10000)) / 10000


def _byar(spans: int, characters: int) -> float:
    if characters == 0:
        return 10000.0
    k = spans + 1
    most = 3.0 if spans == 0 else k * (1 - 1 / (9 * k) + 1.6448536269514722 / (3 * math.sqrt(k))) ** 3
    return math.ceil(most * 10000 / characters * 10000) / 10000


def statement_about(manifest: dict[str, Any], data: bytes) -> bytes:
    """Return the payload that is signed of a manifest: a function of its bytes alone."""
    artifacts = {"manifest.json": sha256_hex(data)}
    for shard in manifest["shards"]:
        artifacts |= {shard["path"]: shard["sha256"], shard["leaves_path"]: shard["leaves_sha256"]}
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": artifacts[name]}} for name in sorted(artifacts)],
        "predicateType": SNAPSHOT,
        "predicate": {name: value for name, value in manifest.items() if name != "shards"},
    }
    return canonical(statement)
