"""Which files are a model's weights: one, all of a directory, or those that an index names."""

import json
from pathlib import Path

from lineage.weights.tensors import Tensor, read_tensors
from policies.errors import InputError

INDEX_SUFFIX = ".safetensors.index.json"
INDEX_LIMIT_BYTES = 100_000_000


def read_weights(place: Path) -> list[Tensor]:
    """Return the tensors of a model: of a file, of all files of a directory, or of those an index names.

    An index (``model.safetensors.index.json``) says in which file each tensor is. Where one lies in the directory it
    must be right: each tensor it names is in the file it names, beside it. Files it does not name are read too.

    Raises:
        InputError: There are no weights, a file is no such file, or an index is wrong.
    """
    if place.name.endswith(INDEX_SUFFIX):
        return _read(place.parent, sorted(set(_index(place).values())), [place])
    if place.is_file():
        return read_tensors(place)
    files = sorted(path.name for path in place.glob("*.safetensors"))
    if not files:
        raise InputError(f"{place}: holds no *.safetensors.")
    return _read(place, files, sorted(place.glob(f"*{INDEX_SUFFIX}")))


def _read(directory: Path, files: list[str], indices: list[Path]) -> list[Tensor]:
    tensors = [tensor for file in files for tensor in read_tensors(directory / file)]
    found = {(tensor.name, tensor.file.name) for tensor in tensors}
    for index in indices:
        astray = set(_index(index).items()) - found
        if astray:
            raise InputError(f"{index.name}: {len(astray)} tensors are not in the files that it names.")
    return tensors


def _index(path: Path) -> dict[str, str]:
    """Return the file of each tensor, as an index says; every file lies beside it."""
    try:
        if path.stat().st_size > INDEX_LIMIT_BYTES:
            raise ValueError
        named = {str(name): file for name, file in json.loads(path.read_bytes())["weight_map"].items()}
        beside = all(isinstance(file, str) and Path(file).name == file for file in named.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path.name}: is no index of weights that can be read.") from error
    if not named or not beside:
        raise InputError(f"{path.name}: names no files, or files that do not lie beside it.")
    return named
