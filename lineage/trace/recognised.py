"""Weights from anywhere: which of a home's models they are, though renamed, cut up anew, stripped or cast."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lineage.canonical import sha256_hex
from lineage.evidence_table import read_table
from lineage.models import NotVerifiedError, model_directories, open_model
from lineage.statement import TrustedKey
from lineage.training_statement import stated_files
from lineage.verifying.model import TRAINING_FILE
from lineage.warehouse import Warehouse
from lineage.weights.files import read_weights
from lineage.weights.fingerprint import SAMPLES
from lineage.weights.recognition import Recognition, recognise
from lineage.weights.registry import REGISTRY_FILE, REGISTRY_SCHEMA, Registered, registered

BY_SIMILARITY = (
    "That it descends from ours rests on a similarity alone: what somebody else trained from the same base on like "
    "texts can reach it, where their learning rate happens to make up for the difference."
)


@dataclass(frozen=True, slots=True)
class Registries:
    """The tensor registries of a home.

    Attributes:
        known: The tensors of each model, by its directory; each registry is the one that was signed.
        without: Models that keep none: an earlier version trained them.
    """

    known: dict[str, list[Registered]]
    without: tuple[str, ...]


def read_registries(warehouse: Warehouse, trusted: Sequence[TrustedKey]) -> Registries:
    """Return the tensor registries of all models of a home.

    Raises:
        NotVerifiedError: A registry is not the one that was signed.
        SignatureRefusedError: No trusted key signed a model's statement.
    """
    known: dict[str, list[Registered]] = {}
    without = []
    for directory in model_directories(warehouse):
        stated = stated_files(open_model(warehouse, directory, trusted).opened.predicate).get(REGISTRY_FILE)
        if stated is None:
            without.append(directory)
            continue
        data = warehouse.read(f"{directory}/{REGISTRY_FILE}")
        if sha256_hex(data) != stated:
            raise NotVerifiedError(f"{directory}/{REGISTRY_FILE}: is not the registry that was signed.")
        known[directory] = registered(directory, read_table(data, REGISTRY_SCHEMA, REGISTRY_FILE))
    return Registries(known, tuple(without))


def is_stray(place: Path) -> bool:
    """Return whether weights lie beside no training statement that would say whose they are."""
    directory = place if place.is_dir() else place.parent
    return not (directory / TRAINING_FILE).is_file()


def recognise_weights(place: Path, warehouse: Warehouse, trusted: Sequence[TrustedKey]) -> dict[str, Any]:
    """Answer which model of a home some weights are.

    Args:
        place: A ``*.safetensors`` file, an index, or a directory of one model's.
        warehouse: Of the home.
        trusted: The keys that may have signed its models.

    Returns:
        A JSON document: the verdict, the model's directory or ``None``, the similarity, and each tensor.

    Raises:
        InputError: There are no weights, or a file cannot be read.
        LineweightError: A model of the home does not verify.
    """
    registries = read_registries(warehouse, trusted)
    return _document(place, recognise(read_weights(place), registries.known), registries)


def _document(place: Path, found: Recognition, registries: Registries) -> dict[str, Any]:
    return {
        "weights": str(place),
        "verdict": found.verdict.value,
        "model": found.model,
        "nearest": found.nearest,
        "similarity": None if found.similarity is None else asdict(found.similarity),
        "by_verdict": found.counts(),
        "tensors": [
            {
                "name": one.found.name,
                "file": one.found.tensor.file.name,
                "dtype": one.found.tensor.dtype,
                "shape": list(one.found.shape),
                "verdict": one.verdict.value,
                "known_as": one.known_as,
                "why": one.why,
            }
            for one in found.tensors
        ],
        "held_against": sorted(registries.known),
        "not_checked": [
            *([BY_SIMILARITY] if found.by_similarity_alone else []),
            f"Tensors of another type than ours were compared at {SAMPLES:,} places each, not everywhere.",
            *(f"{directory} keeps no registry of its tensors." for directory in registries.without),
        ],
    }
