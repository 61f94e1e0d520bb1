"""How quantised weights lie in safetensors files, by the names that tools give to the parts.

==================================  =====================================================================
tool                                parts of the weight ``P.weight``
==================================  =====================================================================
compressed-tensors, most others     ``P.weight`` (I8, F8), ``P.weight_scale``, ``P.weight_zero_point``
compressed-tensors, packed          ``P.weight_packed`` (I32), ``P.weight_scale``, ``P.weight_shape``
files of 8-bit floats by blocks     ``P.weight`` (F8), ``P.weight_scale_inv``
torchao                             ``P._weight_qdata``, ``P._weight_scale``, ``P._weight_zero_point``
torchao, earlier                    ``P.weight:qdata``, ``P.weight:scale``, ``P.weight:zero_point``
quanto                              ``P.weight._data``, ``P.weight._scale``
bitsandbytes, 8 bits                ``P.weight`` (I8), ``P.SCB``, ``P.weight_format``
bitsandbytes, 4 bits                ``P.weight`` (U8), ``P.weight.absmax``, ``P.weight.quant_map``,
                                    ``P.weight.quant_state.bitsandbytes__…``, ``P.weight.nested_…``
==================================  =====================================================================

GPTQ and AWQ (``P.qweight``) are known by name and not read: the order of their places is not told in the file.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lineage.weights.quantised import Blocks, Coded, Linear, Nested, Packed, Quantised
from lineage.weights.tensors import FLOATS, Tensor
from policies.errors import InputError

INTEGERS = ("I8", "U8", "F8_E4M3", "F8_E5M2")
LEGEND_LIMIT_BYTES = 65_536
NOT_READ = (
    (re.compile(r"\.(qweight|qzeros|scales|g_idx)$"), "packed by GPTQ or AWQ, whose order of places is not read"),
    (
        re.compile(r"(^|\.)lora_(A|B|embedding_A|embedding_B)(\.|$)"),
        "part of an adapter, which holds no weights",
    ),
)
NO_SCALE = "whole numbers without a scale"
_PLAIN = (  # a stem, what holds the numbers, the scales, the zero points, and what the scale is multiplied by
    (r"(?P<stem>.+)", "{}", "{}_scale", "{}_zero_point", 1.0),
    (r"(?P<stem>.+)", "{}", "{}_scale_inv", "", 1.0),
    (r"(?P<stem>.+)", "{}", "{}.scale", "{}.zero_point", 1.0),
    (r"(?P<stem>.+)\.weight", "{}.weight", "{}.SCB", "", 1 / 127),
    (r"(?P<stem>.+)_qdata", "{}_qdata", "{}_scale", "{}_zero_point", 1.0),
    (r"(?P<stem>.+):qdata", "{}:qdata", "{}:scale", "{}:zero_point", 1.0),
    (r"(?P<stem>.+)\._data", "{}._data", "{}._scale", "", 1.0),
)


@dataclass(frozen=True, slots=True)
class Laid:
    """The tensors of files, put together.

    Attributes:
        plain: Tensors that stand for themselves.
        quantised: Weights of several parts.
        unread: Why a tensor is not read, by its place in ``plain``.
    """

    plain: tuple[Tensor, ...]
    quantised: tuple[Quantised, ...]
    unread: Mapping[int, str]


def laid_out(tensors: Sequence[Tensor]) -> Laid:
    """Put the parts of quantised weights together; what has no known layout stands for itself.

    A part that two weights claim, or whose shape does not fit, makes no weight: nothing is guessed.
    """
    named = {tensor.name: tensor for tensor in tensors}
    if len(named) != len(tensors):  # the same name in two files: which scale belongs to which cannot be told
        return _plain(tensors, ())
    found = [one for tensor in tensors if (one := _quantised(tensor, named)) is not None]
    parts = [part.name for one in found for part in one.parts]
    sound = [one for one in found if all(parts.count(part.name) == 1 for part in one.parts)]
    return _plain([tensor for tensor in tensors if tensor.name not in _beside(sound, named)], sound)


def _plain(tensors: Iterable[Tensor], quantised: Sequence[Quantised]) -> Laid:
    plain = tuple(tensors)
    unread = {place: why for place, tensor in enumerate(plain) if (why := _not_read(tensor))}
    return Laid(plain, tuple(quantised), unread)


def _not_read(tensor: Tensor) -> str:
    for pattern, why in NOT_READ:
        if pattern.search(tensor.name):
            return why
    return NO_SCALE if tensor.dtype in ("I8", "U8", "I32") else ""


def _beside(found: Sequence[Quantised], named: Mapping[str, Tensor]) -> set[str]:
    """Return the names of all parts, and of what tools write beside them and nothing is read from."""
    names = {part.name for one in found for part in one.parts}
    names |= {name for name in named if name.endswith(".weight_format") and f"{name[:-14]}.SCB" in names}
    return names


def _quantised(tensor: Tensor, named: Mapping[str, Tensor]) -> Quantised | None:
    try:
        if tensor.dtype in INTEGERS and (legend := _legend(tensor, named)) is not None:
            return _coded(tensor, legend, named)
        if tensor.name.endswith("_packed") and tensor.dtype == "I32":
            return _packed(tensor, named)
        return _linear(tensor, named) if tensor.dtype in INTEGERS else None
    except (InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # it says something else than its name promises


def _linear(tensor: Tensor, named: Mapping[str, Tensor]) -> Quantised | None:
    """Return whole numbers or 8-bit floats with scales: for the tensor, each row, or blocks."""
    for pattern, numbers, scales, zeros, factor in _PLAIN:
        matched = re.fullmatch(pattern, tensor.name)
        if matched is None or numbers.format(matched["stem"]) != tensor.name:
            continue
        scale = named.get(scales.format(matched["stem"]))
        blocks = None if scale is None else Blocks.of(tensor.shape, scale)
        if scale is None or blocks is None:
            continue
        zero = named.get(zeros.format(matched["stem"])) if zeros else None
        if zero is not None and zero.shape != scale.shape:
            return None
        return Linear(tensor.name, tensor.shape, tensor, blocks, factor, zero)
    return None


def _packed(tensor: Tensor, named: Mapping[str, Tensor]) -> Quantised | None:
    """Return signed numbers of 4 or 8 bits, packed into words of 32 along a row, the lowest bits first."""
    stem = tensor.name.removesuffix("_packed")
    scale, shape = named[f"{stem}_scale"], named[f"{stem}_shape"]
    rows, columns = (int(number) for number in shape.values(range(2)))
    if f"{stem}_zero_point" in named or shape.shape != (2,) or tensor.shape[0] != rows or len(tensor.shape) != 2:
        return None
    bits = next((width for width in (4, 8) if tensor.shape[1] == math.ceil(columns * width / 32)), None)
    blocks = Blocks.of((rows, columns), scale)
    if bits is None or blocks is None:
        return None
    return Packed(stem, (rows, columns), tensor, blocks, shape, bits)


def _legend(tensor: Tensor, named: Mapping[str, Tensor]) -> Tensor | None:
    names = (f"{tensor.name}.quant_state.bitsandbytes__{kind}" for kind in ("nf4", "fp4"))
    found = [named[name] for name in names if name in named]
    return found[0] if len(found) == 1 else None


def _coded(tensor: Tensor, legend: Tensor, named: Mapping[str, Tensor]) -> Quantised | None:
    """Return numbers of 4 bits that are places in a table, two in a byte, the first in the upper half."""
    if legend.dtype != "U8" or legend.count > LEGEND_LIMIT_BYTES:
        return None
    said = json.loads(bytes(legend.values(range(legend.count)).astype("u1")))
    shape, size = tuple(said["shape"]), said["blocksize"]
    absmax, table = named[f"{tensor.name}.absmax"], named[f"{tensor.name}.quant_map"]
    whole = all(type(number) is int and number > 0 for number in (size, *shape))
    if not whole or table.dtype not in FLOATS or table.count != 16:
        return None
    count = math.prod(shape)
    if tensor.count != math.ceil(count / 2) or absmax.count != math.ceil(count / size):
        return None
    nested = _nested(tensor.name, absmax, said, named) if absmax.dtype == "U8" else None
    if nested is None and absmax.dtype not in FLOATS:
        return None
    return Coded(tensor.name, shape, tensor, legend, absmax, table, size, nested)


def _nested(name: str, absmax: Tensor, said: Mapping[str, Any], named: Mapping[str, Tensor]) -> Nested | None:
    """Return how the largest values of blocks are quantised themselves."""
    largest, table = named[f"{name}.nested_absmax"], named[f"{name}.nested_quant_map"]
    size, added = said["nested_blocksize"], said["nested_offset"]
    known = type(size) is int and size > 0 and type(added) is float and largest.dtype in FLOATS
    if not known or table.dtype not in FLOATS or table.count != 256 or largest.count != math.ceil(absmax.count / size):
        return None
    return Nested(largest, table, size, added)
