"""What was asked for, from what it was made, and how good it was: request, inputs, quality."""

from typing import Any

from .canonical import document_of
from .case import Case, Snapshot
from .manifest import PURPOSE
from .report import require
from .shapes import (
    closed,
    count,
    digest,
    holding,
    holds,
    instant,
    integer,
    listed,
    mapped,
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

REQUEST = closed(
    name=slug,
    policy=slug,
    purpose=PURPOSE,
    pool=said,
    sources=listed(said, 1),
    period=closed(**{"from": nullable(instant), "to": nullable(instant)}),
    outcome=nullable(closed(label=listed(said, 1))),
    split=nullable(holds(parts=mapped(slug, real))),
    seed=integer,
    shard_rows=ordinal,
    lease_days=count,
    recipe=holding(lambda value: isinstance(value, dict), "an object"),
    requested_by=text,
    because=text,
)
PART = closed(
    output=path,
    tenant=slug,
    source=said,
    batch=digest,
    inputs=digest,
    redaction=digest,
    records=count,
    permitted=count,
    denied=count,
    quarantined=count,
)
INPUTS = closed(
    parts=listed(PART),
    sources=mapped(said, closed(declaration_digest=digest, data_categories=listed(text))),
    region=nullable(text),
    landed_not_governed=mapped(said, count),
)
QUALITY = holds(success=one_of(True), results=listed(holds(success=truth, severity=text)))


def verify_accounts(case: Case, snapshot: Snapshot) -> None:
    """Links ``request``, ``inputs`` and ``quality``: what was asked for, from what, and how good it was."""
    manifest = snapshot.manifest
    with case.report.link("request") as told:
        request = document_of(snapshot.attached("request"), manifest["request"]["path"])
        REQUEST(request, "request.json")
        require_asked(request, manifest)
        told.append(request["requested_by"] and f"asked for by {request['requested_by']}")
    with case.report.link("inputs") as told:
        inputs = document_of(snapshot.attached("inputs"), manifest["inputs"]["path"])
        INPUTS(inputs, "inputs.json")
        require_considered(inputs, manifest)
        told.append(f"{len(inputs['parts'])} parts")
    with case.report.link("quality") as told:
        require(manifest["quality"]["success"], "a quality gate failed")
        quality = document_of(snapshot.attached("quality"), manifest["quality"]["path"])
        QUALITY(quality, "quality.json")
        failed = [one["severity"] for one in quality["results"] if not one["success"]]
        require(all(severity == "warning" for severity in failed), "a quality gate failed")
        told.append(f"{len(quality['results'])} gates, {len(failed)} warnings")


def require_asked(request: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Refuse a snapshot that is not the one asked for."""
    alone = manifest["pool"]["tenant"]
    made = {name: manifest[name] for name in ("name", "purpose", "sources", "seed")}
    made |= {"policy": manifest["policy"]["policy_id"], "pool": alone if alone is not None else "shared"}
    for name, value in made.items():
        require(request[name] == value, f"another {name} was asked for")
    parts = {"train"} if request["split"] is None else set(request["split"]["parts"])
    require(all(shard["split"] in parts for shard in manifest["shards"]), "a shard is of a part nobody asked for")
    largest = max((shard["rows"] for shard in manifest["shards"]), default=0)
    require(largest <= request["shard_rows"], "a shard has more rows than were asked for")


def require_considered(inputs: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Refuse inputs that do not add up to what the manifest counts."""
    counts, parts, alone = manifest["counts"], inputs["parts"], manifest["pool"]["tenant"]
    for part in parts:
        split = part["permitted"] + part["denied"] + part["quarantined"]
        require(part["records"] == split, "a part does not add up")
        require(part["source"] in manifest["sources"], "a part is of a source nobody asked for")
        require(alone in (None, part["tenant"]), "a part is of another tenant")
        require(part["redaction"] == manifest["redaction"]["digest"], "a part was redacted otherwise")
    sums = {name: sum(part[name] for part in parts) for name in ("records", "denied", "quarantined")}
    require(sums["records"] == counts["considered"], "the parts do not add up to those considered")
    require(sums["quarantined"] == counts["quarantined"], "the parts do not add up to those set aside")
    require(sums["denied"] <= counts["denied"], "the parts deny more than are counted")
    require(sorted(inputs["sources"]) == sorted(manifest["sources"]), "the sources are not those asked for")
