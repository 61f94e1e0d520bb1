"""Were quantised weights made from ours? Where ours and the base round to different numbers, the file tells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lineage.weights.fingerprint import cast, places
from lineage.weights.quantised import Quantised
from lineage.weights.registry import Registered
from lineage.weights.tensors import Values

LEAST_AGREED = 0.97  # of all places: tools differ in how they compute a scale, and in ties
LEAST_OURS = 0.9  # of the places that tell
LEAST_TELLING = 8  # places of a tensor, for it to say anything
LEAST_TELLING_IN_ALL = 64
BEFORE = ("F32", "BF16", "F16")  # what weights may have been cast to before they were quantised


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a quantised weight agrees with one of ours.

    Attributes:
        places: Values compared.
        agreed: Of these, how many are what ours would have been rounded to.
        telling: Places at which ours and its base round to different numbers.
        ours: Of these, how many are as ours.
    """

    places: int
    agreed: int
    telling: int
    ours: int

    @property
    def fits(self) -> bool:
        """Whether it can have been made from ours."""
        return self.agreed >= LEAST_AGREED * self.places

    @property
    def tells(self) -> bool:
        """Whether there is enough to tell ours from its base by."""
        return self.telling >= LEAST_TELLING

    @property
    def is_ours(self) -> bool:
        """Whether it was made from ours, and from nothing else that its base would be."""
        return self.fits and self.tells and self.ours >= LEAST_OURS * self.telling


def agreement(found: Quantised, held: Values, one: Registered) -> Agreement:
    """Return how a quantised weight agrees with one of ours, in the type that it agrees best with.

    Args:
        found: The weight.
        held: Its values at the places of a fingerprint.
        one: The registered tensor of its shape.
    """
    return max((_agreement(found, held, one, dtype) for dtype in BEFORE), key=lambda one: one.agreed)


def _agreement(found: Quantised, held: Values, one: Registered, dtype: str) -> Agreement:
    at = places(len_of(found))
    ours = found.nearest(cast(one.sample, dtype), at)
    same = _same(held, ours)
    telling = same | True
    if one.base is not None:
        telling = ~_same(ours, found.nearest(cast(one.base, dtype), at))
    return Agreement(len(held), int(same.sum()), int(telling.sum()), int((same & telling).sum()))


def len_of(found: Quantised) -> int:
    """Return how many values a weight has."""
    return int(np.prod(found.shape, dtype=np.int64))


def _same(left: Values, right: Values) -> NDArray[np.bool_]:
    return np.asarray(np.isclose(left, right, rtol=1e-6, atol=0.0))
