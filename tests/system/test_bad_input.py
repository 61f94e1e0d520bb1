"""Bad input, one row each: it is named, it is counted, nothing else is lost, and nobody sees a traceback."""

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lineage.keys.vault import Vault
from lineage.warehouse import Warehouse
from policies.document import DOCUMENTS
from tests.commands import Ran, lineweight
from tests.pipelines.acme import NOON, SOURCE, Acme

SNAPSHOT = "snapshots/all/v1"


def plain(said: Ran) -> Ran:
    assert "Traceback" not in said.err
    return said


# ── what is wrong with a log ─────────────────────────────────────────────────────────────────────────────────


def line(conversation: str, **more: Any) -> dict[str, Any]:
    return {
        "tenant": "acme",
        "person": "ada",
        "participants": [],
        "conversation": conversation,
        "at": NOON.isoformat(),
        "country": "de",
        "age": "adult",
        "messages": [{"role": "user", "content": f"hello {conversation}"}, {"role": "assistant", "content": "Done."}],
    } | more


def lines(*documents: Any) -> bytes:
    return b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in documents)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in line("bad").items() if key != name}


GOOD = line("good")


@dataclass(frozen=True)
class BadLog:
    """A delivered file, and what has to become of it.

    Attributes:
        quarantined: Reasons and lines set aside when it is landed.
        denied: Reasons for which the gate denies records that were landed.
        records: How many records of it land.
    """

    data: bytes
    quarantined: tuple[tuple[str, int | None], ...] = ()
    denied: dict[str, int] = field(default_factory=dict)
    records: int = 1
    name: str = "bad.jsonl"


BAD_LOGS = {
    "truncated gzip": BadLog(
        gzip.compress(lines(*(line(f"t{number}") for number in range(500))), mtime=0)[:-20],
        quarantined=(("truncated-gzip", None),),
        records=0,
        name="bad.jsonl.gz",
    ),
    "invalid UTF-8": BadLog(lines(GOOD, b'{"person": "\xff\xfe"}\n'), quarantined=(("invalid-utf-8", 2),)),
    "a JSON array": BadLog(json.dumps([GOOD, line("other")]).encode(), quarantined=(("not-json-lines", 1),), records=0),
    "a JSON document over many lines": BadLog(
        json.dumps([GOOD], indent=2).encode(), quarantined=(("not-json-lines", 1),), records=0
    ),
    "no column of times": BadLog(lines(GOOD, without("at")), quarantined=(("missing-column", 2),)),
    "no column of messages": BadLog(lines(GOOD, without("messages")), quarantined=(("missing-column", 2),)),
    "no column of tenants": BadLog(lines(GOOD, without("tenant")), quarantined=(("missing-column", 2),)),
    "a null person": BadLog(lines(GOOD, line("bad", person=None)), denied={"data-subject-unknown": 1}, records=2),
    "no column of people": BadLog(lines(GOOD, without("person")), quarantined=(("missing-column", 2),)),
    "a time without zone": BadLog(
        lines(GOOD, line("bad", at="2026-03-01T12:00:00")), quarantined=(("time-without-zone", 2),)
    ),
    "a record twice": BadLog(lines(GOOD, GOOD), quarantined=(("duplicate-record", 2),)),
    "an unknown tenant": BadLog(lines(GOOD, line("bad", tenant="nobody")), denied={"tenant-unknown": 1}, records=2),
    "a tenant that is no slug": BadLog(lines(GOOD, line("bad", tenant="../etc")), quarantined=(("tenant-invalid", 2),)),
    "a line cut short": BadLog(lines(GOOD, b'{"person": "ada", "mess'), quarantined=(("malformed-json", 2),)),
    "an empty source": BadLog(b"", records=0),
}


