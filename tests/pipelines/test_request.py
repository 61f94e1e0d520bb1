"""Snapshot requests: what an ML engineer writes is read as it looks, or refused with every fault."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lineage.snapshot_request import parse_request
from pipelines.snapshots.request import (
    AlreadyFiledError,
    RequestError,
    file_request,
    load_request,
    load_requests,
    read_request,
)
from pipelines.snapshots.request_checks import Named, checked, resolved
from policies.document import DOCUMENTS, Policy, load_policies

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
FULL = (
    WHOLE
    + """\
purpose: train_ai_system.finetune
outcome: {label: [good, mixed]}
split: {by: conversation, parts: {train: 0.9, validation: 0.1}}
recipe: {base: tiny, epochs: 2, learning_rate: 0.001}
requested_by: ml-team
because: The assistant answers too slowly.
"""
)
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
    assert paths == {"name", "sources", "period.from", "shard_rows", "sampel"}
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


def test_what_is_filed_says_the_same_when_it_is_kept_with_a_snapshot(tmp_path: Path):
    request = load_request(written(tmp_path, FULL))
    assert request.outcome is not None
    assert request.outcome.label == ("good", "mixed")
    assert parse_request(request.to_bytes()) == request
    assert b'"period":{"from":"2026-01-01T00:00:00.000000Z","to":"2026-06-01T00:00:00.000000Z"}' in request.to_bytes()


@pytest.mark.parametrize(
    ("written_otherwise", "place"),
    [
        ("split: {by: person, parts: {train: 0.9, validation: 0.2}}", "split"),
        ("split: {by: person, parts: {validation: 0.5, test: 0.5}}", "split"),
        ("split: {by: tenant, parts: {train: 0.5, test: 0.5}}", "split.by"),
        ("split: {by: person, parts: {train: 1.0}}", "split.parts"),
        ("outcome: {label: []}", "outcome.label"),
        ("outcome: {label: [good, good]}", "outcome.label"),
        ("period: {from: 2026-06-01T00:00:00Z, to: 2026-06-01T00:00:00Z}", "period"),
        ("recipe: {layers: [1, 2]}", "recipe.layers"),
        ("purpose: train_ai_system.everything", "purpose"),
        ("seed: -1", "seed"),
    ],
)
def test_what_cannot_be_done_is_refused_by_its_place(written_otherwise: str, place: str):
    with pytest.raises(RequestError) as refused:
        read_request(f"{LEAST}{written_otherwise}\n".encode(), "request.yaml")
    assert {fault.split(": ")[1].removesuffix(".train") for fault in refused.value.faults} == {place}


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def policies() -> dict[str, Policy]:
    return {policy.policy_id: policy for policy in load_policies(DOCUMENTS)}


@pytest.fixture
def named(policies: dict[str, Policy]) -> Named:
    return Named(frozenset({"web", "bloom-web", "bloom-agent"}), policies, frozenset({"acme", "globex"}))


def test_a_request_whose_names_are_all_there_passes(named: Named):
    assert checked(FULL.encode(), "request.yaml", named).name == "bloom-shared"


def test_every_fault_of_shape_and_of_names_is_told_at_once(named: Named):
    text = (
        "name: Bloom Shared\npolicy: unheard-of\npool: nobody\nsources: [web, elsewhere]\nshard_rows: 0\n"
        "recipe: {epochs: 0, base: 7, layers: 12, learning_rate: 0.1}\n"
    )
    with pytest.raises(RequestError) as refused:
        checked(text.encode(), "request.yaml", named)
    paths = {fault.split(": ")[1] for fault in refused.value.faults}
    assert paths == {
        "name", "policy", "pool", "sources.1", "shard_rows", "recipe.epochs", "recipe.base", "recipe.layers",
    }  # fmt: skip


def test_a_name_that_is_not_there_is_told_with_those_that_are(named: Named):
    with pytest.raises(RequestError) as refused:
        checked(LEAST.replace("[web]", "[elsewhere]").encode(), "request.yaml", named)
    assert "there is no declared source elsewhere; known: bloom-agent, bloom-web, web" in str(refused.value)


def test_what_is_not_a_document_at_all_is_told_as_that(named: Named):
    with pytest.raises(RequestError, match=r"request\.yaml: line 1: the file is empty"):
        checked(b"", "request.yaml", named)


def test_a_policy_is_found_by_the_purpose_where_one_in_force_is_for_it(policies: dict[str, Policy]):
    text = LEAST.replace("policy: model-training", "purpose: train_ai_system.finetune")
    only = {"model-training": policies["model-training"]}
    found = resolved(read_request(text.encode(), "r"), only, "r")
    assert (found.policy, found.purpose) == ("model-training", "train_ai_system.finetune")
    both = only | {"other": policies["model-training"].model_copy(update={"policy_id": "other"})}
    for in_force, fault in (({}, "no policy in force"), (both, "more than one policy in force")):
        with pytest.raises(RequestError, match=fault):
            resolved(read_request(text.encode(), "r"), in_force, "r")


def test_a_purpose_is_the_policys_or_below_it(policies: dict[str, Policy]):
    wide = policies["model-training"].model_copy(update={"purpose": "train_ai_system"})
    asked = read_request(f"{LEAST}purpose: train_ai_system.finetune\n".encode(), "r")
    assert resolved(asked, {"model-training": wide}, "r").purpose == "train_ai_system.finetune"
    above = read_request(f"{LEAST}purpose: train_ai_system\n".encode(), "r")
    with pytest.raises(RequestError, match=r"purpose: model-training is for train_ai_system\.finetune, and not for"):
        resolved(above, policies, "r")


def test_a_request_with_neither_policy_nor_purpose_is_refused(policies: dict[str, Policy]):
    asked = read_request(LEAST.replace("policy: model-training\n", "").encode(), "r")
    with pytest.raises(RequestError, match="policy: name a policy, or a purpose"):
        resolved(asked, policies, "r")


# ── filing ──────────────────────────────────────────────────────────────────────────────────────────────────


def filed(directory: Path, text: str, *, replace: bool = False):
    return file_request(directory, text.encode(), read_request(text.encode(), "r"), replace=replace)


def test_a_request_is_filed_in_the_words_it_was_written_in(tmp_path: Path):
    text = "# what we need\n" + LEAST
    first = filed(tmp_path / "requests", text)
    assert first.path.read_text() == text
    assert (first.path.name, first.before, first.changed) == ("small.yaml", None, True)
    assert not filed(tmp_path / "requests", text).changed


def test_another_request_of_the_name_is_not_overwritten_unless_that_is_said(tmp_path: Path):
    directory = tmp_path / "requests"
    directory.mkdir()
    kept = written(directory, LEAST, "as-it-was-called.yaml")
    with pytest.raises(AlreadyFiledError, match=r"small: another request of that name is filed in as-it-was-called"):
        filed(directory, LEAST + "seed: 8\n")
    assert kept.read_text() == LEAST
    again = filed(directory, LEAST + "seed: 8\n", replace=True)
    assert again.path == kept
    assert load_requests(directory)["small"].seed == 8
    assert [path.name for path in directory.iterdir()] == ["as-it-was-called.yaml"], "nothing is left beside it"


def test_a_file_that_holds_another_request_is_not_overwritten(tmp_path: Path):
    written(tmp_path, WHOLE, "small.yaml")
    with pytest.raises(AlreadyFiledError, match=r"small\.yaml: another request is filed in that file"):
        filed(tmp_path, LEAST, replace=True)
