"""Gold sets: annotated text in two halves, and how finds are held against it.

What is tuned is tuned on one half and reported on the other. A document's half depends on its template, its rule or,
where it has neither, its id, so that no template and no rule is on both sides.
"""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchmarks.corpus import DATA

DIRECTORY = DATA / "pii_gold"

PERSONAL = ("presidio_research_large", "wnut17_dev", "wikigold", "soner_dev", "datafog_corpus", "presidio_unit_tests")
"""Sets of personal data that have a reported half."""

SECRETS = ("secrets_gitleaks", "secrets_noseyparker", "secrets_secretlint")
"""Sets of secrets, each by the rules of another catalogue."""

Ranges = Sequence[tuple[int, int]]
"""Code points ``start`` up to, not including, ``end``; they may overlap."""


class Half(StrEnum):
    """Which use a document is for."""

    TUNING = "tuning"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Annotation:
    """Code points ``start`` up to ``end`` of a document: one value. ``rule`` is its set's own name for the type."""

    start: int
    end: int
    label: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what stands in it.

    Attributes:
        name: Its id within its set.
        text: The text.
        annotations: The values.
        half: Which half it belongs to.
    """

    name: str
    text: str
    annotations: tuple[Annotation, ...]
    half: Half


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share, 0 to 1; of nothing it is 1."""
        return self.part / self.whole if self.whole else 1.0


def exists(*sets: str) -> bool:
    """Return whether all these sets lie beside the repository."""
    return all((DIRECTORY / f"{name}.jsonl.gz").is_file() for name in sets)


def documents(name: str, half: Half | None = None) -> list[Document]:
    """Return a set's documents in its order, of one half or of both.

    Raises:
        FileNotFoundError: The set is not beside the repository.
    """
    with gzip.open(DIRECTORY / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        read = [_document(name, json.loads(line)) for line in lines]
    return [document for document in read if half in (None, document.half)]


def half_of(name: str, row: Mapping[str, Any]) -> Half:
    """Return the half a row of a set belongs to."""
    if name.endswith("_train"):
        return Half.TUNING
    if name.endswith("_dev"):
        return Half.REPORTED
    odd = hashlib.sha256(_key(name, row).encode()).digest()[0] % 2
    return Half.REPORTED if odd else Half.TUNING


def _key(name: str, row: Mapping[str, Any]) -> str:
    if row.get("template") is not None:
        return str(row["template"])
    if name in SECRETS or name == "presidio_unit_tests":
        of_rule = row["spans"][0]["olabel"] if row["spans"] else row.get("neg_for")
        return str(of_rule or row["id"])
    return str(row["id"])


def _document(name: str, row: Mapping[str, Any]) -> Document:
    spans = (Annotation(one["start"], one["end"], one["label"], one.get("olabel", "")) for one in row["spans"])
    return Document(str(row["id"]), row["text"], tuple(sorted(spans, key=lambda one: one.start)), half_of(name, row))


def covered(text: str, found: Iterable[tuple[int, int]]) -> set[int]:
    """Return the places of letters and digits that ranges cover: spaces and punctuation tell nobody anything."""
    return {place for start, end in found for place in range(start, end) if text[place].isalnum()}


def character_recall(gold: Sequence[Document], found: Sequence[Ranges]) -> dict[str, Share]:
    """Return for each label how many of its letters and digits are covered, by finds of whatever type.

    Args:
        gold: ``n`` documents.
        found: What was found in each of them.
    """
    part, whole = Counter[str](), Counter[str]()
    for document, ranges in zip(gold, found, strict=True):
        mine = covered(document.text, ranges)
        for one in document.annotations:
            wanted = covered(document.text, [(one.start, one.end)])
            part[one.label] += len(wanted & mine)
            whole[one.label] += len(wanted)
    return {label: Share(part[label], whole[label]) for label in sorted(whole)}


def full_span_recall(gold: Sequence[Document], found: Sequence[Ranges]) -> Share:
    """Return of how many annotations every letter and digit is covered."""
    part = whole = 0
    for document, ranges in zip(gold, found, strict=True):
        mine = covered(document.text, ranges)
        whole += len(document.annotations)
        part += sum(covered(document.text, [(one.start, one.end)]) <= mine for one in document.annotations)
    return Share(part, whole)


def span_precision(gold: Sequence[Document], found: Sequence[Sequence[tuple[int, int, str]]]) -> dict[str, Share]:
    """Return for each type found how many of its spans hold a letter or digit that is annotated, whatever as.

    Where a set leaves things unlabelled, this is less than the truth.

    Args:
        gold: ``n`` documents.
        found: Start, end and type of what was found in each of them.
    """
    part, whole = Counter[str](), Counter[str]()
    for document, spans in zip(gold, found, strict=True):
        annotated = covered(document.text, [(one.start, one.end) for one in document.annotations])
        for start, end, entity_type in spans:
            whole[entity_type] += 1
            part[entity_type] += bool(covered(document.text, [(start, end)]) & annotated)
    return {entity_type: Share(part[entity_type], whole[entity_type]) for entity_type in sorted(whole)}


def flagged_negatives(gold: Sequence[Document], found: Sequence[Ranges]) -> Share:
    """Return in how many of the documents without any value something was found."""
    negatives = [bool(ranges) for document, ranges in zip(gold, found, strict=True) if not document.annotations]
    return Share(sum(negatives), len(negatives))
