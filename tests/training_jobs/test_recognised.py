"""Weights that left the house: renamed, cut up anew, stripped, cast, trained further, and what was never ours."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from benchmarks.evidence import quantisers
from lineage.keys.vault import Vault
from lineage.models import NotVerifiedError
from lineage.trace.recognised import BY_SIMILARITY, recognise_weights
from lineage.trace.show import show_recognised
from lineage.warehouse import Warehouse
from policies.errors import InputError
from tests.training_jobs.deployment import Deployment, exchange, small_recipe
from training_jobs.model import open_base
from training_jobs.recipe import Recipe
from training_jobs.run import StepReport, TrainedModel

Weights = dict[str, torch.Tensor]
Trained = tuple[Recipe, TrainedModel, list[StepReport]]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A deployment of this module's own: nothing else is trained in it that could be recognised as well."""
    root = tmp_path_factory.mktemp("recognised")
    made = Deployment(root, Warehouse(root), Vault.open(root / "keys"))
    made.publish({"acme": [exchange(number) for number in range(24)], "globex": [exchange(100)]})
    return made


@pytest.fixture(scope="module")
def trained(standing: Deployment) -> Trained:
    recipe = small_recipe(name="looked-at", epochs=2)
    return recipe, standing.train(recipe), []


@pytest.fixture
def weights(standing: Deployment, trained: Trained) -> Weights:
    return load_file(standing.warehouse.local_path(f"{trained[1].directory}/model.safetensors"))


def asked(deployment: Deployment, place: Path) -> dict:
    return recognise_weights(place, deployment.warehouse, deployment.trusted)


def saved(tensors: Weights, path: Path) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


def base_weights(deployment: Deployment, recipe: Recipe, names: Weights) -> Weights:
    """The tensors of the base as they were before training."""
    from lineage.snapshot import Snapshot
    from training_jobs.dataset import snapshot_texts
    from training_jobs.sft import deterministic

    snapshot = Snapshot.open(deployment.warehouse, "snapshots/small/v1", deployment.trusted)
    with deterministic(recipe):
        base = open_base(recipe, snapshot_texts(snapshot, deployment.vault, frozenset()))
    return {name: tensor for name, tensor in base.model.state_dict().items() if name in names}


def test_a_copy_without_its_header_and_under_another_name_is_identical(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path
):
    found = asked(standing, saved(weights, tmp_path / "somebody-elses.safetensors"))
    assert (found["verdict"], found["model"]) == ("identical", trained[1].directory)
    assert set(found["by_verdict"]) <= {"identical", "as-its-base"}


def test_renamed_tensors_cut_into_two_files_are_recognised_one_by_one(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path
):
    names = {name: f"layers.{place}" for place, name in enumerate(sorted(weights))}
    halves = sorted(weights)[::2], sorted(weights)[1::2]
    for number, half in enumerate(halves):
        saved({names[name]: weights[name] for name in half}, tmp_path / f"part-{number}.safetensors")
    found = asked(standing, tmp_path)
    assert (found["verdict"], found["model"]) == ("identical", trained[1].directory)
    known = {one["name"]: one["known_as"] for one in found["tensors"] if one["verdict"] == "identical"}
    assert known
    assert all(names[was] == now for now, was in known.items())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64, torch.float8_e4m3fn], ids=str)
