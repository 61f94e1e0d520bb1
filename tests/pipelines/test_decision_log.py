"""The decision log: every distinct decision with how often it was made, in OPA's shape, and nobody in it."""

import json
import re
from datetime import timedelta

import pytest

from lineage.canonical import digest_of
from lineage.leaf import NO_CONSENT_RECEIPT
from lineage.snapshot import Snapshot
from pipelines.policy.decision_log import LogAlteredError, logs_asked_for, read_log
from policies.errors import UsageError
from policies.facts import FACT_FIELDS
from tests.commands import lineweight
from tests.pipelines.acme import NOON, SOURCE, Acme

OPA = {"labels", "decision_id", "bundles", "path", "input", "result", "timestamp", "metrics"}
PERSONAL = re.compile(r"ds_[0-9a-f]{32}|\br[0-9a-f]{32}\b|\bc[0-9a-f]{32}\b|ada|bob|my order|theirs")


@pytest.fixture
def governed(world: Acme) -> Acme:
    """Two tenants; Ada consented to both, Bob to nobody; all of it governed at noon."""
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        world.consents("ada", tenant=tenant)
    world.says("ada", "my order is late")
    world.says("ada", "my order is here")
    world.says("bob", "my order is mine")
    world.says("ada", "theirs", tenant="globex")
    world.delivers()
    world.asks()
    world.lands()
    world.governs()
    return world


def entries(world: Acme, **asked) -> list[dict]:
    logs = logs_asked_for(world.warehouse, asked.get("snapshot"), asked.get("source"))
    return [entry for log in logs for entry in read_log(world.warehouse, log)]


def log_bytes(world: Acme) -> dict[str, bytes]:
    return {path: world.warehouse.read(path) for path in world.warehouse.files("decision_log")}


def test_an_entry_is_an_event_of_opas_decision_log(governed: Acme):
    policy = governed.deployment.policies["model-training"]
    for entry in entries(governed, source=SOURCE):
        assert set(entry) == OPA
        assert list(entry["input"]) == sorted(FACT_FIELDS)
        assert entry["bundles"] == {"model-training": {"revision": digest_of(policy.document())}}
        assert entry["path"] == "lineweight/model-training/decision"
        assert entry["timestamp"] == "2026-03-01T12:00:00.000000Z"
        assert all(isinstance(value, str) for value in entry["labels"].values())


def test_every_landed_record_is_counted_once_under_its_tenant(governed: Acme):
    counted = {}
    for entry in entries(governed, source=SOURCE):
        key = (entry["labels"]["tenant"], entry["result"]["effect"], entry["result"]["reason"])
        counted[key] = counted.get(key, 0) + entry["metrics"]["counter_records"]
    assert counted == {
        ("acme", "permit", "permitted"): 2,
        ("acme", "deny", "consent-unknown"): 1,
        ("globex", "permit", "permitted"): 1,
    }


def test_nobody_and_nothing_said_is_in_the_log(governed: Acme):
    governed.publishes()
    logs = log_bytes(governed)
    assert logs
    for path, data in logs.items():
        assert not PERSONAL.search(data.decode()), path


def test_the_same_instant_writes_the_same_bytes_and_another_one_its_own_log(governed: Acme):
    before = log_bytes(governed)
    governed.governs()
    assert log_bytes(governed) == before
    governed.consents("ada", "withdrawn")
    governed.passes(days=1)
    governed.governs()
    assert len(log_bytes(governed)) == 2 * len(before)
    assert before.items() <= log_bytes(governed).items()
    reasons = {entry["result"]["reason"] for entry in entries(governed, source=SOURCE)}
    assert reasons == {"consent-withdrawn", "consent-unknown", "permitted"}
    assert {entry["timestamp"] for entry in entries(governed, source=SOURCE)} == {"2026-03-02T12:00:00.000000Z"}


def test_ids_are_those_of_content_and_no_two_alike(governed: Acme):
    governed.passes(days=1)
    governed.governs()
    governed.publishes()
    found = [json.loads(line) for data in log_bytes(governed).values() for line in data.splitlines()]
    assert len({entry["decision_id"] for entry in found}) == len(found)
    for entry in found:
        assert entry.pop("decision_id") == digest_of(entry)


def test_a_snapshots_log_counts_the_decisions_its_leaves_name(governed: Acme):
    published = governed.publishes()
    snapshot = Snapshot.open(governed.warehouse, published.directory, governed.deployment.home.trusted())
    leaves = [leaf for index in range(2) for leaf in snapshot.leaves(index).to_pylist()]
    permitted = {
        entry["result"]["digest"]: entry["metrics"]["counter_records"]
        for entry in entries(governed, snapshot="all@v1")
        if entry["result"]["effect"] == "permit"
    }
    named = [leaf["decision_digest"].hex() for leaf in leaves]
    assert permitted == {digest: named.count(digest) for digest in named}
    assert all(leaf["consent_receipt"] != NO_CONSENT_RECEIPT for leaf in leaves)
    assert {entry["labels"]["snapshot"] for entry in entries(governed, snapshot="all")} == {"all@v1"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line.replace(b'"deny"', b'"permit"'),
        lambda line: line.replace(b'"counter_records":1', b'"counter_records":2'),
        lambda line: line[:-2],
        lambda line: b"[]",
        lambda line: b"\xff",
    ],
    ids=["another effect", "another count", "cut short", "no entry", "no text"],
)
def test_an_entry_that_was_changed_is_refused_and_its_line_named(governed: Acme, damage):
    log, _ = logs_asked_for(governed.warehouse, None, SOURCE)
    lines = governed.warehouse.read(log).splitlines()
    place = next(number for number, line in enumerate(lines) if b'"deny"' in line)
    lines[place] = damage(lines[place])
    governed.warehouse.write(log, b"\n".join(lines))
    with pytest.raises(LogAlteredError, match=rf"{log}: line {place + 1}: "):
        read_log(governed.warehouse, log)


def test_what_was_never_decided_has_no_log(governed: Acme):
    for asked in ({"source": "elsewhere"}, {"snapshot": "all"}):
        with pytest.raises(UsageError):
            entries(governed, **asked)
    assert entries(governed) == entries(governed, source=SOURCE)


def test_the_command_shows_a_table_an_object_or_the_lines_as_they_lie(governed: Acme):
    governed.publishes()
    shown = lineweight("policy", "log", "--source", SOURCE, "--home", governed.home)
    assert shown.code == 0
    assert "consent-unknown" in shown.out
    document = lineweight("policy", "log", "all", "--home", governed.home, "--json").document
    assert document["logs"] == ["decision_log/snapshots/all/v1.jsonl"]
    lines = lineweight("policy", "log", "all@v1", "--home", governed.home, "--lines").out
    assert lines.encode() == governed.warehouse.read("decision_log/snapshots/all/v1.jsonl")
    assert [json.loads(line) for line in lines.splitlines()] == document["entries"]
    both = lineweight("policy", "log", "all", "--source", SOURCE, "--home", governed.home)
    assert both.code == 2
    assert "of a snapshot or of a source" in both.err


def test_a_snapshot_that_says_nothing_new_leaves_its_log_as_it_was(governed: Acme):
    governed.publishes()
    before = log_bytes(governed)
    assert governed.publishes().already
    assert log_bytes(governed) == before
    governed.passes(days=1)
    governed.publishes()
    assert logs_asked_for(governed.warehouse, "all@v2", None) == ["decision_log/snapshots/all/v2.jsonl"]
    assert governed.now == NOON + timedelta(days=1)
