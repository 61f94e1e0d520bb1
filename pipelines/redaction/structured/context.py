"""Words that stand before a find and make it surer, as Presidio's context words do."""

import functools
from dataclasses import replace
from typing import Any

import regex  # type: ignore[import-untyped]

from pipelines.redaction.rule import Rule
from pipelines.redaction.spans import Span

REACH = 60  # code points before the find
_FACTOR = 0.35  # both are Presidio's defaults
_LEAST = 0.4
_STEM = 4  # letters
_HUMP = regex.compile(r"(?<=[a-z])(?=[A-Z])|_")


def raised(span: Span, rule: Rule, text: str, field: str) -> Span:
    """Return a find with a higher score if one of its rule's words stands shortly before it, or in the field's name.

    Presidio compares lemmas, for which each text would have to be tagged, and takes ``lic`` in ``public`` for a word.
    Here a word counts as it is written where one begins, as in ``customerPhone`` and ``tax_id`` too; with four letters
    and more it may go on (``calling``).
    """
    if not rule.context or span.score >= 1.0:
        return span
    before = f"{field} {text[max(0, span.start - REACH) : span.start]}"
    if not _any_of(rule.context).search(_HUMP.sub(" ", before).lower()):
        return span
    return replace(span, score=min(1.0, max(span.score + _FACTOR, _LEAST)))


@functools.cache
def _any_of(words: tuple[str, ...]) -> Any:
    return regex.compile("|".join(sorted({_on_its_own(_HUMP.sub(" ", word)) for word in words})))


def _on_its_own(word: str) -> str:
    begin = r"(?<![^\W\d_])" if word[0].isalpha() else ""
    end = r"(?![^\W\d_])" if word[-1].isalpha() and len(word) < _STEM else ""
    return f"{begin}{regex.escape(word)}{end}"
