"""The tensor registry of a model: what is kept of every tensor, so that it is known again.

``tensors.parquet`` in the model's directory, named by the training statement like its other files. Of each tensor it
holds name, type, shape, the SHA-256 of its bytes, its fingerprint, and the fingerprint of the base model's tensor of
that name: what training changed is what tells this model from its base.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lineage.weights.fingerprint import places
from lineage.weights.tensors import Tensor, Values

REGISTRY_FILE = "tensors.parquet"
_VALUES = pa.list_(pa.float64())
REGISTRY_SCHEMA = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("dtype", pa.string(), nullable=False),
        pa.field("shape", pa.list_(pa.int64()), nullable=False),
        pa.field("sha256", pa.binary(32), nullable=False),
        pa.field("sample", _VALUES, nullable=False),
        pa.field("base", _VALUES),
    ]
)


@dataclass(frozen=True, slots=True)
class Registered:
    """What is known of one tensor of one model.

    Attributes:
        model: The model's directory, ``models/<name>/<run>``.
        base: The base's values at the sampled places; ``None`` where the base had no such tensor.
    """

    model: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    sha256: bytes
    sample: Values
    base: Values | None

    @property
    def changed(self) -> Values | None:
        """What training changed at the sampled places; ``None`` where that is not known."""
        return None if self.base is None else self.sample - self.base


def register(tensors: Iterable[Tensor], base: Mapping[str, Values]) -> pa.Table:
    """Return the registry of a model's tensors: ``n`` rows of ``REGISTRY_SCHEMA`` in order of name.

    Args:
        tensors: Of all its files.
        base: The base model's values at the sampled places, by name.
    """
    rows = [
        {
            "name": tensor.name,
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "sha256": tensor.digest(),
            "sample": tensor.values(places(tensor.count)).tolist(),
            "base": base[tensor.name].tolist() if tensor.name in base else None,
        }
        for tensor in sorted(tensors, key=lambda tensor: tensor.name)
    ]
    return pa.Table.from_pylist(rows, schema=REGISTRY_SCHEMA)


def registered(model: str, table: pa.Table) -> list[Registered]:
    """Return what a model's registry (rows of ``REGISTRY_SCHEMA``) says of its tensors."""
    return [
        Registered(
            model=model,
            name=row["name"],
            dtype=row["dtype"],
            shape=tuple(row["shape"]),
            sha256=row["sha256"],
            sample=np.asarray(row["sample"], dtype=np.float64),
            base=None if row["base"] is None else np.asarray(row["base"], dtype=np.float64),
        )
        for row in table.to_pylist()
    ]
