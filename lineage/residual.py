"""What may be left in redacted text: measured when a snapshot is built, and stated in its manifest.

Two measurements. *Canaries*: made-up values of every type are set into the snapshot's own texts, and searched for.
*A second detector*: what another detector still sees in a sample of what is published. Neither proves that nothing is
left; each says with 95 % confidence how much it can be, as far as what is there resembles what was looked for.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lineage.bounds import rate_at_most, share_at_least

Count = Annotated[int, Field(ge=0)]
EntityType = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Canaries(_Part):
    """Made-up values of one type: how many were planted and found, and the least share that is found (Wilson)."""

    planted: Count
    found: Count
    at_least: Annotated[float, Field(ge=0, le=1)]

    @classmethod
    def of(cls, planted: int, found: int) -> "Canaries":
        """Return the counts with their bound."""
        return cls(planted=planted, found=found, at_least=share_at_least(found, planted))


class Seen(_Part):
    """Values of one type that a second detector sees in published text, and the most in 10,000 characters."""

    spans: Count
    at_most_per_10k: Annotated[float, Field(ge=0)]

    @classmethod
    def of(cls, spans: int, characters: int) -> "Seen":
        """Return the count with its bound."""
        return cls(spans=spans, at_most_per_10k=rate_at_most(spans, characters))


class SecondDetector(_Part):
    """What another detector sees in a sample of the published text.

    Attributes:
        detector: Which, in words, with its version.
        records: How many records the sample is of.
        characters: How many code points it has.
        seen: By type, of the types that the profile names and this detector knows.
    """

    detector: str
    records: Count
    characters: Count
    seen: dict[EntityType, Seen]


class Residual(_Part):
    """What may be left.

    Attributes:
        canaries: By type, every type of the profile; 0 planted where no value of the type is made up. ``None`` where
            what redacted the records was no longer at hand when the snapshot was built.
        second_detector: What another detector sees.
    """

    canaries: dict[EntityType, Canaries] | None
    second_detector: SecondDetector

    def faults(self) -> Iterator[str]:
        """Yield every way in which the numbers contradict each other, in words."""
        for kind, one in sorted((self.canaries or {}).items()):
            if one.found > one.planted:
                yield f"more canaries of {kind} are found than were planted"
            elif one != Canaries.of(one.planted, one.found):
                yield f"the bound on canaries of {kind} does not follow from the counts"
        for kind, other in sorted(self.second_detector.seen.items()):
            if other != Seen.of(other.spans, self.second_detector.characters):
                yield f"the bound on {kind} seen by the second detector does not follow from the counts"


# What is stated where nothing was measured.
UNMEASURED = Residual(canaries=None, second_detector=SecondDetector(detector="none", records=0, characters=0, seen={}))
