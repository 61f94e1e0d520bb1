"""Events that a lineage server takes: the standard's own classes read them, and a real server is sent them."""

import json
import threading
import types
import typing
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import attr
import pytest
from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

from lineage.canonical import canonical_json
from lineage.exports.opening import open_snapshot, open_trained
from lineage.exports.openlineage import LineageUnknownError, Recorded, snapshot_events, training_events
from lineage.exports.openlineage_facets import run_id
from lineage.exports.posting import NotDeliveredError, post_each
from lineage.record import RECORD_SCHEMA, TEXT_COLUMNS
from policies.errors import UsageError
from tests.commands import lineweight
from tests.lineage.exports.world import DisclosedWorld

Event = dict[str, Any]
FACETS = {
    "columnLineage": facet_v2.column_lineage_dataset.ColumnLineageDatasetFacet,
    "documentation": facet_v2.documentation_job.DocumentationJobFacet,
    "inputStatistics": facet_v2.input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
    "tags": facet_v2.tags_run.TagsRunFacet,
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
}


@pytest.fixture(scope="module")
def events(disclosed_once: DisclosedWorld) -> list[Event]:
    """All events of the model, from the first landing on."""
    world = disclosed_once
    trained = open_trained(world.root / "models/little/run-1", world.warehouse, world.trusted)
    recorded = Recorded.of(trained.snapshot.snapshot, world.ledger)
    return [*snapshot_events(trained.snapshot.snapshot, recorded), *training_events(trained.model)]


