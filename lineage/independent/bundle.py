"""A bundle: a ZIP file whose members are those that its first one lists."""

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .canonical import document_of
from .files import PIECE, Files
from .report import Refused, require
from .shapes import closed, count, digest, listed, one_of, path

BUNDLE = closed(
    format=one_of("lineweight.bundle/v1"),
    artifact=path,
    files=listed(closed(path=path, sha256=digest, bytes=count)),
    left_out=listed(closed(path=path, sha256=digest)),
)
ARTIFACT = re.compile(r"snapshots/[a-z0-9][a-z0-9_-]{0,62}/v[1-9][0-9]*|models/[a-z0-9][a-z0-9_-]{0,62}/[^/]+")
MAY_BE_LEFT_OUT = re.compile(r"snapshots/[^/]+/[^/]+/shards/.+|models/[^/]+/[^/]+/.*\.safetensors")
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


class Bundle(Files):
    """The members of a bundle, each of which is as ``bundle.json`` lists it."""

    def __init__(self, file: Path) -> None:
        with _zipped():
            self.archive = zipfile.ZipFile(file)
        with _zipped():
            self.sizes, self.artifact, self.left_out = self._looked_at(file.stat().st_size)

    def _looked_at(self, length: int) -> tuple[dict[str, int], str, dict[str, str]]:
        members = self.archive.infolist()
        names = [member.filename for member in members]
        require(names[:1] == ["bundle.json"], "the first member is not bundle.json")
        require(len(set(names)) == len(names), "a member stands twice")
        stored = all(member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members)
        require(stored, "a member is compressed in another way")
        with self.archive.open("bundle.json") as stream:
            data = stream.read((64 << 20) + 1)
        require(len(data) <= 64 << 20, "bundle.json is too long")
        told = document_of(data, "bundle.json")
        BUNDLE(told, "bundle.json")
        sizes = {one["path"]: one["bytes"] for one in told["files"]}
        require(len(sizes) == len(told["files"]), "bundle.json lists a member twice")
        require(sorted(names[1:]) == sorted(sizes), "it holds other members than it lists")
        claimed = {member.filename: member.file_size for member in members[1:]}
        require(claimed == sizes, "a member is of another size than listed")
        require(sum(sizes.values()) <= 100 * length + (64 << 20), "it lists more than it can hold")
        above = {name[:at] for name in names for at, letter in enumerate(name) if letter == "/"}
        require(not above & set(names), "a file stands where a directory has to")
        require(ARTIFACT.fullmatch(told["artifact"]) is not None, "it is about no snapshot and no model")
        for one in told["files"]:
            digest_here, bytes_here = self._measured(one["path"], one["bytes"])
            same = (digest_here, bytes_here) == (one["sha256"], one["bytes"])
            require(same, f"{one['path']} is not the member that is listed")
        left_out = {one["path"]: one["sha256"] for one in told["left_out"]}
        require(all(map(MAY_BE_LEFT_OUT.fullmatch, left_out)), "what may not be left out is left out")
        return sizes, told["artifact"], left_out

    def _measured(self, name: str, size: int) -> tuple[str, int]:
        state, length = hashlib.sha256(), 0
        with self.archive.open(name) as stream:
            while length <= size and (piece := stream.read(min(PIECE, size + 1 - length))):
                state.update(piece)
                length += len(piece)
        return state.hexdigest(), length

    def names(self) -> list[str]:
        """Return the paths of all members, sorted."""
        return sorted(self.sizes)

    def open(self, name: str) -> IO[bytes]:
        """Open a member."""
        with _zipped():
            return self.archive.open(name)

    def has(self, name: str) -> bool:
        """Whether a member is there."""
        return name in self.sizes


@contextmanager
def _zipped() -> Iterator[None]:
    try:
        yield
    except BROKEN_ZIP as error:
        raise Refused("the bundle is no ZIP file that can be read") from error