@pytest.mark.parametrize("bad", BAD_LOGS.values(), ids=BAD_LOGS)
def test_a_bad_log_costs_what_is_wrong_with_it_and_nothing_else(tmp_path: Path, bad: BadLog):
    world = Acme(tmp_path)
    world.agrees("acme")
    world.consents("ada")
    (world.home / "lineweight.yaml").write_text(f"as_of: {NOON.isoformat()}\n")
    declaration = world.home / "sources" / "support-chat.yaml"
    declaration.write_text(declaration.read_text().replace("*.jsonl", "*.jsonl*"))
    (world.home / "logs" / bad.name).write_bytes(bad.data)
    (world.home / "logs" / "sound.jsonl").write_bytes(lines(line("one"), line("two")))

    landed = plain(lineweight("land", "--home", tmp_path, "--json"))
    counts = landed.document["sources"][SOURCE]
    assert landed.code == 0
    assert (counts["files"], counts["records"], counts["quarantined"]) == (2, 2 + bad.records, len(bad.quarantined))
    told = [path.read_text().splitlines() for path in (tmp_path / "quarantine").rglob("*.jsonl")]
    set_aside = [json.loads(one) for lines_of_file in told for one in lines_of_file]
    assert [(one["file"], one["reason"]) for one in set_aside] == [(bad.name, reason) for reason, _ in bad.quarantined]
    assert all(wanted in (None, one["line"]) for one, (_, wanted) in zip(set_aside, bad.quarantined, strict=True))

    governed = plain(lineweight("govern", "--home", tmp_path, "--json")).document["sources"][SOURCE]
    assert governed["denied_by_reason"] == bad.denied
    assert governed["records"] == counts["records"]
    assert governed["records"] == governed["permitted"] + governed["denied"] + governed["quarantined"]
    assert governed["permitted"] == 2 + bad.records - sum(bad.denied.values())
    again = plain(lineweight("land", "--home", tmp_path, "--json")).document["sources"][SOURCE]
    assert again["landed_before"] == 2
    assert [again[name] for name in ("records", "quarantined")] == [counts["records"], counts["quarantined"]]


# ── what is wrong with what people and officers write ────────────────────────────────────────────────────────


def test_a_consent_for_an_unknown_purpose_is_named_and_no_refusal_is_lost(tmp_path: Path):
    world = Acme(tmp_path / "home")
    times = {"effective_at": NOON.isoformat(), "recorded_at": NOON.isoformat()}
    events = [
        {"event_id": f"e{number}", "tenant": "acme", "data_subject_id": person, "state": state, "purposes": [purpose]}
        for number, (person, state, purpose) in enumerate(
            [("ada", "given", "train_ai_system"), ("ben", "given", "telepathy"), ("ada", "withdrawn", "telepathy")]
        )
    ]
    file = tmp_path / "consents.jsonl"
    file.write_bytes(lines(*(event | times for event in events)))
    said = plain(lineweight("ledger", "import-consents", file, "--home", world.home, "--json"))
    report = said.document
    assert said.code == 1
    assert [(one["line"], one["reason"], one["suspends"]) for one in report["rejected"]] == [
        (2, "unknown-purpose", False),
        (3, "unknown-purpose", True),
    ]
    assert report["lines"] == 3 == report["new"] - report["suspended"] + len(report["rejected"])
    states = {(event.state.value, event.purposes) for event in world.deployment.ledger.consents()}
    assert states == {("given", ("train_ai_system",)), ("invalidated", ("train_ai_system",))}


