"""Quantised copies of weights, laid out in safetensors files as the tools that people use write them.

Each takes tensors by name and quantises every matrix, by rounding to nearest; what is no matrix becomes BF16. The NF4
table is that of QLoRA (https://arxiv.org/abs/2305.14314, appendix E).
"""

import json
from collections.abc import Callable

import torch

Weights = dict[str, torch.Tensor]
Quantiser = Callable[[str, torch.Tensor], Weights]

NF4 = torch.tensor(
    [
        -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
        -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
        0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
    ]
)  # fmt: skip
BLOCK, NESTED_BLOCK = 64, 256


def quantised(weights: Weights, quantiser: Quantiser) -> Weights:
    """Return weights with every matrix quantised, and all else as BF16."""
    made: Weights = {}
    for name, tensor in weights.items():
        made |= quantiser(name, tensor.float()) if tensor.dim() == 2 else {name: tensor.to(torch.bfloat16)}
    return made


def int8_tensor(name: str, tensor: torch.Tensor) -> Weights:
    """One scale for the whole, as ``…_scale``."""
    scale = tensor.abs().max() / 127
    return {name: (tensor / scale).round().to(torch.int8), f"{name}_scale": scale.reshape(1)}


def int8_rows(name: str, tensor: torch.Tensor) -> Weights:
    """A scale for each row, as ``…_scale`` (compressed-tensors)."""
    scale = tensor.abs().amax(1, keepdim=True) / 127
    return {name: (tensor / scale).round().to(torch.int8), f"{name}_scale": scale}


def int8_torchao(name: str, tensor: torch.Tensor) -> Weights:
    """A scale for each row in BF16, of weights that were BF16 before, as ``…_qdata`` and ``…_scale`` (torchao)."""
    module, _, weight = name.rpartition(".")
    before = tensor.to(torch.bfloat16).float()
    scale = (before.abs().amax(1, keepdim=True) / 127.5).to(torch.bfloat16)
    numbers = (before / scale.float()).round().clamp(-128, 127).to(torch.int8)
    return {f"{module}._{weight}_qdata": numbers, f"{module}._{weight}_scale": scale}


def int8_bitsandbytes(name: str, tensor: torch.Tensor) -> Weights:
    """The largest value of each row, as ``SCB``, of weights that were FP16 before (bitsandbytes)."""
    before = tensor.half().float()
    largest = before.abs().amax(1)
    numbers = (before * (127 / largest)[:, None]).round().to(torch.int8)
    stem = name.removesuffix("weight")
    return {name: numbers, f"{stem}SCB": largest, f"{name}_format": torch.zeros((), dtype=torch.uint8)}


def float8_rows(name: str, tensor: torch.Tensor) -> Weights:
    """Floats of 8 bits (E4M3) with a scale for each row (compressed-tensors)."""
    scale = tensor.abs().amax(1, keepdim=True) / 448
    return {name: (tensor / scale).to(torch.float8_e4m3fn), f"{name}_scale": scale}


def int4_packed(name: str, tensor: torch.Tensor) -> Weights:
    """Eight numbers of 4 bits in a word, a scale for each 32 of a row (compressed-tensors, packed)."""
    rows, columns = tensor.shape
    groups = tensor.reshape(rows, columns // 32, 32)
    scale = groups.abs().amax(2) / 7
    numbers = (groups / scale[:, :, None]).round().clamp(-8, 7).reshape(rows, columns // 8, 8).to(torch.int64) + 8
    words = (numbers << torch.arange(0, 32, 4)).sum(2)
    words = torch.where(words >= 1 << 31, words - (1 << 32), words).to(torch.int32)
    shape = torch.tensor([rows, columns])
    return {f"{name}_packed": words, f"{name}_scale": scale, f"{name}_shape": shape}


def nf4(name: str, tensor: torch.Tensor) -> Weights:
    """Places in the NF4 table, times the largest value of each 64 (bitsandbytes)."""
    codes, largest = _nf4_codes(tensor)
    legend = {"quant_type": "nf4", "blocksize": BLOCK, "dtype": "bfloat16", "shape": list(tensor.shape)}
    return {
        name: codes,
        f"{name}.absmax": largest,
        f"{name}.quant_map": NF4.clone(),
        f"{name}.quant_state.bitsandbytes__nf4": _packed(legend),
    }


def nf4_nested(name: str, tensor: torch.Tensor) -> Weights:
    """The same, the largest values quantised themselves to a table of 256 (bitsandbytes, double quantisation)."""
    codes, largest = _nf4_codes(tensor)
    added = largest.mean()
    blocks = torch.nn.functional.pad(largest - added, (0, -len(largest) % NESTED_BLOCK)).reshape(-1, NESTED_BLOCK)
    scale, table = blocks.abs().amax(1), torch.linspace(-1, 1, 256)
    places = (blocks / scale[:, None] - table[:, None, None]).abs().argmin(0).flatten()[: len(largest)]
    legend = {"quant_type": "nf4", "blocksize": BLOCK, "dtype": "bfloat16", "shape": list(tensor.shape)}
    nested = {"nested_blocksize": NESTED_BLOCK, "nested_dtype": "float32", "nested_offset": float(added)}
    return {
        name: codes,
        f"{name}.absmax": places.to(torch.uint8),
        f"{name}.quant_map": NF4.clone(),
        f"{name}.nested_absmax": scale,
        f"{name}.nested_quant_map": table,
        f"{name}.quant_state.bitsandbytes__nf4": _packed(legend | nested),
    }


def _nf4_codes(tensor: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return two codes a byte as a column, and the largest value of each block."""
    blocks = tensor.to(torch.bfloat16).float().reshape(-1, BLOCK)
    largest = blocks.abs().amax(1)
    nearest = torch.bucketize(blocks / largest[:, None], (NF4[1:] + NF4[:-1]) / 2).flatten()
    return (nearest[::2] << 4 | nearest[1::2]).to(torch.uint8).reshape(-1, 1), largest


def _packed(legend: dict[str, object]) -> torch.Tensor:
    return torch.tensor(list(json.dumps(legend).encode()), dtype=torch.uint8)
