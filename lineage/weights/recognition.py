"""Recognising weights: which model of ours a file from anywhere is, tensor by tensor, and how surely.

A tensor's bytes, then its values in the coarser of two types, say *identical* and *recast*; what ours would have been
rounded to says *quantised*. What training left as the base had it says nothing: the base, which others have too, would
be claimed as ours. Where values differ, what the file
has changed of the base is held against what our training changed of it (`Similarity`). A
model that was trained further from ours holds our change once, in every tensor, and something beside it. One that
somebody else trained from the same base changed it in the same direction, the more so the more alike the texts are, but
by another measure: *trained alike* is said of that, and no claim is made.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from lineage.weights.fingerprint import cast, places
from lineage.weights.layouts import laid_out
from lineage.weights.quantised import Quantised
from lineage.weights.registry import Registered
from lineage.weights.rounding import LEAST_TELLING_IN_ALL, Agreement, agreement
from lineage.weights.tensors import FLOATS, Tensor, Values

SHARE = 0.9, 1.3  # of our change that is in what descends from ours: all of it, once, and what further training adds
SHARE_OF_TENSORS = 0.8, 1.6  # the same of each tensor, but for the lowest and highest tenth
LEAST_COSINE = 0.3  # between both changes: what came later may be three times as large as ours
LEAST_PLACES = 256  # compared, for a similarity to say anything
LEAST_DECISIVE = 64  # values that training changed, in tensors that are exactly ours
EXACT = ("F64", "F32", "F16", "BF16")  # coarser types are alike by chance
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
    ALIKE = "trained-alike"
    AS_BASE = "as-its-base"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Similarity:
    """How much of what our training changed of the base a file holds.

    Attributes:
        share: Our change's part in the file's: 1 where all of it is there, whatever else is; 0 for a base, and less or
            more than 1 for what others made of that.
        lowest: The share in single tensors: a tenth of them have less.
        highest: A tenth of them have more.
        cosine: Between both changes: how much else there is beside it.
        apart: Mean square of what differs from ours.
        places: Values compared.
    """

    share: float
    lowest: float
    highest: float
    cosine: float
    apart: float
    places: int

    @property
    def alike(self) -> bool:
        """Whether the same base was changed in the same direction."""
        return self.places >= LEAST_PLACES and self.cosine >= LEAST_COSINE

    @property
    def descends(self) -> bool:
        """Whether our change is there, once and everywhere, so that it descends from ours."""
        once = SHARE[0] <= self.share <= SHARE[1]
        everywhere = SHARE_OF_TENSORS[0] <= self.lowest and self.highest <= SHARE_OF_TENSORS[1]
        return self.alike and once and everywhere


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
    """One weight of the files.

    Attributes:
        found: The weight.
        verdict: What it is.
        known_as: Which of the model's it is, under the name it has there.
        why: Why it is none.
        agreement: How it agrees with ours, where it is quantised.
        changed: Sampled values that training changed, as far as its type shows, where it is exactly ours.
    """

    found: Found
    verdict: Verdict
    known_as: str | None = None
    why: str = ""
    agreement: Agreement | None = None
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Recognition:
    """What files of weights are.

    Attributes:
        model: The model's directory; ``None`` where the files are unknown.
        verdict: Of the whole.
        similarity: Where values differ and the base is known: to the model named, or to the nearest.
        tensors: Each weight of the files, in order.
        nearest: The model that the similarity is to, also where none is claimed.
    """

    model: str | None
    verdict: Verdict
    similarity: Similarity | None
    tensors: tuple[Recognised, ...]
    nearest: str | None = None

    @property
    def by_similarity_alone(self) -> bool:
        """Whether it is said to descend from ours though no tensor is exactly ours: others can reach that by chance."""
        return self.verdict is Verdict.DESCENDS and _decisive(self.tensors) < LEAST_DECISIVE

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
    claimed = [one for one in held if one.model is not None]
    if claimed:
        order = list(Verdict)
        return min(claimed, key=lambda one: (order.index(one.verdict), _distance_of(one)))
    close = min((one for one in held if one.similarity), key=_distance_of, default=None)
    if close is None:
        unknown = tuple(Recognised(one, Verdict.UNKNOWN, why=one.why_not or NO_SHAPE) for one in found)
        return Recognition(None, Verdict.UNKNOWN, None, unknown)
    told = tuple(Recognised(one.found, Verdict.UNKNOWN, why=one.why) for one in close.tensors)
    return Recognition(None, close.verdict, close.similarity, told, close.nearest)


def _distance_of(one: Recognition) -> float:
    """Return how far files are from a model; of several that they could be, the nearest is meant."""
    if one.verdict is Verdict.QUANTISED:
        told = [kept.agreement for kept in one.tensors if kept.agreement]
        return 1 - sum(kept.ours for kept in told) / sum(kept.telling for kept in told)
    return one.similarity.apart if one.similarity else 0.0


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
    if _decisive(told) >= LEAST_DECISIVE or (similarity is not None and similarity.descends):
        return Recognition(model, Verdict.DESCENDS, similarity, tuple(map(_descending, told)), model)
    alike = similarity is not None and similarity.alike
    return Recognition(None, Verdict.ALIKE if alike else Verdict.UNKNOWN, similarity, told, model)


def _decisive(told: Iterable[Recognised]) -> int:
    """Return how many values that training changed lie in tensors that are ours to the last bit their type has.

    An adapter leaves most tensors as they were; nobody who did not have ours has them.
    """
    return sum(one.changed for one in told if one.verdict in (Verdict.IDENTICAL, Verdict.RECAST))


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
    return min(candidates, key=lambda one: (_distance(found, values, one), one.name != found.name), default=None)


def _distance(found: Found, values: Values, one: Registered) -> float:
    """Return the mean square of the difference where both are finite, ours rounded as the file's type rounds it."""
    sample = one.sample if found.quantised is not None else cast(one.sample, _coarser(found.tensor, one))
    both = np.isfinite(values) & np.isfinite(sample)
    return float(np.mean((values[both] - sample[both]) ** 2)) if both.any() else math.inf


