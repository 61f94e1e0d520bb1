import gzip
import json
import os
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lineage.encrypted import ContentUnreadableError, read_encrypted
from lineage.keys.vault import KeyUnavailableError, Vault
from lineage.record import RECORD_SCHEMA
from lineage.warehouse import Warehouse, WarehouseError
from pipelines.landing import records
from pipelines.landing.land import LandingError, LandUnit, land_file, land_units
from pipelines.landing.landed import landed, quarantine_path, tenant_path
from pipelines.sources import format_of
from pipelines.sources.declaration import SourceDeclaration, load_declaration
from pipelines.sources.interaction import RejectReason
from pipelines.sources.reading import LogFile

NOW = datetime(2026, 6, 1, tzinfo=UTC)
REAL = Path(__file__).parents[3] / "shared" / "data" / "logs"

DECLARED = {
    "source": "web",
    "format": "openai_chat",
    "files": "*.jsonl*",
    "tenant": {"column": "team"},
    "controller": "Bloom Labs GmbH",
    "licence": "CC0-1.0",
    "person": {"column": "user"},
    "participants": {"column": "others"},
    "conversation": {"column": "conversation"},
    "occurred_at": {"column": "at"},
    "data_categories": ["user.content"],
}


def line(number, team="acme", user="ada@example.org", **more):
    said = [{"role": "user", "content": f"question {number}"}, {"role": "assistant", "content": "answer"}]
    return {
        "team": team,
        "user": user,
        "others": ["bob@example.org"],
        "conversation": f"c{number}",
        "at": "2026-01-01T00:00:00Z",
        "messages": said,
        **more,
    }


def packed(*lines):
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
    return gzip.compress(text.encode("utf-8"), mtime=0)


class World:
    """A place to land files in, with its own keys and its own clock."""

    def __init__(self, root):
        self.root = root
        self.warehouse = Warehouse(root / "home")
        self.vault = Vault.open(root / "keys", seed=7)

    def deliver(self, data, name="day.jsonl.gz", **changes):
        path = self.root / name
        path.write_bytes(data)
        declaration = SourceDeclaration.model_validate({**DECLARED, **changes})
        return LandUnit(declaration, path, self.warehouse, self.vault, NOW)

    def table(self, result, tenant):
        path = tenant_path(result.source, result.batch, tenant)
        return read_encrypted(self.warehouse, path, key=self.vault.file_key(tenant, path), aad=path)

    def quarantine(self, result):
        path = quarantine_path(result.source, result.batch)
        if not self.warehouse.exists(path):
            return []
        return [json.loads(one) for one in self.warehouse.read(path).splitlines()]

    @property
    def files(self):
        return self.warehouse.files("landing") + self.warehouse.files("quarantine")

    @property
    def everything(self):
        """All files, staged ones too."""
        home = self.root / "home"
        return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_every_tenant_gets_a_file_of_its_own_and_no_other_rows_are_in_it(world):
    result = land_file(world.deliver(packed(line(1), line(2, "zeta"), line(3))))
    assert (result.records, result.tenants) == (3, {"acme": 2, "zeta": 1})
    for tenant, rows in result.tenants.items():
        table = world.table(result, tenant)
        assert table.schema.equals(RECORD_SCHEMA)
        assert table.num_rows == rows
        assert set(table["tenant"].to_pylist()) == {tenant}
        assert set(table["batch"].to_pylist()) == {result.batch}


def test_people_are_kept_by_their_pseudonym_alone(world):
    result = land_file(world.deliver(packed(line(1), line(2, user=None), line(3, "zeta"))))
    acme, zeta = world.table(result, "acme"), world.table(result, "zeta")
    ada = world.vault.data_subject_id("acme", "ada@example.org")
    assert acme["data_subject_id"].to_pylist() == [ada, None]
    assert acme["participants"][0].as_py() == [world.vault.data_subject_id("acme", "bob@example.org")]
    assert zeta["data_subject_id"][0].as_py() != ada
    assert "ada@example.org" not in json.dumps(acme.to_pylist(), default=str)


