"""Redacting a text outside any pipeline: what a profile makes of it, and why."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.redaction.chosen import redactor_of
from pipelines.redaction.operators import Done, Replacer
from pipelines.redaction.outcome import Outcome, QuarantineReason
from pipelines.redaction.profile import load_profile
from pipelines.redaction.spans import Span
from pipelines.redaction.tier import DetectorError

Document = dict[str, Any]

# Reasons of a profile not to let a text pass, which say nothing against showing what is in it.
_SHOWN = frozenset({QuarantineReason.LANGUAGE_UNSUPPORTED, QuarantineReason.BLOB_FOUND})


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a text.

    Attributes:
        text: The redacted text; ``None`` where it could not be searched.
        found: What was found, in order: where it stood in the text given, and what stands there now.
        quarantined: Why a pipeline would stop a record with this text, if it would.
    """

    text: str | None
    found: tuple[tuple[Span, Done], ...] = ()
    quarantined: QuarantineReason | None = None

    def document(self) -> Document:
        """Return a JSON-ready document; its ``spans`` count code points of the text given."""
        stopped = {} if self.quarantined is None else {"quarantined": self.quarantined.value}
        return {"text": self.text, "spans": [_span(*one) for one in self.found]} | stopped


class Trial:
    """A profile tried on texts of one tenant, under a key that no deployment has.

    The key is a function of the tenant's name, so that a value has the same surrogate in every trial.

    Args:
        profile: Name of the profile.
        directory: Where profiles of one's own lie, if there are any.
        tenant: Any name.

    Raises:
        LineweightError: There is no such profile, or it cannot be used.
    """

    def __init__(self, profile: str, directory: Path | None, tenant: str) -> None:
        key = hashlib.sha256(f"lineweight redact try\0{tenant}".encode()).digest()
        self._tenant = tenant
        self._replacer = Replacer(load_profile(profile, directory), key)
        self._redactor = redactor_of(profile, directory, lambda _: key)

    @property
    def digest(self) -> str:
        """Digest of all that the result depends on besides the text and the key."""
        return self._redactor.digest

    def redacted(self, texts: Sequence[str]) -> list[Tried]:
        """Return what became of each of ``n`` texts."""
        readable = [text if _is_unicode(text) else None for text in texts]
        outcomes = self._redactor.outcomes(self._tenant, readable, [""] * len(texts))
        return [self._tried(text, outcome) for text, outcome in zip(texts, outcomes, strict=True)]

    def _tried(self, text: str, outcome: Outcome) -> Tried:
        if outcome.reason is not None and outcome.reason not in _SHOWN:
            return Tried(None, quarantined=outcome.reason)
        if outcome.reason is None and not any(find.within for find in outcome.finds):
            found = tuple((find.span, find.done) for find in outcome.finds)
            return Tried(text if outcome.redacted is None else outcome.redacted, found)
        return self._as_it_stands(text, outcome.reason)

    def _as_it_stands(self, text: str, reason: QuarantineReason | None) -> Tried:
        """Redact a document as the text it is written as, so that spans are ranges of that text."""
        try:
            (spans,) = self._redactor.search([text])
        except DetectorError:
            return Tried(None, quarantined=QuarantineReason.DETECTOR_FAILED)
        redacted, done = self._replacer.replace(text, spans)
        return Tried(redacted, tuple(zip(spans, done, strict=True)), reason)


def _span(span: Span, done: Done) -> Document:
    told = {
        "start": span.start,
        "end": span.end,
        "type": span.entity_type,
        "detector": span.detector,
        "score": span.score,
        "action": done.operator.value,
    }
    return told if done.kept_because is None else told | {"kept_because": done.kept_because.value}


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
