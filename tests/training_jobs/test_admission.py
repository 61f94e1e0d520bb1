"""Whether training may begin, and whether it may go on: ticket, lease and revocations, asked at every epoch."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from lineage.dsse import SignatureRefusedError
from lineage.keys.officer_key import OfficerKey, new_officer_key
from lineage.release import NotReleasedError, Verdict, releases_directory
from lineage.revocation import feeds_directory
from lineage.statement import TrustedKey, open_envelope
from lineage.training_admission import TICKET_FILE, feeds_heeded
from lineage.verifying.verify import verify_path
from tests.training_jobs.deployment import LEASE_ENDS, NOW, Deployment, exchange, small_recipe
from training_jobs.admission import SnapshotNotForTrainingError
from training_jobs.dataset import NothingToTrainError
from training_jobs.plan import TrainingPlan
from training_jobs.run import StepReport, TrainedModel
from training_jobs.sft import train

REFUSED: dict[str, Any] = {
    "verdict": Verdict.REFUSED,
    "may_train": (),
    "base_models": (),
    "max_epochs": 0,
    "expires_at": None,
}
HOUR = timedelta(hours=1)
CONTENT = {"acme": [exchange(n) for n in range(16)]}


def consumed(deployment: Deployment, model: TrainedModel) -> Any:
    return pq.read_table(deployment.root / model.directory / "consumption/rank-0.parquet")


def record_ids(deployment: Deployment) -> list[str]:
    leaves = pq.read_table(deployment.root / "snapshots/small/v1/leaves/000-acme.parquet")
    return list(leaves["record_id"].to_pylist())


def left_behind(deployment: Deployment) -> list[str]:
    return [path.name for path in (deployment.root / "models").rglob("*") if path.is_file()]


def once(step: int, act: Callable[[], object]) -> Callable[[StepReport], None]:
    """Do something after a step, while the run is under way."""

    def progress(report: StepReport) -> None:
        if report.step == step:
            act()

    return progress


# ── tickets ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_ticket_nothing_is_opened_and_the_remedy_is_named(deployment: Deployment):
    deployment.publish(CONTENT, release=False)
    for shard in (deployment.root / "snapshots/small/v1/shards").iterdir():
        shard.unlink()  # whoever looked for it would complain of this first
    with pytest.raises(NotReleasedError) as refused:
        deployment.train(small_recipe())
    assert "lineweight snapshot approve small@v1" in refused.value.remedy
    assert left_behind(deployment) == []


@pytest.mark.parametrize(
    ("terms", "recipe", "said"),
    [
        ({"expires_at": NOW}, {}, "has run out"),
        ({"decided_at": NOW + HOUR}, {}, "nobody has released it"),
        (REFUSED, {}, "refused its release"),
        ({"may_train": ("search",)}, {"trained_by": "ads"}, "by ads"),
        ({"may_train": ("search",)}, {}, "by nobody who was named"),
        ({"base_models": ("llama",)}, {}, "from tiny"),
        ({"max_epochs": 1}, {"epochs": 2}, "for 2 epochs"),
        ({"max_epochs": 1}, {"steps": 3}, "for 2 epochs"),
    ],
    ids=["run out", "not yet", "refused", "another team", "no team", "another base", "epochs", "steps beyond"],
)
def test_what_a_ticket_does_not_allow_is_not_trained(
    deployment: Deployment, terms: dict[str, Any], recipe: dict[str, Any], said: str
):
    manifest = deployment.publish(CONTENT, release=False)
    deployment.release(manifest, **terms)
    with pytest.raises(NotReleasedError, match=said):
        deployment.train(small_recipe(**recipe))
    assert left_behind(deployment) == []


def test_a_ticket_of_another_version_is_not_one(deployment: Deployment):
    ticket = deployment.release(deployment.publish(CONTENT, release=False))
    later = deployment.publish(CONTENT, release=False, version=2)
    deployment.warehouse.write(f"{releases_directory(later)}/replayed.dsse.json", ticket.envelope)
    with pytest.raises(NotReleasedError, match="about another snapshot"):
        deployment.train(small_recipe(snapshot="small@v2"))


def test_where_there_are_officers_the_deployments_own_ticket_is_not_one(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    officer = OfficerKey.open(new_officer_key("maria", deployment.root / "people")[0])
    releasers = [TrustedKey.from_pem(officer.public_key_pem)]

    def asked() -> TrainedModel:
        recipe = small_recipe(steps=1)
        return train(recipe, deployment.warehouse, deployment.vault, deployment.trusted, releasers, clock=lambda: NOW)

    with pytest.raises(NotReleasedError, match="signed by nobody who may release"):
        asked()
    deployment.release(manifest, signer=officer, approver="maria")
    assert asked().steps == 1


def test_the_ticket_lies_beside_the_weights(deployment: Deployment):
    ticket = deployment.release(deployment.publish(CONTENT), decided_at=NOW - HOUR, may_train=("search",))
    model = deployment.train(small_recipe(trained_by="search"))
    assert deployment.warehouse.read(f"{model.directory}/{TICKET_FILE}") == ticket.envelope
    recipe = json.loads(deployment.warehouse.read(f"{model.directory}/recipe.json"))
    assert recipe["trained_by"] == "search"


def test_a_release_taken_back_ends_the_run_at_its_next_epoch(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    taken: list[int] = []

    def progress(report: StepReport) -> None:
        taken.append(report.step)
        if report.step == 0:
            deployment.release(manifest, decided_at=NOW, **REFUSED)

    with pytest.raises(NotReleasedError, match="refused its release"):
        deployment.train(small_recipe(epochs=2), progress)
    assert taken == [0, 1]
    assert sorted(left_behind(deployment)) == ["plan.json", "recipe.json"]


# ── lease ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lapsed_lease_is_renewed_by_a_feed(deployment: Deployment):
    manifest = deployment.publish(CONTENT, lease_expires_at=NOW)
    with pytest.raises(SnapshotNotForTrainingError, match="lease") as refused:
        deployment.train(small_recipe())
    assert "lineweight snapshot refresh small@v1" in refused.value.remedy
    deployment.revoke(manifest, lease_expires_at=NOW + HOUR)
    model = deployment.train(small_recipe())
    assert model.skipped == 0


def test_a_lease_that_ends_while_the_run_is_under_way_ends_it(deployment: Deployment):
    deployment.publish(CONTENT, lease_expires_at=NOW + HOUR)
    now = [NOW]

    def clock() -> datetime:
        return now[0]

    with pytest.raises(SnapshotNotForTrainingError, match="lease"):
        deployment.train(small_recipe(epochs=2), once(1, lambda: now.append(now.pop() + HOUR)), clock)
    assert sorted(left_behind(deployment)) == ["plan.json", "recipe.json"]


# ── revocations ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_revoked_keeps_its_slot_and_is_not_read(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    gone = record_ids(deployment)[3:5]
    feed = deployment.revoke(manifest, revoked={"consent-withdrawn": gone})
    model = deployment.train(small_recipe())
    rows = consumed(deployment, model).to_pylist()
    assert (model.records, model.skipped, len(rows)) == (14, 2, 16)
    skipped = [row for row in rows if row["skipped_reason"] is not None]
    assert sorted(row["record_id"] for row in skipped) == sorted(gone)
    assert {(row["skipped_reason"], row["n_tokens"]) for row in skipped} == {("revoked", 0)}
    opened = open_envelope(deployment.warehouse.read(f"{model.directory}/training.dsse.json"), deployment.trusted)
    (heeded,) = feeds_heeded(opened.predicate)
    assert (heeded.digest, heeded.from_step) == (feed.digest, 0)
    assert deployment.warehouse.read(f"{model.directory}/revocations/00001.dsse.json") == feed.envelope


def test_the_words_of_a_revoked_record_teach_the_tokenizer_nothing(deployment: Deployment):
    """The vocabulary is learned from every text that may be read, so a word that only they said is not in it."""
    said = [{**message, "content": "xylophone " * 30} for message in exchange(1)]
    manifest = deployment.publish({"acme": [*CONTENT["acme"], said]})
    before = deployment.train(small_recipe(steps=1))
    deployment.revoke(manifest, revoked={"consent-withdrawn": record_ids(deployment)[-1:]})
    after = deployment.train(small_recipe(steps=1))
    learned = [
        (deployment.root / model.directory / "tokenizer.json").read_text().count("xylophone")
        for model in (before, after)
    ]
    assert learned[0] > 0
    assert learned[1] == 0


def test_a_run_under_a_feed_that_revokes_is_another_run(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    first = deployment.train(small_recipe(steps=1))
    deployment.revoke(manifest)
    assert deployment.train(small_recipe(steps=1)).already
    deployment.revoke(manifest, revoked={"consent-withdrawn": record_ids(deployment)[:1]})
    second = deployment.train(small_recipe(steps=1))
    assert not second.already
    assert second.run != first.run


def test_a_feed_that_comes_while_the_run_is_under_way_is_heard_at_the_next_epoch(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    gone = record_ids(deployment)[0]
    heard = once(0, lambda: deployment.revoke(manifest, revoked={"consent-withdrawn": [gone]}))
    model = deployment.train(small_recipe(epochs=3, batch_size=4), heard)
    rows = consumed(deployment, model).filter(pc.field("record_id") == gone).to_pylist()
    assert [row["skipped_reason"] for row in rows] == [None, "revoked", "revoked"]
    opened = open_envelope(deployment.warehouse.read(f"{model.directory}/training.dsse.json"), deployment.trusted)
    assert [feed.from_step for feed in feeds_heeded(opened.predicate)] == [4]
    checks = verify_path(deployment.root / model.directory, deployment.trusted).checks
    (told,) = [check for check in checks if check.link == "revocations"]
    assert told.verified
    assert "1 rows were read before their feed was" in told.detail


def test_an_epoch_that_begins_inside_a_step_asks_before_that_step():
    plan = TrainingPlan("ab" * 32, records=6, batch_size=4, visits=18, seed=0)
    assert [step for step in range(plan.steps) if plan.begins_epoch(step)] == [0, 1, 3]
    assert plan.epochs == 3
    assert not TrainingPlan("ab" * 32, records=3, batch_size=8, visits=9, seed=0).begins_epoch(1)
    assert TrainingPlan("ab" * 32, records=6, batch_size=4, visits=13, seed=0).epochs == 3


def test_what_was_revoked_once_stays_so_for_the_run(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    gone = record_ids(deployment)[0]
    deployment.revoke(manifest, revoked={"consent-withdrawn": [gone]})
    model = deployment.train(small_recipe(epochs=2), once(0, lambda: deployment.revoke(manifest)))
    rows = consumed(deployment, model).filter(pc.field("record_id") == gone).to_pylist()
    assert [row["skipped_reason"] for row in rows] == ["revoked", "revoked"]
    opened = open_envelope(deployment.warehouse.read(f"{model.directory}/training.dsse.json"), deployment.trusted)
    assert [feed.from_step for feed in feeds_heeded(opened.predicate)] == [0, 2]


def test_the_same_revocations_at_the_same_epochs_give_the_same_weights(tmp_path: Any):
    def weights(place: str) -> dict[str, torch.Tensor]:
        from lineage.keys.vault import Vault
        from lineage.warehouse import Warehouse

        root = tmp_path / place
        deployment = Deployment(root, Warehouse(root), Vault.open(root / "keys", seed=7))
        manifest = deployment.publish(CONTENT)
        gone = record_ids(deployment)
        deployment.revoke(manifest, revoked={"consent-withdrawn": gone[:2]})
        later = once(0, lambda: deployment.revoke(manifest, revoked={"consent-withdrawn": gone[:4]}))
        model = deployment.train(small_recipe(epochs=2), later)
        return dict(load_file(root / model.directory / "model.safetensors"))

    first, second = weights("one"), weights("other")
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_feed_that_revokes_everything_is_refused(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    deployment.revoke(manifest, revoked={"consent-withdrawn": record_ids(deployment)})
    with pytest.raises(NothingToTrainError):
        deployment.train(small_recipe())
    assert left_behind(deployment) == []


def test_a_feed_that_comes_to_revoke_everything_ends_the_run(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    everything = {"consent-withdrawn": record_ids(deployment)}
    with pytest.raises(NothingToTrainError):
        deployment.train(small_recipe(epochs=2), once(0, lambda: deployment.revoke(manifest, revoked=everything)))
    assert sorted(left_behind(deployment)) == ["plan.json", "recipe.json"]


def test_a_feed_that_does_not_verify_is_refused(deployment: Deployment):
    manifest = deployment.publish(CONTENT)
    feed = deployment.revoke(manifest)
    deployment.warehouse.write(f"{feeds_directory(manifest)}/00002.dsse.json", feed.envelope[:-3])
    with pytest.raises(SignatureRefusedError):
        deployment.train(small_recipe())


@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_a_feed_that_was_read_and_is_another_one_later_ends_the_run(deployment: Deployment, replaced: bool):
    manifest = deployment.publish(CONTENT)
    deployment.revoke(manifest, revoked={"consent-withdrawn": record_ids(deployment)[:1]})

    def tamper() -> None:
        deployment.warehouse.delete_file(f"{feeds_directory(manifest)}/00001.dsse.json")
        if replaced:
            deployment.revoke(manifest, lease_expires_at=LEASE_ENDS - HOUR)

    with pytest.raises(SnapshotNotForTrainingError, match=r"00001\.dsse\.json: was read, and is"):
        deployment.train(small_recipe(epochs=2), once(0, tamper))
