"""What happened to records as OpenLineage events: landed, governed, put into a snapshot, trained on.

Everything stated is read from signed statements and what they name by digest, but the instants of landing and of a
snapshot's publication: these are the ledger's. Each run is told by a START and a COMPLETE, as the standard requires. No
customer and no person is named: datasets are the sources, the stores and what was made of them, their versions digests.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lineage.canonical import rfc3339
from lineage.exports.openlineage_facets import (
    EVENT_SCHEMA,
    Json,
    Pairs,
    Place,
    job,
    producer,
    pseudonymised,
    read_from,
    record_schema,
    redacted,
    run_id,
    tags,
    trained_on,
    unchanged,
    written_to,
)
from lineage.inputs import GovernedPart, parse_inputs
from lineage.ledger.entries import Batch
from lineage.models import Model
from lineage.snapshot import Snapshot
from lineage.training_statement import dependency, stated_weights
from policies.errors import LineweightError
from policies.instants import read_instant

if TYPE_CHECKING:
    from lineage.ledger.store import Ledger

NAMESPACE = "lineweight"
LANDS = "Reads a delivered file of logs, once, into the encrypted landing zone."
GOVERNS = (
    "Keeps what a policy permits, redacted. When this was done is not recorded: the time given is that of the landing, "
    "and it was not before."
)
PUBLISHES = "Puts governed records into an immutable, signed snapshot."
TRAINS = "Trains a model on a snapshot."


class LineageUnknownError(LineweightError):
    """The ledger does not say when something happened that an event would be about."""

    remedy = "Export where the ledger is that the records were landed into; --home and --database-url name it."


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger says of a snapshot beside its evidence.

    Attributes:
        batches: The landed files, by source and SHA-256.
        published_at: When the snapshot was recorded, UTC; ``None`` where it is not.
    """

    batches: Mapping[tuple[str, str], Batch]
    published_at: datetime | None

    @classmethod
    def of(cls, snapshot: Snapshot, ledger: "Ledger") -> "Recorded":
        """Return what a ledger says of a snapshot."""
        made = [one.recorded_at for one in ledger.artifacts("snapshot") if one.digest == snapshot.manifest_digest]
        batches = {(batch.source, batch.batch): batch for batch in ledger.batches()}
        return cls(batches, min(made, default=None))


@dataclass(frozen=True, slots=True)
class _Run:
    """One run, whatever it does."""

    job: Json
    id: str
    facts: Pairs
    inputs: Sequence[Json]
    outputs: Sequence[Json]

    def events(self, started_at: datetime, finished_at: datetime) -> Iterator[Json]:
        """Yield what is told of it: that it began, and that it ended."""
        run = {"runId": self.id, "facets": {"tags": tags(self.facts)}}
        for kind, at in (("START", started_at), ("COMPLETE", finished_at)):
            yield {
                "eventType": kind,
                "eventTime": rfc3339(at),
                "run": run,
                "job": self.job,
                "inputs": list(self.inputs),
                "outputs": list(self.outputs),
                "producer": producer(),
                "schemaURL": EVENT_SCHEMA,
            }


def snapshot_events(snapshot: Snapshot, recorded: Recorded, namespace: str = NAMESPACE) -> Iterator[Json]:
    """Yield the events of a snapshot and of all that went into it, in order of what they are about.

    Args:
        snapshot: Its signature is verified; what was considered for it is read by the digest in its manifest.
        recorded: What the ledger says.
        namespace: Of all jobs and datasets.

    Raises:
        LineageUnknownError: The ledger does not know the snapshot, or a file that went into it.
        SnapshotError: What the manifest names is not what was signed.
    """
    manifest = snapshot.manifest
    if recorded.published_at is None:
        raise LineageUnknownError(f"{manifest.label}: the ledger does not say when it was published.")
    parts = parse_inputs(snapshot.file(manifest.inputs.path, manifest.inputs.sha256)).parts
    landed = {(part.source, part.batch): _landed(part, recorded) for part in parts}
    for batch in sorted(landed.values(), key=lambda one: (one.landed_at, one.source, one.batch)):
        yield from _landing(batch, namespace)
    for part in parts:
        yield from _governing(part, landed[part.source, part.batch], namespace)
    yield from _publishing(snapshot, parts, recorded.published_at, namespace)


