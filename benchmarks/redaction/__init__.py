"""Redaction: our Redactor against Presidio as it comes, target by target.

Stock is ``AnalyzerEngine`` with its default recognisers on the same small spaCy model (all of its pipes), then
``AnonymizerEngine``, one text after another; with a medium model beside it where one is installed. Ours is the Redactor
with ``strict-pseudonyms``, or ``presidio-defaults`` where labels are compared that the strict profile leaves alone on
purpose: places, dates, organisations, web addresses.

**Speed** is in seconds that a processor worked, on one thread: *resent history*, whole sessions as they were logged,
every request with all that was said before; *distinct turns*, each text once; *name-dense prose*, annotated sentences.
Stock is slow, so it has samples; *all of it* is ours over the whole load. "No segment cache" gives every record in a
batch of its own to a Redactor that remembers nothing between batches. Every round starts with nothing remembered.

**Recall** is by characters: the share of annotated letters and digits that any find covers, whatever type it was
given, on those halves of the gold sets on which nothing was tuned; precision is the share of finds that touch
something annotated. The *gate* chooses the sentences that the model for names is shown; *open* shows it all of them.
**Leaks** are generated identifiers, each in every carrier, looked for in what comes out, decoded. **Secrets** are
covered whole or count as missed. **Damage** is what is masked in code that holds no personal data, and blocks of code
that parse no more; Go, Rust, TypeScript and HTML are held against a lexer, for want of a parser. **Sameness** compares
every byte that comes out, findings included.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.timing import Outcome


@dataclass(frozen=True)
class Size:
    """How much of everything.

    Attributes:
        stock_characters: Of each load that stock is timed on, and of the code it masks.
        whole_characters: Of each load that ours alone is timed on.
        rounds: Of everything that is timed.
        every: Every how many-th annotated document and block of code.
        each: Generated identifiers of a kind.
        code_characters: Of each corpus of code without personal data.
        same_characters: Of each load that has to come out the same in every way.
        compiling: Whether the start is measured without a compiled database, too.
    """

    stock_characters: int
    whole_characters: int
    rounds: int
    every: int
    each: int
    code_characters: int
    same_characters: int
    compiling: bool


FULL = Size(80_000, 10**9, 2, 1, 20, 600_000, 60_000, compiling=True)
TINY = Size(800, 3_000, 1, 100, 1, 3_000, 600, compiling=False)


def measure(size: Size) -> "Outcome":
    """Measure everything; what is not timed first, two processes at a time, then what is, one after the other."""
    from benchmarks.redaction.stages import everything

    return everything(size)
