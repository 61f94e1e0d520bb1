"""What becomes of texts under one tenant's key: remembered, else taken apart, searched, replaced and put together."""

from collections.abc import Iterable, Mapping, Sequence

from pipelines.redaction.cache import Cache, Key, key_of
from pipelines.redaction.carriers.documents import Document, Segment, take_apart, words_of_field
from pipelines.redaction.carriers.unreadable import UnreadableTextError
from pipelines.redaction.operators import Replacer
from pipelines.redaction.outcome import NOTHING, Find, Outcome, QuarantineReason
from pipelines.redaction.people.plausible import is_rare
from pipelines.redaction.searching import Searching
from pipelines.redaction.spans import Span, disjoint, repeated

# Reasons that say nothing of the text itself: the next time it may be searched to its end.
_PASSING = frozenset({QuarantineReason.DETECTOR_FAILED})


class Rewriting:
    """Redacts texts of one tenant.

    Args:
        searching: What finds.
        replacer: What replaces, under the tenant's key.
        cache: What was found out before.
        tenant: The tenant.
        max_chars: Code points of the longest text that is searched.
    """

    def __init__(self, searching: Searching, replacer: Replacer, cache: Cache, tenant: str, max_chars: int) -> None:
        self._searching = searching
        self._replacer = replacer
        self._cache = cache
        self._tenant = tenant
        self._max_chars = max_chars
        self.new = 0  # texts that were not remembered

    def outcomes(self, texts: Sequence[str | None], fields: Sequence[str]) -> list[Outcome]:
        """Return what becomes of each of ``n`` texts.

        Args:
            texts: The texts; ``None`` where the bytes were none.
            fields: Names of the fields they are the values of; ``""`` where there is none.
        """
        parts = [self._part(text, words_of_field(name)) for text, name in zip(texts, fields, strict=True)]
        known = self._search(part for part in parts if not isinstance(part, Outcome))
        return [part if isinstance(part, Outcome) else self._put_together(part, known) for part in parts]

    def again(self, text: str, field: str, names: Mapping[str, str]) -> Outcome:
        """Return what becomes of a text in a record that tells names which it repeats.

        Args:
            text: A text that was searched before, without reason not to pass it on.
            field: The name of its field.
            names: Names to be replaced wherever they stand, and as which entity type.
        """
        words = words_of_field(field)
        key = key_of(self._tenant, "\0".join((words, *names)), text)
        remembered = self._cache.get(key)
        if remembered is not None:
            return remembered
        part = take_apart(text, words)
        known = self._search([part])
        outcome = (
            part.outcome(lambda segment: self._repeated(segment, known[segment], names))
            if isinstance(part, Document)
            else self._repeated(part, known[part], names)
        )
        self._cache.put(key, outcome)
        return outcome

    def _part(self, text: str | None, words: str) -> Document | Segment | Outcome:
        """Return what is remembered of a text, or the text taken apart, or why it cannot be."""
        if text is None:
            return Outcome(reason=QuarantineReason.TEXT_UNREADABLE)
        if len(text) > self._max_chars:
            return Outcome(reason=QuarantineReason.TEXT_TOO_LONG)
        remembered = self._cache.get(self._key((words, text)))
        if remembered is not None:
            return remembered
        self.new += 1
        try:
            return take_apart(text, words)
        except UnreadableTextError:
            return Outcome(reason=QuarantineReason.TEXT_UNREADABLE)

    def _key(self, segment: Segment) -> Key:
        return key_of(self._tenant, *segment)

    def _search(self, parts: Iterable[Document | Segment]) -> dict[Segment, Outcome]:
        """Return what becomes of every text in parts, searching those that are new."""
        known: dict[Segment, Outcome] = {}
        new: list[Segment] = []
        for part in parts:
            for segment in part.segments() if isinstance(part, Document) else (part,):
                if segment not in known:
                    remembered = self._cache.get(self._key(segment))
                    known[segment] = remembered or NOTHING
                    if remembered is None:
                        new.append(segment)
        for segment, found in zip(new, self._searching.find(new), strict=True):
            known[segment] = self._outcome(segment[1], found)
            if known[segment].reason not in _PASSING:
                self._cache.put(self._key(segment), known[segment])
        return known

    def _put_together(self, part: Document | Segment, known: Mapping[Segment, Outcome]) -> Outcome:
        if not isinstance(part, Document):
            return known[part]
        outcome = part.outcome(known.__getitem__)
        if outcome.reason not in _PASSING:
            self._cache.put(self._key((part.field, part.text)), outcome)
        return outcome

    def _outcome(self, text: str, found: tuple[Span, ...] | QuarantineReason) -> Outcome:
        if isinstance(found, QuarantineReason):
            return Outcome(reason=found)
        if not found:
            return NOTHING
        redacted, done = self._replacer.replace(text, found)
        finds = tuple(Find("", span, one) for span, one in zip(found, done, strict=True))
        return Outcome(None if redacted == text else redacted, finds, _telling_names(text, finds))

    def _repeated(self, segment: Segment, outcome: Outcome, names: Mapping[str, str]) -> Outcome:
        text = segment[1]
        spans = [find.span for find in outcome.finds]
        again = repeated(names, text, spans)
        return self._outcome(text, disjoint([*spans, *again], text)) if again else outcome


def _telling_names(text: str, finds: Iterable[Find]) -> tuple[tuple[str, str], ...]:
    """Return what a text calls people unmistakably, and as which entity type it was found.

    These are names of two words or more, and the user of a home directory, who stands again as the owner of a file
    or in the name of a branch.
    """
    names = {
        text[find.span.start : find.span.end]: find.span.entity_type
        for find in finds
        if find.span.entity_type in ("PERSON", "USER_PATH") and find.done.kept_because is None
    }
    return tuple((name, kind) for name, kind in names.items() if " " in name or (kind == "USER_PATH" and is_rare(name)))
