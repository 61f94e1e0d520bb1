"""The decision log: what was decided when, under which policy, how often; never about whom.

An entry has the shape of an event of OPA's decision log (https://www.openpolicyagent.org/docs/management-decision-logs),
so that what collects those collects these. It stands for a distinct decision, not for a request: ``input`` is the tuple
of facts, ``metrics.counter_records`` how many records it was made for. No field names a person, a record or a word.

::

    decision_log/governed/<tenant>/<source>/<policy>/<instant>.jsonl    written when a source is governed
    decision_log/snapshots/<name>/v<k>.jsonl                            written when a snapshot is published

One canonical JSON document a line, in order of the decisions' digests. A log is a function of what was decided: written
again for the same instant it has the same name and the same bytes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lineage.canonical import canonical_json, digest_of, rfc3339
from lineage.manifest import SnapshotManifest
from lineage.snapshot import find_snapshot
from lineage.warehouse import Warehouse
from pipelines.facts import AsOf
from policies.errors import LineweightError, UsageError

DIRECTORY = "decision_log"
GOVERNED = f"{DIRECTORY}/governed"
SNAPSHOTS = f"{DIRECTORY}/snapshots"
APP = "lineweight"
RECORDS = "counter_records"

Entry = dict[str, Any]
Decisions = Iterable[Mapping[str, Any]]


class LogAlteredError(LineweightError):
    """A decision log holds a line that was not written by Lineweight, or was changed since."""

    remedy = "Restore the log; a snapshot's is written again when the snapshot is built again and nothing changed."


def log_governing(
    warehouse: Warehouse, tenant: str, source: str, decided: Mapping[str, Decisions], as_of: AsOf
) -> list[str]:
    """Write what was decided of a tenant's landed records of a source, a file a policy, and return the files.

    Args:
        warehouse: Where the log is kept.
        tenant: Whose records they are.
        source: Their declared source.
        decided: The distinct decisions (`pipelines.facts.Decided.decisions`), by policy id.
        as_of: The instant they were made for, on both clocks.
    """
    labels = {"stage": "govern", "tenant": tenant, "source": source}
    instant = as_of.effective_at.strftime("%Y%m%dT%H%M%S.%fZ")
    written = []
    for policy_id, decisions in sorted(decided.items()):
        path = f"{GOVERNED}/{tenant}/{source}/{policy_id}/{instant}.jsonl"
        _write(warehouse, path, entries(decisions, policy_id, labels, as_of.effective_at, as_of.recorded_at))
        written.append(path)
    return written


def log_snapshot(warehouse: Warehouse, manifest: SnapshotManifest) -> str:
    """Write what was decided for a published snapshot, and return the file.

    Raises:
        WarehouseError: The snapshot's decisions are not there.
    """
    decisions = json.loads(warehouse.read(f"{manifest.directory}/{manifest.decisions.path}"))
    labels = {"stage": "snapshot", "snapshot": manifest.label}
    at = manifest.as_of
    path = snapshot_log(manifest.name, manifest.version)
    _write(warehouse, path, entries(decisions, manifest.policy.policy_id, labels, at.effective_at, at.recorded_at))
    return path


def entries(
    decisions: Decisions, policy_id: str, labels: Mapping[str, str], effective_at: datetime, recorded_at: datetime
) -> list[Entry]:
    """Return one entry a distinct decision, in order of its digest.

    Args:
        decisions: As `pipelines.facts.Decided` and ``decisions.json`` list them.
        policy_id: The policy that decided.
        labels: What tells this log from others.
        effective_at: The instant decided for, UTC; the entries' ``timestamp``.
        recorded_at: As known when, UTC; the label ``known_at``.
    """
    said = {"app": APP, **labels, "known_at": rfc3339(recorded_at)}
    in_order = sorted(decisions, key=lambda decision: str(decision["digest"]))
    return [_entry(decision, policy_id, said, rfc3339(effective_at)) for decision in in_order]


def _entry(decision: Mapping[str, Any], policy_id: str, labels: Mapping[str, str], timestamp: str) -> Entry:
    entry = {
        "labels": dict(labels),
        "bundles": {policy_id: {"revision": decision["policy"]}},
        "path": f"{APP}/{policy_id}/decision",
        "input": dict(decision["facts"]),
        "result": {name: decision[name] for name in ("effect", "reason", "rule", "digest")},
        "timestamp": timestamp,
        "metrics": {RECORDS: decision["records"]},
    }
    return {"decision_id": digest_of(entry)} | entry


def _write(warehouse: Warehouse, path: str, listed: Sequence[Entry]) -> None:
    warehouse.write(path, b"".join(written(entry) for entry in listed))


def written(entry: Entry) -> bytes:
    """Return an entry's line, as it lies in a log."""
    return canonical_json(entry) + b"\n"


def snapshot_log(name: str, version: int) -> str:
    """Return where the log of a version of a snapshot lies."""
    return f"{SNAPSHOTS}/{name}/v{version}.jsonl"


def logs_asked_for(warehouse: Warehouse, snapshot: str | None, source: str | None) -> list[str]:
    """Return the logs of one snapshot (``name@vN``, or ``name``), of one source, or of all, in order of path.

    Of governing there are several, one an instant; those of the last are meant.

    Raises:
        UsageError: There is no such snapshot, or nothing is logged of it or the source.
    """
    if snapshot is not None:
        _, name, version = find_snapshot(warehouse, snapshot).split("/")
        logs = [log for log in [f"{SNAPSHOTS}/{name}/{version}.jsonl"] if warehouse.exists(log)]
    else:
        logs = _newest_of_governing(warehouse, source)
        logs += [] if source else [path for path in warehouse.files(SNAPSHOTS) if path.endswith(".jsonl")]
    if not logs and (named := snapshot or source):
        raise UsageError(f"Nothing is logged of {named}.", remedy="Govern the source, or build the snapshot, first.")
    return logs


def _newest_of_governing(warehouse: Warehouse, source: str | None) -> list[str]:
    """Return the newest log of every tenant, source and policy."""
    newest: dict[str, str] = {}
    for path in warehouse.files(GOVERNED):
        kind, _, _ = path.rpartition("/")
        if path.endswith(".jsonl") and source in (None, kind.split("/")[-2]):
            newest[kind] = path  # files come in order of name, and a name is an instant
    return sorted(newest.values())


def read_log(warehouse: Warehouse, path: str) -> list[Entry]:
    """Return the entries of a log, each the one that was written: its id is the digest of the rest.

    Raises:
        WarehouseError: There is no such log.
        LogAlteredError: A line is no entry, or not the one that was written.
    """
    listed = []
    for number, line in enumerate(warehouse.read(path).splitlines(), start=1):
        entry = _parsed(line)
        rest = {name: value for name, value in entry.items() if name != "decision_id"}
        if not rest or digest_of(rest) != entry.get("decision_id"):
            raise LogAlteredError(f"{path}: line {number}: is not the entry that was written.")
        listed.append(entry)
    return listed


def _parsed(line: bytes) -> Entry:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