def _coarser(tensor: Tensor, one: Registered) -> str:
    return max(tensor.dtype, one.dtype, key=_COARSENESS.__getitem__)


def _told(found: Found, one: Registered | None) -> Recognised:
    if one is None or found.values is None:
        return Recognised(found, Verdict.UNKNOWN, why=found.why_not or NO_SHAPE)
    if found.quantised is not None:
        return _rounded(found, found.quantised, found.values, one)
    tensor = found.tensor
    if not found.finite:
        same = tensor.dtype == one.dtype and tensor.digest() == one.sha256
        return Recognised(found, Verdict.IDENTICAL if same else Verdict.UNKNOWN, one.name, "" if same else NOT_FINITE)
    coarser = _coarser(tensor, one)
    ours = cast(one.sample, coarser)
    if not np.array_equal(cast(found.values, coarser), ours):
        return Recognised(found, Verdict.UNKNOWN, one.name, OTHER_VALUES)
    base = None if one.base is None else cast(one.base, coarser)
    if base is not None and np.array_equal(ours, base):
        return Recognised(found, Verdict.AS_BASE, one.name)
    changed = int(np.sum(ours != base)) if base is not None and coarser in EXACT else 0
    if tensor.dtype != one.dtype:
        return Recognised(found, Verdict.RECAST, one.name, changed=changed)
    if tensor.digest() == one.sha256:
        return Recognised(found, Verdict.IDENTICAL, one.name, changed=changed)
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
    changes = [
        changed
        for found, one in pairs
        if found.values is not None and one is not None and (changed := _changes(found.values, one)) is not None
    ]
    if not changes:
        return None
    mine, other = (np.concatenate(side) for side in zip(*changes, strict=True))
    large = [pair for pair in changes if len(pair[0]) >= LEAST_PLACES] or changes
    lowest, highest = np.percentile([_share(*pair) for pair in large], (10, 90))
    own, their = float(mine @ mine), float(other @ other)
    return Similarity(
        share=_share(mine, other),
        lowest=float(lowest),
        highest=float(highest),
        cosine=float(mine @ other) / math.sqrt(own * their) if their else 0.0,
        apart=float(np.mean((other - mine) ** 2)),
        places=len(mine),
    )


def _changes(values: Values, one: Registered) -> tuple[Values, Values] | None:
    """Return what ours changed of the base and what the file did, where both are finite; None if ours is nothing."""
    if one.base is None or one.changed is None:
        return None
    theirs = values - one.base
    both = np.isfinite(theirs) & np.isfinite(one.changed)
    return (one.changed[both], theirs[both]) if one.changed[both].any() else None


def _share(mine: Values, other: Values) -> float:
    return float(mine @ other) / float(mine @ mine)
