"""Quantised weights, cut up weights, and files that lie: what is read of them, and what is not."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from benchmarks.evidence import quantisers
from lineage.weights.eight_bits import rounded, table
from lineage.weights.files import read_weights
from lineage.weights.layouts import NO_SCALE, laid_out
from lineage.weights.quantised import Quantised
from lineage.weights.tensors import read_tensors
from policies.errors import InputError

Weights = dict[str, torch.Tensor]
SHAPE = (96, 128)
KINDS = {
    "int8 of a tensor": (quantisers.int8_tensor, 127),
    "int8 of rows": (quantisers.int8_rows, 127),
    "int8 of torchao": (quantisers.int8_torchao, 127),
    "int8 of bitsandbytes": (quantisers.int8_bitsandbytes, 127),
    "float8": (quantisers.float8_rows, 16),
    "packed int4": (quantisers.int4_packed, 7),
    "nf4": (quantisers.nf4, 6),
    "nf4, nested": (quantisers.nf4_nested, 6),
}


def weight(seed: int = 3) -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed)) * 0.05


def laid(tensors: Weights, path: Path) -> tuple[Quantised, ...]:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return laid_out(read_tensors(path)).quantised


@pytest.mark.parametrize("kind", KINDS)
def test_a_quantised_weight_holds_what_it_was_made_from_within_a_step(tmp_path: Path, kind: str):
    quantiser, steps = KINDS[kind]
    exact, places = weight(), range(96 * 128)
    [one] = laid(quantiser("block.weight", exact), tmp_path / "w.safetensors")
    assert one.shape == SHAPE
    held = one.values(places).reshape(SHAPE)
    largest = exact.abs().amax().item() if kind == "int8 of a tensor" else exact.abs().amax(1, keepdim=True).numpy()
    assert np.all(np.abs(held - exact.double().numpy()) <= 1.05 * largest / steps)


@pytest.mark.parametrize("kind", KINDS)
def test_what_ours_would_be_rounded_to_is_what_the_file_holds(tmp_path: Path, kind: str):
    quantiser, _ = KINDS[kind]
    before = {"int8 of torchao": torch.bfloat16, "int8 of bitsandbytes": torch.float16, "nf4": torch.bfloat16}
    exact, places = weight(), range(96 * 128)
    [one] = laid(quantiser("block.weight", exact), tmp_path / "w.safetensors")
    known = exact.to(before.get(kind, torch.bfloat16 if "nf4" in kind else torch.float32)).double().flatten().numpy()
    same = np.isclose(one.nearest(known, places), one.values(places), rtol=1e-6, atol=0)
    assert same.mean() > 0.98
    other = weight(4).double().flatten().numpy()
    assert np.isclose(one.nearest(other, places), one.values(places), rtol=1e-6, atol=0).mean() < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_parts_are_not_listed_beside_the_weight_they_make(tmp_path: Path, kind: str):
    made = quantisers.quantised({"a.weight": weight(), "b.bias": torch.ones(3)}, KINDS[kind][0])
    save_file(made, tmp_path / "w.safetensors")
    found = laid_out(read_tensors(tmp_path / "w.safetensors"))
    assert [one.name for one in found.plain] == ["b.bias"]
    assert len(found.quantised) == 1


def broken(change: Callable[[Weights], object], quantiser: quantisers.Quantiser = quantisers.int8_rows) -> Weights:
    made = quantiser("a.weight", weight())
    change(made)
    return made


def legend(**changes: object) -> Callable[[Weights], object]:
    def change(made: Weights) -> None:
        name = "a.weight.quant_state.bitsandbytes__nf4"
        said = json.loads(bytes(made[name].tolist())) | changes
        made[name] = torch.tensor(list(json.dumps(said).encode()), dtype=torch.uint8)

    return change


NF4 = quantisers.nf4
NESTED = quantisers.nf4_nested
UNREAD = {
    "no scale": broken(lambda made: made.pop("a.weight_scale")),
    "a scale for other rows": broken(lambda made: made.update({"a.weight_scale": torch.ones(7)})),
    "more blocks than rows": broken(lambda made: made.update({"a.weight_scale": torch.ones(97, 1)})),
    "a scale in whole numbers": broken(lambda made: made.update({"a.weight_scale": torch.ones(96, 1).int()})),
    "zero points of another shape": broken(lambda made: made.update({"a.weight_zero_point": torch.ones(3)})),
    "a shape of more values": broken(legend(shape=[960, 1280]), NF4),
    "a shape of text": broken(legend(shape="all"), NF4),
    "a negative shape": broken(legend(shape=[-96, -128]), NF4),
    "blocks of nothing": broken(legend(blocksize=0), NF4),
    "a legend that is no JSON": broken(
        lambda made: made.update({"a.weight.quant_state.bitsandbytes__nf4": torch.zeros(9, dtype=torch.uint8)}), NF4
    ),
    "a table of three": broken(lambda made: made.update({"a.weight.quant_map": torch.ones(3)}), NF4),
    "no largest values": broken(lambda made: made.pop("a.weight.absmax"), NF4),
    "nested blocks of nothing": broken(legend(nested_blocksize=0), NESTED),
    "nested without a table": broken(lambda made: made.pop("a.weight.nested_quant_map"), NESTED),
    "words for other columns": broken(
        lambda made: made.update({"a.weight_shape": torch.tensor([96, 1024])}), quantisers.int4_packed
    ),
    "words without a shape": broken(lambda made: made.pop("a.weight_shape"), quantisers.int4_packed),
}


@pytest.mark.parametrize("made", UNREAD.values(), ids=UNREAD)
def test_parts_that_do_not_fit_make_no_weight(tmp_path: Path, made: Weights):
    assert laid(made, tmp_path / "w.safetensors") == ()
    found = laid_out(read_tensors(tmp_path / "w.safetensors"))
    assert NO_SCALE in found.unread.values()


def test_a_scale_that_two_weights_claim_belongs_to_neither(tmp_path: Path):
    made = quantisers.int8_rows("a", weight()) | {"a_qdata": quantisers.int8_rows("a", weight())["a"]}
    assert laid(made, tmp_path / "w.safetensors") == ()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("layers.0.q_proj.qweight", "packed by GPTQ or AWQ, whose order of places is not read"),
        ("base_model.layers.0.q_proj.lora_A.weight", "part of an adapter, which holds no weights"),
    ],
)
def test_what_is_not_read_is_said_by_name(tmp_path: Path, name: str, why: str):
    save_file({name: torch.ones(8, 8, dtype=torch.int32)}, tmp_path / "w.safetensors")
    assert laid_out(read_tensors(tmp_path / "w.safetensors")).unread == {0: why}


@pytest.mark.parametrize(("dtype", "kind"), [("F8_E4M3", torch.float8_e4m3fn), ("F8_E5M2", torch.float8_e5m2)])
def test_floats_of_8_bits_are_those_of_torch(dtype: str, kind: torch.dtype):
    codes = torch.arange(256, dtype=torch.uint8)
    assert np.array_equal(table(dtype), codes.view(kind).double().numpy(), equal_nan=True)
    values = torch.cat([torch.randn(5_000) * 10.0**power for power in range(-8, 3)]).clamp(-448, 448)
    held = codes.view(kind).float()
    between = (held[:120] + held[1:121]) / 2  # ties
    values = torch.cat([values, between[between.isfinite()], -between[between.isfinite()]])
    assert np.array_equal(rounded(values.double().numpy(), dtype), values.to(kind).double().numpy())


# Files that lie about themselves.


def written(path: Path, header: bytes, data: bytes = b"") -> Path:
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


def entry(low: int, high: int, dtype: str = "F32", shape: str = "[2]") -> str:
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{low},{high}]}}'


HOSTILE = {
    "a name told twice": f'{{"a":{entry(0, 8)},"a":{entry(8, 16)}}}',
    "bytes that belong to two": f'{{"a":{entry(0, 8)},"b":{entry(4, 12)}}}',
    "the same bytes a thousand times": "{" + ",".join(f'"{number}":{entry(0, 8)}' for number in range(1_000)) + "}",
    "a name that is half a character": f'{{"\\ud800":{entry(0, 8)}}}',
    "a name that moves the cursor": f'{{"\\u001b[2J":{entry(0, 8)}}}',
    "an end before the beginning": f'{{"a":{entry(8, 0, "ODD", "[0]")}}}',
    "dimensions without end": f'{{"a":{entry(0, 8, "F32", "[9999999999999999999999, 9999999999999999999999]")}}}',
    "a dimension that is no whole number": f'{{"a":{entry(0, 8, "F32", "[2.0]")}}}',
    "not a number": f'{{"a":{entry(0, 8, "F32", "[NaN]")}}}',
}


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE)
def test_a_header_that_lies_is_refused(tmp_path: Path, header: str):
    with pytest.raises(InputError, match="not a safetensors file"):
        read_tensors(written(tmp_path / "w.safetensors", header.encode(), bytes(16)))


# Indices.


def cut(place: Path, weight_map: object) -> Path:
    for file, name in (("one", "a"), ("two", "b")):
        save_file({name: torch.ones(2)}, place / f"{file}.safetensors")
    path = place / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {"total_size": 16}, "weight_map": weight_map}))
    return path


def test_an_index_names_the_files_of_a_model(tmp_path: Path):
    index = cut(tmp_path, {"a": "one.safetensors", "b": "two.safetensors"})
    save_file({"c": torch.ones(2)}, tmp_path / "more.safetensors")
    assert [one.name for one in read_weights(index)] == ["a", "b"]
    assert [one.name for one in read_weights(tmp_path)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    "weight_map",
    [
        {"a": "two.safetensors", "b": "one.safetensors"},
        {"a": "one.safetensors", "z": "two.safetensors"},
        {"a": "../one.safetensors"},
        {"a": "/etc/passwd"},
        {"a": "absent.safetensors"},
        {"a": 7},
        {},
        [],
        None,
    ],
    ids=str,
)
@pytest.mark.parametrize("whole", [False, True], ids=["the index", "its directory"])
def test_an_index_that_is_wrong_is_refused(tmp_path: Path, weight_map: object, whole: bool):
    index = cut(tmp_path, weight_map)
    with pytest.raises(InputError):
        read_weights(tmp_path if whole else index)
