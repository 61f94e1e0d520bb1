"""Leaks: generated identifiers, each in every carrier, are redacted, and looked for in what comes out."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from benchmarks.corpus import record
from benchmarks.redaction.carriers import CARRIERS, Carrier
from benchmarks.redaction.contestants import redactor
from benchmarks.redaction.identifiers import Identifier, bare, identifiers
from benchmarks.redaction.targets import Target
from benchmarks.timing import Figures
from lineage.record import RECORD_SCHEMA

SEED = 7
ROWS = 2_000
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class Leaks:
    """What became of all variants.

    Attributes:
        variants: How many there were.
        quarantined: How many were stopped.
        leaked: Of which something telling could still be read, by kind and carrier.
        broken: Which could be parsed before and cannot be now, by kind and carrier.
        parsed: How many could be parsed before.
    """

    variants: int
    quarantined: int
    leaked: Counter[tuple[str, str]]
    broken: Counter[tuple[str, str]]
    parsed: int


def leaks(each: int) -> Leaks:
    """Redact ``each`` identifiers of every kind in every carrier, each variant a record of its own."""
    variants = [(one, carrier) for one in identifiers(SEED, each) for carrier in CARRIERS]
    redacting, leaked, broken = redactor(), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    parsed = left = 0
    for first in range(0, len(variants), ROWS):
        part = variants[first : first + ROWS]
        batch = pa.RecordBatch.from_pylist([_record(place, *one) for place, one in enumerate(part)], RECORD_SCHEMA)
        done = redacting.redact(batch).batch
        rows = {row["position"]: row for row in done.select(["position", "messages", "attributes"]).to_pylist()}
        left += len(rows)
        for place, (identifier, carrier) in enumerate(part):
            if place not in rows:
                continue
            text = _text(rows[place], carrier)
            leaked[identifier.kind, carrier.name] += is_readable(identifier, text)
            if _parses(carrier, carrier.carry(identifier)):
                parsed += 1
                broken[identifier.kind, carrier.name] += not _parses(carrier, text)
    return Leaks(len(variants), len(variants) - left, +leaked, +broken, parsed)


def is_readable(identifier: Identifier, text: str) -> bool:
    """Return whether something telling of an identifier can be read in a text, as it stands or decoded."""
    return any(part in reading for reading in _readings(text) for part in identifier.telling)


def _readings(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text)
    yield bare(plain)
    for _ in range(3):  # as deep as the carriers nest
        plain = html.unescape(unquote(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), plain.replace("\\\\", "\\"))))
        yield bare(plain)
        yield bare(re.sub(r"\\[nrt]", " ", plain))


def _record(place: int, identifier: Identifier, carrier: Carrier) -> dict[str, Any]:
    text = carrier.carry(identifier)
    row = record(place, ["Hello.", "Hello."], "acme", 0) | {"position": place}
    if carrier.place == "attribute":
        return row | {"attributes": [("note", text)]}
    message = row["messages"][1]
    if carrier.place == "arguments":
        return row | {"messages": [message | {"tool_calls": [{"id": "call", "name": "write", "arguments": text}]}]}
    return row | {"messages": [message | {"content": text}]}


def _text(row: dict[str, Any], carrier: Carrier) -> str:
    if carrier.place == "attribute":
        return str(row["attributes"][0][1])
    message = row["messages"][0]
    return str(message["tool_calls"][0]["arguments"] if carrier.place == "arguments" else message["content"])


def _parses(carrier: Carrier, text: str) -> bool:
    if carrier.parse is None:
        return False
    try:
        carrier.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def leak_table(found: Leaks) -> Figures:
    """Return where something leaked: carriers that let nothing through are told in one line."""
    most_first = sorted(found.leaked.items(), key=lambda one: (-one[1], one))
    rows: list[tuple[object, ...]] = [(kind, carrier, count) for (kind, carrier), count in most_first]
    rows.append(("all", f"{found.variants} variants, {found.quarantined} quarantined", found.leaked.total()))
    return Figures("Identifiers that could still be read", ("identifier", "carrier", "leaks"), tuple(rows))


def leak_targets(found: Leaks) -> Sequence[Target]:
    """Return the bars on variants, leaks and what still parses."""
    parse = 100 - 100 * found.broken.total() / max(1, found.parsed)
    return [
        Target("generated variants over the carriers", 10_000, found.variants),
        Target("leaks among them", 0, found.leaked.total(), at_most=True),
        Target("variants that parsed and still parse, %", 99.5, parse),
    ]
