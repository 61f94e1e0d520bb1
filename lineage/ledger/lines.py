"""The lines of a delivered file, JSON Lines or CSV: every one of them, with what is wrong with it.

A line that cannot be read is never skipped here: it comes with its faults and with whatever fields could
still be made out, so that the importer can hear a refusal in it.
"""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from policies.errors import InputError

LIST_SEPARATOR = ";"
READ_BYTES = 1 << 20
TEXT_FIELD = re.compile(r'"(tenant|data_subject_id|same_as|state|scope)"\s*:\s*("(?:[^"\\]|\\.)*")')
BOOLEANS = {"true": True, "false": False}
SURROGATE = re.compile("[\ud800-\udfff]")


class RejectReason(StrEnum):
    """Why a line was not taken as it stands. Shown and counted, so members are never renamed."""

    FILE_CUT_SHORT = "file-cut-short"
    INVALID_UTF_8 = "invalid-utf-8"
    MALFORMED_JSON = "malformed-json"
    MALFORMED_CSV = "malformed-csv"
    NOT_AN_OBJECT = "not-an-object"
    REPEATED_FIELD = "repeated-field"
    UNKNOWN_FIELD = "unknown-field"
    MISSING_FIELD = "missing-field"
    INVALID_FIELD = "invalid-field"
    UNPRINTABLE_TEXT = "unprintable-text"
    PERSONAL_DATA = "personal-data"
    TENANT_UNREADABLE = "tenant-unreadable"
    PERSON_UNREADABLE = "person-unreadable"
    UNKNOWN_STATE = "unknown-state"
    UNKNOWN_SCOPE = "unknown-scope"
    UNKNOWN_PURPOSE = "unknown-purpose"
    TIME_WITHOUT_ZONE = "time-without-zone"
    TIME_UNREADABLE = "time-unreadable"
    RECORDED_IN_THE_FUTURE = "recorded-in-the-future"
    GRANT_FOR_EVERYONE = "grant-for-everyone"
    OLDER_THAN_NEWEST_TABLE = "older-than-newest-table"
    REFUSAL_STANDS = "refusal-stands"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a line: why, and in which field if it is in one."""

    reason: RejectReason
    field: str = ""


@dataclass(slots=True)
class Line:
    """One line as delivered.

    Attributes:
        number: Counted from 1.
        text: The whole line; bytes that are not UTF-8 stand in it as lone surrogates. Never shown.
        fields: What could be made out; a JSON null or an empty CSV cell is absent.
        faults: What is wrong with it so far.
        suspends: Whether it was heard all the same, as a suspension.
    """

    number: int
    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    suspends: bool = False

    @property
    def is_cut(self) -> bool:
        """Whether this stands for what is missing of a file that was cut short."""
        return not self.text

    def fault(self, reason: RejectReason, name: str = "") -> None:
        """Note something wrong with the line."""
        self.faults.append(Fault(reason, name))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file's fields are: names, and which of them CSV writes as lists, booleans and numbers."""

    names: frozenset[str]
    needed: tuple[str, ...]
    lists: frozenset[str]
    booleans: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()


def read_lines(path: Path, shape: Shape) -> Iterator[Line]:
    """Yield every line that is not blank, in order.

    A file that ends before its end (a truncated or damaged gzip stream) yields a last line with the fault
    ``file-cut-short`` and no fields.

    Raises:
        InputError: There is no such file, its name says no known format, or a CSV has no usable header.
    """
    name = path.name.removesuffix(".gz")
    if not name.endswith((".jsonl", ".csv")):
        raise InputError(f"{path.name}: is neither .jsonl, .jsonl.gz nor .csv.")
    try:
        raw = _raw_lines(path)
        yield from _json_lines(raw) if name.endswith(".jsonl") else _csv_lines(raw, path.name, shape)
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read: {type(error).__name__}.") from error


