"""All expressions in one Hyperscan database, compiled once a machine and kept in the user's cache."""

import hashlib
import os
import tempfile
import threading
from array import array
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

PLACE_BITS = 40  # a report is the expression's place, then this many bits of its end
_FORMAT = b"lineweight-hyperscan/2\n"
_DIGEST_BYTES = 32
_Made = tuple[Any, tuple[int | None, ...]]


def cache_directory() -> Path:
    """Return where compiled databases are kept: the user's cache, as the XDG Base Directory Specification has it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lineweight" / "hyperscan"


class Database:
    """Expressions over bytes that are searched in one pass.

    Args:
        variants: For each expression the ways to put it, the most telling first; the first that the scanner takes is
            searched. A report names an expression by its place.
        cache: The directory that compiled databases are kept in; ``None`` compiles anew.

    Attributes:
        chosen: For each expression the place of the variant that is searched, or ``None`` where the scanner takes none.
    """

    def __init__(self, variants: Sequence[Sequence[bytes]], cache: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._database, self.chosen = _ready(variants, cache)

    def reports(self, data: bytes) -> Any:
        """Return the distinct reports in some bytes, ``int64[n]``, by place and then by end."""
        events = array("Q")
        if self._database is not None and data:
            with self._lock:  # the scratch space of a database is for one thread at a time
                self._database.scan(data, match_event_handler=_note, context=events)
        return np.unique(np.frombuffer(events, np.uint64)).astype(np.int64)


def _note(place: int, _start: int, end: int, _flags: int, events: Any) -> None:
    events.append(place << PLACE_BITS | end)


def _ready(variants: Sequence[Sequence[bytes]], cache: Path | None) -> _Made:
    """Return the database of some expressions, from the cache if it is whole there."""
    path = None if cache is None else cache / f"{_digest(variants)}.db"
    made = None if path is None else _kept(path)
    if made is None:
        made = _made(variants)
        if path is not None:
            _keep(path, *made)
    return made


def _digest(variants: Sequence[Sequence[bytes]]) -> str:

    parts = [_FORMAT, version("hyperscan").encode(), os.uname().machine.encode()]
    for ways in variants:
        parts += [b"%d" % len(ways), *ways]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


def _made(variants: Sequence[Sequence[bytes]]) -> _Made:
    """Return the database of the first variants or, where the scanner does not take all, of the first it takes."""
    chosen: tuple[int | None, ...] = tuple(0 if ways else None for ways in variants)
    database = _database(variants, chosen)
    if database is None and any(variants):
        chosen = tuple(_first_taken(ways) for ways in variants)
        database = _database(variants, chosen)
    return database, chosen


def _first_taken(ways: Sequence[bytes]) -> int | None:
    return next((place for place, way in enumerate(ways) if _database([[way]], (0,)) is not None), None)


def _database(variants: Sequence[Sequence[bytes]], chosen: Sequence[int | None]) -> Any:
    """Return a database of the variants that were chosen, or ``None`` if there are none or the scanner refuses one."""
    import hyperscan

    taken = {place: variants[place][way] for place, way in enumerate(chosen) if way is not None}
    if not taken:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=list(taken.values()),
            ids=list(taken),
            elements=len(taken),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(taken),
        )
    except hyperscan.HyperscanError:
        return None
    return database


def _kept(path: Path) -> _Made | None:
    """Return a database from the cache, or ``None`` where it is not there, not whole or not for this processor."""
    import hyperscan

    try:
        kept = path.read_bytes()
    except OSError:
        return None
    digest, body = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        return None
    listed, _, serialised = body.partition(b"\n")
    chosen = tuple(None if way == b"-" else int(way) for way in listed.split())
    if not serialised:
        return None, chosen
    try:
        database = hyperscan.loadb(serialised, mode=hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.HyperscanError:
        return None
    return database, chosen


def _keep(path: Path, database: Any, chosen: Sequence[int | None]) -> None:
    """Write a database to the cache, whole or not at all; where nothing can be written, it is compiled next time."""
    import hyperscan

    serialised = b"" if database is None else hyperscan.dumpb(database)
    body = b" ".join(b"-" if way is None else b"%d" % way for way in chosen) + b"\n" + serialised
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(body).digest() + body)
        Path(file.name).replace(path)
    except OSError:
        return
