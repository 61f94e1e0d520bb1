"""A text taken apart into the texts that are searched, however deeply one is in another, and put together again.

JSON in a string of JSON in the arguments of a tool call: each string is a text of its own, read without its escapes,
and is escaped again when it changed. What is no document is one text.
"""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pipelines.redaction.carriers.json_lines import read_json_lines
from pipelines.redaction.carriers.json_text import Token, read_json, write_json
from pipelines.redaction.carriers.unreadable import UnreadableTextError
from pipelines.redaction.fields import telling
from pipelines.redaction.outcome import NOTHING, Find, Outcome

_DEEPEST = 16  # documents in documents: each escapes the one inside it, so a text of that depth is absurd

_BEGINS = re.compile(r"\s*[\[{]")

# A text that is searched, after the words of the field it stands in.
Segment = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """A text that holds others: its tokens, and what each is, a text to search or a document again.

    ``field`` are the words of the field that the document is the value of.
    """

    field: str
    text: str
    parts: tuple[tuple[Token, "Document | Segment"], ...]

    def segments(self) -> Iterator[Segment]:
        """Yield the texts to search, in order."""
        for _, part in self.parts:
            if isinstance(part, Document):
                yield from part.segments()
            else:
                yield part

    def outcome(self, of_segment: Callable[[Segment], Outcome]) -> Outcome:
        """Return what became of the document, given what became of each of its texts."""
        changes: list[tuple[Token, str]] = []
        finds: list[Find] = []
        names: list[tuple[str, str]] = []
        for token, part in self.parts:
            done = part.outcome(of_segment) if isinstance(part, Document) else of_segment(part)
            if done is NOTHING:
                continue
            if done.reason is not None:
                return Outcome(reason=done.reason)
            if done.redacted is not None:
                changes.append((token, done.redacted))
            if done.finds:
                pointer = token.pointer(lambda key: of_segment(("", key)).redacted or key)
                finds += [replace(find, within=f"#{pointer}{find.within}") for find in done.finds]
            names += done.names
        redacted = write_json(self.text, changes) if changes else None
        return Outcome(redacted, tuple(finds), tuple(dict.fromkeys(names)))


def take_apart(text: str, field: str, depth: int = 0) -> Document | Segment:
    """Return a text as the document it is, or as a text to search.

    Args:
        text: Valid Unicode.
        field: Words of the field that it is the value of; ``""`` where there are none.
        depth: How many documents it is in.

    Raises:
        UnreadableTextError: A string of a document holds half a character, or documents are nested too deeply.
    """
    if not _BEGINS.match(text):
        return field, text
    tokens = read_json(text)
    if tokens is None:
        tokens = read_json_lines(text)
    if tokens is None:
        return field, text
    if depth >= _DEEPEST:
        raise UnreadableTextError("Documents are nested in strings of documents too deeply.")
    return Document(field, text, tuple((token, _part(token, depth)) for token in tokens))


def _part(token: Token, depth: int) -> "Document | Segment":
    if token.is_key:
        return "", token.text
    if token.is_bare:
        return token.field, token.text
    return take_apart(token.text, words_of_field(token.field), depth + 1)


@functools.lru_cache(maxsize=16384)
def words_of_field(field: str) -> str:
    """Return what a field's name says of its value, in words joined by ``_``; ``""`` if it says nothing."""
    return telling(field) if field else ""