def built(kind: Any, value: Any) -> Any:
    """Return a value as the standard's classes hold it; what they do not know, or miss, is an error."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        [kind] = [one for one in typing.get_args(kind) if one is not type(None)]
    if typing.get_origin(kind) is list:
        [inner] = typing.get_args(kind)
        return [built(inner, one) for one in value]
    if typing.get_origin(kind) is dict:
        inner = typing.get_args(kind)[1]
        return {name: built(FACETS[name] if "Facet" in inner.__name__ else inner, one) for name, one in value.items()}
    if not attr.has(kind):
        made = kind(value)
        assert made == value or made.value == value
        return made
    hints, fields = typing.get_type_hints(kind), {field.name: field for field in attr.fields(kind)}
    told = {name: one for name, one in value.items() if name not in ("schemaURL", "_schemaURL")}
    made = kind(**{fields[name].alias: built(hints[name], one) for name, one in told.items()})
    for name in {"schemaURL", "_schemaURL"} & set(value):
        assert getattr(made, name) == value[name]
    return made


def test_the_standards_own_classes_read_every_event_and_write_the_same(events: list[Event]):
    for event in events:
        read = built(event_v2.RunEvent, event)
        assert pruned(Serde.to_dict(read)) == pruned(event)


def pruned(value: Any) -> Any:
    """Leave out what is empty: their writer adds empty lists and facets."""
    if isinstance(value, dict):
        kept = {name: pruned(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, {}, [])}
    return [pruned(one) for one in value] if isinstance(value, list) else value


def test_each_run_starts_and_completes_once(events: list[Event]):
    told: dict[str, list[str]] = {}
    for event in events:
        told.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert set(map(tuple, told.values())) == {("START", "COMPLETE")}
    jobs = [event["job"]["name"] for event in events[::2]]
    assert jobs == ["land.web", "govern.web", "govern.web", "snapshot.demo", "train.little"]


def facets(events: list[Event], job: str, kind: str) -> Event:
    event = next(event for event in events if event["job"]["name"] == job)
    return event["outputs"][0]["facets"][kind]


def masks(facet: Event) -> dict[str, bool]:
    return {
        name: any(how["masking"] for one in field["inputFields"] for how in one["transformations"])
        for name, field in facet["fields"].items()
    }


def test_redacted_columns_are_masked_and_no_others(events: list[Event]):
    governed = masks(facets(events, "govern.web", "columnLineage"))
    assert set(governed) == set(RECORD_SCHEMA.names)
    assert {name for name, masked in governed.items() if masked} == set(TEXT_COLUMNS)
    assert masks(facets(events, "land.web", "columnLineage")) == {"data_subject_id": True, "participants": True}
    assert set(masks(facets(events, "snapshot.demo", "columnLineage")).values()) == {False}


def test_the_path_from_weights_to_the_source_is_unbroken(events: list[Event]):
    reads = {event["job"]["name"]: {one["name"] for one in event["inputs"]} for event in events}
    writes = {event["job"]["name"]: {one["name"] for one in event["outputs"]} for event in events}
    assert writes["train.little"] == {"models/little"}
    assert reads["train.little"] == writes["snapshot.demo"] | {"base-models/tiny"}
    assert reads["snapshot.demo"] == writes["govern.web"]
    assert reads["govern.web"] == writes["land.web"]
    assert reads["land.web"] == {"sources/web"}


def test_numbers_are_those_of_the_evidence(events: list[Event], disclosed_once: DisclosedWorld):
    figures = disclosed_once.model_figures()
    last = {event["job"]["name"]: event for event in events}
    [snapshot] = last["snapshot.demo"]["outputs"]
    assert snapshot["outputFacets"]["outputStatistics"]["rowCount"] == figures["records"].value
    assert snapshot["outputFacets"]["outputStatistics"]["size"] == figures["bytes"].value
    assert last["train.little"]["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] == figures["readings"].value
    governed = [event for event in events if event["job"]["name"] == "govern.web" and event["eventType"] == "START"]
    considered = sum(one["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] for one in governed)
    assert considered == figures["considered"].value
    tags = {one["key"]: one["value"] for one in last["train.little"]["run"]["facets"]["tags"]["tags"]}
    assert tags["statement"] == figures["training_statement"].value
    assert tags["snapshot-manifest"] == figures["snapshot_digest"].value
    assert last["train.little"]["eventTime"] == figures["training_finished_at"].value


def test_no_customer_and_no_person_is_named(events: list[Event], disclosed_once: DisclosedWorld):
    told = b"".join(canonical_json(event) for event in events)
    for tenant in disclosed_once.tenants:
        assert tenant.encode() not in told
    assert b"ds_" not in told
    assert str(disclosed_once.root).encode() not in told


def test_the_same_evidence_gives_the_same_events(events: list[Event], disclosed_once: DisclosedWorld):
    world = disclosed_once
    snapshot = open_snapshot(world.root / "snapshots/demo/v1", world.warehouse, world.trusted).snapshot
    again = list(snapshot_events(snapshot, Recorded.of(snapshot, world.ledger)))
    assert again == events[: len(again)]
    elsewhere = list(snapshot_events(snapshot, Recorded.of(snapshot, world.ledger), "another"))
    assert not {one["run"]["runId"] for one in elsewhere} & {one["run"]["runId"] for one in again}


def test_ids_of_runs_are_uuids_of_version_7_in_the_order_of_their_instants():
    at = datetime(2026, 5, 1, tzinfo=UTC)
    ids = [run_id(at + timedelta(milliseconds=number), "land", "web") for number in range(3)]
    for number, one in enumerate(map(uuid.UUID, ids)):
        assert (one.version, one.variant) == (7, uuid.RFC_4122)
        assert one.int >> 80 == int(at.timestamp() * 1000) + number
    assert ids == sorted(ids)
    assert run_id(at, "land", "web") == ids[0] != run_id(at, "landweb")


def test_what_the_ledger_does_not_know_is_not_told(disclosed_once: DisclosedWorld):
    world = disclosed_once
    snapshot = open_snapshot(world.root / "snapshots/demo/v1", world.warehouse, world.trusted).snapshot
    recorded = Recorded.of(snapshot, world.ledger)
    with pytest.raises(LineageUnknownError, match="when it was published"):
        list(snapshot_events(snapshot, Recorded(recorded.batches, None)))
    with pytest.raises(LineageUnknownError, match="does not know the landed file"):
        list(snapshot_events(snapshot, Recorded({}, recorded.published_at)))


# Over HTTP.


class Server(HTTPServer):
    """Takes events on loopback and answers as it is told."""

    taken: list[tuple[str, dict[str, str], Any]]
    answers: list[int]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((self.path, dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 201
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.taken.append((self.path, {}, "GET"))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as listening:
        listening.taken, listening.answers = [], []
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/api/v1/lineage"


def test_a_server_gets_every_event_in_order(events: list[Event], server: Server):
    assert post_each(events, address(server), "secret") == len(events)
    assert [body for _, _, body in server.taken] == events
    path, headers, _ = server.taken[0]
    assert path == "/api/v1/lineage"
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize("status", [302, 400, 401, 404, 500, 503])
def test_the_first_answer_that_is_no_success_ends_it(events: list[Event], server: Server, status: int):
    server.answers = [201, status]
    with pytest.raises(NotDeliveredError, match=f"answered {status} to event 2; 1 were taken") as told:
        post_each(events, address(server))
    assert len(server.taken) == 2
    assert "same ids" in told.value.remedy


def test_a_server_that_is_not_there_is_an_error(events: list[Event]):
    with Server(("127.0.0.1", 0), Handler) as listening:
        gone = address(listening)
    with pytest.raises(NotDeliveredError, match="cannot be reached for event 1; 0 were taken"):
        post_each(events, gone, timeout=2)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "localhost:5000", "ftp://host/", "http://", "http://a:b@host/"])
def test_an_address_that_is_none_of_a_server_is_refused(events: list[Event], url: str):
    with pytest.raises(UsageError, match="no address of a server"):
        post_each(events, url)


# The command.


def test_the_command_writes_a_line_an_event(disclosed_once: DisclosedWorld, events: list[Event], tmp_path: Path):
    home = ("--home", str(disclosed_once.root))
    ran = lineweight("export", "openlineage", "little", "--to", str(tmp_path / "events.jsonl"), *home, "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["events"] == events
    assert [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()] == events
    shown = lineweight("export", "openlineage", "little", *home)
    assert shown.out == (tmp_path / "events.jsonl").read_text()


def test_the_command_sends_events_and_fails_with_the_server(disclosed_once: DisclosedWorld, server: Server):
    asked = ("export", "openlineage", "demo@v1", "--url", address(server), "--home", str(disclosed_once.root))
    assert lineweight(*asked).code == 0
    assert len(server.taken) == 8
    server.answers = [500]
    ran = lineweight(*asked)
    assert ran.code == 1
    assert "answered 500 to event 1; 0 were taken" in ran.err


def test_events_go_to_one_place(disclosed_once: DisclosedWorld, server: Server, tmp_path: Path):
    both = ("--to", str(tmp_path / "events.jsonl"), "--url", address(server))
    ran = lineweight("export", "openlineage", "demo@v1", *both, "--home", str(disclosed_once.root))
    assert ran.code == 2
    assert "events go to one place" in ran.err
    assert (list(tmp_path.iterdir()), server.taken) == ([], [])


def test_nothing_is_told_of_what_does_not_verify(disclosed: DisclosedWorld, server: Server):
    path = disclosed.root / "snapshots/demo/v1/inputs.json"
    path.write_bytes(path.read_bytes().replace(b'"denied":2', b'"denied":1'))
    ran = lineweight("export", "openlineage", "little", "--url", address(server), "--home", str(disclosed.root))
    assert ran.code == 1
    assert server.taken == []
