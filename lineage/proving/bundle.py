"""A bundle: everything that proves one artifact, in a single file that an auditor takes home.

It is a ZIP archive. Its first member ``bundle.json`` (canonical JSON) names the artifact, every other member with
SHA-256 and size, and what was left out: the encrypted records of a snapshot and the weights of a model, unless they
were asked for. Beside the files of the home lie, in the archive alone::

    consents.jsonl                the consent events that the leaves rest on, and what else these people had said
    openings.jsonl                of a sample that an auditor drew: who the commitments stand for
    log/<statement>.tlog-proof    that each statement is in the transparency log

The same evidence gives the same bytes: members in order of name, no times, no compression of what is compressed.
Nothing in a bundle is trusted for being in it, and it holds no keys.
"""

import contextlib
import hashlib
import io
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lineage.canonical import canonical_json
from lineage.manifest import Count, Digest, RelativePath
from policies.errors import LineweightError

BUNDLE_FILE = "bundle.json"
_MAGIC = b"PK\x03\x04"
_BEGINNING = (1980, 1, 1, 0, 0, 0)
_MOST_BYTES = 1 << 26  # of bundle.json itself
_PIECE_BYTES = 1 << 20
_MOST_TIMES = 100  # what a bundle unpacks to, in lengths of the bundle, beyond what is small anyway
_SMALL_BYTES = 1 << 26
_UNREADABLE = (OSError, ValueError, LookupError, OverflowError, RuntimeError, EOFError, struct.error, zlib.error)
_COMPRESSED = (".parquet", ".safetensors")


class BundleRefusedError(LineweightError):
    """A file is no bundle, or not the whole of one."""

    remedy = "Ask for the bundle again: `lineweight bundle` makes it; a copy that was cut or changed is worth nothing."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(_Part):
    """A file of the bundle."""

    path: RelativePath
    sha256: Digest
    bytes: Count


class LeftOut(_Part):
    """A file of the home that is not in the bundle, as the signed evidence names it."""

    path: RelativePath
    sha256: Digest


class Contents(_Part):
    """What ``bundle.json`` says.

    Attributes:
        artifact: The directory of the snapshot or model that the bundle is about.
        files: Every other member, by path.
        left_out: What was not put in.
    """

    format: Literal["lineweight.bundle/v1"] = "lineweight.bundle/v1"
    artifact: Annotated[RelativePath, Field(pattern=r"^(snapshots|models)/[^/]+/[^/]+$")]
    files: tuple[Member, ...]
    left_out: tuple[LeftOut, ...]

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return canonical_json(self.model_dump(mode="json"))

    def left_out_of(self, directory: str) -> dict[str, str]:
        """Return what was left out of a directory: SHA-256 by path there."""
        inside = f"{directory}/"
        return {one.path.removeprefix(inside): one.sha256 for one in self.left_out if one.path.startswith(inside)}


Source = Callable[[], IO[bytes]]


def write_bundle(artifact: str, files: Mapping[str, Source], left_out: Mapping[str, str], to: Path) -> Contents:
    """Write a bundle; it stands when it is whole. Files are read twice, piece by piece.

    Args:
        artifact: The directory of the snapshot or model it is about.
        files: What opens each member, by path.
        left_out: What is not put in: SHA-256 by path.
        to: Where it goes.

    Raises:
        BundleRefusedError: It cannot be written there, or a file changed while it was read.
    """
    contents = Contents(
        artifact=artifact,
        files=tuple(_member(path, files[path]) for path in sorted(files)),
        left_out=tuple(LeftOut(path=path, sha256=left_out[path]) for path in sorted(left_out)),
    )
    staging = to.with_name(f".staging-{to.name}")
    try:
        with zipfile.ZipFile(staging, "w", allowZip64=True) as archive:
            said = contents.to_bytes()
            _add(archive, BUNDLE_FILE, len(said), io.BytesIO(said))
            for member in contents.files:
                with files[member.path]() as source:
                    _add(archive, member.path, member.bytes, source)
        staging.replace(to)
    except OSError as error:
        raise BundleRefusedError(f"{to}: cannot be written.", remedy="Name a place that can be written.") from error
    finally:
        staging.unlink(missing_ok=True)
    return contents


def is_bundle(path: Path) -> bool:
    """Return whether a file looks like a bundle, or like what is left of one."""
    if not path.is_file():
        return False
    with contextlib.suppress(OSError), path.open("rb") as source:
        return source.read(len(_MAGIC)) == _MAGIC
    return False


