"""The texts that the tagger learns from: annotated ones, and logs that a spaCy pipeline labels as its teacher.

Of the annotated sets only tuning halves are read: documents whose ``template``, or ``id`` where it has none, hashes
to an even number; sets named ``_train`` whole, sets named ``_dev`` not at all.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipelines.redaction.people.features import folded, gazetteer
from pipelines.redaction.people.learning.document import UNSURE, Document, Labelled
from pipelines.redaction.people.learning.lists import lists

SETS = ("presidio_research_large", "wikigold", "datafog_corpus", "wnut17_train", "soner_train")
_LABELS = {
    "PERSON": "PERSON",
    "ADDRESS": "STREET_ADDRESS",
    "LOCATION": "LOCATION",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "ORG": "ORGANIZATION",
    "USERNAME": UNSURE,
    "TITLE": UNSURE,
}
_TITLE = re.compile(r"\b(?:mr|mrs|ms|miss|dr|prof|professor|sir|madam)\b\.?\s\Z", re.IGNORECASE)
_GAP = re.compile(r"[\W_]{0,6}")
_LINE = re.compile(r"[^\r\n]{20,600}")


def annotated(data: Path) -> Iterator[Document]:
    """Yield the annotated documents of the tuning halves.

    Args:
        data: The folder that holds ``pii_gold`` and ``logs``.
    """
    for name in SETS:
        for row in _rows(data / "pii_gold" / f"{name}.jsonl.gz"):
            key = str(row["id"] if row.get("template") is None else row["template"])
            if name.endswith("_train") or hashlib.sha256(key.encode()).digest()[0] % 2 == 0:
                labelled = (Labelled(one["start"], one["end"], _label(one)) for one in row["spans"])
                spans = sorted(span for span in labelled if span.label != "O")
                yield _with_titles(Document(name, row["text"], tuple(_addresses_whole(row["text"], spans))))


def logged(data: Path, characters: int, code_characters: int) -> Iterator[Document]:
    """Yield lines of logs, unlabelled: so much dialogue, so much of developers' prose, so much code."""
    logs = data / "logs"
    dialogues = (row["utterances"] for row in _rows(logs / "taskmaster4" / "taskmaster4.jsonl.gz"))
    speech = (said for one in dialogues for said in re.findall(r"'text': ([\"'])(.+?)\1, 'seg", str(one)))
    yield from _some("dialogue", (text for _, text in speech), characters)
    notes = (
        message.get("text", "")
        for row in _rows(logs / "gitai_notes" / "conversations.jsonl.gz")
        for message in row["messages"]
    )
    sessions = (turn["text"] for row in _rows(logs / "aider_history" / "sessions.jsonl.gz") for turn in row["turns"])
    trees = (text for row in _rows(logs / "oasst_tree_fixture" / "trees.jsonl.gz") for text in _tree(row["prompt"]))
    for texts in (notes, sessions, trees):
        yield from _some("prose", texts, characters)
    patches = (row["diff"] or "" for row in _rows(logs / "lovable_app_history" / "commits.jsonl.gz"))
    yield from _some("code", (line[:600] for patch in patches for line in _blocks(patch)), code_characters)


def taught(documents: Sequence[Document], model: str) -> Iterator[Document]:
    """Yield documents with the labels that a spaCy pipeline gives them.

    In developers' prose it takes many a word for a person. There a name counts only if its words are in the
    gazetteer; where one of them is a given name, nothing is learnt of it; else, and in other letters than Latin ones,
    it is nobody. Code holds nobody.
    """
    nlp = import_module(model).load(exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    asked = [document for document in documents if document.key != "code"]
    for document, read in zip(asked, nlp.pipe((one.text for one in asked), batch_size=256), strict=True):
        found = [
            (entity.start_char, entity.end_char, _LABELS.get(entity.label_, "O"), entity.text) for entity in read.ents
        ]
        labelled = (Labelled(start, end, _believed(document.key, text, label)) for start, end, label, text in found)
        yield _with_titles(document._replace(spans=tuple(span for span in labelled if span.label != "O")))
    yield from (document for document in documents if document.key == "code")


def _believed(key: str, text: str, label: str) -> str:
    if label == "O" or (label != "PERSON" and key == "dialogue"):
        return label
    if not folded(text).isascii():
        return "O"
    if label != "PERSON":
        return UNSURE
    words = [folded(word) for word in text.split()]
    if any(word.title() in lists()["technology"] for word in words):
        return "O"
    standings = [gazetteer().get(word, 0) for word in words]
    if all(standings) and text[:1].isupper():
        return "PERSON"
    return UNSURE if any(standing >= 3 for standing in standings) else "O"


def _label(annotation: Mapping[str, Any]) -> str:
    if annotation["label"] == "TITLE" and annotation.get("olabel") == "PREFIX":
        return "PERSON"
    return _LABELS.get(annotation["label"], "O")


def _with_titles(document: Document) -> Document:
    """Return a document with ``Mr.`` and the like made part of the name behind: corpora do not agree on it."""
    spans: list[Labelled] = []
    for span in document.spans:
        title = _TITLE.search(document.text, max(0, span.start - 12), span.start)
        free = title and (not spans or spans[-1].end <= title.start())
        spans.append(span._replace(start=title.start()) if title and free and span.label == "PERSON" else span)
    return document._replace(spans=tuple(spans))


def _addresses_whole(text: str, spans: Sequence[Labelled]) -> list[Labelled]:
    """Return the spans with a place that touches an address made part of it: one address from street to country."""
    whole = list(spans)
    for order in (range(1, len(whole)), range(len(whole) - 2, -1, -1)):
        for at in order:
            beside = whole[at - 1] if order.step > 0 else whole[at + 1]
            low, high = sorted((whole[at], beside))
            near = _GAP.fullmatch(text, low.end, max(low.end, high.start))
            if whole[at].label == "LOCATION" and beside.label == "STREET_ADDRESS" and near:
                whole[at] = whole[at]._replace(label="STREET_ADDRESS")
    parts = [one for one in whole if one.label == "STREET_ADDRESS"]
    gaps = [
        Labelled(low.end, high.start, "STREET_ADDRESS")
        for low, high in pairwise(parts)
        if low.end < high.start and _GAP.fullmatch(text, low.end, high.start)
    ]
    return sorted(whole + gaps)


def _some(key: str, texts: Iterable[str], characters: int) -> Iterator[Document]:
    """Yield distinct lines, chosen by their own bytes, until there are so many characters."""
    seen, size = set[str](), 0
    for text in texts:
        for line in [text] if key == "code" else _LINE.findall(text):
            if line in seen or hashlib.sha256(line.encode("utf-8", "replace")).digest()[0] % 2:
                continue
            seen.add(line)
            size += len(line)
            yield Document(key, line)
            if size >= characters:
                return


def _blocks(patch: str) -> Iterator[str]:
    """Yield the lines of a patch, a dozen together."""
    lines = patch.splitlines()
    for at in range(0, len(lines), 12):
        yield "\n".join(lines[at : at + 12])


def _tree(message: Any) -> Iterator[str]:
    yield message["text"]
    for reply in message.get("replies", ()):
        yield from _tree(reply)


def _rows(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
