"""A whole run: what is refused, what is trained, and what is left behind."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root
from lineage.dsse import SignatureRefusedError, TrustedKey
from lineage.keys.vault import KeyUnavailableError, Vault
from lineage.snapshot import Snapshot, SnapshotError
from lineage.statement import open_envelope
from lineage.training_statement import stated_files
from tests.training_jobs.deployment import LEASE_ENDS, NOW, exchange, says, small_recipe
from training_jobs.admission import SnapshotNotForTrainingError
from training_jobs.chat import Encoded, SkipReason
from training_jobs.consumption import PlanDepartureError
from training_jobs.dataset import IGNORED, NothingToTrainError, Sample, TokenisedSnapshot, snapshot_texts, tokenise
from training_jobs.model import BaseModelError, open_base
from training_jobs.plan import TrainingPlan
from training_jobs.publish import ModelDamagedError
from training_jobs.sft import TrainingDivergedError, learning_rate_at, summed_loss, train

REPOSITORY = Path(__file__).resolve().parents[2]


def weights(deployment, model):
    return load_file(deployment.root / model.directory / "model.safetensors")


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def consumption(deployment, model):
    return pq.read_table(deployment.root / model.directory / "consumption/rank-0.parquet")


def left_behind(deployment):
    return [path.name for path in (deployment.root / "models").rglob("*") if path.is_file()]


# What comes out


def test_the_loss_falls(trained):
    _, model, reports = trained
    assert len(reports) == model.steps == 10
    assert model.loss_last < 0.8 * model.loss_first


def test_the_weights_and_the_tokenizer_open_with_transformers(standing, trained):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    directory = standing.root / trained[1].directory
    model, tokenizer = AutoModelForCausalLM.from_pretrained(directory), AutoTokenizer.from_pretrained(directory)
    assert same(
        {name: model.state_dict()[name] for name in weights(standing, trained[1])}, weights(standing, trained[1])
    )
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Please add a calendar"}], add_generation_prompt=True, return_tensors="pt"
    )
    said = model.generate(**prompt, max_new_tokens=4, do_sample=False)
    assert said.shape[1] > prompt["input_ids"].shape[1]


def test_every_link_from_the_weights_to_the_snapshots_roots_verifies(standing, trained):
    """The snapshot of these tests holds no policy and no decisions: its verification ends there, and only there."""
    from lineage.verifying.verify import verify_path

    checks = verify_path(standing.root / trained[1].directory, standing.trusted, vault=standing.vault).checks
    verified = [str(check.link) for check in checks if check.verified]
    assert {"weights", "weights header", "model files", "recipe", "consumption ledger"} <= set(verified)
    assert {"consumption ⊆ snapshot", "snapshot: leaves", "snapshot: snapshot root"} <= set(verified)
    assert [str(check.link) for check in checks if not check.verified] == ["snapshot: policy"]


def test_the_statement_names_every_file_it_stands_for(standing, trained):
    directory = standing.root / trained[1].directory
    opened = open_envelope((directory / "training.dsse.json").read_bytes(), standing.trusted)
    stated = {*opened.artifacts, *stated_files(opened.predicate), "consumption/rank-0.parquet", "training.dsse.json"}
    found = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    assert found - stated == {"snapshot/manifest.json", "snapshot/statement.dsse.json", "ticket.dsse.json"}


def test_what_was_consumed_is_what_was_planned(standing, trained):
    recipe, model, _ = trained
    snapshot = Snapshot.open(standing.warehouse, "snapshots/small/v1", standing.trusted)
    leaves = [row for shard in range(2) for row in snapshot.leaves(shard).to_pylist()]
    plan = TrainingPlan(snapshot.manifest.root, 40, recipe.batch_size, 80, recipe.seed)
    read = consumption(standing, model)
    assert read.schema.names == CONSUMPTION_SCHEMA.names
    assert consumption_root(read).hex() == model.consumption_root
    planned = [(step, int(place)) for step in range(plan.steps) for place in plan.records_of(step)]
    assert len(planned) == read.num_rows == 80
    for row, (step, place) in zip(read.to_pylist(), planned, strict=True):
        assert row["optimizer_step"] == step
        assert (row["record_id"], row["leaf"]) == (leaves[place]["record_id"], leaves[place]["leaf"])
        assert (row["shard"], row["row"]) == ((0, place) if place < 24 else (1, place - 24))
        assert row["n_tokens"] > 0


def test_the_plan_is_written_down_before_the_first_step(deployment):
    deployment.publish({"acme": [exchange(n) for n in range(8)]})
    seen = []
    deployment.train(small_recipe(), lambda report: seen.append(sorted(left_behind(deployment))))
    assert seen[0] == ["plan.json", "recipe.json"]


def test_no_word_of_a_record_is_in_the_files_beside_the_weights(standing, trained):
    for path in (standing.root / trained[1].directory).rglob("*.*"):
        if path.is_file() and path.name not in {"tokenizer.json", "model.safetensors"}:
            data = path.read_bytes()
            assert b"Open the preview" not in data
            assert str(standing.root).encode() not in data


# The same again


def test_the_same_run_is_not_trained_twice(standing, trained):
    recipe, model, _ = trained
    again = standing.train(recipe, lambda report: pytest.fail("a step was taken"))
    assert again == dataclasses.replace(model, already=True)


def test_another_process_gets_bit_identical_weights(standing, tmp_path):
    here = standing.train(small_recipe(name="twice", steps=4, vocabulary_size=2048))
    for part in ("snapshots", "releases", "keys"):
        shutil.copytree(standing.root / part, tmp_path / part)
    command = [sys.executable, "-m", "training_jobs.sft", "small@v1", "--name", "twice", "--steps", "4"]
    command += ["--max-tokens", "96", "--threads", "1", "--home", str(tmp_path), "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    there = json.loads(done.stdout)
    assert (there["run"], there["consumption_root"]) == (here.run, here.consumption_root)
    assert same(load_file(tmp_path / there["directory"] / "model.safetensors"), weights(standing, here))


@pytest.mark.parametrize("changes", [{"seed": 1}, {"learning_rate": 1e-3}], ids=["seed", "learning rate"])
def test_another_recipe_is_another_run_with_other_weights(standing, changes):
    first = standing.train(small_recipe(name="compared", steps=2))
    other = standing.train(small_recipe(name="compared", steps=2, **changes))
    assert other.run != first.run
    assert not same(weights(standing, other), weights(standing, first))


def test_the_threads_of_the_process_are_put_back(standing):
    before = torch.get_num_threads()
    standing.train(small_recipe(name="threads", steps=1, threads=before + 1))
    assert torch.get_num_threads() == before
    assert not torch.are_deterministic_algorithms_enabled()


# Another base


def test_a_model_can_be_trained_further_from_its_directory(standing, trained):
    first = standing.root / trained[1].directory
    further = standing.train(small_recipe(name="further", base=str(first), steps=4))
    assert further.loss_first < 0.8 * trained[1].loss_first
    directory = standing.root / further.directory
    assert (directory / "tokenizer.json").read_bytes() == (first / "tokenizer.json").read_bytes()
    assert json.loads((directory / "recipe.json").read_bytes())["base"] == f"directory:{first.name}"
    for path in directory.rglob("*.json*"):
        assert str(standing.root) not in path.read_text()


def test_a_base_that_changed_is_another_run(standing, trained, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(standing.root / trained[1].directory, base)
    before = standing.train(small_recipe(name="changed", base=str(base), steps=1))
    (base / "generation_config.json").write_text('{"max_length": 7}')
    assert standing.train(small_recipe(name="changed", base=str(base), steps=1)).run != before.run


def test_a_base_without_safetensors_is_refused(standing, trained, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(standing.root / trained[1].directory, base)
    torch.save(load_file(base / "model.safetensors"), base / "pytorch_model.bin")
    (base / "model.safetensors").unlink()
    with pytest.raises(BaseModelError):
        standing.train(small_recipe(base=str(base)))


# What is refused


def test_a_snapshot_of_an_unknown_key_is_refused(standing, tmp_path):
    stranger = TrustedKey.from_pem(Vault.open(tmp_path / "keys").public_key_pem)
    for trusted, reason in (((stranger,), "unknown-key"), ((), "no-trusted-key")):
        with pytest.raises(SignatureRefusedError, match=reason):
            train(
                small_recipe(name="refused"),
                standing.warehouse,
                standing.vault,
                trusted,
                standing.trusted,
                clock=lambda: NOW,
            )


def test_a_snapshot_without_signature_is_refused(deployment):
    deployment.publish({"acme": [exchange(1)]})
    statement = deployment.root / "snapshots/small/v1/statement.dsse.json"
    envelope = json.loads(statement.read_bytes())
    statement.write_text(json.dumps({**envelope, "signatures": []}))
    with pytest.raises(SignatureRefusedError, match="no-signature"):
        deployment.train(small_recipe())
    assert left_behind(deployment) == []


@pytest.mark.parametrize("path", ["shards/000-acme.parquet", "leaves/000-acme.parquet"])
def test_a_snapshot_with_a_flipped_byte_is_refused(deployment, path):
    deployment.publish({"acme": [exchange(n) for n in range(4)]})
    file = deployment.root / "snapshots/small/v1" / path
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(SnapshotError, match=path):
        deployment.train(small_recipe())
    assert left_behind(deployment) == []


def test_without_the_tenants_key_nothing_is_trained_and_no_key_is_made(standing, tmp_path):
    other = Vault.open(tmp_path / "keys")
    with pytest.raises(KeyUnavailableError, match="acme"):
        train(
            small_recipe(name="keyless"),
            standing.warehouse,
            other,
            standing.trusted,
            standing.trusted,
            clock=lambda: NOW,
        )
    assert not other.has_tenant("acme")


def test_a_snapshot_whose_lease_has_ended_is_refused(deployment):
    deployment.publish({"acme": [exchange(1)]}, lease_expires_at=NOW)
    with pytest.raises(SnapshotNotForTrainingError, match="lease"):
        deployment.train(small_recipe())
    assert NOW < LEASE_ENDS


@pytest.mark.parametrize("purpose", ["train_ai_system.evaluation", "train_ai_system.finetune.other"])
def test_a_snapshot_for_another_purpose_is_refused(deployment, purpose):
    deployment.publish({"acme": [exchange(1)]}, purpose=purpose)
    with pytest.raises(SnapshotNotForTrainingError, match=purpose):
        deployment.train(small_recipe())


def test_an_interrupted_run_leaves_no_model(deployment):
    deployment.publish({"acme": [exchange(n) for n in range(16)]})

    def interrupt(report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deployment.train(small_recipe(), interrupt)
    assert sorted(left_behind(deployment)) == ["plan.json", "recipe.json"]
    assert not deployment.train(small_recipe()).already


def test_a_run_whose_publishing_breaks_off_leaves_no_statement(deployment, monkeypatch):
    deployment.publish({"acme": [exchange(n) for n in range(8)]})

    def full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr("training_jobs.publish.write_with_metadata", full)
    with pytest.raises(OSError, match="No space"):
        deployment.train(small_recipe())
    assert {"training.dsse.json", "model.safetensors"}.isdisjoint(left_behind(deployment))


def test_tensors_that_hold_another_record_than_planned_end_the_run(deployment, monkeypatch):
    deployment.publish({"acme": [exchange(n) for n in range(16)]})
    honest = TokenisedSnapshot.batch

    def shuffled(self, plan, step):
        return dataclasses.replace(honest(self, plan, (step + 1) % plan.steps), step=step)

    monkeypatch.setattr(TokenisedSnapshot, "batch", shuffled)
    with pytest.raises(PlanDepartureError, match="Step 0"):
        deployment.train(small_recipe())


def test_tensors_that_only_claim_to_hold_the_planned_record_end_the_run(deployment, monkeypatch):
    deployment.publish({"acme": [exchange(n) for n in range(16)]})
    honest = TokenisedSnapshot.batch

    def swapped(self, plan, step):
        batch = honest(self, plan, step)
        return dataclasses.replace(batch, input_ids=batch.input_ids.flip(0))

    monkeypatch.setattr(TokenisedSnapshot, "batch", swapped)
    with pytest.raises(PlanDepartureError, match="Step 0"):
        deployment.train(small_recipe())


def test_two_records_with_the_same_words_are_not_taken_for_each_other(deployment, monkeypatch):
    deployment.publish({"acme": [exchange(1)] * 16})
    honest = TokenisedSnapshot.batch

    def exchanged(self, plan, step):
        batch = honest(self, plan, step)
        return dataclasses.replace(batch, slots=batch.slots[::-1])

    monkeypatch.setattr(TokenisedSnapshot, "batch", exchanged)
    with pytest.raises(PlanDepartureError, match="Step 0"):
        deployment.train(small_recipe())


def test_a_loss_that_is_no_number_ends_the_run(deployment, monkeypatch):
    deployment.publish({"acme": [exchange(n) for n in range(8)]})
    monkeypatch.setattr("training_jobs.sft.learning_rate_at", lambda *arguments: float("nan"))
    with pytest.raises(TrainingDivergedError, match="Step 1"):
        deployment.train(small_recipe(epochs=3))
    assert "training.dsse.json" not in left_behind(deployment)


def test_a_finished_run_whose_weights_were_changed_is_not_taken_for_it(deployment):
    deployment.publish({"acme": [exchange(n) for n in range(8)]})
    model = deployment.train(small_recipe())
    file = deployment.root / model.directory / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ModelDamagedError, match=re.escape("model.safetensors")):
        deployment.train(small_recipe())


# What is skipped


def test_a_record_without_an_answer_keeps_its_slot_and_says_why(deployment):
    silent = [says("user", "Is anybody there?")]
    deployment.publish({"acme": [exchange(1), silent, exchange(2), exchange(4)]})
    model = deployment.train(small_recipe(batch_size=4))
    rows = consumption(deployment, model).to_pylist()
    assert (model.records, model.skipped) == (3, 1)
    assert [(row["row"], row["n_tokens"], row["skipped_reason"]) for row in rows if row["skipped_reason"]] == [
        (1, 0, "no-assistant-turn")
    ]


def test_the_row_of_a_skipped_record_holds_padding_and_carries_no_loss():
    content = Encoded(np.array([5, 6, 7], dtype=np.int32), np.array([False, True, True]))
    spoken = Sample(0, 0, "r0", bytes(32), content)
    silent = Sample(0, 1, "r1", bytes(32), SkipReason.NO_ASSISTANT_TURN)
    batch = TokenisedSnapshot([spoken, silent], padding=9).batch(TrainingPlan("ab" * 32, 2, 2, 2, 0), 0)
    line = [slot.sample for slot in batch.slots].index(silent)
    assert batch.input_ids[line].tolist() == [9, 9, 9]
    assert batch.labels[line].tolist() == [IGNORED] * 3
    assert batch.attention_mask[line].tolist() == [1, 0, 0]  # attention to nothing at all is not defined
    assert batch.labels[1 - line].tolist() == [IGNORED, 6, 7]
    assert (batch.records, batch.tokens) == (1, 3)


def test_fresh_weights_are_a_function_of_the_seed():
    def fresh(seed):
        return open_base(small_recipe(seed=seed), iter(["some text"])).model.state_dict()

    assert same(fresh(3), fresh(3))
    assert not same(fresh(3), fresh(4))


def test_the_gradient_of_a_step_does_not_depend_on_who_was_skipped(standing):
    """A masked slot weighs nothing, and the others weigh what they weighed: replaying without a person is exact."""
    snapshot = Snapshot.open(standing.warehouse, "snapshots/small/v1", standing.trusted)
    base = open_base(small_recipe(), snapshot_texts(snapshot, standing.vault))
    dataset = tokenise(snapshot, standing.vault, base.tokenizer, 96)
    plan = TrainingPlan(snapshot.manifest.root, 40, 4, 40, 0)
    whole = dataset.batch(plan, 0)
    with torch.no_grad():
        together = summed_loss(base.model, whole, "cpu")
        parts = [
            summed_loss(
                base.model,
                dataclasses.replace(
                    whole,
                    input_ids=whole.input_ids[line : line + 1],
                    attention_mask=whole.attention_mask[line : line + 1],
                    labels=whole.labels[line : line + 1],
                ),
                "cpu",
            )
            for line in range(4)
        ]
    assert torch.allclose(together, sum(parts), rtol=1e-5)


def test_a_snapshot_of_which_nothing_can_be_trained_on_is_refused(deployment):
    deployment.publish({"acme": [[says("user", "Hello?")]]})
    with pytest.raises(NothingToTrainError):
        deployment.train(small_recipe())
    assert left_behind(deployment) == []


def test_the_learning_rate_rises_and_then_falls_to_a_tenth():
    recipe = small_recipe(warmup_steps=4, learning_rate=1e-2)
    rates = [learning_rate_at(step, 20, recipe) for step in range(20)]
    assert rates[:4] == sorted(rates[:4])
    assert max(rates) == rates[3] == rates[4] == 1e-2
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert 1e-3 <= rates[-1] < 2e-3
