"""A rule: one expression that finds one type of value, and the searching of a text with it.

Every rule of every tier is compiled into one database that is searched once (``pipelines.redaction.structured``).
What that pass must give is defined here, slowly and plainly: :func:`search` is its oracle.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import regex  # type: ignore[import-untyped]

from pipelines.redaction.spans import Span

# A match of a rule, as the ``regex`` package gives it: what is before and after it can be looked at too.
Match = Any
Judge = Callable[[Match], bool | None]


@dataclass(frozen=True, slots=True)
class Rule:
    r"""One expression for one type of value.

    Attributes:
        name: Unique among all rules, ``provider-kind`` in lower case; findings name it as their detector.
        entity_type: What it finds, as profiles name it.
        expression: In the syntax of the ``regex`` package. The value is the group named ``value`` where there is
            one, else the whole match, which ``\K`` may begin late.
        score: How sure a match is that nothing confirms, 0 to 1.
        version: Raised with every change of expression or judge; it is part of the redactor's digest.
        flags: Flags of ``regex``; case counts unless they say otherwise.
        judge: Looks at a match: ``True`` makes it certain (score 1), ``False`` refuses it, ``None`` leaves the score.
        judged_by: What the judge checks, in a word for findings (``luhn``, ``mod-97``, ``entropy``).
        context: Words in lower case that raise the score by 0.35, to 0.4 at least, when one stands shortly before.
        literals: If any are given, no text matches that holds none of them, whatever its case: a hint for speed.
    """

    name: str
    entity_type: str
    expression: str
    score: float
    version: int = 1
    flags: int = regex.MULTILINE
    judge: Judge | None = None
    judged_by: str = ""
    context: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()

    def compiled(self) -> Any:
        """Return the expression compiled by ``regex``."""
        return _compiled(self.expression, self.flags)

    def span(self, match: Match) -> Span | None:
        """Return what a match finds, or ``None`` where the judge refuses it; the context is not looked at."""
        verdict = None if self.judge is None else self.judge(match)
        if verdict is False:
            return None
        start, end = match.span("value") if "value" in match.re.groupindex else match.span()
        if start >= end:
            return None
        score = 1.0 if verdict else self.score
        return Span(start, end, self.entity_type, score, self.name, str(self.version), self.judged_by)


@functools.lru_cache(maxsize=4096)
def _compiled(expression: str, flags: int) -> Any:
    return regex.compile(expression, flags)


def search(rule: Rule, text: str) -> Iterator[Span]:
    """Yield what one rule finds in a whole text, left to right: what the fast path must give, exactly."""
    for match in rule.compiled().finditer(text):
        span = rule.span(match)
        if span is not None:
            yield span
