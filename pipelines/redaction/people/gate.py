"""Two gates: which pieces of a text are read at all, and which of their sentences are shown to the slow network.

The gates decide the speed of the tier, and what they hold back is never seen again, so their price in recall is
measured beside their speed (``benchmarks/redaction``). An open gate has no need of this module.
"""

import functools
import re

from pipelines.redaction.people.plausible import is_known
from pipelines.redaction.people.tagger import LABELS, Tagged
from pipelines.redaction.profile import Gate
from pipelines.redaction.vocabulary import words

_WORD = re.compile(r"[^\W\d_]{2,}")
# A word that begins with a capital and goes on in lower case, and is no part of a path, a call or an identifier.
_CAPITALISED = re.compile(
    r"(?<![\w@#./\\$-])[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff][^\W\d_A-Z]+(?:['\u2019-][^\W\d_]+)*(?![\w(=\[]|\.\w)"
)


def may_name(piece: str) -> bool:
    """Return whether a word of a piece may be part of a name or an address: one that is capitalised, or out of the way.

    Three quarters of developers' prose hold none: its capitals begin sentences or name technologies.
    """
    return any(map(_tells, _WORD.findall(piece)))


@functools.lru_cache(maxsize=65536)
def _tells(word: str) -> bool:
    return not (is_known(word) or (word.islower() and word in words("ordinary")))


@functools.lru_cache(maxsize=65536)
def _is_strange(word: str) -> bool:
    return not is_known(word) and word.lower() not in words("ordinary")


def passes(gate: Gate, sentence: str, tagged: Tagged | None, start: int, end: int, least: float) -> bool:
    """Return whether a sentence may hold a name.

    Args:
        gate: By the tagger's probabilities, with a capitalised word that nobody writes in lower case counting as
            well; or by any capitalised word that does not merely open a sentence or name a technology. Also by these
            where there is no tagger.
        sentence: Its text.
        tagged: What the tagger made of the piece it stands in; ``None`` if there is no tagger.
        start: Where it begins in that piece.
        end: Where it ends.
        least: The probability of a name from which the learned gate opens.
    """
    capitalised = (match.group() for match in _CAPITALISED.finditer(sentence))
    if gate is Gate.LEARNED and tagged is not None:
        return highest(tagged, start, end, "PERSON") >= least or any(map(_is_strange, capitalised))
    return not all(map(is_known, capitalised))


def highest(tagged: Tagged, start: int, end: int, label: str) -> float:
    """Return the highest probability of a label among the tokens of a range."""
    first, last = tagged.ends.searchsorted(start, "right"), tagged.starts.searchsorted(end, "left")
    return float(tagged.probabilities[first:last, LABELS.index(label)].max(initial=0.0))
