"""Recognising weights: which model of ours a file from anywhere is, tensor by tensor, and how surely.

A tensor's bytes, then its values in the coarser of two types, say *identical* and *recast*. What training left as the
base had it says nothing: the base, which others have too, would be claimed as ours. Where values differ, what the file
has changed of the base is held against what our training changed of it (`Similarity`), over all tensors together: a
model that was trained further from ours still holds our change and something beside it, one trained by somebody else
from the same base does not.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from lineage.weights.fingerprint import cast, places
from lineage.weights.registry import Registered
from lineage.weights.tensors import FLOATS, Tensor, Values

LEAST_SHARE = 0.7  # of our change that must be in the file, for it to descend from ours
LEAST_COSINE = 0.3  # between both changes: what came later may be three times as large as ours
LEAST_PLACES = 256  # compared, for a similarity to say anything
_COARSENESS = {"F64": 0, "F32": 1, "F16": 2, "BF16": 3}


class Verdict(StrEnum):
    """What a tensor, or a whole file, is. Stored and told, so members are never renamed."""

    IDENTICAL = "identical"
    RECAST = "same-weights-recast"
    DESCENDS = "descends-from"
    AS_BASE = "as-its-base"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Similarity:
    """How much of what our training changed of the base a file holds.

    Attributes:
        share: Our change's part in the file's: 1 where all of it is there, whatever else is; 0 for a base, and near it
            for what others made of that.
        cosine: Between both changes: how much else there is beside it.
        places: Values compared.
    """

    share: float
    cosine: float
    places: int

    @property
    def descends(self) -> bool:
        """Whether that is enough to say that it descends from ours."""
        return self.places >= LEAST_PLACES and self.share >= LEAST_SHARE and self.cosine >= LEAST_COSINE


@dataclass(frozen=True, slots=True)
class Recognised:
    """One tensor of the file: what it is, and which of the model's it is, under the name it has there."""

    tensor: Tensor
    verdict: Verdict
    known_as: str | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What files of weights are.

    Attributes:
        model: The model's directory; ``None`` where the files are unknown.
        verdict: Of the whole.
        similarity: Where values differ and the base is known.
        tensors: Each tensor of the files, in order.
    """

    model: str | None
    verdict: Verdict
    similarity: Similarity | None
    tensors: tuple[Recognised, ...]

    def counts(self) -> dict[str, int]:
        """Return how many tensors have each verdict."""
        return dict(sorted(Counter(one.verdict.value for one in self.tensors).items()))


def recognise(tensors: Sequence[Tensor], known: Mapping[str, Sequence[Registered]]) -> Recognition:
    """Return which of the known models tensors come from; of several the closest, then the first by directory.

    Args:
        tensors: Of one model's files.
        known: The registered tensors of each model, by its directory.
    """
    found = [_against(tensors, model, known[model]) for model in sorted(known)]
    claimed = [one for one in found if one.verdict is not Verdict.UNKNOWN]
    if not claimed:
        close = max((one.similarity for one in found if one.similarity), key=lambda one: one.share, default=None)
        unknown = tuple(Recognised(tensor, Verdict.UNKNOWN) for tensor in tensors)
        return Recognition(None, Verdict.UNKNOWN, close, unknown)
    order = list(Verdict)
    return min(claimed, key=lambda one: (order.index(one.verdict), -(one.similarity.share if one.similarity else 1.0)))


def _against(tensors: Sequence[Tensor], model: str, known: Sequence[Registered]) -> Recognition:
    """Hold tensors against one model's."""
    pairs = [(tensor, _counterpart(tensor, known)) for tensor in tensors]
    told = tuple(_told(tensor, one) for tensor, one in pairs)
    verdicts = {one.verdict for one in told}
    similarity = _similarity(pairs)
    if verdicts <= {Verdict.IDENTICAL, Verdict.AS_BASE} and Verdict.IDENTICAL in verdicts:
        return Recognition(model, Verdict.IDENTICAL, None, told)
    if verdicts <= {Verdict.IDENTICAL, Verdict.RECAST, Verdict.AS_BASE} and verdicts != {Verdict.AS_BASE}:
        return Recognition(model, Verdict.RECAST, None, told)
    if similarity is not None and similarity.descends:
        return Recognition(model, Verdict.DESCENDS, similarity, tuple(map(_descending, told)))
    return Recognition(None, Verdict.UNKNOWN, similarity, told)


def _counterpart(tensor: Tensor, known: Iterable[Registered]) -> Registered | None:
    """Return the registered tensor a tensor comes from, whatever it is called: the nearest of its shape."""
    candidates = [one for one in known if one.shape == tensor.shape]
    if not candidates or tensor.dtype not in FLOATS or not tensor.count:
        return None
    values = tensor.values(places(tensor.count))
    if not np.all(np.isfinite(values)):
        return None
    return min(candidates, key=lambda one: (float(np.sum((values - one.sample) ** 2)), one.name != tensor.name))


def _told(tensor: Tensor, one: Registered | None) -> Recognised:
    if one is None:
        return Recognised(tensor, Verdict.UNKNOWN)
    coarser = max(tensor.dtype, one.dtype, key=_COARSENESS.__getitem__)
    ours = cast(one.sample, coarser)
    same = np.array_equal(cast(tensor.values(places(tensor.count)), coarser), ours)
    if not same:
        return Recognised(tensor, Verdict.UNKNOWN, one.name)
    if one.base is not None and np.array_equal(ours, cast(one.base, coarser)):
        return Recognised(tensor, Verdict.AS_BASE, one.name)
    if tensor.dtype == one.dtype and tensor.digest() == one.sha256:
        return Recognised(tensor, Verdict.IDENTICAL, one.name)
    # In the same type the sampled places agree and others do not: changed, somewhere.
    return Recognised(tensor, Verdict.UNKNOWN if tensor.dtype == one.dtype else Verdict.RECAST, one.name)


def _descending(one: Recognised) -> Recognised:
    if one.verdict is Verdict.UNKNOWN and one.known_as is not None:
        return Recognised(one.tensor, Verdict.DESCENDS, one.known_as)
    return one


def _similarity(pairs: Sequence[tuple[Tensor, Registered | None]]) -> Similarity | None:
    """Return how much of our change the tensors hold, over all whose base is known."""
    ours: list[Values] = []
    theirs: list[Values] = []
    for tensor, one in pairs:
        if one is not None and one.base is not None and (changed := one.changed) is not None and changed.any():
            ours.append(changed)
            theirs.append(tensor.values(places(tensor.count)) - one.base)
    if not ours:
        return None
    mine, other = np.concatenate(ours), np.concatenate(theirs)
    together, own, their = float(mine @ other), float(mine @ mine), float(other @ other)
    return Similarity(together / own, together / math.sqrt(own * their) if their else 0.0, len(mine))