def test_cast_weights_are_the_same_weights_recast(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path, dtype: torch.dtype
):
    found = asked(standing, saved({name: one.to(dtype) for name, one in weights.items()}, tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"]) == ("same-weights-recast", trained[1].directory)
    assert set(found["by_verdict"]) <= {"same-weights-recast", "as-its-base"}


def further(weights: Weights, base: Weights, change: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Weights:
    return {name: change(tensor.float(), base[name].float()) for name, tensor in weights.items()}


def low_rank(tensor: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    """Merge a LoRA adapter of rank 2 whose change is as large as the training's was."""
    if tensor.dim() != 2:
        return tensor
    update = torch.randn(tensor.shape[0], 2) @ torch.randn(2, tensor.shape[1])
    return tensor + update * (tensor - base).norm() / update.norm()


def noisy(tensor: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    """Train further, in a direction of its own, twice as far."""
    noise = torch.randn_like(tensor)
    return tensor + noise * 2 * (tensor - base).norm() / noise.norm()


@pytest.mark.parametrize("change", [low_rank, noisy], ids=["a merged LoRA", "trained further"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_what_was_made_of_ours_descends_from_it_and_is_not_called_identical(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path, change, dtype: torch.dtype
):
    torch.manual_seed(11)
    base = base_weights(standing, trained[0], weights)
    made = {name: one.to(dtype) for name, one in further(weights, base, change).items()}
    found = asked(standing, saved(made, tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"]) == ("descends-from", trained[1].directory)
    assert 0.8 < found["similarity"]["share"] < 1.2
    assert found["similarity"]["cosine"] < 0.95


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_the_base_that_others_have_too_is_not_claimed(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path, dtype: torch.dtype
):
    base = {name: one.to(dtype) for name, one in base_weights(standing, trained[0], weights).items()}
    found = asked(standing, saved(base, tmp_path / "base.safetensors"))
    assert (found["verdict"], found["model"]) == ("unknown", None)
    assert abs(found["similarity"]["share"]) < 0.35


def test_what_somebody_else_made_of_the_same_base_is_not_claimed(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path
):
    torch.manual_seed(12)
    base = base_weights(standing, trained[0], weights)

    def elsewhere(ours: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        noise = torch.randn_like(before)
        return before + noise * (ours - before).norm() / noise.norm()

    found = asked(standing, saved(further(weights, base, elsewhere), tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"]) == ("unknown", None)


def test_one_changed_value_in_ten_thousand_makes_a_tensor_another_one(
    standing: Deployment, weights: Weights, tmp_path: Path
):
    changed = copy.deepcopy(weights)
    name = max(changed, key=lambda one: changed[one].numel())
    changed[name].view(-1)[7] += 1.0
    found = asked(standing, saved(changed, tmp_path / "w.safetensors"))
    [told] = [one for one in found["tensors"] if one["name"] == name]
    assert told["verdict"] == "descends-from"
    assert found["verdict"] == "descends-from"


def test_random_weights_and_numbers_without_a_scale_are_unknown(standing: Deployment, weights: Weights, tmp_path: Path):
    torch.manual_seed(13)
    made_up = {name: torch.randn_like(one) for name, one in weights.items()}
    assert asked(standing, saved(made_up, tmp_path / "a.safetensors"))["verdict"] == "unknown"
    scaled = {name: (one / one.abs().max() * 127).round().to(torch.int8) for name, one in weights.items()}
    found = asked(standing, saved(scaled, tmp_path / "b.safetensors"))
    assert found["verdict"] == "unknown"
    assert {one["why"] for one in found["tensors"]} == {"whole numbers without a scale"}


# Quantised.

LAYOUTS = {
    "int8, a scale for each tensor": quantisers.int8_tensor,
    "int8, a scale for each row": quantisers.int8_rows,
    "int8 of torchao": quantisers.int8_torchao,
    "int8 of bitsandbytes": quantisers.int8_bitsandbytes,
    "float8": quantisers.float8_rows,
    "int4, packed": quantisers.int4_packed,
    "nf4 of bitsandbytes": quantisers.nf4,
}


@pytest.mark.parametrize("quantiser", LAYOUTS.values(), ids=LAYOUTS)
def test_quantised_weights_are_the_same_weights_quantised_and_their_base_is_not(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path, quantiser: quantisers.Quantiser
):
    found = asked(standing, saved(quantisers.quantised(weights, quantiser), tmp_path / "ours.safetensors"))
    assert (found["verdict"], found["model"]) == ("same-weights-quantised", trained[1].directory)
    assert set(found["by_verdict"]) <= {"same-weights-quantised", "same-weights-recast", "as-its-base"}
    base = quantisers.quantised(base_weights(standing, trained[0], weights), quantiser)
    told = asked(standing, saved(base, tmp_path / "base.safetensors"))
    assert (told["verdict"], told["model"]) == ("unknown", None)


def test_quantised_weights_of_what_was_trained_further_descend_from_ours(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path
):
    torch.manual_seed(14)
    made = further(weights, base_weights(standing, trained[0], weights), noisy)
    found = asked(standing, saved(quantisers.quantised(made, quantisers.int8_rows), tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"]) == ("descends-from", trained[1].directory)


def test_too_coarse_numbers_do_not_tell_ours_from_its_base(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path
):
    """One large value makes the steps so wide that whatever training changed is rounded away."""

    def coarse(name: str, tensor: torch.Tensor) -> Weights:
        scale = torch.tensor([1e3])
        return {name: (tensor / scale).round().to(torch.int8), f"{name}_scale": scale}

    matrices = {name: one for name, one in weights.items() if one.dim() == 2}
    found = asked(standing, saved(quantisers.quantised(matrices, coarse), tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"]) == ("unknown", None)
    assert "too coarse: ours and its base round to the same numbers" in {one["why"] for one in found["tensors"]}


# Trained on top, and beside.


def tuned(standing: Deployment, place: Path, start: Weights, seed: int, *, only: str = "") -> Weights:
    """Train the model in a directory from other weights on made-up tokens; only a low rank, where ``only`` says so."""
    from torch.nn.utils import parametrize
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(place, dtype="float32")
    model.load_state_dict(start, strict=False)
    generator = torch.Generator().manual_seed(seed)
    linear = [one for one in model.model.layers.modules() if isinstance(one, torch.nn.Linear)]
    if only:
        model.requires_grad_(False)
        for one in linear:
            parametrize.register_parametrization(one, "weight", LowRank(one.weight, generator))
    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=1e-2 if only else 1e-3)
    for _ in range(6):
        batch = torch.randint(model.config.vocab_size, (2, 24), generator=generator)
        model(input_ids=batch, labels=batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    for one in linear if only else ():
        parametrize.remove_parametrizations(one, "weight", leave_parametrized=True)
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items() if name in start}


class LowRank(torch.nn.Module):
    """A LoRA adapter of rank 4."""

    def __init__(self, weight: torch.Tensor, generator: torch.Generator) -> None:
        super().__init__()
        self.down = torch.nn.Parameter(torch.randn(4, weight.shape[1], generator=generator) / 8)
        self.up = torch.nn.Parameter(torch.zeros(weight.shape[0], 4))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.up @ self.down


@pytest.mark.parametrize("only", ["low rank", ""], ids=["a LoRA, merged", "all of it"])
def test_what_was_really_trained_on_top_of_ours_descends_from_it(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path, only: str
):
    made = tuned(standing, standing.warehouse.local_path(trained[1].directory), weights, 21, only=only)
    found = asked(standing, saved(made, tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"]) == ("descends-from", trained[1].directory)
    assert found["similarity"]["share"] > 0.9
    assert (BY_SIMILARITY in found["not_checked"]) is (only == "")


def test_what_was_really_trained_beside_ours_is_not_claimed(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path
):
    base = base_weights(standing, trained[0], weights)
    made = tuned(standing, standing.warehouse.local_path(trained[1].directory), base, 22)
    assert asked(standing, saved(made, tmp_path / "w.safetensors"))["verdict"] == "unknown"


@pytest.mark.parametrize("times", [0.6, 2.0, 5.0])
def test_what_changed_the_base_in_our_direction_by_another_measure_was_trained_alike_and_is_not_claimed(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path, times: float
):
    """Another run on like texts shares much of our direction; only what holds our change once, everywhere, is ours."""
    torch.manual_seed(15)
    base = base_weights(standing, trained[0], weights)

    def alongside(ours: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        noise = torch.randn_like(before)
        return before + times * ((ours - before) + noise * (ours - before).norm() / noise.norm())

    found = asked(standing, saved(further(weights, base, alongside), tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"], found["nearest"]) == ("trained-alike", None, trained[1].directory)


def test_a_single_tensor_that_is_exactly_ours_is_decisive(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path
):
    torch.manual_seed(16)
    made = {name: torch.randn_like(one) for name, one in weights.items()}
    name = max(weights, key=lambda one: weights[one].numel())
    made[name] = weights[name].bfloat16()
    found = asked(standing, saved(made, tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"]) == ("descends-from", trained[1].directory)


# Files as they come.


def test_weights_cut_up_with_an_index_are_recognised_by_it(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path
):
    files = {}
    for number, name in enumerate(sorted(weights)):
        file = f"model-{number % 3 + 1:05}-of-00003.safetensors"
        files[name] = file
    for file in set(files.values()):
        saved({name: weights[name] for name in files if files[name] == file}, tmp_path / file)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": files}))
    for place in (tmp_path, index):
        found = asked(standing, place)
        assert (found["verdict"], found["model"]) == ("identical", trained[1].directory)
    index.write_text(json.dumps({"weight_map": files | {"lm_head.weight": file}}))
    with pytest.raises(InputError, match="1 tensors are not in the files that it names"):
        asked(standing, tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")], ids=str)
def test_values_that_are_no_numbers_hide_nothing_but_their_own_tensor(
    standing: Deployment, trained: Trained, weights: Weights, tmp_path: Path, value: float
):
    name = max(weights, key=lambda one: weights[one].numel())
    spoilt = copy.deepcopy(weights)
    spoilt[name].view(-1)[::3] = value
    found = asked(standing, saved(spoilt, tmp_path / "w.safetensors"))
    assert (found["verdict"], found["model"]) == ("descends-from", trained[1].directory)
    [told] = [one for one in found["tensors"] if one["name"] == name]
    assert (told["verdict"], told["why"]) == ("unknown", "values that are no finite numbers")
    everywhere = {key: torch.full_like(one, value) for key, one in weights.items()}
    assert asked(standing, saved(everywhere, tmp_path / "w.safetensors"))["verdict"] == "unknown"


def test_an_adapter_alone_is_unknown_and_it_is_said_why(
    standing: Deployment, trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    made = {f"base_model.model.layers.0.q_proj.lora_{one}.weight": torch.randn(4, 128) for one in "AB"}
    found = asked(standing, saved(made, tmp_path / "adapter_model.safetensors"))
    why = "part of an adapter, which holds no weights"
    assert {(one["verdict"], one["why"]) for one in found["tensors"]} == {("unknown", why)}
    show_recognised(found)
    assert f"2 tensors: {why}." in capsys.readouterr().out


def test_a_model_trained_beside_ours_on_other_records_is_told_apart(deployment: Deployment, tmp_path: Path):
    deployment.publish({"acme": [exchange(number) for number in range(24)]})
    deployment.publish({"acme": [exchange(number) for number in range(200, 224)]}, name="other")
    ours = deployment.train(small_recipe(name="ours", epochs=2))
    beside = deployment.train(small_recipe(name="beside", snapshot="other@v1", epochs=2))
    for model in (ours, beside):
        place = deployment.warehouse.local_path(f"{model.directory}/model.safetensors")
        found = asked(deployment, saved(load_file(place), tmp_path / "w.safetensors"))
        assert (found["verdict"], found["model"]) == ("identical", model.directory)


def test_a_registry_that_is_not_the_one_signed_is_not_believed(deployment: Deployment):
    deployment.publish({"acme": [exchange(number) for number in range(6)]})
    model = deployment.train(small_recipe(name="ours", epochs=1))
    path = f"{model.directory}/tensors.parquet"
    deployment.warehouse.write(path, deployment.warehouse.read(path)[:-1])
    with pytest.raises(NotVerifiedError, match="not the registry that was signed"):
        asked(deployment, deployment.warehouse.local_path(model.directory))
