"""How far a verification goes, and which records an auditor's sample draws."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from policies.errors import UsageError

_SAMPLE = b"lineweight-sample-v1"
_MOST_SAMPLED = 10_000


class Level(StrEnum):
    """How far; each looks at all that the one before does."""

    FAST = "fast"
    """Signatures, and the digest of every file."""

    SAMPLE = "sample"
    """And the whole chain of some records, drawn by the auditor."""

    FULL = "full"
    """And every leaf, every row consumed, every decision."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How far to go.

    Attributes:
        level: How far.
        records: How many records to draw; 0 unless the level is ``SAMPLE``.
        seed: The auditor's own word, from which the draw follows.
    """

    level: Level = Level.FULL
    records: int = 0
    seed: str = ""

    @classmethod
    def asked(cls, *, fast: bool = False, full: bool = False, sample: int | None = None, seed: str = "") -> "Depth":
        """Return the depth that a command was asked for; full, if it was asked for none.

        Raises:
            UsageError: For more than one, a sample of nothing, or a seed without a sample.
        """
        if (fast, full, sample is not None).count(True) > 1:
            raise UsageError("How far was asked for twice.", remedy="Give one of --fast, --sample and --full.")
        if sample is None:
            if seed:
                raise UsageError("--seed: nothing is drawn.", remedy="Give --sample N too.")
            return cls(Level.FAST if fast else Level.FULL)
        if not 1 <= sample <= _MOST_SAMPLED:
            raise UsageError(f"--sample: draw 1 to {_MOST_SAMPLED:,} records.", remedy="Use --full to look at all.")
        return cls(Level.SAMPLE, sample, seed)


FULL = Depth()


def drawn(depth: Depth, root: str, size: int) -> list[int]:
    """Return the places that a sample draws of ``size``, sorted, each once; all, where it asks for as many.

    The draw is a function of the seed and of what is drawn from, so that an auditor who chooses the seed when the
    root is known cannot be shown a sample that somebody else chose. Draw ``i`` is the SHA-256 of
    ``lineweight-sample-v1``, the seed, the root and ``i`` in decimal, a zero byte between each, as a big-endian
    number, modulo ``size``; a place that was drawn before is passed over.

    Args:
        depth: How many, and by which seed.
        root: Of what is drawn from, in hexadecimal.
        size: How many places it has.
    """
    if depth.records >= size:
        return list(range(size))
    places: set[int] = set()
    number = 0
    while len(places) < depth.records:
        said = b"\0".join([_SAMPLE, depth.seed.encode(), root.encode(), str(number).encode()])
        places.add(int.from_bytes(hashlib.sha256(said).digest(), "big") % size)
        number += 1
    return sorted(places)
