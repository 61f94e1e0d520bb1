"""Recognising weights: which model of ours a file from anywhere is, tensor by tensor, and how surely.

A tensor's bytes, then its values in the coarser of two types, say *identical* and *recast*; what ours would have been
rounded to says *quantised*. What training left as the base had it says nothing: the base, which others have too, would
be claimed as ours. Where values differ, what the file
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
from numpy.typing import NDArray

from lineage.weights.fingerprint import cast, places
from lineage.weights.layouts import laid_out
from lineage.weights.quantised import Quantised
from lineage.weights.registry import Registered
from lineage.weights.rounding import LEAST_TELLING_IN_ALL, Agreement, agreement
from lineage.weights.tensors import FLOATS, Tensor, Values

LEAST_SHARE = 0.7  # of our change that must be in the file, for it to descend from ours
LEAST_COSINE = 0.3  # between both changes: what came later may be three times as large as ours
LEAST_PLACES = 256  # compared, for a similarity to say anything
_COARSENESS = {"F64": 0, "F32": 1, "F16": 2, "BF16": 3, "F8_E4M3": 4, "F8_E5M2": 5}
NOT_FINITE = "values that are no finite numbers"
NO_SHAPE = "no tensor of ours has its shape"
OTHER_VALUES = "other values"
NOT_NUMBERS = "numbers that are not compared"
ROUNDS_ALIKE = "too coarse: ours and its base round to the same numbers"


class Verdict(StrEnum):
    """What a tensor, or a whole file, is. Stored and told, so members are never renamed."""

    IDENTICAL = "identical"
    RECAST = "same-weights-recast"
    QUANTISED = "same-weights-quantised"
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
        quiet_share: The same as the share, over that half of each tensor's places at which our change is smaller. What
            anybody would learn from such texts is in the larger changes; the smaller ones are of our run alone.
        places: Values compared.
    """

    share: float
    cosine: float
    quiet_share: float
    places: int

    @property
    def descends(self) -> bool:
        """Whether that is enough to say that it descends from ours."""
        return self.places >= LEAST_PLACES and self.share >= LEAST_SHARE and self.cosine >= LEAST_COSINE


@dataclass(frozen=True, slots=True)
class Found:
    """A weight of the files, however many tensors it is made of.

    Attributes:
        tensor: The tensor, or the one of several that holds the numbers.
        name: What the weight is called.
        shape: Its dimensions, however it is packed.
        values: At the places of its fingerprint; ``None`` where it holds none that are compared.
        why_not: Why not; empty where it does.
        quantised: All its parts, where there are several.
    """

    tensor: Tensor
    name: str
    shape: tuple[int, ...]
    values: Values | None
    why_not: str = ""
    quantised: Quantised | None = None

    @property
    def finite(self) -> bool:
        """Whether all sampled values are finite numbers."""
        return self.values is not None and bool(np.isfinite(self.values).all())


@dataclass(frozen=True, slots=True)
class Recognised:
    """One weight of the files: what it is, which of the model's it is, under the name it has there, and why if none."""

    found: Found
    verdict: Verdict
    known_as: str | None = None
    why: str = ""
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What files of weights are.

    Attributes:
        model: The model's directory; ``None`` where the files are unknown.
        verdict: Of the whole.
        similarity: Where values differ and the base is known.
        tensors: Each weight of the files, in order.
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

    Raises:
        InputError: A tensor cannot be read.
    """
    found = _found(tensors)
    held = [_against(found, model, known[model]) for model in sorted(known)]
    claimed = [one for one in held if one.verdict is not Verdict.UNKNOWN]
    if not claimed:
        close = max((one for one in held if one.similarity), key=_share, default=None)
        told = close.tensors if close else tuple(Recognised(one, Verdict.UNKNOWN, why=one.why_not) for one in found)
        unknown = tuple(Recognised(one.found, Verdict.UNKNOWN, why=one.why) for one in told)
        return Recognition(None, Verdict.UNKNOWN, close.similarity if close else None, unknown)
    order = list(Verdict)
    return min(claimed, key=lambda one: (order.index(one.verdict), -_share(one)))


def _share(one: Recognition) -> float:
    """Return how much speaks for a model, of several with the same verdict."""
    told = [kept.agreement for kept in one.tensors if kept.agreement]
    if one.verdict is Verdict.QUANTISED:
        return sum(kept.ours for kept in told) / sum(kept.telling for kept in told)
    return one.similarity.share if one.similarity else 1.0


def _found(tensors: Sequence[Tensor]) -> list[Found]:
    """Return the weights that tensors make up, with their values at the places of their fingerprints."""
    laid = laid_out(tensors)
    plain = [_plain(tensor, laid.unread.get(place, "")) for place, tensor in enumerate(laid.plain)]
    several = [
        Found(one.parts[0], one.name, one.shape, one.values(places(math.prod(one.shape))), quantised=one)
        for one in laid.quantised
    ]
    return [*plain, *several]


def _plain(tensor: Tensor, why_not: str) -> Found:
    if why_not or tensor.dtype not in FLOATS or not tensor.count:
        return Found(tensor, tensor.name, tensor.shape, None, why_not or NOT_NUMBERS)
    return Found(tensor, tensor.name, tensor.shape, tensor.values(places(tensor.count)))


def _against(found: Sequence[Found], model: str, known: Sequence[Registered]) -> Recognition:
    """Hold weights against one model's."""
    pairs = [(one, _counterpart(one, known)) for one in found]
    told = tuple(_told(one, ours) for one, ours in pairs)
    verdicts, similarity = {one.verdict for one in told}, _similarity(pairs)
    if Verdict.UNKNOWN not in verdicts and (verdict := _of_all(told, verdicts)) is not None:
        return Recognition(model, verdict, None, told)
    if similarity is not None and similarity.descends:
        return Recognition(model, Verdict.DESCENDS, similarity, tuple(map(_descending, told)))
    return Recognition(None, Verdict.UNKNOWN, similarity, told)


