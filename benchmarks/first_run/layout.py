"""Lays out a home: the logs or their slices, declarations, ledgers, requests, settings."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.first_run.consents import consent_rows, story_of
from benchmarks.first_run.tenants import AS_OF, REQUESTS, SHARED, TENANTS, Slice, Tenant

SETTINGS = f"""\
# Real people's words: the keys are random and belong to this home alone.
sources: sources
requests: requests
as_of: {AS_OF.isoformat().replace("+00:00", "Z")}
workers: {{workers}}
"""


@dataclass
class Laid:
    """What was laid out for one tenant.

    Attributes:
        lines: Lines of the log, or of the slice.
        raw_bytes: Their size as JSON.
        people: How many people, by what they said.
    """

    lines: int = 0
    raw_bytes: int = 0
    people: dict[str, int] = field(default_factory=dict)


def lay_out(
    data: Path,
    home: Path,
    workers: int = 1,
    lines: int | None = None,
    tenants: Sequence[Tenant] = TENANTS,
    requests: Mapping[str, str] = REQUESTS,
) -> dict[str, Any]:
    """Write everything the stages need into an empty home, and return what it is, by tenant.

    Args:
        data: The directory that holds ``logs/``.
        home: An empty directory, or one that does not exist.
        workers: Worker processes of the stages.
        lines: Take only the first so many lines of each log or slice.
        tenants: The logs.
        requests: Pools by the snapshot's name.

    Raises:
        FileExistsError: There is something in the home.
        FileNotFoundError: A log is not there.
    """
    home.mkdir(parents=True, exist_ok=True)
    if any(home.iterdir()):
        raise FileExistsError(f"{home}: is not empty.")
    (home / "lineweight.yaml").write_text(SETTINGS.format(workers=workers), encoding="utf-8")
    for directory in ("sources", "requests", "ledgers"):
        (home / directory).mkdir()
    laid = {}
    for tenant in tenants:
        laid[tenant.slug], people = _write_log(data / "logs" / tenant.log, home, tenant, lines)
        (home / "sources" / f"{tenant.slug}.yaml").write_text(tenant.declared(), encoding="utf-8")
        laid[tenant.slug].people = dict(sorted(Counter(story_of(tenant, person) for person in people).items()))
        _write_jsonl(home / "ledgers" / f"consents-{tenant.slug}.jsonl", consent_rows(tenant, people))
    _write_jsonl(home / "ledgers" / "agreements.jsonl", map(_agreement, tenants))
    for name, pool in requests.items():
        sources = [tenant.slug for tenant in tenants] if name == SHARED else [name]
        # Decided for an instant in the past, and trained on today: a lease of the usual length would have ended.
        lease = {"lease_days": 3650}
        request = {"name": name, "policy": "model-training", "pool": pool, "sources": sources, "seed": 1} | lease
        (home / "requests" / f"{name}.yaml").write_text(json.dumps(request), encoding="utf-8")
    return {slug: asdict(one) for slug, one in laid.items()}


def _write_log(log: Path, home: Path, tenant: Tenant, limit: int | None) -> tuple[Laid, list[str]]:
    """Write the lines that are taken, as they are or as they are rewritten; return what they are, and whose."""
    target = home / "logs" / tenant.slug / log.name
    target.parent.mkdir(parents=True)
    people: dict[str, None] = {}
    laid = Laid()
    taken = _taken(log, tenant.slice)
    with target.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as out:
        for line in _lines(log):
            parsed = json.loads(line)
            if not taken(parsed):
                continue
            if laid.lines == limit:
                break
            out.write(line if tenant.rewrite is None else tenant.rewrite(line))
            people[str(parsed[tenant.person])] = None
            laid.lines += 1
            laid.raw_bytes += len(line)
    return laid, sorted(people)


def _taken(log: Path, part: Slice | None) -> Callable[[dict[str, Any]], bool]:
    """Return whether a parsed line is taken: all are, or those of the sessions of a slice."""
    if part is None:
        return lambda line: True
    first: dict[str, str] = {}
    for line in _lines(log):
        parsed = json.loads(line)
        at = parsed["event"].get("timestamp")
        if isinstance(at, str):
            session = parsed["session_id"]
            first[session] = min(first.get(session, at), at)
    sessions = {session for session, at in first.items() if part.holds(at)}
    return lambda line: line["session_id"] in sessions


def _lines(log: Path) -> Iterator[bytes]:
    with gzip.open(log) as stream:
        yield from stream


def _agreement(tenant: Tenant) -> dict[str, Any]:
    at = tenant.asked_at.isoformat().replace("+00:00", "Z")
    return {
        "event_id": f"agreement-{tenant.slug}",
        "tenant": tenant.slug,
        "scope": tenant.scope,
        "purposes": ["train_ai_system"],
        "retention_days": 730,
        "effective_at": at,
        "recorded_at": at,
    }


def _write_jsonl(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
