"""The demo's world: what it says of itself is true of its files, and it repeats."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lineage.keys.vault import Vault
from lineage.ledger.importing import read_agreement_file, read_consent_file
from pipelines.snapshots.request import load_requests
from pipelines.sources import format_of
from pipelines.sources.declaration import load_declarations
from pipelines.sources.interaction import Interaction, Rejection
from pipelines.sources.reading import LogFile
from pipelines.world import FEWEST_RECORDS, World, generate
from pipelines.world.apps import APPS
from pipelines.world.carriers import CARRIED
from pipelines.world.dice import Dice
from pipelines.world.features import BUILDS, FEATURES
from pipelines.world.fixes import FIXES
from pipelines.world.people import people
from pipelines.world.planted import KINDS, Mint
from pipelines.world.stories import STORIES
from pipelines.world.wording import language, said
from policies.agreement import TenantScope, agreement_at
from policies.consent import ConsentEvent, ConsentStatus, status_at
from policies.errors import UsageError

SEED = 7
FINETUNING = "train_ai_system.finetune"
AFTERWARDS = datetime(2026, 9, 1, tzinfo=UTC)

STANDING_OF_STORY = {
    "given": {"given"},
    "given-for-finetuning": {"given"},
    "given-for-evaluation": {"unknown"},
    "given-for-behaviour": {"given"},
    "given-without-weights": {"refused"},
    "given-midway": {"given"},
    "given-retroactively": {"given"},
    "renewed": {"given", "renewed"},
    "expired": {"expired", "given"},
    "given-again": {"given"},
    "withdrawn": {"withdrawn"},
    "withdrawn-for-finetuning": {"withdrawn"},
    "withdrawn-later": {"given"},
    "refused": {"refused"},
    "requested": {"requested"},
    "deferred": {"deferred"},
    "revoked": {"revoked"},
    "invalidated": {"invalidated"},
    "never-asked": {"unknown"},
    "withdrawn-late": {"given"},
    "withdrawn-in-time": {"withdrawn"},
    "withdrawn-unreadably": {"invalidated"},
}
"""What the ledger says for fine-tuning as of the demo's instant, by story."""


@dataclass(frozen=True)
class Landed:
    """What the declared readers make of a world's logs."""

    interactions: list[tuple[str, Interaction]]
    rejections: list[Rejection]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return generate(tmp_path_factory.mktemp("world"), SEED)


@pytest.fixture(scope="module")
def landed(world: World) -> Landed:
    return land(world)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.open(tmp_path_factory.mktemp("keys"), seed=SEED)


@pytest.fixture(scope="module")
def consents(world: World, vault: Vault) -> dict[tuple[str, str], list[ConsentEvent]]:
    found: dict[tuple[str, str], list[ConsentEvent]] = defaultdict(list)
    for path in world.consents:
        for event in read_consent_file(path, vault, AFTERWARDS).events:
            found[event.tenant, event.data_subject_id].append(event)
    return found


def land(world: World) -> Landed:
    landed = Landed([], [])
    for path, declaration in load_declarations(world.sources).items():
        for file in declaration.log_files(path.parent):
            log = LogFile(file, declaration, landed.rejections.append)
            read = format_of(declaration).read(log)
            landed.interactions.extend((declaration.source, interaction) for interaction in read)
    return landed


