"""A log file, read line by line in bounded memory; what cannot be read is set aside with its reason."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.interaction import (
    FileFaultError,
    Interaction,
    LineFaultError,
    Rejection,
    RejectReason,
)

MAX_LINE_BYTES = 32 * 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
UTF_8_MARK = b"\xef\xbb\xbf"
OTHER_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")

Line = dict[str, Any]


@dataclass
class LogFile:
    """One file of a declared source, and what became of its lines.

    Attributes:
        path: The file: JSON Lines, plain or gzip (told by its content, not by its name).
        declaration: How to read it.
        on_reject: Called with every line set aside.
        max_line_bytes: A longer line is set aside, and never held in memory.
        lines: Lines read so far that were not blank.
        repeated: Interactions met again that had been read before, such as history sent anew.
    """

    path: Path
    declaration: SourceDeclaration
    on_reject: Callable[[Rejection], None]
    max_line_bytes: int = MAX_LINE_BYTES
    lines: int = field(default=0, init=False)
    repeated: int = field(default=0, init=False)

    def reject(self, line: int, reason: RejectReason, column: str = "") -> None:
        """Set a line aside. ``column`` names the field at fault and never holds a value."""
        self.on_reject(Rejection(self.path.name, line, reason, column))

    def repeat(self, interactions: int = 1) -> None:
        """Count interactions that had been read before."""
        self.repeated += interactions

    def json_lines(self) -> Iterator[tuple[int, Line]]:
        """Yield each line's number, from 1, and its object; reject the lines that hold none.

        Raises:
            FileFaultError: The file as a whole is not what it should be.
        """
        for number, raw in self.raw_lines():
            line = self.parsed(number, raw)
            if line is not None:
                yield number, line

    def raw_lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield each line that is not blank, unparsed, and reject those that are too long.

        Raises:
            FileFaultError: The file as a whole is not what it should be.
        """
        with self._opened() as stream:
            yield from self._checked(stream)

    def parsed(self, number: int, raw: bytes) -> Line | None:
        """Return a line's object, or reject the line."""
        try:
            return parse_line(raw)
        except LineFaultError as fault:
            self.reject(number, fault.reason, fault.column)
            return None

    def _opened(self) -> IO[bytes]:
        plain = self.path.open("rb")
        start = plain.read(len(GZIP_MAGIC))
        plain.seek(0)
        if start == GZIP_MAGIC:
            plain.close()
            return cast("IO[bytes]", gzip.open(self.path, "rb"))
        if start and self.path.suffix == ".gz":
            plain.close()
            raise FileFaultError(RejectReason.NOT_GZIP)
        return plain

    def _checked(self, stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
        self.lines = 0
        for number, raw in enumerate(self._split(stream), start=1):
            if raw is None:
                self.lines += 1
                self.reject(number, RejectReason.TOO_LARGE)
                continue
            if number == 1:
                raw = _without_mark(raw)
            raw = raw.strip()
            if not raw:
                continue
            self.lines += 1
            if self.lines == 1 and (raw == b"{" or raw.startswith(b"[")):
                raise FileFaultError(RejectReason.NOT_JSON_LINES, number)
            yield number, raw

    def _split(self, stream: IO[bytes]) -> Iterator[bytes | None]:
        """Yield every line, and ``None`` for one that is too long."""
        try:
            while raw := stream.readline(self.max_line_bytes + 1):
                fits = len(raw) <= self.max_line_bytes
                while not raw.endswith(b"\n") and len(raw) > self.max_line_bytes:
                    raw = stream.readline(self.max_line_bytes + 1)
                yield raw if fits else None
        except EOFError as error:
            raise FileFaultError(RejectReason.TRUNCATED_GZIP) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FileFaultError(RejectReason.NOT_GZIP) from error


@dataclass(frozen=True)
class SourceFormat:
    """How logs of one form are read.

    Attributes:
        name: What declarations call it.
        description: One sentence for people.
        read: Yields the interactions of a file in a reproducible order, each conversation's by position.
            What it cannot read it rejects; it raises `FileFaultError` alone.
    """

    name: str
    description: str
    read: Callable[[LogFile], Iterator[Interaction]]


def parse_line(raw: bytes) -> Line:
    """Return the JSON object that a line holds.

    Raises:
        LineFaultError: It holds none, or text that is not Unicode.
    """
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise LineFaultError(RejectReason.INVALID_UTF_8) from error
    except (ValueError, RecursionError) as error:
        raise LineFaultError(RejectReason.MALFORMED_JSON) from error
    if not isinstance(value, dict):
        raise LineFaultError(RejectReason.NOT_AN_OBJECT)
    if b"\\ud" in raw or b"\\uD" in raw:
        _require_unicode(value)
    return value


def _require_unicode(value: Line) -> None:
    """Refuse half of a surrogate pair, which JSON can write and UTF-8 cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise LineFaultError(RejectReason.INVALID_UNICODE) from error


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _without_mark(raw: bytes) -> bytes:
    if raw.startswith(OTHER_UNICODE_MARKS):
        raise FileFaultError(RejectReason.NOT_UTF_8, 1)
    return raw.removeprefix(UTF_8_MARK)
