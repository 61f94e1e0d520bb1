"""Governing: who passes the gate, what is left of those who do not, and what is done only once."""

from datetime import timedelta

import pytest

from lineage.encrypted import ContentUnreadableError, read_encrypted
from lineage.keys.vault import KeyUnavailableError, Vault
from pipelines.governed import Governed
from pipelines.reports import added
from tests.pipelines.acme import NOON, Acme


def governed(world: Acme) -> Governed:
    world.delivers()
    world.lands()
    parts = world.governs()
    return parts[0]


def test_what_a_person_agreed_to_passes(world: Acme):
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "my order is late")
    part = governed(world)
    assert (part.records, part.permitted, part.denied) == (1, 1, {})
    assert world.governed_rows()[0]["messages"][0]["content"] == "my order is late"


@pytest.mark.parametrize(
    ("person", "consent", "said", "reason"),
    [
        (None, "given", {}, "data-subject-unknown"),
        ("bob", "given", {}, "consent-unknown"),
        ("ada", "refused", {}, "consent-refused"),
        ("ada", "withdrawn", {}, "consent-withdrawn"),
        ("ada", "given", {"age": "13-15"}, "minors"),
        ("ada", "given", {"country": None}, "jurisdiction-unknown"),
        ("ada", "given", {"participants": ["bob"]}, "participant-not-permitted"),
        ("ada", "given", {"at": (NOON - timedelta(days=800)).isoformat()}, "retention-exceeded"),
    ],
    ids=["nobody", "never asked", "refused", "withdrawn", "minor", "place unknown", "another person", "too old"],
)
def test_silence_and_refusal_are_denied_with_their_reason(world: Acme, person, consent, said, reason):
    world.agrees("acme")
    world.consents("ada", consent, effective_at=NOON - timedelta(days=900), recorded_at=NOON - timedelta(days=900))
    world.says(person, "my order is late", **said)
    part = governed(world)
    assert part.denied == {reason: 1}
    assert world.governed_rows() == []


@pytest.mark.parametrize(("scope", "reason"), [(None, "tenant-unknown"), ("none", "tenant-scope-none")])
def test_without_the_tenants_agreement_nothing_passes(world: Acme, scope, reason):
    if scope:
        world.agrees("acme", scope)
    world.consents("ada")
    world.says("ada", "my order is late")
    assert governed(world).denied == {reason: 1}


def test_withdrawing_takes_back_what_was_said_before(world: Acme):
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "my order is late")
    assert governed(world).permitted == 1
    world.passes(days=1)
    world.consents("ada", "withdrawn")
    [part] = world.governs()
    assert part.denied == {"consent-withdrawn": 1}
    assert world.governed_rows() == []


def test_no_text_of_a_denied_record_is_left(world: Acme):
    world.agrees("acme")
    world.says("bob", "the word is xylophone")
    part = governed(world)
    path = f"{part.output}/left_out.parquet"
    left = read_encrypted(world.warehouse, path, key=world.deployment.vault.file_key("acme", path), aad=path)
    assert left.column_names == ["record_id", "effect", "reason"]
    assert left["reason"].to_pylist() == ["consent-unknown"]


def test_personal_data_is_replaced_in_what_passes(world: Acme):
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "write to ada.lovelace@analytical-engines.org please")
    part = governed(world)
    content = world.governed_rows()[0]["messages"][0]["content"]
    assert "lovelace" not in content
    assert content.startswith("write to ")
    assert part.entities == {"EMAIL_ADDRESS": 1}
    assert part.redacted == 1


def test_each_tenant_has_a_file_and_a_key_of_its_own(world: Acme, tmp_path):
    for tenant in ("acme", "globex"):
        world.agrees(tenant)
        world.consents("ada", tenant=tenant)
        world.says("ada", f"hello from {tenant}", tenant=tenant)
    governed(world)
    rows = world.governed_rows()
    assert {(row["tenant"], row["messages"][0]["content"]) for row in rows} == {
        ("acme", "hello from acme"),
        ("globex", "hello from globex"),
    }
    assert len({row["data_subject_id"] for row in rows}) == 2, "one person is two pseudonyms in two tenants"
    vault = world.deployment.vault
    path = next(path for path in world.warehouse.files("governed/acme") if path.endswith("records.parquet"))
    with pytest.raises(ContentUnreadableError):
        read_encrypted(world.warehouse, path, key=vault.file_key("globex", path), aad=path)
    stranger = Vault.open(tmp_path / "another")
    with pytest.raises(KeyUnavailableError, match="acme"):
        stranger.file_key("acme", path)


def test_governing_again_changes_nothing_until_something_changes(world: Acme):
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "my order is late")
    part = governed(world)
    path = world.home / part.output / "records.parquet"
    before = path.stat().st_mtime_ns
    assert world.governs() == [part]
    assert path.stat().st_mtime_ns == before
    world.consents("ada", "withdrawn")
    world.governs()
    assert path.stat().st_mtime_ns != before


def redacts_with(world: Acme, rest: str) -> None:
    """Give the world a profile of its own, which needs no model, and let it redact with that."""
    directory = world.home / "redaction_profiles"
    directory.mkdir()
    head = "profile: own\nversion: 1\nlanguages: [en]\nnames: {tagger: null}\n"
    (directory / "own.yaml").write_text(head + rest)
    world.settings = world.settings.model_copy(update={"redaction_profile": "own"})


def test_rows_in_are_permitted_and_denied_and_quarantined(world: Acme):
    redacts_with(world, "max_chars: 1000\nentities: {EMAIL_ADDRESS: {threshold: 0.5, operator: tag}}\n")
    world.agrees("acme")
    world.consents("ada")
    world.says("ada", "one")
    world.says("bob", "two")
    world.says("ada", "x" * 1_001)
    part = governed(world)
    assert part.permitted == 1
    assert part.denied == {"consent-unknown": 1}
    assert part.quarantined == {"text-too-long": 1}
    assert part.records == part.permitted + sum(part.denied.values()) + sum(part.quarantined.values())


def test_what_was_landed_for_another_tenant_by_mistake_is_forgotten(world: Acme):
    world.agrees("acme")
    world.agrees("globex")
    for tenant in ("acme", "globex"):
        world.consents("ada", tenant=tenant)
    world.says("ada", "whose am I?")
    governed(world)
    declaration = world.home / "sources" / "support-chat.yaml"
    declaration.write_text(declaration.read_text().replace("tenant: {column: tenant}", "tenant: globex"))
    world.lands()
    world.governs()
    assert [row["tenant"] for row in world.governed_rows()] == ["globex"]


def test_units_of_a_large_file_add_up(tmp_path):
    world = Acme(tmp_path, rows_per_unit=1)
    world.agrees("acme")
    world.consents("ada")
    for number in range(2_500):
        world.says("ada", f"question {number}")
    world.delivers()
    world.lands()
    parts = world.governs()
    assert len(parts) > 1
    assert sum(part.permitted for part in parts) == 2_500
    assert added(part.denied for part in parts) == {}
    assert len({row["record_id"] for row in world.governed_rows()}) == 2_500


def test_units_cut_otherwise_leave_no_part_behind(tmp_path):
    world = Acme(tmp_path, rows_per_unit=1)
    world.agrees("acme")
    world.consents("ada")
    for number in range(2_500):
        world.says("ada", f"question {number}")
    world.delivers()
    world.lands()
    assert len(world.governs()) > 1
    world.settings = world.settings.model_copy(update={"rows_per_unit": 10_000})
    assert len(world.governs()) == 1
    assert len(world.governed_rows()) == 2_500