def lines_of(path: Path) -> Iterator[Any]:
    data = path.read_bytes()
    for line in (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text of a JSON value, and those of JSON that a text holds."""
    if isinstance(value, str):
        yield value
        if value[:1] in "{[" and value[-1:] in "}]":
            try:
                yield from texts_in(json.loads(value))
            except ValueError:
                return
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def planted_in(world: World) -> list[dict[str, Any]]:
    return [json.loads(line) for line in world.planted.read_text(encoding="utf-8").splitlines()]


def text_of(interaction: Interaction) -> str:
    return "\n".join(texts_in([interaction.messages, interaction.attributes]))


def files_of(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_in_another_process(world: World, tmp_path: Path):
    script = (
        f"from pathlib import Path; from pipelines.world import generate; generate(Path({str(tmp_path)!r}), {SEED})"
    )
    environment = os.environ | {"PYTHONHASHSEED": "12345", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=Path(__file__).parents[2])
    assert files_of(tmp_path) == files_of(world.directory)


def test_another_seed_gives_other_people_and_other_words(world: World, tmp_path: Path):
    other = generate(tmp_path, SEED + 1)
    assert other.withdrawn_person != world.withdrawn_person
    spoken, said_here = ({line["id"] for line in lines_of(one.logs[0])} for one in (other, world))
    assert not spoken & said_here


def test_a_world_replaces_the_one_before_it(world: World, tmp_path: Path):
    generate(tmp_path, SEED + 1)
    generate(tmp_path, SEED)
    assert files_of(tmp_path) == files_of(world.directory)


def test_three_thousand_interactions_take_less_than_three_seconds(tmp_path: Path):
    began = time.perf_counter()
    generate(tmp_path, SEED, 3000)
    assert time.perf_counter() - began < 3


def test_fewer_records_than_the_stories_need_are_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="at least 100"):
        generate(tmp_path, SEED, FEWEST_RECORDS - 1)
    assert not list(tmp_path.iterdir())


def test_every_interaction_that_is_counted_lands(world: World, landed: Landed):
    assert len(landed.interactions) == world.counts.interactions == 3000
    assert Counter(source for source, _ in landed.interactions) == world.counts.by_source
    assert Counter(one.tenant for _, one in landed.interactions) == world.counts.by_tenant


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_small_world_lands_whole_too(seed: int, tmp_path: Path):
    world = generate(tmp_path, seed, FEWEST_RECORDS)
    landed = land(world)
    assert len(landed.interactions) == world.counts.interactions == FEWEST_RECORDS
    assert {one.person is None for source, one in landed.interactions if source == "bloom-share"} == {True, False}


def test_spoiled_lines_go_to_quarantine_each_for_its_own_reason(world: World, landed: Landed):
    reasons = Counter(rejection.reason.value for rejection in landed.rejections)
    assert reasons == {
        "malformed-json": world.counts.spoiled["cut-off"],
        "time-without-zone": world.counts.spoiled["no-zone"],
        "duplicate-record": world.counts.spoiled["sent-twice"],
        "tenant-invalid": world.counts.spoiled["nameless-workspace"],
        "missing-column": world.counts.spoiled["no-messages"],
    }


def test_every_planted_value_stands_verbatim_in_the_decoded_logs(world: World):
    logged = "\n".join(text for path in world.logs for line in lines_of(path) for text in texts_in(line))
    missing = [plant["type"] for plant in planted_in(world) if plant["value"] not in logged]
    assert not missing


def test_every_planted_value_lands_in_the_record_that_the_list_names_and_in_no_other_conversation(
    world: World, landed: Landed
):
    texts: dict[tuple[str, str, str], dict[int, str]] = defaultdict(dict)
    for source, one in landed.interactions:
        texts[source, one.tenant, one.conversation][one.position] = text_of(one)
    whole = {conversation: "\n".join(turns.values()) for conversation, turns in texts.items()}
    everything = "\n".join(whole.values())
    for plant in planted_in(world):
        conversation = (plant["source"], plant["tenant"], plant["record"])
        assert plant["value"] in texts[conversation][plant["position"]], (plant["carrier"], plant["type"])
        assert everything.count(plant["value"]) == whole[conversation].count(plant["value"]), plant["type"]


def test_no_planted_value_is_part_of_another(world: World):
    values = [plant["value"] for plant in planted_in(world)]
    together = "\n".join(values)
    assert [value for value in values if together.count(value) != 1] == []


def test_one_interaction_in_eight_or_so_carries_something_of_every_type_in_every_carrier(world: World):
    plants = planted_in(world)
    carrying = {(plant["source"], plant["record"], plant["position"]) for plant in plants}
    assert 0.10 <= len(carrying) / world.counts.interactions <= 0.14
    assert {plant["type"] for plant in plants} == set(KINDS) == set(world.counts.planted)
    assert {plant["carrier"] for plant in plants} == set(CARRIED) == set(world.counts.carriers)
    assert {plant["secret_class"] for plant in plants if plant["type"] == "SECRET"} == {
        "aws-key-id", "github", "payment-key", "jwt", "connection-string", "pem", "assignment",
    }  # fmt: skip


def test_no_value_is_made_twice():
    mint = Mint(Dice(SEED, "people"))
    names = [mint.value("PERSON").text for _ in range(3_000)]
    assert len(set(names)) == 3_000


def test_the_events_of_a_session_form_a_tree(world: World):
    for path in world.logs:
        if path.parent.name == "agent":
            events = [line["event"] for line in lines_of(path)]
            known = {event["uuid"] for event in events if "uuid" in event}
            parents = {event["parentUuid"] for event in events if event.get("parentUuid")}
            assert parents and parents <= known


def test_made_up_numbers_pass_the_checks_that_real_ones_pass():
    mint = Mint(Dice(SEED, "numbers"))
    for _ in range(200):
        card = [int(mark) for mark in mint.value("CREDIT_CARD").text if mark.isdigit()]
        doubled = [digit if place % 2 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(card)]
        assert len(card) == 16 and sum(doubled) % 10 == 0
        iban = mint.value("IBAN_CODE").text.replace(" ", "")
        assert int("".join(str(int(mark, 36)) for mark in iban[4:] + iban[:4])) % 97 == 1


def test_the_person_to_follow_was_used_although_they_had_withdrawn(
    world: World, vault: Vault, consents: dict[tuple[str, str], list[ConsentEvent]]
):
    tenant, product_id = world.withdrawn_person
    events = consents[tenant, vault.data_subject_id(tenant, product_id)]
    told = world.withdrew_late
    assert told.withdrawn_at < world.as_of < told.recorded_at
    assert status_at(events, FINETUNING, world.as_of, world.as_of).status is ConsentStatus.GIVEN
    assert status_at(events, FINETUNING, world.as_of, told.recorded_at).status is ConsentStatus.WITHDRAWN
    assert status_at(events, FINETUNING, told.withdrawn_at - timedelta(1), AFTERWARDS).status is ConsentStatus.GIVEN


def test_the_person_who_withdrew_in_time_is_not_used(
    world: World, vault: Vault, consents: dict[tuple[str, str], list[ConsentEvent]]
):
    told = world.withdrew_in_time
    events = consents[told.tenant, vault.data_subject_id(told.tenant, told.product_id)]
    assert told.withdrawn_at <= told.recorded_at < world.as_of
    assert status_at(events, FINETUNING, world.as_of, world.as_of).status is ConsentStatus.WITHDRAWN
    assert 0 < told.interactions_before < told.interactions


def test_both_speak_before_they_withdraw_in_a_shared_tenant_as_adults_of_a_known_place(world: World, landed: Landed):
    for told in (world.withdrew_late, world.withdrew_in_time):
        spoken = [one for _, one in landed.interactions if (one.tenant, one.person) == (told.tenant, told.product_id)]
        assert len(spoken) == told.interactions
        assert sum(one.occurred_at < told.withdrawn_at for one in spoken) == told.interactions_before > 5
        assert all(one.jurisdiction != "unknown" and not one.participants for one in spoken)


def test_every_story_ends_as_it_says(world: World, vault: Vault, consents: dict[tuple[str, str], list[ConsentEvent]]):
    assert set(STANDING_OF_STORY) == set(STORIES) == set(world.counts.people)
    for person in people(SEED, 3000):
        tenant, product_id = person.key
        events = consents.get((tenant, vault.data_subject_id(tenant, product_id)), [])
        standing = status_at(events, FINETUNING, world.as_of, world.as_of).status
        assert standing in STANDING_OF_STORY[person.story], person.story


def test_of_the_consent_files_only_the_three_spoiled_lines_are_set_aside_and_the_refusal_is_heard(
    world: World, vault: Vault
):
    delivered, sheet = (read_consent_file(path, vault, AFTERWARDS) for path in world.consents)
    reasons = Counter((line.reason.value, line.suspends) for line in delivered.rejected)
    assert reasons == {("unknown-purpose", True): 1, ("unknown-purpose", False): 1, ("time-without-zone", False): 1}
    assert not sheet.rejected
    assert len(sheet.events) + len({event.event_id for event in delivered.events}) == world.counts.consents


def test_tenants_agreed_to_all_four_kinds_of_scope_and_one_agreement_came_late(world: World):
    imported = read_agreement_file(world.agreements, AFTERWARDS)
    assert not imported.rejected

    def scope(tenant: str, known_at: datetime) -> TenantScope:
        events = [event for event in imported.events if event.tenant == tenant]
        agreement = agreement_at(events, world.as_of, known_at)
        return TenantScope.UNKNOWN if agreement is None else agreement.scope

    scopes = Counter(scope(tenant, world.as_of) for tenant in world.counts.by_tenant)
    assert scopes == {"shared": 3, "tenant-only": 2, "none": 1, "unknown": 1}
    assert scope("goldfinch", datetime(2026, 5, 1, tzinfo=UTC)) is TenantScope.TENANT_ONLY


def test_somebody_is_not_signed_in_in_every_source(landed: Landed):
    unknown = {source for source, one in landed.interactions if one.person is None}
    assert unknown == {"bloom-web", "bloom-agent", "bloom-share"}


def test_one_account_in_two_workspaces_is_two_people(landed: Landed):
    tenants: dict[str, set[str]] = defaultdict(set)
    for person in people(SEED, 3000):
        tenants[person.product_id].add(person.tenant.slug)
    assert [len(slugs) for slugs in tenants.values() if len(slugs) > 1] == [2]


def test_the_requests_ask_for_the_shared_pool_and_for_one_tenants_own(world: World):
    requests = load_requests(world.directory / "requests")
    assert {name: request.pool for name, request in requests.items()} == {
        "bloom-shared": "shared",
        "bloom-alder-clinic": "alder-clinic",
    }
    assert world.main_request == "bloom-shared"
    sources = {declaration.source for declaration in load_declarations(world.sources).values()}
    assert all(set(request.sources) <= sources for request in requests.values())


def test_no_file_of_a_world_holds_a_time_after_the_late_news_was_known(landed: Landed, world: World):
    assert max(one.occurred_at for _, one in landed.interactions) < world.as_of
    assert min(one.occurred_at for _, one in landed.interactions) >= datetime(2025, 11, 3, tzinfo=UTC)


def test_interactions_are_short_and_mostly_different(landed: Landed):
    lengths = sorted(sum(len(said["content"] or "") for said in one.messages) for _, one in landed.interactions)
    assert lengths[len(lengths) // 2] <= 900
    requests = [said["content"] for _, one in landed.interactions for said in one.messages if said["role"] == "user"]
    assert len(set(requests)) > 0.6 * len(requests)


@pytest.mark.parametrize("change", [*BUILDS, *FEATURES, *FIXES], ids=lambda change: change.name)
def test_every_change_can_be_said_of_every_application(change):
    for app in APPS:
        words = [said(text, app) for text in (*change.asks, *change.answers, change.code, change.path, change.trace)]
        assert not any("$" in text.replace("${", "") for text in words)
        assert language(said(change.path, app))
