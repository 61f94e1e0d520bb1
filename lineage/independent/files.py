"""Files by path, of a directory, within another's, or with one of them found elsewhere."""

import hashlib
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .canonical import sha256_hex
from .report import require

MOST_IN_MEMORY = 1 << 30  # bytes of a file that is read whole
PIECE = 1 << 20  # bytes hashed at once


def hashed(stream: IO[bytes]) -> tuple[str, int]:
    """Return the SHA-256 and the length of what is left of a stream."""
    state, length = hashlib.sha256(), 0
    while piece := stream.read(PIECE):
        state.update(piece)
        length += len(piece)
    return state.hexdigest(), length


class Files(ABC):
    """Files by path, to be read again and again: of a directory, or of a bundle."""

    left_out: dict[str, str]

    @abstractmethod
    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""

    @abstractmethod
    def open(self, name: str) -> IO[bytes]:
        """Open a file."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether a file is there."""

    def read(self, name: str, most: int = MOST_IN_MEMORY) -> bytes:
        """Return what a file holds, and refuse one that is missing or too long."""
        require(self.has(name), f"{name} is missing")
        with self.open(name) as stream:
            data = stream.read(most + 1)
        require(len(data) <= most, f"{name} is too long")
        return data

    def hashed(self, name: str) -> tuple[str, int]:
        """Return the SHA-256 and the length of a file."""
        require(self.has(name), f"{name} is missing")
        with self.open(name) as stream:
            return hashed(stream)

    def signed(self, name: str, stated: str, most: int = MOST_IN_MEMORY) -> bytes:
        """Return what a file holds, and refuse it unless it has the digest that was stated."""
        data = self.read(name, most)
        require(sha256_hex(data) == stated, f"{name} is not the file that was signed")
        return data


class Folder(Files):
    """The files under a directory. What is no regular file is not there."""

    def __init__(self, root: Path) -> None:
        self.root, self.left_out = root, {}

    def names(self) -> list[str]:
        """Return the paths of all files, sorted; links are files, and are not followed into directories."""
        found = []
        for where, _, files in os.walk(self.root):
            found += [(Path(where) / name).relative_to(self.root).as_posix() for name in files]
        return sorted(found)

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.root / name).open("rb")

    def has(self, name: str) -> bool:
        """Whether a regular file is there."""
        try:
            return stat.S_ISREG((self.root / name).stat().st_mode)
        except (OSError, ValueError):
            return False


class Within(Files):
    """The files of another's that lie in one directory."""

    def __init__(self, files: Files, prefix: str) -> None:
        self.files, self.prefix = files, f"{prefix}/"
        cut = len(self.prefix)
        self.left_out = {name[cut:]: stated for name, stated in files.left_out.items() if name.startswith(self.prefix)}

    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""
        if isinstance(self.files, Folder):
            return Folder(self.files.root / self.prefix).names()
        return [name[len(self.prefix) :] for name in self.files.names() if name.startswith(self.prefix)]

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return self.files.open(self.prefix + name)

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return self.files.has(self.prefix + name)


class Replaced(Files):
    """The files of another's, one of them found elsewhere."""

    def __init__(self, files: Files, name: str, found: Path) -> None:
        self.files, self.name, self.found, self.left_out = files, name, found, files.left_out

    def names(self) -> list[str]:
        """Return the paths of all files, sorted."""
        return sorted({*self.files.names(), self.name})

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return self.found.open("rb") if name == self.name else self.files.open(name)

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return name == self.name or self.files.has(name)


def lines_of(files: Files, name: str) -> Iterator[bytes]:
    """Yield the lines of a file without their line feeds."""
    with files.open(name) as stream:
        while line := stream.readline(PIECE):
            require(line.endswith(b"\n") and line != b"\n", f"{name} holds a line that is empty, cut off or too long")
            yield line[:-1]