def is_cut_short(path: Path) -> bool:
    """Return whether a file ends before its end, in one pass over it; only a compressed file can tell.

    Raises:
        InputError: It cannot be read at all.
    """
    if not path.name.endswith(".gz"):
        return False
    try:
        with gzip.open(path) as stream:
            while stream.read(READ_BYTES):
                pass
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return True
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read: {type(error).__name__}.") from error
    return False


def _raw_lines(path: Path) -> Iterator[Line]:
    number = 0
    with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as stream:
        try:
            for number, raw in enumerate(stream, start=1):
                line = Line(number, raw.decode("utf-8", "surrogateescape").strip("\r\n"))
                if number == 1:
                    line.text = line.text.removeprefix("\ufeff")
                if not line.text.isascii() and SURROGATE.search(line.text):
                    line.fault(RejectReason.INVALID_UTF_8)
                if line.text.strip():
                    yield line
        except (EOFError, gzip.BadGzipFile, zlib.error):
            yield Line(number + 1, "", faults=[Fault(RejectReason.FILE_CUT_SHORT)])


def _json_lines(lines: Iterator[Line]) -> Iterator[Line]:
    for line in lines:
        if not line.is_cut:
            line.fields = {name: value for name, value in _json_fields(line).items() if value is not None}
        yield line


def _json_fields(line: Line) -> dict[str, Any]:
    repeated: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return found

    try:
        found = json.loads(line.text, object_pairs_hook=once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        line.fault(RejectReason.MALFORMED_JSON)
        return _salvaged(line.text)
    if not isinstance(found, dict):
        line.fault(RejectReason.NOT_AN_OBJECT)
        return {}
    if repeated:
        line.fault(RejectReason.REPEATED_FIELD)
    return {name: value for name, value in found.items() if name not in repeated}


def _no_number(_text: str) -> Any:
    raise ValueError("not a JSON number")


def _salvaged(text: str) -> dict[str, Any]:
    """Make out who a broken line speaks of; a field that stands in it twice is not made out."""
    found = TEXT_FIELD.findall(text)
    names = [name for name, _ in found]
    try:
        return {name: json.loads(value) for name, value in found if names.count(name) == 1}
    except ValueError:
        return {}


def _csv_lines(lines: Iterator[Line], file_name: str, shape: Shape) -> Iterator[Line]:
    header: list[str] | None = None
    for line in lines:
        if line.is_cut:
            yield line
        elif header is None:
            header = _header(line, file_name, shape)
        else:
            line.fields = _csv_fields(line, header, shape)
            yield line


def _header(line: Line, file_name: str, shape: Shape) -> list[str]:
    names = line.text.replace('"', "").split(",")
    if not set(shape.needed) <= set(names) or len(set(names)) != len(names):
        needed = ", ".join(shape.needed)
        raise InputError(
            f"{file_name}: line {line.number} is no header that names, once each, the columns {needed}.",
            remedy="Nothing was imported. Separate columns with commas and the words of a list with semicolons.",
        )
    return names


def _csv_fields(line: Line, header: list[str], shape: Shape) -> dict[str, Any]:
    """Read one row; a row does not go on in the next line, so an open quote cannot swallow other rows."""
    try:
        cells = next(csv.reader([line.text], strict=True))
        if len(cells) != len(header):
            line.fault(RejectReason.MALFORMED_CSV)
    except csv.Error:
        line.fault(RejectReason.MALFORMED_CSV)
        cells = [cell.strip('"') for cell in line.text.split(",")]
    written = {name: cell for name, cell in zip(header, cells, strict=False) if cell != ""}
    return {name: _value(name, cell, shape) for name, cell in written.items()}


def _value(name: str, cell: str, shape: Shape) -> Any:
    """Read a cell as what its column holds; what is not that stays text, and the event refuses it."""
    if name in shape.lists:
        return [word.strip() for word in cell.split(LIST_SEPARATOR) if word.strip()]
    if name in shape.booleans:
        return BOOLEANS.get(cell.lower(), cell)
    if name in shape.numbers and re.fullmatch(r"\d{1,9}", cell, re.ASCII):
        return int(cell)
    return cell
