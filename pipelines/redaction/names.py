"""Names of people, found by a spaCy pipeline that holds nothing but its NER.

The network is slow and sees people in identifiers, so it is shown only what may hold a name: lines of prose, and
the strings and comments of code, where a capitalised word stands that is no common opener and no technology.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module, resources
from typing import Any

from presidio_analyzer import EntityRecognizer, RecognizerResult

_LINE = re.compile(r"[^\r\n]+")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_CODE_MARKS = re.compile(r"[{}\[\]()=;<>|\\&*$^]|->|::|\w_\w|\w\.\w+\(")
_CODE_LINE = re.compile(
    r"\s*(?:import |from \w+ import|def |class \w+[:({]|return\b|const |let |var |function |export |public |"
    r"private |if \(|for \(|"
    r"@\w|#include|</?\w+[ />]|\w+\s?=\s|\w+\(|\}|SELECT |INSERT |UPDATE |at \w|File \")"
)
_QUOTED = re.compile(r"\"([^\"\\\n]{3,400})|'([^'\\\n]{3,400})'|`([^`\\\n]{3,400})`|>([^<>{}\n]{3,400})</")
_COMMENT = re.compile(r"(?:(?<!\S)#|(?<!:)//|/\*|--\s|<!--|^\s*\*)\s*(.{3,400})")
_CAPITALISED = re.compile(r"(?<![\w@#./\\$_-])[^\W\d_a-zß-öø-ÿ][^\W\d_A-Z]+(?:['\u2019-][^\W\d_]+)*(?![\w(=\[]|\.\w)")
_TWO_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_A-Z]+ (?:[A-Z]\. )?[^\W\d_a-z][^\W\d_]+")
_CODE_LIKE = re.compile(r"[\d_/\\=(){}\[\]<>@#$%^*|`~:;\"+]|[a-z][A-Z]{1}[a-z]+[A-Z]|\.\w\w")
_OPENERS = r"use|ask|call|tell|email|mail|contact|hi|hello|dear|hey|by|from|for|to|and|thanks"
_WORD = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff][^\W\d_A-Z]+(?:['\u2019-][^\W\d_]+)*"
_MAC_OR_TITLE = re.compile(r"(?:Mc|Mac|De|Di|La|Le|O')[A-Z]")
_LONGEST = 2000
# Two or three words that each begin with a capital and go on without, after a common opener or nothing of the kind.
_ROW = re.compile(
    rf"(?<![\w@#./\\$_-])(?!(?i:{_OPENERS}) ){_WORD}(?: [A-Z]\.)?(?: {_WORD}){{1,2}}"
    r"(?![\w(=\[]|\.\w)"
)
_CARRIER = "{} told me that he is ill."
_REMEMBERED = 50_000


def _words(file: str) -> frozenset[str]:
    lines = (resources.files(__package__) / "vocabulary" / file).read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


_COMMON = _words("openers.txt")
_TECHNOLOGY = _words("technology.txt")


def candidate_pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a text that may hold a person's name, in order, without overlap."""
    fenced = False
    for line in _LINE.finditer(text):
        if _FENCE.match(line.group()):
            fenced = not fenced
            continue
        code = fenced or _is_code(line.group())
        for start, end in _pieces_of_code(line) if code else _windows(line.start(), line.end()):
            piece = text[start:end]
            if _may_hold_name(piece) and (not code or _TWO_CAPITALISED.search(piece)):
                yield start, end


def _is_code(line: str) -> bool:
    marks = len(_CODE_MARKS.findall(line))
    if marks * 12 > len(line):
        return True
    return marks > 0 and bool(_CODE_LINE.match(line)) and not line.rstrip().endswith((".", "?"))


def _pieces_of_code(line: re.Match[str]) -> Iterator[tuple[int, int]]:
    comment = _COMMENT.search(line.group())
    limit = comment.start(1) if comment else len(line.group())
    for quoted in _QUOTED.finditer(line.group(), 0, limit):
        group = quoted.lastindex or 0
        yield line.start() + quoted.start(group), line.start() + quoted.end(group)
    if comment:
        yield line.start() + comment.start(1), line.start() + comment.end(1)


def _windows(start: int, end: int) -> Iterator[tuple[int, int]]:
    for begin in range(start, end, _LONGEST):
        yield begin, min(end, begin + _LONGEST)


def _may_hold_name(piece: str) -> bool:
    return any(
        (word := match.group().casefold()) not in _TECHNOLOGY and word not in _COMMON
        for match in _CAPITALISED.finditer(piece)
    )