def training_events(model: Model, namespace: str = NAMESPACE) -> Iterator[Json]:
    """Yield the two events of a training.

    Args:
        model: Its signature is verified, and its consumption ledger is the one signed.
        namespace: Of all jobs and datasets.
    """
    base = dependency(model.opened.predicate, "base-model")
    name, version = model.snapshot.split("@")
    trained = Place(namespace, f"snapshots/{name}", version)
    facts = [
        ("statement", model.opened.statement_digest),
        ("snapshot", model.snapshot),
        ("snapshot-manifest", model.snapshot_digest),
        *((f"weights:{file}", sha256) for file, sha256 in stated_weights(model.opened.artifacts).items()),
    ]
    when = model.document()
    started_at, finished_at = read_instant(when["started_at"]), read_instant(when["finished_at"])
    run = _Run(
        job(namespace, f"train.{model.name}", TRAINS),
        run_id(started_at, namespace, "train", model.opened.statement_digest),
        facts,
        [
            read_from(trained, rowCount=model.read.num_rows),
            read_from(Place(namespace, f"base-models/{base.uri.removeprefix('model:')}", base.sha256)),
        ],
        [
            written_to(
                Place(namespace, f"models/{model.name}", model.run),
                {"columnLineage": trained_on(trained)},
                fileCount=len(stated_weights(model.opened.artifacts)),
            )
        ],
    )
    yield from run.events(started_at, finished_at)


def _landed(part: GovernedPart, recorded: Recorded) -> Batch:
    batch = recorded.batches.get((part.source, part.batch))
    if batch is None:
        raise LineageUnknownError(f"{part.source}: the ledger does not know the landed file {part.batch}.")
    return batch


def _landing(batch: Batch, namespace: str) -> Iterator[Json]:
    source = Place(namespace, f"sources/{batch.source}", batch.batch)
    facts = [("batch", batch.batch), ("declaration", batch.declaration_digest)]
    run = _Run(
        job(namespace, f"land.{batch.source}", LANDS),
        run_id(batch.landed_at, namespace, "land", batch.source, batch.batch),
        facts,
        [read_from(source, fileCount=1)],
        [
            written_to(
                Place(namespace, f"landing/{batch.source}", batch.batch),
                {"schema": record_schema(), "columnLineage": pseudonymised(source)},
                rowCount=batch.records,
            )
        ],
    )
    yield from run.events(batch.landed_at, batch.landed_at)


def _governing(part: GovernedPart, batch: Batch, namespace: str) -> Iterator[Json]:
    landed = Place(namespace, f"landing/{part.source}", part.batch)
    facts = [
        ("inputs", part.inputs),
        ("redaction", part.redaction),
        ("denied", str(part.denied)),
        ("quarantined", str(part.quarantined)),
    ]
    run = _Run(
        job(namespace, f"govern.{part.source}", GOVERNS),
        run_id(batch.landed_at, namespace, "govern", part.output, part.inputs),
        facts,
        [read_from(landed, rowCount=part.records)],
        [
            written_to(
                Place(namespace, f"governed/{part.source}", part.inputs),
                {"schema": record_schema(), "columnLineage": redacted(landed, part.redaction)},
                rowCount=part.permitted,
            )
        ],
    )
    yield from run.events(batch.landed_at, batch.landed_at)


def _publishing(
    snapshot: Snapshot, parts: Sequence[GovernedPart], published_at: datetime, namespace: str
) -> Iterator[Json]:
    manifest = snapshot.manifest
    rows: dict[str, int] = defaultdict(int)
    for part in parts:
        rows[part.source] += part.permitted
    places = [Place(namespace, f"governed/{source}", manifest.inputs.sha256) for source in sorted(rows)]
    policy = manifest.policy
    facts = [
        ("statement", snapshot.statement_digest),
        ("manifest", snapshot.manifest_digest),
        ("root", manifest.root),
        ("purpose", manifest.purpose),
        ("policy", f"{policy.policy_id}@v{policy.version}"),
        ("policy-digest", policy.digest),
        ("redaction-profile", manifest.redaction.profile),
        ("lease-expires-at", rfc3339(manifest.lease_expires_at)),
    ]
    run = _Run(
        job(namespace, f"snapshot.{manifest.name}", PUBLISHES),
        run_id(published_at, namespace, "snapshot", snapshot.statement_digest),
        facts,
        [read_from(place, rowCount=rows[place.name.removeprefix("governed/")]) for place in places],
        [
            written_to(
                Place(namespace, f"snapshots/{manifest.name}", f"v{manifest.version}"),
                {"schema": record_schema(), "columnLineage": unchanged(places)},
                rowCount=manifest.rows,
                size=sum(shard.bytes for shard in manifest.shards),
                fileCount=len(manifest.shards),
            )
        ],
    )
    yield from run.events(published_at, published_at)
