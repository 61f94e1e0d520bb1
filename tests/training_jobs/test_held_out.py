"""What is held out for validation is never read by a trainer: not for weights, not for a tokenizer, not for a plan."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lineage.manifest import SnapshotManifest
from lineage.snapshot import Snapshot
from lineage.statement import sign_statement, snapshot_statement
from tests.training_jobs.deployment import Deployment, exchange, says, small_recipe
from training_jobs.dataset import snapshot_texts
from training_jobs.plan import EmptyPlanError
from training_jobs.sft import plan_for

SECRET = "xylophonist"


def holds_out(deployment: Deployment, manifest: SnapshotManifest, *tenants: str) -> SnapshotManifest:
    """Sign the same snapshot with the shards of some tenants in a part that is not trained on."""
    shards = [
        shard | ({"split": "validation"} if shard["tenant"] in tenants else {})
        for shard in manifest.document()["shards"]
    ]
    changed = SnapshotManifest.model_validate({**manifest.document(), "shards": shards})
    deployment.warehouse.write(f"{changed.directory}/manifest.json", changed.to_bytes())
    envelope = sign_statement(snapshot_statement(changed, changed.digest()), [deployment.vault])
    deployment.warehouse.write(f"{changed.directory}/statement.dsse.json", envelope)
    deployment.release(changed)
    return changed


@pytest.fixture
def published(deployment: Deployment) -> SnapshotManifest:
    """Eight records of acme to train on between eight of globex, in which a word stands that nobody else says."""
    kept = [exchange(number) for number in range(8)]
    secret = [[says("user", f"{SECRET} {number}"), says("assistant", f"{SECRET}!")] for number in range(8)]
    return deployment.publish({"acme": kept, "globex": secret, "initech": kept}, release=False)


def test_only_the_train_split_is_planned_and_read(deployment: Deployment, published: SnapshotManifest):
    manifest = holds_out(deployment, published, "globex")
    recipe = small_recipe()
    assert plan_for(recipe, manifest).records == 16
    model = deployment.train(recipe)
    read = pq.read_table(deployment.root / model.directory / "consumption/rank-0.parquet").to_pylist()
    assert {row["shard"] for row in read} == {0, 2}
    assert len({row["record_id"] for row in read}) == 16, "each record of both shards once an epoch"
    vocabulary = (Path(deployment.root) / model.directory / "tokenizer.json").read_text()
    assert SECRET[:5] not in vocabulary, "the tokenizer has not seen it either"


def test_texts_held_out_are_not_read(deployment: Deployment, published: SnapshotManifest):
    def texts() -> str:
        opened = Snapshot.open(deployment.warehouse, "snapshots/small/v1", deployment.trusted)
        return " ".join(snapshot_texts(opened, deployment.vault))

    assert SECRET in texts()
    holds_out(deployment, published, "globex")
    assert SECRET not in texts()


def test_a_snapshot_of_which_nothing_is_to_be_trained_on_is_refused(
    deployment: Deployment, published: SnapshotManifest
):
    holds_out(deployment, published, "acme", "globex", "initech")
    with pytest.raises(EmptyPlanError):
        deployment.train(small_recipe())
