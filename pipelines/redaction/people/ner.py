"""The NER of a spaCy model and nothing else of it, asked about many pieces of text at once.

A network that labels words has no use for the model's parser, tagger and lemmatizer, nor for the vectors that those
share: without them it runs four times as fast and finds the same. What it finds in a piece does not depend on the
pieces it is asked about with: thinc multiplies with BLIS, row by row in the same order whatever the batch.
"""

import functools
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from pipelines.redaction.tier import DetectorError
from policies.errors import LineweightError

_BATCH = 128
_NER = "ner"
# Parts of spaCy's models that the NER never needs, and those that it may take its vectors from.
_UNUSED = ("tagger", "parser", "senter", "morphologizer", "attribute_ruler", "lemmatizer", "textcat")
_SHARED = ("tok2vec", "transformer")

Entity = tuple[int, int, str]


class ModelMissingError(LineweightError):
    """The spaCy model of a profile cannot be loaded."""

    remedy = "Install the package that `names.model` of the profile names, or set it to null."


class EntityModel:
    """A spaCy model of which only the NER runs; it is loaded at the first question.

    Args:
        package: Name of the installed Python package of the model.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    @property
    def version(self) -> str:
        """Name and version of the model, as its own metadata says.

        Raises:
            ModelMissingError: There is no such package, or it holds no NER.
        """
        meta = _load(self._package).meta
        return f"{meta['lang']}_{meta['name']}-{meta['version']}"

    def entities(self, pieces: Sequence[str]) -> list[list[Entity]]:
        """Return start, end and label of the entities of each of ``n`` pieces, in order.

        Raises:
            DetectorError: The model failed on a piece.
            ModelMissingError: There is no such package, or it holds no NER.
        """
        nlp = _load(self._package)
        order = sorted(range(len(pieces)), key=lambda place: len(pieces[place]))
        found: list[list[Entity]] = [[] for _ in pieces]
        try:
            documents: Iterable[Any] = nlp.pipe((pieces[place] for place in order), batch_size=_BATCH)
            for place, document in zip(order, documents, strict=True):
                found[place] = [(one.start_char, one.end_char, one.label_) for one in document.ents]
        except (ValueError, IndexError, KeyError, RuntimeError) as error:
            raise DetectorError(
                f"The model {self._package} failed on a piece of text: {type(error).__name__}."
            ) from None
        return found


@functools.cache
def _load(package: str) -> Any:
    """Return the model, loaded once in a process."""
    try:
        nlp = import_module(package).load(exclude=_UNUSED)
    except (ImportError, AttributeError, TypeError) as error:
        raise ModelMissingError(f"{package!r} is not installed, or is no spaCy model.") from error
    if _NER not in nlp.pipe_names:
        raise ModelMissingError(f"The spaCy model {package!r} holds no NER.")
    needed = [name for name in nlp.pipe_names if name == _NER or (name in _SHARED and _listens(nlp))]
    nlp.select_pipes(enable=needed)
    return nlp


def _listens(nlp: Any) -> bool:
    """Return whether the NER takes its vectors from another part of the model, and has none of its own."""
    return any("listener" in layer.name for layer in nlp.get_pipe(_NER).model.walk())