def test_no_file_of_the_warehouse_shows_what_was_said_or_by_whom(world):
    land_file(world.deliver(packed(line(1), line(2, at="noon"), '{"user": "ada@example.org", "cut')))
    for path in world.files:
        content = world.warehouse.read(path)
        for secret in (b"ada@example.org", b"question", b"noon", b"role"):
            assert secret not in content, path


def test_a_tenants_file_opens_neither_elsewhere_nor_with_anothers_key(world):
    result = land_file(world.deliver(packed(line(1), line(2, "zeta"))))
    acme, zeta = (tenant_path("web", result.batch, tenant) for tenant in ("acme", "zeta"))
    with pytest.raises(ContentUnreadableError):
        read_encrypted(world.warehouse, acme, key=world.vault.file_key("zeta", zeta), aad=zeta)
    with pytest.raises(KeyUnavailableError):
        world.vault.file_key("nobody", acme)


def test_a_line_set_aside_is_told_by_file_line_reason_and_field(world):
    cut = '{"user": "u'
    result = land_file(world.deliver(packed(line(1), cut, line(3, at="2026-01-01T00:00:00"), line(1))))
    assert world.quarantine(result) == [
        {"file": "day.jsonl.gz", "line": 2, "reason": "malformed-json", "field": ""},
        {"file": "day.jsonl.gz", "line": 3, "reason": "time-without-zone", "field": "at"},
        {"file": "day.jsonl.gz", "line": 4, "reason": "duplicate-record", "field": ""},
    ]
    assert (result.records, result.quarantined) == (1, 3)
    assert result.reasons == {"duplicate-record": 1, "malformed-json": 1, "time-without-zone": 1}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packed(*(line(number) for number in range(3_000)))[:-30], "truncated-gzip"),
        (b"not compressed", "not-gzip"),
        (packed(json.dumps([line(1)])), "not-json-lines"),
    ],
    ids=["cut off after many good lines", "not gzip", "an array"],
)
def test_a_file_that_cannot_be_read_to_its_end_lands_nothing_and_says_so(world, data, reason):
    result = land_file(world.deliver(data))
    assert (result.records, result.quarantined, result.tenants) == (0, 1, {})
    assert (result.reasons, result.notes) == ({reason: 1}, ["file-refused"])
    assert [one["reason"] for one in world.quarantine(result)] == [reason]
    assert not [path for path in world.everything if "parquet" in path]


def test_an_empty_file_lands_nothing_and_says_so(world):
    result = land_file(world.deliver(b"", name="day.jsonl"))
    assert (result.records, result.quarantined, result.notes) == (0, 0, ["empty-source"])
    assert landed(world.warehouse, "web", result.batch) == result


def test_the_same_file_again_changes_nothing(world):
    unit = world.deliver(packed(line(1), "x"))
    first = land_file(unit)
    before = {path: world.warehouse.read(path) for path in world.files}
    second = land_file(unit)
    assert second.already
    assert not first.already
    assert (second.batch, second.records, second.quarantined) == (first.batch, 1, 1)
    assert {path: world.warehouse.read(path) for path in world.files} == before


def test_the_same_bytes_under_another_name_are_the_same_batch(world):
    first = land_file(world.deliver(packed(line(1)), name="monday.jsonl.gz"))
    second = land_file(world.deliver(packed(line(1)), name="tuesday.jsonl.gz"))
    assert second.already
    assert (second.batch, second.file) == (first.batch, "monday.jsonl.gz")


def test_a_corrected_declaration_lands_the_file_anew_and_leaves_nothing_of_the_old(world):
    data = packed(line(1), line(2, "Not a slug"))
    first = land_file(world.deliver(data))
    assert first.quarantined == 1
    second = land_file(world.deliver(data, tenant="zeta"))
    assert not second.already
    assert second.tenants == {"zeta": 2}
    assert world.files == [
        f"landing/web/{second.batch}/batch.json",
        f"landing/web/{second.batch}/zeta.parquet",
        f"landing/web/{second.batch}/zeta.people.parquet",
    ]


