"""Searching texts: each in all its views, through all tiers, many at once, failing one by one."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.redaction.carriers.blobs import find_blobs, hidden_texts
from pipelines.redaction.carriers.documents import Segment
from pipelines.redaction.language import Languages
from pipelines.redaction.markers import marked
from pipelines.redaction.outcome import QuarantineReason
from pipelines.redaction.profile import Blobs, OperatorName, OtherLanguages, RedactionProfile
from pipelines.redaction.spans import Met, Span, disjoint
from pipelines.redaction.tier import DetectorError, Tier
from pipelines.redaction.units import find_units
from pipelines.redaction.views import Parts, Range, View, decoded
from pipelines.redaction.wrapped import counting, joined

BLOB = "BLOB"
SHAPES = "structured"  # the tier that is shown joined lines: the only one whose finds there count
_TOGETHER = 4_000_000  # code points that are searched at once: a bound of memory, nothing else
_MOST_TOGETHER = 20_000  # texts
_LONG_BLOB = 1024  # code points from which on a blob is not even looked into

# What a tier of anybody's may raise on a text it cannot take.
_FAULTS = (
    ArithmeticError,
    AttributeError,
    DetectorError,
    LookupError,
    OSError,
    RuntimeError,
    TimeoutError,
    TypeError,
    ValueError,
)

# Texts in which nothing is found and many of which are distinct: ids and instants, words, and what has no letter.
_INERT = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|[a-z][a-z_-]{0,40}|[a-z_$]{1,40}\d{0,3}|-?\d{1,5}|[\W_]*"
)
_EMPTY = re.compile(r"[\W_]*")
_NAMED_BY_FORM = frozenset({"DATE_TIME", "UUID"})  # types of which such a text may be a value

Found = tuple[Span, ...] | QuarantineReason


@dataclass(slots=True)
class _Text:
    """A text on its way: its views, what was found in each, and whether a tier failed on one."""

    text: str
    words: str
    views: list[View] = field(default_factory=list)
    blobs: Sequence[Range] = ()
    found: list[list[Span]] = field(default_factory=list)
    reason: QuarantineReason | None = None


class Searching:
    """Finds what a profile names, in texts as they stand and in what they stand for.

    Args:
        tiers: What finds.
        profile: What counts.
    """

    def __init__(self, tiers: Sequence[Tier], profile: RedactionProfile) -> None:
        self._tiers = tiers
        self._profile = profile
        self._thresholds = {name: rule.threshold for name, rule in profile.entities.items()} | {BLOB: 0.0}
        self._kept = {name for name, rule in profile.entities.items() if rule.operator is OperatorName.KEEP}
        self._languages = Languages(profile.languages)
        self._inert = _INERT if _NAMED_BY_FORM.isdisjoint(profile.entities) else _EMPTY
        self.seconds: dict[str, float] = {tier.name: 0.0 for tier in tiers}
        self.characters = 0

    def find(self, segments: Sequence[Segment], *, whatever: bool = False) -> Iterator[Found]:
        """Yield for each text its disjoint spans in order, or why nothing of it may be passed on.

        Args:
            segments: The texts, each after the words of the field it stands in.
            whatever: Search blobs and texts in languages that the profile refuses, too.
        """
        for some in _portions(segments):
            texts = [self._text(words, text, whatever) for words, text in some]
            self.characters += sum(len(text) for _, text in some)
            for tier in self._tiers:
                begun = time.perf_counter()
                self._ask(tier, texts)
                self.seconds[tier.name] += time.perf_counter() - begun
            for text in texts:
                yield text.reason or self._settled(text)

    def _text(self, words: str, text: str, whatever: bool) -> _Text:
        """Return a text with its views; one in which nothing can be found has none."""
        one = _Text(text, words)
        if not words and self._inert.fullmatch(text):
            return one
        one.blobs = find_blobs(text)
        one.reason = None if whatever else self._refusal(one)
        if one.reason is None:
            one.views = views_of(text, one.blobs)
            one.found = [[] for _ in one.views]
        return one

    def _refusal(self, one: _Text) -> QuarantineReason | None:
        if one.blobs and self._profile.blobs is Blobs.QUARANTINE:
            return QuarantineReason.BLOB_FOUND
        if self._profile.other_languages is OtherLanguages.QUARANTINE and not self._languages.supports(one.text):
            return QuarantineReason.LANGUAGE_UNSUPPORTED
        return None

    def _ask(self, tier: Tier, texts: Sequence[_Text]) -> None:
        """Put all views of all texts to a tier; if it fails, text by text, so that only those it fails on are lost."""
        asked = [one for one in texts if one.reason is None and one.views]
        try:
            _ask_together(tier, asked)
        except _FAULTS:
            for one in asked:
                try:
                    _ask_together(tier, [one])
                except _FAULTS:
                    one.reason = QuarantineReason.DETECTOR_FAILED

    def _settled(self, one: _Text) -> tuple[Span, ...]:
        """Return the finds of all views as disjoint spans of the text."""
        marks = marked(one.text)
        placed = [self._placed(view, found) for view, found in zip(one.views, one.found, strict=True)]
        apart = [span for view, spans in zip(one.views, placed, strict=True) if not view.is_joined for span in spans]
        if len(placed) > 1:
            apart = _whole(apart, one.text)
        apart += [Span(start, end, BLOB, 1.0, "blob", "1") for start, end in one.blobs]
        if not apart and not marks and not any(placed):
            return ()
        settled = disjoint([*marks, *apart], one.text, self._kept)
        together = [span for view, spans in zip(one.views, placed, strict=True) if view.is_joined for span in spans]
        new = counting(together, settled, one.text)
        return disjoint([*marks, *apart, *new], one.text, self._kept) if new else settled

    def _placed(self, view: View, found: Sequence[Span]) -> list[Span]:
        """Return the finds of a view that the profile counts, as spans of the text."""
        sure = (one for one in found if one.score >= self._thresholds.get(one.entity_type, 2.0))
        return [span for span in map(view.place, sure) if span is not None]


def views_of(text: str, blobs: Sequence[Range] = ()) -> list[View]:
    """Return the views of a text: as it stands, without long blobs, then its units decoded, then breaks joined.

    Args:
        text: Valid Unicode.
        blobs: Ranges of it that are no text, in order.
    """
    whole = _without(text, [blob for blob in blobs if blob[1] - blob[0] >= _LONG_BLOB])
    return [whole, *decoded(whole), *_hidden(whole), *joined(whole)]


def _without(text: str, blobs: Sequence[Range]) -> View:
    if not blobs:
        return View.of(text)
    parts = Parts()
    done = 0
    for start, end in blobs:
        parts.verbatim(text, done, start)
        parts.instead("\ufffc", start, end)
        done = end
    parts.verbatim(text, done, len(text))
    return parts.view()


def _hidden(of: View) -> list[View]:
    """Return the texts that are hidden in base64; what is found in one makes a blob of all of it."""
    parts = Parts()
    for start, end, hidden in hidden_texts(of.text):
        parts.instead(f"{hidden}\n\n", start, end)
    view = parts.view(original=of, entity_type=BLOB)
    return [view] if view.text else []


def _ask_together(tier: Tier, texts: Sequence[_Text]) -> None:
    """Put views to a tier and note what it finds, if it finds its way through all of them."""
    asked = [
        (one, place)
        for one in texts
        for place, view in enumerate(one.views)
        if not view.is_joined or tier.name == SHAPES
    ]
    found = tier.find([one.views[place].text for one, place in asked], [one.words for one, _ in asked])
    if len(found) != len(asked):
        raise DetectorError(f"The tier {tier.name} was given {len(asked)} texts and answered for {len(found)}.")
    for (one, place), spans in zip(asked, found, strict=True):
        one.found[place] += spans


def _whole(spans: list[Span], text: str) -> list[Span]:
    r"""Return finds without those that take half a unit with them and are found whole when it is decoded.

    In ``\njane`` as code writes it, the text itself shows ``njane``, of which the ``n`` is half a line break.
    """
    cuts = {edge for low, high in find_units(text) for edge in range(low + 1, high)} if spans else set()
    cutting = [span for span in spans if span.start in cuts or span.end in cuts]
    if not cutting:
        return spans
    others = [span for span in spans if span.start not in cuts and span.end not in cuts]
    whole = Met(others)
    return others + [span for span in cutting if span not in whole]


def _portions(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    portion: list[Segment] = []
    length = 0
    for segment in segments:
        if portion and (length + len(segment[1]) > _TOGETHER or len(portion) >= _MOST_TOGETHER):
            yield portion
            portion, length = [], 0
        portion.append(segment)
        length += len(segment[1])
    if portion:
        yield portion