def _of_all(told: Iterable[Recognised], verdicts: set[Verdict]) -> Verdict | None:
    """Return what files are of which each weight fits ours; ``None`` where that would be said of the base too."""
    quantised = [one for one in told if one.agreement is not None]
    if quantised:
        telling = sum(one.agreement.telling for one in quantised if one.agreement and one.verdict is Verdict.QUANTISED)
        return Verdict.QUANTISED if telling >= LEAST_TELLING_IN_ALL else None
    return next((one for one in (Verdict.RECAST, Verdict.IDENTICAL) if one in verdicts), None)


def _counterpart(found: Found, known: Iterable[Registered]) -> Registered | None:
    """Return the registered tensor a weight comes from, whatever it is called: the nearest of its shape."""
    values = found.values
    if values is None:
        return None
    candidates = [one for one in known if one.shape == found.shape]
    return min(candidates, key=lambda one: (_distance(values, one.sample), one.name != found.name), default=None)


def _distance(values: Values, sample: Values) -> float:
    """Return the mean square of the difference where both are finite numbers."""
    both = np.isfinite(values) & np.isfinite(sample)
    return float(np.mean((values[both] - sample[both]) ** 2)) if both.any() else math.inf


def _told(found: Found, one: Registered | None) -> Recognised:
    if one is None or found.values is None:
        return Recognised(found, Verdict.UNKNOWN, why=found.why_not or NO_SHAPE)
    if found.quantised is not None:
        return _rounded(found, found.quantised, found.values, one)
    tensor = found.tensor
    if not found.finite:
        same = tensor.dtype == one.dtype and tensor.digest() == one.sha256
        return Recognised(found, Verdict.IDENTICAL if same else Verdict.UNKNOWN, one.name, "" if same else NOT_FINITE)
    coarser = max(tensor.dtype, one.dtype, key=_COARSENESS.__getitem__)
    ours = cast(one.sample, coarser)
    if not np.array_equal(cast(found.values, coarser), ours):
        return Recognised(found, Verdict.UNKNOWN, one.name, OTHER_VALUES)
    if one.base is not None and np.array_equal(ours, cast(one.base, coarser)):
        return Recognised(found, Verdict.AS_BASE, one.name)
    if tensor.dtype != one.dtype:
        return Recognised(found, Verdict.RECAST, one.name)
    if tensor.digest() == one.sha256:
        return Recognised(found, Verdict.IDENTICAL, one.name)
    # In the same type the sampled places agree and others do not: changed, somewhere.
    return Recognised(found, Verdict.UNKNOWN, one.name, OTHER_VALUES)


def _rounded(found: Found, quantised: Quantised, values: Values, one: Registered) -> Recognised:
    """Tell whether a quantised weight is what ours would have been rounded to, and its base would not."""
    if not found.finite:
        return Recognised(found, Verdict.UNKNOWN, one.name, NOT_FINITE)
    agreed = agreement(quantised, values, one)
    if agreed.is_ours:
        return Recognised(found, Verdict.QUANTISED, one.name, agreement=agreed)
    if agreed.fits and not agreed.tells:
        return Recognised(found, Verdict.AS_BASE, one.name, ROUNDS_ALIKE, agreed)
    return Recognised(found, Verdict.UNKNOWN, one.name, OTHER_VALUES, agreed)


def _descending(one: Recognised) -> Recognised:
    if one.verdict is Verdict.UNKNOWN and one.known_as is not None and one.found.finite:
        return Recognised(one.found, Verdict.DESCENDS, one.known_as)
    return one


def _similarity(pairs: Sequence[tuple[Found, Registered | None]]) -> Similarity | None:
    """Return how much of our change the weights hold, over all whose base is known, where numbers are finite."""
    ours: list[Values] = []
    theirs: list[Values] = []
    quiet: list[NDArray[np.bool_]] = []
    for found, one in pairs:
        if found.values is None or one is None or one.base is None or (changed := one.changed) is None:
            continue
        change = found.values - one.base
        both = np.isfinite(change) & np.isfinite(changed)
        if changed[both].any():
            ours.append(changed[both])
            theirs.append(change[both])
            quiet.append(_quiet(changed[both]))
    if not ours:
        return None
    mine, other = np.concatenate(ours), np.concatenate(theirs)
    together, own, their = float(mine @ other), float(mine @ mine), float(other @ other)
    small = np.concatenate(quiet)
    return Similarity(
        share=together / own,
        cosine=together / math.sqrt(own * their) if their else 0.0,
        quiet_share=float(mine[small] @ other[small]) / float(mine[small] @ mine[small]),
        places=len(mine),
    )


def _quiet(changed: Values) -> NDArray[np.bool_]:
    """Return the places at which a tensor changed, but less than at half of those where it did."""
    size = np.abs(changed)
    return np.asarray((size > 0) & (size <= np.median(size[size > 0])))
