"""Snapshot requests: what an ML engineer writes is read as it looks, or refused with every fault."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.request import RequestError, load_request, load_requests

WHOLE = """\
name: bloom-shared
policy: model-training
pool: shared
sources: [bloom-web, bloom-agent]
period: {from: 2026-01-01T00:00:00Z, to: 2026-06-01T02:00:00+02:00}
seed: 7
shard_rows: 5000
lease_days: 30
"""
LEAST = "name: small\npolicy: model-training\npool: acme\nsources: [web]\n"


def written(directory: Path, text: str, name: str = "request.yaml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_request_is_read_as_written(tmp_path: Path):
    request = load_request(written(tmp_path, WHOLE))
    assert request.sources == ("bloom-web", "bloom-agent")
    assert request.period.since == datetime(2026, 1, 1, tzinfo=UTC)
    assert request.period.until == datetime(2026, 6, 1, tzinfo=UTC)


def test_what_is_left_out_has_a_meaning(tmp_path: Path):
    request = load_request(written(tmp_path, LEAST))
    assert (request.seed, request.shard_rows, request.lease_days) == (0, 5_000, 30)
    assert (request.period.since, request.period.until) == (None, None)


def test_every_fault_is_told_at_once_by_its_path(tmp_path: Path):
    text = "name: Bloom Shared\npool: shared\nsources: []\nperiod: {from: 2026-01-01}\nshard_rows: 0\nsampel: 3\n"
    with pytest.raises(RequestError) as refused:
        load_request(written(tmp_path, text))
    paths = {fault.split(": ")[1] for fault in refused.value.faults}
    assert paths == {"name", "policy", "sources", "period.from", "shard_rows", "sampel"}
    assert all(fault.startswith("request.yaml: ") for fault in refused.value.faults)


@pytest.mark.parametrize(
    "text",
    ["", "- name: a list\n", LEAST + "name: twice\n", LEAST.replace("small", "no"), LEAST + "period: {until: x}\n"],
    ids=["empty", "a list", "a key twice", "a word that may mean false", "a period in other words"],
)
def test_what_can_be_misread_is_refused(tmp_path: Path, text: str):
    with pytest.raises(RequestError, match=r"^request\.yaml: "):
        load_request(written(tmp_path, text))


def test_a_request_that_is_not_there_is_refused_by_name(tmp_path: Path):
    with pytest.raises(RequestError, match=r"absent\.yaml: file: cannot be read"):
        load_request(tmp_path / "absent.yaml")


def test_two_requests_of_one_name_are_refused(tmp_path: Path):
    written(tmp_path, LEAST, "a.yaml")
    written(tmp_path, LEAST, "b.yaml")
    with pytest.raises(RequestError, match=r"b\.yaml: name: another request has the same one"):
        load_requests(tmp_path)


def test_requests_are_found_by_their_own_name_and_not_the_files(tmp_path: Path):
    written(tmp_path, LEAST, "whatever.yaml")
    written(tmp_path, WHOLE, "other.yaml")
    written(tmp_path, "no: request", "notes.txt")
    assert sorted(load_requests(tmp_path)) == ["bloom-shared", "small"]
