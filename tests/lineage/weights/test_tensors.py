"""Tensors of safetensors files, and their fingerprints."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from lineage.weights.files import read_weights
from lineage.weights.fingerprint import SAMPLES, cast, places
from lineage.weights.tensors import read_tensors
from policies.errors import InputError


def written(path: Path, header: object, data: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(dtype: str = "F32", shape: tuple = (2,), offsets: tuple = (0, 8)) -> dict:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int8], ids=str)
def test_values_are_those_that_were_saved(tmp_path: Path, dtype: torch.dtype):
    held = (torch.arange(-60, 60) / 7).to(dtype).reshape(10, 12)
    save_file({"b": held, "a": held[0].clone()}, tmp_path / "w.safetensors")
    first, second = read_tensors(tmp_path / "w.safetensors")
    assert (first.name, second.name, second.shape, second.count) == ("a", "b", (10, 12), 120)
    assert second.values([0, 5, 119]).tolist() == held.flatten()[[0, 5, 119]].double().tolist()


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({"a": entry()}, b"1234"),
        ({"a": entry(offsets=(0, 4))}, b"12345678"),
        ({"a": entry(offsets=(-8, 0))}, b"12345678"),
        ({"a": entry(shape=(-2,))}, b"12345678"),
        ({"a": entry(shape=(True, 2))}, b"12345678"),
        ({"a": entry(offsets=(0, "8"))}, b"12345678"),
        ({"a": {"dtype": "F32"}}, b""),
        ({"a": 7}, b""),
        ([], b""),
        (b"not json", b""),
        (b"[" * 100_000, b""),
    ],
    ids=["bytes are missing", "too few bytes for the shape", "before the file", "a negative dimension",
         "a dimension that is no number", "an offset that is text", "no offsets", "no entry", "no object", "no JSON",
         "nested without end"],
)  # fmt: skip
def test_a_file_that_lies_about_itself_is_refused(tmp_path: Path, header: object, data: bytes):
    with pytest.raises(InputError, match="not a safetensors file"):
        read_tensors(written(tmp_path / "w.safetensors", header, data))


@pytest.mark.parametrize("data", [b"", b"1234", b"\xff" * 16, (10**9).to_bytes(8, "little") + b"{}"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, data: bytes):
    (tmp_path / "w.safetensors").write_bytes(data)
    with pytest.raises(InputError, match="not a safetensors file"):
        read_tensors(tmp_path / "w.safetensors")


def test_values_of_an_unknown_type_are_not_guessed(tmp_path: Path):
    [one] = read_tensors(written(tmp_path / "w.safetensors", {"a": entry("F6_E2M3", (8,))}, b"12345678"))
    with pytest.raises(InputError, match="F6_E2M3"):
        one.values([0])


def test_where_there_are_no_weights_it_is_said(tmp_path: Path):
    with pytest.raises(InputError, match="holds no"):
        read_weights(tmp_path)


def test_places_are_those_that_the_definition_gives():
    """Computed by hand from the definition, so that another implementation can be checked against them."""
    import hashlib

    label = b"lineweight-fingerprint-v1\x00100000\x00"
    by_hand = [int(hashlib.sha256(label + str(one).encode()).hexdigest(), 16) % 100_000 for one in range(SAMPLES)]
    assert list(places(100_000)) == by_hand
    assert by_hand[:3] == [37755, 81407, 67202]
    assert places(5) == (0, 1, 2, 3, 4)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=1))
def test_casting_rounds_as_torch_does(values: list[float]):
    exact = torch.tensor(values, dtype=torch.float64)
    for dtype, kind in (("F32", torch.float32), ("F16", torch.float16), ("BF16", torch.bfloat16)):
        through = exact.float() if dtype != "F32" else exact
        theirs = through.to(kind).double().numpy()
        assert np.array_equal(cast(values, dtype), theirs, equal_nan=True)
