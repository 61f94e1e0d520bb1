"""The texts of a record by the places that findings name, those inside documents too."""

from collections.abc import Iterator

import pyarrow as pa

from pipelines.redaction.carriers.columns import RecordTexts
from pipelines.redaction.carriers.documents import Document, take_apart
from pipelines.redaction.carriers.unreadable import UnreadableTextError


def texts_by_place(row: pa.RecordBatch) -> dict[str, str]:
    """Return the texts of one record by their place.

    Args:
        row: 1 row of ``RECORD_SCHEMA``.
    """
    found: dict[str, str] = {}
    for column in RecordTexts(row).columns:
        for position, code in enumerate(column.codes.tolist()):
            text = column.texts[code] if code >= 0 else None
            if text is not None:
                place = column.place(position)
                found[place] = text
                found |= {place + within: inner for within, inner in texts_within(text)}
    return found


def texts_within(text: str) -> Iterator[tuple[str, str]]:
    """Yield where a document holds texts, as findings name the place, and the texts; nothing, if it is none."""
    try:
        part = take_apart(text, "")
    except UnreadableTextError:
        return
    if isinstance(part, Document):
        yield from _inside(part)


def _inside(document: Document) -> Iterator[tuple[str, str]]:
    for token, part in document.parts:
        here = f"#{token.pointer(lambda key: key)}"
        yield here, token.text
        if isinstance(part, Document):
            yield from ((here + further, text) for further, text in _inside(part))