@contextlib.contextmanager
def opened_bundle(path: Path) -> Iterator[tuple[Path, Contents]]:
    """Unpack a bundle into a directory of its own that goes afterwards, every member as it is listed.

    Raises:
        BundleRefusedError: It is no bundle, unpacks to far more than it is, or a member is missing, changed, listed
            twice or not listed.
    """
    with tempfile.TemporaryDirectory(prefix="lineweight-bundle-") as place:
        directory = Path(place)
        try:
            with zipfile.ZipFile(path) as archive:
                contents = _contents(archive)
                _require_small(contents, path.stat().st_size)
                for member in contents.files:
                    _unpack(archive, member, directory / member.path)
        except (*_UNREADABLE, zipfile.BadZipFile) as error:
            raise BundleRefusedError(f"{path.name}: cannot be read as a bundle.") from error
        yield directory, contents


def _member(path: str, opens: Source) -> Member:
    hasher, size = hashlib.sha256(), 0
    with opens() as source:
        while piece := source.read(_PIECE_BYTES):
            hasher.update(piece)
            size += len(piece)
    return Member(path=path, sha256=hasher.hexdigest(), bytes=size)


def _add(archive: zipfile.ZipFile, path: str, size: int, source: IO[bytes]) -> None:
    member = zipfile.ZipInfo(path, _BEGINNING)
    member.external_attr = 0o644 << 16
    member.create_system = 3
    member.file_size = size
    member.compress_type = zipfile.ZIP_STORED if path.endswith(_COMPRESSED) else zipfile.ZIP_DEFLATED
    with archive.open(member, "w") as sink:
        shutil.copyfileobj(source, sink, _PIECE_BYTES)


def _contents(archive: zipfile.ZipFile) -> Contents:
    listed = archive.infolist()
    if not listed or listed[0].filename != BUNDLE_FILE or listed[0].file_size > _MOST_BYTES:
        raise BundleRefusedError(f"The archive does not begin with {BUNDLE_FILE}.")
    if not all(info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in listed):
        raise BundleRefusedError("A member is compressed in a way that bundles are not.")
    data = archive.read(listed[0])
    try:
        contents = Contents.model_validate_json(data)
    except ValidationError as error:
        raise BundleRefusedError(f"{BUNDLE_FILE}: is not what a bundle says of itself.") from error
    if contents.to_bytes() != data:
        raise BundleRefusedError(f"{BUNDLE_FILE}: is not in canonical form.")
    _require_listed([info.filename for info in listed[1:]], [member.path for member in contents.files])
    sizes = {info.filename: info.file_size for info in listed[1:]}
    for member in contents.files:
        if sizes[member.path] != member.bytes:
            odd = "longer" if sizes[member.path] > member.bytes else "shorter"
            raise BundleRefusedError(f"{member.path}: is {odd} than the bundle lists it.")
    return contents


def _require_listed(found: list[str], stated: list[str]) -> None:
    if len(set(stated)) < len(stated) or len({BUNDLE_FILE, *found}) < len(found) + 1:
        raise BundleRefusedError("A file is in the bundle twice.")
    if set(found) != set(stated):
        odd = ", ".join(sorted(set(found) ^ set(stated))[:3])
        raise BundleRefusedError(f"What the bundle holds is not what it lists: {odd}.")
    taken = {prefix for path in stated for prefix in _above(path)}
    if taken & set(stated):
        raise BundleRefusedError("A file of the bundle stands where a directory has to.")


def _require_small(contents: Contents, size: int) -> None:
    unpacked = sum(member.bytes for member in contents.files)
    if unpacked > _MOST_TIMES * size + _SMALL_BYTES:
        raise BundleRefusedError(f"{size:,} bytes that unpack to {unpacked:,} are no bundle.")


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _unpack(archive: zipfile.ZipFile, member: Member, to: Path) -> None:
    """Write one member, refused as soon as it is longer than it is listed."""
    to.parent.mkdir(parents=True, exist_ok=True)
    hasher, written = hashlib.sha256(), 0
    with archive.open(member.path) as source, to.open("wb") as sink:
        while piece := source.read(_PIECE_BYTES):
            written += len(piece)
            if written > member.bytes:
                raise BundleRefusedError(f"{member.path}: is longer than the bundle lists it.")
            hasher.update(piece)
            sink.write(piece)
    if (written, hasher.hexdigest()) != (member.bytes, member.sha256):
        raise BundleRefusedError(f"{member.path}: is not the file that the bundle lists.")