def test_a_policy_with_an_unknown_key_is_refused_by_its_path_and_nothing_is_decided(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    policies = tmp_path / "policies"
    shutil.copytree(DOCUMENTS, policies)
    document = policies / "model-training.yaml"
    document.write_text(document.read_text().replace("retain_days: 730", "retain_days: 730\nretian_days: 7"))
    monkeypatch.setenv("LINEWEIGHT_POLICIES", str(policies))
    before = sorted(path for path in (published / "governed").rglob("*"))
    for words in (("policy", "check", policies), ("govern", "--home", published)):
        said = plain(lineweight(*words))
        assert said.code == 1
        assert "model-training.yaml" in said.out + said.err
        assert "retian_days" in said.out + said.err
        assert "Extra inputs are not permitted" in said.out + said.err
    assert sorted(path for path in (published / "governed").rglob("*")) == before


# ── what goes wrong under way ────────────────────────────────────────────────────────────────────────────────


def test_a_crash_between_shards_and_manifest_leaves_nothing_visible_and_a_rerun_completes(
    published: Path, monkeypatch: pytest.MonkeyPatch
):
    class Killed(BaseException):
        """The process dies here."""

    def dies(*_: object) -> None:
        raise Killed

    settings = published / "lineweight.yaml"
    settings.write_text(f"as_of: {(NOON + timedelta(days=1)).isoformat()}\n")
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("pipelines.gates.check_staged", dies)
        lineweight("snapshot", "build", "all", "--home", published)
    assert list((published / "snapshots/all/v2/shards").iterdir()), "the shards were written"
    assert not (published / "snapshots/all/v2/manifest.json").exists()
    listed = plain(lineweight("snapshot", "list", "--home", published, "--json")).document
    assert [one["snapshot"] for one in listed["snapshots"]] == ["all@v1"]
    assert plain(lineweight("verify", published / "snapshots/all/v2", "--home", published)).code == 1
    built = plain(lineweight("snapshot", "build", "all", "--home", published, "--json"))
    assert (built.code, built.document["snapshot"]) == (0, "all@v2")
    assert plain(lineweight("verify", "all@v2", "--home", published)).code == 0


# ── what is wrong with a snapshot ────────────────────────────────────────────────────────────────────────────


def flip(home: Path) -> None:
    shard = next((home / SNAPSHOT / "shards").iterdir())
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)


def swap(home: Path) -> None:
    one, other = sorted((home / SNAPSHOT / "shards").iterdir())
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def unsign(home: Path) -> None:
    statement = home / SNAPSHOT / "statement.dsse.json"
    statement.write_text(json.dumps(json.loads(statement.read_bytes()) | {"signatures": []}))


def sign_by_a_stranger(home: Path) -> None:
    from lineage.canonical import sha256_hex
    from lineage.manifest import parse_manifest
    from lineage.statement import sign_statement, snapshot_statement

    stranger = Vault.open(home.parent / "stranger")
    data = (home / SNAPSHOT / "manifest.json").read_bytes()
    statement = snapshot_statement(parse_manifest(data), sha256_hex(data))
    Warehouse(home).write(f"{SNAPSHOT}/statement.dsse.json", sign_statement(statement, [stranger]))


@pytest.mark.parametrize(
    ("harm", "link", "why"),
    [
        (flip, "shard files", "shards/"),
        (swap, "shard files", "shards/"),
        (unsign, "signature", "no-signature"),
        (sign_by_a_stranger, "signature", "unknown-key"),
    ],
    ids=["one flipped byte", "a swapped shard", "a missing signature", "an unknown signature"],
)
def test_a_snapshot_that_was_harmed_is_refused_and_the_link_named(
    published: Path, tmp_path: Path, harm: Callable[[Path], None], link: str, why: str
):
    assert plain(lineweight("verify", "all@v1", "--home", published)).code == 0
    harm(published)
    said = plain(lineweight("verify", "all@v1", "--home", published, "--json"))
    assert said.code == 1
    assert said.document["broken_link"] == link
    assert why in said.document["checks"][-1]["detail"]
    exported = plain(lineweight("snapshot", "export", "all", "--to", tmp_path / "out", "--home", published))
    assert exported.code == 1
    assert exported.out == ""
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_a_statement_that_is_gone_makes_the_snapshot_invisible(published: Path):
    (published / SNAPSHOT / "statement.dsse.json").unlink()
    said = plain(lineweight("verify", published / SNAPSHOT, "--home", published, "--json"))
    assert said.code == 1
    assert not said.document["verified"]
    assert plain(lineweight("snapshot", "list", "--home", published, "--json")).document["snapshots"] == []


def test_without_the_tenants_key_a_snapshot_verifies_and_does_not_open(published: Path, tmp_path: Path):
    stranger, trust = tmp_path / "stranger", published / "keys" / "signing.pub"
    Vault.open(stranger)
    words = ("--home", published, "--trust", trust)
    assert plain(lineweight("verify", "all@v1", *words)).code == 0
    said = plain(lineweight("snapshot", "export", "all", "--to", tmp_path / "out", *words, "--keys", stranger))
    assert said.code == 1
    assert "no key of tenant acme" in said.err
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []
    assert not Vault.open(stranger).has_tenant("acme"), "no key was made up on the way"
