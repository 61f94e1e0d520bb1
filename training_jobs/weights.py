"""Safetensors files that say in their header where they came from."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lineage.canonical import canonical_json
from lineage.weights.fingerprint import places
from lineage.weights.tensors import Values

if TYPE_CHECKING:
    import torch

_LENGTH_BYTES = 8
_ALIGNMENT = 8
_PIECE_BYTES = 1 << 22


class Sink(Protocol):
    """What bytes can be written to."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""


def write_with_metadata(source: Path, sink: Sink, metadata: Mapping[str, str]) -> str:
    """Copy a safetensors file with other ``__metadata__`` in its header, piece by piece.

    The file is the length of its header (u64, little-endian), the header (JSON), and the tensors' bytes at
    offsets counted from the header's end: so the header can grow and the tensors stay as they are.

    Returns:
        SHA-256 of the bytes written, hexadecimal.
    """
    hasher = hashlib.sha256()
    with source.open("rb") as stream:
        length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
        header = json.loads(stream.read(length))
        written = canonical_json({**header, "__metadata__": dict(metadata)})
        written += b" " * (-len(written) % _ALIGNMENT)
        piece = len(written).to_bytes(_LENGTH_BYTES, "little") + written
        while piece:
            sink.write(piece)
            hasher.update(piece)
            piece = stream.read(_PIECE_BYTES)
    return hasher.hexdigest()


def sampled(model: "torch.nn.Module") -> dict[str, Values]:
    """Return the values of a model's floating tensors at the places of their fingerprints, by name, as float64."""
    return {
        name: tensor.detach().flatten()[list(places(tensor.numel()))].double().cpu().numpy()
        for name, tensor in model.state_dict().items()
        if tensor.is_floating_point()
    }
