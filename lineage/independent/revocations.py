"""Revocations: nothing was read after a feed took it back, and the lease had not ended."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .case import Case
from .envelopes import REVOCATIONS
from .manifest import CLOCKS
from .report import require
from .shapes import (
    ascending,
    closed,
    decimal,
    digest,
    holding,
    holds,
    instant,
    is_said,
    label,
    mapped,
    ordinal,
    path,
    said,
    slug,
)
from .training import Model, require_about

REVOKED = closed(
    snapshot=label,
    as_of=CLOCKS,
    ledger_checkpoint=digest,
    policy=closed(policy_id=slug, version=ordinal, digest=digest),
    lease_expires_at=instant,
    revoked=mapped(
        said, holding(lambda ids: isinstance(ids, list) and all(map(is_said, ids)) and ascending(ids), "sorted ids")
    ),
)
FED = holds(annotations=holds(number=decimal, path=path, from_step=decimal))


def verify_revocations(case: Case, model: Model, manifest: dict[str, Any]) -> str:
    """Link ``revocations``: nothing was read after a feed took it back, and the lease had not ended."""
    lease, revoked = manifest["lease_expires_at"], set[str]()
    ledger = model.ledger
    skipped = pc.fill_null(pc.equal(ledger.column("skipped_reason"), "revoked"), False)
    trained = ledger.filter(pc.is_null(ledger.column("skipped_reason")))
    feeds = [one for one in model.build["resolvedDependencies"] if one["name"] == "revocation-feed"]
    before = 0
    for feed in feeds:
        FED(feed, "revocation-feed")
        number, from_step = int(feed["annotations"]["number"]), int(feed["annotations"]["from_step"])
        name = f"revocations/{number:05d}.dsse.json"
        require(number > before and feed["annotations"]["path"] == name, "the feeds are not in order, or lie elsewhere")
        statement = case.verified(model.files.read(name), name, REVOCATIONS)
        require(statement.digest == feed["digest"]["sha256"], f"{name} is another feed than stated")
        require_about(statement, model, manifest)
        REVOKED(statement.predicate, name)
        ids = {one for of_reason in statement.predicate["revoked"].values() for one in of_reason}
        later = trained.filter(pc.greater_equal(trained.column("optimizer_step"), from_step))
        read = pc.any(pc.is_in(later.column("record_id"), pa.array(sorted(ids), pa.string()))).as_py()
        require(not read, f"a record was read after {name} revoked it")
        lease = max(manifest["lease_expires_at"], statement.predicate["lease_expires_at"]) if not from_step else lease
        revoked, before = revoked | ids, number
    left_out = set(ledger.filter(skipped).column("record_id").to_pylist())
    require(left_out <= revoked, "a record was skipped as revoked that no feed names")
    require(model.run["metadata"]["startedOn"] < lease, "the lease had ended when training began")
    return f"{len(feeds)} feeds, {len(revoked)} records revoked"