class Crash(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("place", ["after the first batch", "before the account"])
def test_a_landing_cut_short_leaves_nothing_complete_and_the_next_one_completes(world, monkeypatch, place):
    unit = world.deliver(packed(*(line(number, team) for number in range(20) for team in ("acme", "zeta")), "x"))
    real = records.record_batches if place == "after the first batch" else None

    def dies(*given, **options):
        if real is not None:
            yield next(real(*given, rows=3))
        raise Crash

    with monkeypatch.context() as patch:
        if real is None:
            patch.setattr("pipelines.landing.land.keep", lambda *given: next(dies()))
        else:
            patch.setattr("pipelines.landing.land.record_batches", dies)
        with pytest.raises(Crash):
            land_file(unit)
    assert not [path for path in world.files if path.endswith("batch.json")]
    if real is not None:
        assert world.files == []
    result = land_file(unit)
    assert (result.records, result.quarantined, result.already) == (40, 1, False)
    assert landed(world.warehouse, "web", result.batch) is not None
    assert not [path for path in world.everything if ".staging-" in path]


def test_a_batch_whose_file_is_lost_is_landed_again(world):
    unit = world.deliver(packed(line(1)))
    result = land_file(unit)
    world.warehouse.fs.delete_file(tenant_path("web", result.batch, "acme"))
    assert landed(world.warehouse, "web", result.batch) is None
    assert not land_file(unit).already
    assert world.table(result, "acme").num_rows == 1


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"source": "web"}', b"\xff"])
def test_a_damaged_account_is_told_by_its_place(world, damage):
    unit = world.deliver(packed(line(1)))
    path = f"landing/web/{land_file(unit).batch}/batch.json"
    world.warehouse.write(path, damage)
    with pytest.raises(WarehouseError, match=path):
        land_file(unit)


def test_a_file_that_changes_while_it_is_read_lands_nothing(world, monkeypatch):
    unit = world.deliver(packed(line(1)))
    real = records.record_batches

    def grows(*given):
        yield from real(*given)
        unit.file.write_bytes(packed(line(1), line(2)))

    monkeypatch.setattr("pipelines.landing.land.record_batches", grows)
    with pytest.raises(LandingError, match=r"day\.jsonl\.gz: changed while it was read"):
        land_file(unit)
    assert world.files == []


def test_a_file_that_is_gone_is_told_by_name(world):
    unit = world.deliver(b"")
    unit.file.unlink()
    with pytest.raises(LandingError, match=r"day\.jsonl\.gz: cannot be read"):
        land_file(unit)


def test_a_unit_travels_to_a_worker_without_a_key(world):
    unit = world.deliver(packed(line(1)))
    travelling = pickle.dumps(unit)
    assert (world.root / "keys" / "master.key").read_bytes() not in travelling
    assert land_file(pickle.loads(travelling)).records == 1


def test_ids_do_not_depend_on_the_file_they_were_read_from(world):
    one = land_file(world.deliver(packed(line(1), line(2)), name="a.jsonl.gz"))
    two = land_file(world.deliver(packed("broken", line(2), line(1)), name="b.jsonl.gz"))
    ids = [sorted(world.table(result, "acme")["record_id"].to_pylist()) for result in (one, two)]
    assert one.batch != two.batch
    assert ids[0] == ids[1]


def test_batches_are_bounded_by_rows_and_by_text_and_lose_nothing(world, monkeypatch):
    monkeypatch.setattr(records, "BATCH_CHARACTERS", 2_000)
    monkeypatch.setattr(records, "WAITING_CHARACTERS", 3_000)
    lines = [line(number, team, note="x") for number in range(50) for team in ("acme", "beta", "zeta")]
    for number, one in enumerate(lines):
        one["messages"][1]["content"] = "y" * (number * 10)
    result = land_file(world.deliver(packed(*lines)))
    assert result.tenants == {"acme": 50, "beta": 50, "zeta": 50}
    assert [row["line"] for row in world.table(result, "acme").to_pylist()] == list(range(1, 150, 3))


