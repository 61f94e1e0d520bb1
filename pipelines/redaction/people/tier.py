"""The people tier: names and addresses in running text, by the learned tagger and by an NER it lets ask.

::

    text ─► pieces of prose, strings, comments ─► tagger ─► finds
                                                     └► sentences that may hold a name ─► NER ─► finds

Each distinct piece is read once while it is remembered. What is found in a piece depends on that piece alone, so it
depends neither on the texts it comes with nor on what is remembered.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipelines.redaction import vocabulary
from pipelines.redaction.people.gate import highest, may_name, passes
from pipelines.redaction.people.ner import Entity, EntityModel
from pipelines.redaction.people.plausible import address_within, name_within
from pipelines.redaction.people.prose import Kind, pieces, sentences, whole
from pipelines.redaction.people.remembered import Remembered, key_of
from pipelines.redaction.people.tagger import FIND, GATE, LABELS, Tagged, Tagger
from pipelines.redaction.profile import Gate, NamesSettings
from pipelines.redaction.spans import Span

PERSON, STREET_ADDRESS = "PERSON", "STREET_ADDRESS"
_PERSON, _STREET_ADDRESS = LABELS.index(PERSON), LABELS.index(STREET_ADDRESS)
MODEL_SCORE = 0.85  # spaCy says not how sure it is; Presidio's own default for its models
CACHE_BYTES = 64_000_000
_VERSION = "1"
# An entity of another label counts as a person where the tagger leans to one as far as this.
_LEANING = 0.1
# Where the tagger is as sure as this of a place or a company, the model's person is none.
_OTHERS, _DENIED = ("LOCATION", "ORGANIZATION"), 0.5
# A name goes on over tokens that are likely part of it.
_GOES_ON = 0.3


class _Read(NamedTuple):
    """A piece as it is read: its text, what it is, and what the tagger made of it."""

    text: str
    kind: Kind
    tagged: Tagged | None


class PeopleTier:
    """Names and addresses by a tagger and a spaCy model, either of which may be missing.

    Args:
        names: The settings of a profile.
        cache_bytes: How much memory the finds of pieces may take, about.
    """

    name = "people"

    def __init__(self, names: NamesSettings, cache_bytes: int = CACHE_BYTES) -> None:
        self._gate = names.gate
        self._labels = dict(names.labels)
        self._tagger = Tagger.shipped() if names.tagger is not None else None
        self._model = EntityModel(names.model) if names.model is not None else None
        self._known: Remembered[Span] = Remembered(cache_bytes // 2)
        self._entities: Remembered[Entity] = Remembered(cache_bytes // 2)

    @property
    def version(self) -> Mapping[str, Any]:
        """The lists of words, the tagger's weights, the model, the gate and the labels."""
        return {
            "version": _VERSION,
            "vocabulary": vocabulary.digest(),
            "tagger": self._tagger.version if self._tagger else None,
            "model": self._model.version if self._model else None,
            "gate": self._gate.value,
            "labels": dict(sorted(self._labels.items())),
        }

    def find(self, texts: Sequence[str], fields: Sequence[str]) -> list[list[Span]]:
        """Return the names and addresses in each of ``n`` texts; the names of fields are not looked at.

        Raises:
            DetectorError: The model failed on a piece.
        """
        cut = [list(self._cut(text)) for text in texts]
        keys = [[key_of(kind, piece) for _, piece, kind in one] for one in cut]
        parts = [(key, part) for one, row in zip(cut, keys, strict=True) for key, part in zip(row, one, strict=True)]
        found = self._found({key: (piece, kind) for key, (_, piece, kind) in parts})
        return [
            [_moved(span, start) for (start, _, _), key in zip(one, row, strict=True) for span in found[key]]
            for one, row in zip(cut, keys, strict=True)
        ]

    def _cut(self, text: str) -> Iterator[tuple[int, str, Kind]]:
        """Yield where each piece that may name somebody begins, its text and its kind.

        Where the gate is open these are all pieces, and for the model the whole text besides.
        """
        opened = self._gate is Gate.OPEN
        for start, end, kind in pieces(text):
            if opened or may_name(text[start:end]):
                yield start, text[start:end], kind
        for start, end, kind in whole(text) if opened and self._model is not None else ():
            yield start, text[start:end], kind

    def _found(self, asked: Mapping[bytes, tuple[str, Kind]]) -> dict[bytes, tuple[Span, ...]]:
        found = {key: known for key in asked if (known := self._known.get(key)) is not None}
        new = [key for key in asked if key not in found]
        read = self._tagged([asked[key] for key in new])
        for key, spans in zip(new, self._spans(read), strict=True):
            found[key] = spans
            self._known.put(key, spans)
        return found

    def _tagged(self, parts: Sequence[tuple[str, Kind]]) -> list[_Read]:
        if self._tagger is None:
            return [_Read(text, kind, None) for text, kind in parts]
        tagged = iter(self._tagger.probabilities([text for text, kind in parts if kind is not Kind.WHOLE]))
        return [_Read(text, kind, None if kind is Kind.WHOLE else next(tagged)) for text, kind in parts]

    def _spans(self, read: Sequence[_Read]) -> list[tuple[Span, ...]]:
        asked = [list(self._asked(one)) for one in read]
        asked_of = {one.text[start:end] for one, ranges in zip(read, asked, strict=True) for start, end in ranges}
        entities = self._ask(asked_of)
        return [
            (
                *self._by_tagger(one),
                *(
                    span
                    for start, end in ranges
                    for entity in entities[one.text[start:end]]
                    for span in self._by_model(one, start, entity)
                ),
            )
            for one, ranges in zip(read, asked, strict=True)
        ]

    def _asked(self, read: _Read) -> Iterator[tuple[int, int]]:
        """Yield the ranges of a piece that the model is asked about: its sentences that pass the gate."""
        if read.kind is Kind.WHOLE:
            yield 0, len(read.text)
        if self._model is None or self._gate is Gate.OPEN:
            return
        for start, end in sentences(read.text, 0, len(read.text)):
            if passes(self._gate, read.text[start:end], read.tagged, start, end, GATE):
                yield start, end

    def _ask(self, sentences: set[str]) -> dict[str, tuple[Entity, ...]]:
        keys = {sentence: key_of("sentence", sentence) for sentence in sorted(sentences)}
        found = {sentence: known for sentence, key in keys.items() if (known := self._entities.get(key)) is not None}
        new = [sentence for sentence in keys if sentence not in found]
        if new and self._model is not None:
            for sentence, entities in zip(new, self._model.entities(new), strict=True):
                found[sentence] = tuple(entities)
                self._entities.put(keys[sentence], found[sentence])
        return found

    def _by_tagger(self, read: _Read) -> Iterator[Span]:
        if read.tagged is None or self._tagger is None:
            return
        version = self._tagger.version
        surest = read.tagged.probabilities.max(0, initial=0.0)
        for start, end, score in read.tagged.runs(PERSON, _GOES_ON) if surest[_PERSON] >= FIND[PERSON] else ():
            if score >= FIND[PERSON] and (name := name_within(read.text, start, end, read.kind)):
                yield Span(*name, PERSON, round(score, 2), "tagger", version)
        if read.kind is Kind.PROSE and surest[_STREET_ADDRESS] >= FIND[STREET_ADDRESS]:
            for start, end, score in read.tagged.runs(STREET_ADDRESS, _GOES_ON):
                if score >= FIND[STREET_ADDRESS] and (address := address_within(read.text, start, end)):
                    yield Span(*address, STREET_ADDRESS, round(score, 2), "tagger", version)

    def _by_model(self, read: _Read, offset: int, entity: Entity) -> Iterator[Span]:
        """Yield what an entity of a sentence is: of the type its label stands for, or a name that the tagger sees."""
        start, end, label = offset + entity[0], offset + entity[1], entity[2]
        entity_type = self._labels.get(label)
        version = self._model.version if self._model else ""
        if read.kind is Kind.WHOLE:
            if entity_type is not None:
                yield Span(start, end, entity_type, MODEL_SCORE, "ner", version)
            return
        if self._is_person(read, start, end, entity_type) and (name := name_within(read.text, start, end, read.kind)):
            yield Span(*name, PERSON, MODEL_SCORE, "ner", version)
        if entity_type not in (None, PERSON):
            yield Span(start, end, entity_type, MODEL_SCORE, "ner", version)

    def _is_person(self, read: _Read, start: int, end: int, entity_type: str | None) -> bool:
        """Return whether an entity is a person to both networks: one must say so, the other may not deny it.

        In a string of code, which has no context, only the tagger's word counts; the model may say where the name
        ends. In lower case the model's word alone is not enough.
        """
        if read.tagged is None:
            return entity_type == PERSON
        person = highest(read.tagged, start, end, PERSON)
        denied = any(highest(read.tagged, start, end, label) >= _DENIED for label in _OTHERS)
        if read.kind is Kind.STRING:
            return person >= FIND[PERSON] and not denied
        if person >= _LEANING:
            return True
        return entity_type == PERSON and not denied and not read.text[start:end].islower()


def _moved(span: Span, offset: int) -> Span:
    return Span(
        span.start + offset,
        span.end + offset,
        span.entity_type,
        span.score,
        span.detector,
        span.version,
        span.validator,
    )
