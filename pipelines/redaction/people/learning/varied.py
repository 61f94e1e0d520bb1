"""Documents made different: other people's names in the place of those annotated, and other capitals."""

from pipelines.redaction.people.learning.document import Document, Labelled
from pipelines.redaction.people.learning.fillings import Filler

_RENAMED, _LOWER, _UPPER = 0.45, 0.14, 0.03


def varied(document: Document, filler: Filler) -> Document:
    """Return a document as it might have been written about somebody else, or by somebody else."""
    if document.key not in ("filled", "code") and filler.random.random() < _RENAMED:
        document = _renamed(document, filler)
    chance = filler.random.random()
    if document.key == "code" or chance >= _LOWER + _UPPER:
        return document
    text = document.text.lower() if chance < _LOWER else document.text.upper()
    return document._replace(text=text) if len(text) == len(document.text) else document


def _renamed(document: Document, filler: Filler) -> Document:
    """Return a document with another name in the place of each person's, in as many words and in the same case."""
    text, spans, at = "", list[Labelled](), 0
    for start, end, label in document.spans:
        text += document.text[at:start]
        value = document.text[start:end]
        if label == "PERSON":
            value = _other_name(value, filler)
        spans.append(Labelled(len(text), len(text) + len(value), label))
        text += value
        at = end
    return Document(document.key, text + document.text[at:], tuple(spans))


def _other_name(value: str, filler: Filler) -> str:
    words = value.split()
    if len(words) > 2 or not all(word.isalpha() for word in words):
        return value
    either = filler.people.given if filler.random.random() < 0.6 else filler.people.family
    name = either() if len(words) == 1 else f"{filler.people.given()} {filler.people.family()}"
    if value.islower():
        return name.lower()
    return name.upper() if value.isupper() and len(value) > 2 else name
