"""Pattern recognisers that look before they search.

Most texts hold no candidate for most patterns. A guard, some literals or one cheap expression, decides that
at the price of a substring search; Presidio's own recogniser runs only when it passes.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import regex  # type: ignore[import-untyped]
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult

Guard = Callable[[str], object]
FLAGS = regex.MULTILINE


def holds(*literals: str) -> Guard:
    """Return a guard that passes texts in which one of the literals occurs, in this case and spelling."""
    return lambda text: any(literal in text for literal in literals)


def matches(expression: str) -> Guard:
    """Return a guard that passes texts in which an expression of the standard library matches somewhere."""
    return re.compile(expression).search


class Guarded(EntityRecognizer):  # type: ignore[misc]  # Presidio ships no types
    """Another recogniser behind a guard. A guard may only pass too much, never too little."""

    def __init__(self, inner: EntityRecognizer, guard: Guard) -> None:
        self._inner = inner
        self._guard = guard
        super().__init__(
            inner.supported_entities, name=inner.name, version=inner.version, context=list(inner.context or ())
        )
        self._id = inner.id

    def load(self) -> None:
        """Nothing to load: the inner recogniser has loaded itself."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        """Return what the inner recogniser finds, or nothing where the guard sees no candidate."""
        if not self._guard(text):
            return []
        return list(self._inner.analyze(text, entities, nlp_artifacts))


class Patterns(PatternRecognizer):  # type: ignore[misc]
    r"""Named expressions of the ``regex`` package for one entity type, case-sensitive unless they say otherwise.

    ``\K`` in an expression ends what merely introduces the value. ``accept`` sees the value and may refuse it.
    """

    def __init__(
        self,
        entity_type: str,
        name: str,
        patterns: Sequence[tuple[str, str, float]],
        *,
        guard: Guard,
        accept: Callable[[str], bool] | None = None,
        context: Sequence[str] = (),
    ) -> None:
        self._guard = guard
        self._accept = accept
        built = [Pattern(title, expression, score) for title, expression, score in patterns]
        super().__init__(entity_type, name=name, patterns=built, context=list(context), global_regex_flags=FLAGS)

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: object = None, regex_flags: Any = None
    ) -> list[RecognizerResult]:
        """Return the matches of all patterns, or nothing where the guard sees no candidate."""
        if not self._guard(text):
            return []
        return list(super().analyze(text, entities, nlp_artifacts, regex_flags))

    def invalidate_result(self, pattern_text: str) -> bool:
        """Return whether ``accept`` refuses the value."""
        return self._accept is not None and not self._accept(pattern_text)
