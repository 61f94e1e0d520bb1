"""What may be left in a snapshot: measured while it is staged, stated in what is signed, shown to a person."""

import pytest

from lineage.canonical import canonical_json
from lineage.residual import Canaries, Residual, SecondDetector, Seen
from pipelines.journey import stage_snapshot
from pipelines.redaction.profile import load_profile
from pipelines.snapshots.publish import publish, record_quality
from pipelines.snapshots.remaining import SAMPLE_CHARS
from pipelines.snapshots.residual_table import show_residual
from pipelines.snapshots.staging import DRAFT, PublicationRefusedError, read_draft
from tests.pipelines.acme import Acme


@pytest.fixture
def talking(tmp_path) -> Acme:
    """A world in which one person's words may be used, landed and governed."""
    world = Acme(tmp_path)
    world.agrees("acme")
    world.consents("ada")
    for number in range(4):
        world.says("ada", f"please make page {number} blue; {'it is grey ' * 2_500}")
    world.delivers()
    world.lands()
    world.governs()
    world.asks()
    return world


def test_what_may_be_left_is_measured_on_a_sample_and_is_the_same_when_it_is_measured_again(talking: Acme):
    residual = talking.publishes().manifest.redaction.residual
    assert residual.canaries is not None
    assert residual.canaries.keys() == load_profile("strict-pseudonyms").entities.keys()
    assert {one.planted for one in residual.canaries.values()} == {5}
    for kind in ("CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "US_SSN"):
        assert residual.canaries[kind].found == 5
    second = residual.second_detector
    assert second.records == 4
    assert 4 * 2_000 < second.characters <= SAMPLE_CHARS
    assert second.seen["EMAIL_ADDRESS"].spans == 0
    draft = read_draft(talking.warehouse, stage_snapshot(talking.deployment, "all"))
    assert Residual.model_validate(draft["redaction"]["residual"]) == residual


def test_canaries_say_nothing_where_another_version_redacted(talking: Acme):
    directory = stage_snapshot(talking.deployment, "all")
    draft = read_draft(talking.warehouse, directory)
    draft["redaction"]["digest"] = "ab" * 32
    talking.warehouse.write(f"{directory}/{DRAFT}", canonical_json(draft))
    from pipelines.govern import redactor_at
    from pipelines.snapshots.remaining import note_residual

    deployment = talking.deployment
    redactor = redactor_at("strict-pseudonyms", deployment.settings.profiles_directory, deployment.vault.directory)
    profile = load_profile("strict-pseudonyms")
    residual = note_residual(deployment.warehouse, deployment.vault, directory, redactor, profile)
    assert residual.canaries is None
    assert residual.second_detector.records == 4


def test_nothing_is_published_of_which_nobody_measured_what_may_be_left(talking: Acme):
    directory = stage_snapshot(talking.deployment, "all")
    draft = read_draft(talking.warehouse, directory)
    del draft["redaction"]["residual"]
    talking.warehouse.write(f"{directory}/{DRAFT}", canonical_json(draft))
    record_quality(talking.warehouse, directory, [], success=True)
    with pytest.raises(PublicationRefusedError, match="was not measured"):
        publish(talking.warehouse, talking.deployment.vault, directory)


SECOND = SecondDetector(
    detector="a second look",
    records=10,
    characters=30_000,
    seen={"EMAIL_ADDRESS": Seen.of(0, 30_000), "PERSON": Seen.of(2, 30_000)},
)


def test_a_person_reads_what_was_missed_by_type_and_the_rest_together(capsys):
    found = {"CREDIT_CARD": Canaries.of(40, 40), "EMAIL_ADDRESS": Canaries.of(40, 40), "PERSON": Canaries.of(40, 31)}
    show_residual(Residual(canaries=found, second_detector=SECOND).model_dump(mode="json"))
    shown = " ".join(capsys.readouterr().out.split())
    for told in ("30,000 characters of 10 records", "31 of 40", "62.5 %", "each of 2 others", "91.2 %", "1.0"):
        assert told in shown


def test_a_person_is_told_that_there_were_no_canaries(capsys):
    show_residual(Residual(canaries=None, second_detector=SECOND).model_dump(mode="json"))
    assert "No canaries" in capsys.readouterr().out