class NameRecognizer(EntityRecognizer):  # type: ignore[misc]  # Presidio ships no types
    """Presidio recogniser of names: a spaCy NER over candidate pieces, each distinct piece read once.

    Args:
        model: Name of the installed spaCy model package.
        labels: The model's labels that count, and the entity type each stands for.
    """

    SCORE = 0.85  # spaCy gives no confidence; Presidio's own default for its models

    def __init__(self, model: str, labels: Mapping[str, str]) -> None:
        self._model = model
        self._labels = dict(labels)
        self._known: dict[str, list[tuple[int, int, str]]] = {}
        super().__init__(sorted(set(labels.values())), name="NameRecognizer", version="1")

    def load(self) -> None:
        """Load the model's token vectors and NER alone: what else it has costs half the time."""
        self._nlp: Any = import_module(self._model).load(exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])

    @property
    def model_version(self) -> str:
        """Name and version of the model, as its own metadata says."""
        meta = self._nlp.meta
        return f"{meta['lang']}_{meta['name']}-{meta['version']}"

    def forget(self) -> None:
        """Forget every piece that was read."""
        self._known.clear()

    def prepare(self, texts: Iterable[str]) -> None:
        """Read the candidate pieces of many texts in batches, so that :meth:`analyze` finds them read."""
        pieces = {text[start:end]: None for text in texts for start, end in candidate_pieces(text)}
        self._read([piece for piece in pieces if piece not in self._known])

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        """Return the names in the candidate pieces of a text."""
        found = []
        for start, end in candidate_pieces(text):
            piece = text[start:end]
            if piece not in self._known:
                self._read([piece])
            for low, high, entity_type in self._known[piece]:
                found.append(self._result(start + low, start + high, entity_type))
        return found

    def _result(self, start: int, end: int, entity_type: str) -> RecognizerResult:
        return RecognizerResult(
            entity_type,
            start,
            end,
            self.SCORE,
            recognition_metadata={
                RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            },
        )

    def _read(self, pieces: list[str]) -> None:
        """Find the names in pieces; a row of capitalised words that was missed is asked about once more."""
        found = {piece: self._spans(piece, document) for piece, document in self._documents(pieces)}
        doubtful = {piece: _doubtful(piece, spans) for piece, spans in found.items()}
        phrases = {piece[start:end]: None for piece, ranges in doubtful.items() for start, end in ranges}
        asked = [_CARRIER.format(phrase) for phrase in phrases]
        names = {
            phrase
            for phrase, (_, document) in zip(phrases, self._documents(asked), strict=True)
            if any(e.start_char == 0 and e.end_char >= len(phrase) and e.label_ in self._labels for e in document.ents)
        }
        for piece in pieces:
            again = [(start, end, "PERSON") for start, end in doubtful[piece] if piece[start:end] in names]
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[piece] = found[piece] + again

    def _documents(self, texts: list[str]) -> Iterator[tuple[str, Any]]:
        """Yield each text with what the network made of it; read in order of length, so that batches are even."""
        order = sorted(texts, key=len)
        documents = dict(zip(order, self._nlp.pipe(order, batch_size=128), strict=True))
        return ((text, documents[text]) for text in texts)

    def _spans(self, piece: str, document: Any) -> list[tuple[int, int, str]]:
        labelled = [entity for entity in document.ents if entity.label_ in self._labels]
        trimmed = ((*_trimmed(piece, e.start_char, e.end_char), self._labels[e.label_]) for e in labelled)
        return [span for span in trimmed if _reads_like_name(piece, span[0], span[1])]


def _doubtful(piece: str, found: Sequence[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Return rows of two or three capitalised words, none of them common or a technology, that are in no name."""
    return [
        match.span()
        for match in _ROW.finditer(piece)
        if not any(_is_known(word) for word in match.group().split())
        and not any(start < match.end() and match.start() < end for start, end, _ in found)
        and _reads_like_name(piece, *match.span())
    ]


def is_rare(word: str) -> bool:
    """Return whether a word of four characters or more is neither common nor a technology."""
    return len(word) >= 4 and not _is_known(word)


def _is_known(word: str) -> bool:
    plain = word.strip(".'\u2019").casefold()
    return plain in _COMMON or plain in _TECHNOLOGY or plain.removesuffix("s") in _COMMON


def _trimmed(piece: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without a possessive, quotes, and anything from a tab or a mark of code onward."""
    value = piece[start:end]
    cut = re.search(r"['\u2019]s?$|[\t<`(\[{]|\s[-\u2013\u2014]\s", value)
    value = value[: cut.start()] if cut else value
    lead = len(value) - len(value.lstrip(" \t\"'`*-\u2013\u2014.,:;"))
    return start + lead, start + len(value.rstrip(" \t\"'`*-\u2013\u2014,:;"))


def _reads_like_name(piece: str, start: int, end: int) -> bool:
    value = piece[start:end]
    if len(value) < 2 or (_CODE_LIKE.search(value) and not _MAC_OR_TITLE.search(value)):
        return False
    before, after = piece[start - 1 : start], piece[end : end + 2]
    if (before and before in "@#$/\\_.<`") or re.match(r"[(_=\[`@/\\]|\.\w", after):
        return False
    words = value.split()
    return any(word[:1].isupper() for word in words) and not all(_is_known(word) for word in words)
