"""Weights and the files beside them: the bytes are those signed, and the header names what they came from."""

from typing import IO

from .canonical import MOST_IN_A_DOCUMENT, canonical, parsed, sha256_hex
from .case import Case
from .files import Replaced, hashed
from .report import require
from .training import Model


def verify_weights(case: Case, model: Model) -> None:
    """Links ``weights`` and ``weights header``: the bytes are those signed, and name what they came from."""
    files, weights = model.files, model.weights
    with case.report.link("weights") as told:
        here = {name for name in files.names() if name.endswith(".safetensors")}
        require(here <= weights.keys(), "there are weights that the training statement does not name")
        missing = weights.keys() - here
        left_out = all(files.left_out.get(name) == weights[name] for name in missing)
        require(left_out or isinstance(files, Replaced), "weights are missing")
        tensors = model.build["internalParameters"]["tensors"]
        require(tensors.keys() == weights.keys(), "the tensors named are not those of the weights")
        for name in sorted(here):
            require(files.hashed(name)[0] == weights[name], f"{name} is not the file that was signed")
        told.append(f"{len(here)} of {len(weights)} files are here")
    if missing:
        case.report.skip("Weights: " + (f"{len(missing)} files" if here else "they") + " were left out.")
    if here:
        with case.report.link("weights header"):
            for name in sorted(here):
                with files.open(name) as stream:
                    require_header(stream, files.hashed(name)[1], header_of(model), name)
                    require(hashed(stream)[0] == tensors[name], f"{name} holds other tensors than stated")


def header_of(model: Model) -> dict[str, str]:
    """Return what the header of a model's weights has to say."""
    snapshot = model.dependency("snapshot")
    root = snapshot["annotations"].get("root", "")
    (consumption,) = model.byproducts("consumption")
    return {
        "format": "pt",
        "lineweight.snapshot": f"{str(snapshot.get('uri', '')).removeprefix('snapshot:')} {root}",
        "lineweight.snapshot_statement": model.dependency("snapshot-statement")["digest"]["sha256"],
        "lineweight.consumption_root": consumption["annotations"].get("root", ""),
        "lineweight.predicate": sha256_hex(canonical(model.statement.predicate)),
        "lineweight.run": model.run["metadata"]["invocationId"],
    }


def require_header(stream: IO[bytes], length: int, stated: dict[str, str], name: str) -> None:
    """Refuse a safetensors file whose header does not say exactly this; leave the stream behind the header."""
    size = int.from_bytes(stream.read(8), "little")
    require(length >= 8 and size <= min(100_000_000, length - 8), f"{name} has a header longer than it may be")
    header = parsed(stream.read(size), f"the header of {name}")
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    require(isinstance(metadata, dict), f"the header of {name} says nothing of where it came from")
    ours = {key: value for key, value in (metadata or {}).items() if key == "format" or key.startswith("lineweight.")}
    require(ours == stated, f"the header of {name} says something else than the training statement")


def verify_model_files(case: Case, model: Model) -> None:
    """Links ``model files`` and ``recipe``."""
    with case.report.link("model files") as told:
        byproducts = model.byproducts("file")
        for one in byproducts:
            name = one["annotations"]["path"]
            require(model.files.hashed(name)[0] == one["digest"]["sha256"], f"{name} is not the file that was signed")
        told.append(f"{len(byproducts)} files")
    with case.report.link("recipe"):
        recipe = model.files.read("recipe.json", MOST_IN_A_DOCUMENT)
        require(recipe == canonical(model.build["externalParameters"]), "recipe.json is another recipe")
