"""Presidio's pattern recognisers as rules, so that they run in the same pass and find what they find in Presidio."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import regex  # type: ignore[import-untyped]

from pipelines.redaction.rule import Judge, Match, Rule
from pipelines.redaction.spans import Span
from pipelines.redaction.tier import DetectorError

if TYPE_CHECKING:
    from presidio_analyzer import PatternRecognizer

# What a recogniser's own code raises on a value that it did not expect.
_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def compiles(recognizer: Any) -> bool:
    """Return whether a recogniser is nothing but patterns with validators, and so can be made into rules.

    One that overrides how it analyses or how context counts has to be asked itself.
    """
    from presidio_analyzer import EntityRecognizer, PatternRecognizer
    from presidio_analyzer.predefined_recognizers import IbanRecognizer

    if not isinstance(recognizer, PatternRecognizer):
        return False
    kind = type(recognizer)
    analyses_itself = kind.analyze not in (PatternRecognizer.analyze, IbanRecognizer.analyze)
    return not (
        analyses_itself
        or kind.enhance_using_context is not EntityRecognizer.enhance_using_context
        or any("value" in regex.compile(pattern.regex).groupindex for pattern in recognizer.patterns)
    )


def pattern_rules(recognizer: "PatternRecognizer", context: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return one rule for each pattern of a recogniser.

    Args:
        recognizer: One that :func:`compiles`.
        context: Context words besides the recogniser's own.
    """
    from presidio_analyzer.predefined_recognizers import IbanRecognizer

    make = Shortened if isinstance(recognizer, IbanRecognizer) else Rule
    words = tuple(dict.fromkeys(word.lower() for word in (*(recognizer.context or ()), *context)))
    return tuple(
        make(
            name=f"{recognizer.name}/{place}" if place else recognizer.name,
            entity_type=recognizer.supported_entities[0],
            expression=pattern.regex,
            score=pattern.score,
            version=1,
            flags=int(recognizer.global_regex_flags),
            judge=_judge(recognizer, pattern.score),
            judged_by=_judged_by(recognizer),
            context=words,
        )
        for place, pattern in enumerate(recognizer.patterns)
    )


@dataclass(frozen=True, slots=True)
class Shortened(Rule):
    """A rule whose match may go on too long: the judge is asked group by group, from the last, for where it ends.

    So Presidio's IBAN recogniser reads ``DE89370400440532013000 2 days``.
    """

    def span(self, match: Match) -> Span | None:
        """Return the longest reading that the judge accepts."""
        for group in range(match.re.groups, 0, -1):
            start, end = match.start(), match.end(group) if match.end(group) > 0 else match.end()
            found = Rule.span(self, _Part(match, start, end))
            if found is not None:
                return found
        return None


@dataclass(frozen=True, slots=True)
class _Part:
    """A match that ends earlier."""

    whole: Match
    begin: int
    stop: int

    @property
    def re(self) -> Any:
        return self.whole.re

    def span(self) -> tuple[int, int]:
        return self.begin, self.stop

    def group(self) -> str:
        return str(self.whole.string[self.begin : self.stop])


def _judge(recognizer: "PatternRecognizer", score: float) -> Judge:
    def judged(match: Match) -> bool | None:
        value = match.group()
        try:
            valid, invalid = recognizer.validate_result(value), recognizer.invalidate_result(value)
        except _FAULTS as error:
            # What the validator says of the value may quote it, so it is not passed on.
            raise DetectorError(f"The validator of {recognizer.name} raised {type(error).__name__}.") from None
        if invalid or (valid is not None and not valid) or (valid is None and score == 0):
            return False
        return True if valid else None

    return judged


def _judged_by(recognizer: "PatternRecognizer") -> str:
    from presidio_analyzer import PatternRecognizer

    kind = type(recognizer)
    checks = kind.validate_result is not PatternRecognizer.validate_result
    excludes = kind.invalidate_result is not PatternRecognizer.invalidate_result
    return "presidio" if checks or excludes else ""


@functools.cache
def shipped() -> tuple["PatternRecognizer", ...]:
    """Return all pattern recognisers that Presidio ships, in the order of their names."""
    from presidio_analyzer import PatternRecognizer, predefined_recognizers

    kinds = [getattr(predefined_recognizers, name) for name in sorted(predefined_recognizers.__all__)]
    return tuple(kind() for kind in kinds if isinstance(kind, type) and issubclass(kind, PatternRecognizer))