def test_an_interaction_that_is_too_large_is_set_aside(world, monkeypatch):
    monkeypatch.setattr(records, "MAX_CHARACTERS", 1_000)
    large = line(2)
    large["messages"][0]["content"] = "z" * 1_000
    result = land_file(world.deliver(packed(line(1), large)))
    assert world.quarantine(result) == [{"file": "day.jsonl.gz", "line": 2, "reason": "too-large", "field": ""}]
    assert result.records == 1


def test_the_account_says_what_was_declared_and_when_the_records_have_to_go(world):
    result = land_file(world.deliver(packed(line(1))))
    assert (result.controller, result.licence, result.data_categories) == (
        "Bloom Labs GmbH",
        "CC0-1.0",
        ["user.content"],
    )
    assert (result.landed_at, result.expires_at) == ("2026-06-01T00:00:00.000000Z", "2026-07-01T00:00:00.000000Z")


def test_every_file_of_every_declaration_is_a_unit(world, tmp_path):
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_text("")
    declaration = SourceDeclaration.model_validate({**DECLARED, "files": "*.jsonl"})
    units = land_units({tmp_path / "web.yaml": declaration}, world.warehouse, world.vault, NOW)
    assert [unit.file.name for unit in units] == ["a.jsonl", "b.jsonl"]


def test_two_interactions_of_one_place_are_one_record_and_a_rejection(world):
    unit = world.deliver(packed(line(1)))
    (one,) = format_of(unit.declaration).read(LogFile(unit.file, unit.declaration, print))
    rejected = []
    batches = records.record_batches(
        [one, one], unit.declaration, "0" * 64, world.vault, lambda *told: rejected.append(told)
    )
    assert sum(batch.num_rows for batch in batches) == 1
    assert rejected == [(1, RejectReason.DUPLICATE_RECORD, "")]


AGENT = """
source: {name}
format: claude_code
files: {files}
tenant: builders
controller: The publisher
licence: MIT
person: {{column: user_id}}
conversation: {{column: session_id}}
occurred_at: {{column: event.timestamp}}
data_categories: [user.content]
"""

CHAT = """
source: {name}
format: openai_chat
files: {files}
tenant: study
controller: The publisher
licence: CC0-1.0
person: {{column: programmer_id}}
conversation: {{columns: [programmer_id, task_name, model]}}
occurred_at: {{column: timestamp, unit: s, starting: 2024-03-01T00:00:00Z}}
data_categories: [user.content]
messages: {{column: request}}
answer: {{column: response}}
model: {{column: model}}
outcome: {{label: {{column: copy_events, present: good}}, signal: copied}}
attributes: {{task: {{column: task_name}}}}
"""


@pytest.mark.parametrize(
    ("name", "file", "declaration", "expected"),
    [
        ("realhumaneval", "chat.jsonl.gz", CHAT, (1_053, {"duplicate-record": 1, "no-person-turn": 2})),
        ("entire_cipher_box", "events.jsonl.gz", AGENT, (159, {"no-person-turn": 12})),
        pytest.param(
            "entire_cli",
            "events.jsonl.gz",
            AGENT,
            (919, {"no-person-turn": 7, "unknown-event": 4}),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_real_logs_land_whole(world, tmp_path, name, file, declaration, expected):
    path = REAL / name / file
    if not path.exists():
        pytest.skip(f"the public log {name} is not beside the repository")
    (tmp_path / "source.yaml").write_text(declaration.format(name=name, files=os.fspath(path)), encoding="ascii")
    declared = load_declaration(tmp_path / "source.yaml")
    (unit,) = land_units({tmp_path / "source.yaml": declared}, world.warehouse, world.vault, NOW)
    result = land_file(unit)
    assert (result.records, result.reasons) == expected
    assert result.records == sum(result.tenants.values())
    assert result.quarantined == len(world.quarantine(result))
    (tenant,) = result.tenants
    table = world.table(result, tenant)
    assert len(set(table["record_id"].to_pylist())) == table.num_rows == result.records
    for said in table["messages"].to_pylist():
        assert next(one["role"] for one in said if one["role"] != "system") == "user"
