"""Where everything is kept: one root, local or remote, and the layout under it.

::

    landing/<source>/<batch>/…           raw records, one encrypted file a tenant, and batch.json last
    claims/<source>/<batch>/…            what flags in the logs claim about consent, one encrypted file a tenant
    quarantine/<source>/<batch>.jsonl    where and why, never what
    governed/<tenant>/<source>/<batch>/… redacted records and findings, and unit.json last
    policies/<id>/v<k>/…                 policy.json and its activation
    snapshots/<name>/v<k>/…              shards/, leaves/, policy.json, manifest.json, statement.dsse.json last
    releases/<name>/v<k>/…               tickets: who may train on the snapshot, or that nobody may
    revocations/<name>/v<k>/…            feeds: records that may no longer be used, and a renewed lease
    decision_log/…                       every distinct decision, with how often it was made
    models/<name>/<run>/…                weights, consumption/, training.dsse.json last
    index/…                              where people and records lie: derived, and may be deleted at any time

Nothing is visible until it is whole: a file is written under a staging name, flushed to disk and moved
into place; a unit of several files is complete when its last-named file exists.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pafs

from policies.errors import LineweightError

STAGING = ".staging-"


class WarehouseError(LineweightError):
    """A place in the warehouse cannot be read or written."""

    remedy = "Check that LINEWEIGHT_HOME names the right place and that it can be read and written."


class Warehouse:
    """A directory of files behind ``pyarrow.fs``; all paths are relative to its root, with ``/``.

    Args:
        uri: A local path, or a URI that ``pyarrow.fs.FileSystem.from_uri`` takes, such as
            ``s3://bucket/prefix?region=eu-central-1``. Another store than Amazon's is named by
            ``endpoint_override=host%3Aport`` and ``scheme=http`` or ``https`` in the query. Keys are taken
            from the environment (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, profiles) or, quoted,
            from the URI: ``s3://key:secret@bucket/prefix``.

    Raises:
        WarehouseError: The URI is none that can be opened.
    """

    def __init__(self, uri: str | Path) -> None:
        self.uri = str(uri)
        self._local: Path | None = None
        if "://" in self.uri:
            base, root = _opened(self.uri)
            if isinstance(base, pafs.LocalFileSystem):
                self._local = Path(root)
        else:
            self._local = Path(self.uri).expanduser().resolve()
            base, root = pafs.LocalFileSystem(), str(self._local)
        self.fs = pafs.SubTreeFileSystem(root, base)

    def __reduce__(self) -> tuple[type["Warehouse"], tuple[str]]:
        """Travel to a worker as the URI alone."""
        return Warehouse, (self.uri,)

    def __str__(self) -> str:
        """Return the URI as a person may see it: without keys and options."""
        return _shown(self.uri)

    def __repr__(self) -> str:
        return f"Warehouse({str(self)!r})"

    @property
    def is_local(self) -> bool:
        """Whether the files are on this machine's disk."""
        return self._local is not None

    def local_path(self, path: str = "") -> Path:
        """Return the place on this machine's disk.

        Raises:
            WarehouseError: The warehouse is remote.
        """
        if self._local is None:
            raise WarehouseError(f"{self} is not on this machine.", remedy="Use a local LINEWEIGHT_HOME for this.")
        return self._local / path

    def exists(self, path: str) -> bool:
        """Return whether a file stands at ``path``."""
        return bool(self._info(path).type == pafs.FileType.File)

    def size(self, path: str) -> int:
        """Return a file's size in bytes.

        Raises:
            WarehouseError: There is no such file.
        """
        info = self._info(path)
        if info.type != pafs.FileType.File:
            raise WarehouseError(f"{path}: there is no such file in {self}.")
        return int(info.size)

    def read(self, path: str) -> bytes:
        """Return a whole file's bytes.

        Raises:
            WarehouseError: There is no such file.
        """
        try:
            with self.fs.open_input_stream(path, compression=None) as stream:
                return bytes(stream.read())
        except OSError as error:
            raise WarehouseError(f"{path}: cannot be read from {self}.") from error

    def open(self, path: str) -> pa.NativeFile:
        """Open a file for random access.

        Raises:
            WarehouseError: There is no such file.
        """
        try:
            return self.fs.open_input_file(path)
        except OSError as error:
            raise WarehouseError(f"{path}: cannot be read from {self}.") from error

    def files(self, directory: str) -> list[str]:
        """Return the paths of all whole files under a directory, at any depth, sorted."""
        found = (info.path for info in self._under(directory, recursive=True) if info.type == pafs.FileType.File)
        return sorted(path for path in found if STAGING not in path)

    def unfinished(self, directory: str) -> list[tuple[str, datetime, int]]:
        """Return path, time of the last write (UTC) and size of all files under a directory that are not whole.

        They are being written now, or a process died while it wrote them.
        """
        found = (info for info in self._under(directory, recursive=True) if info.type == pafs.FileType.File)
        return sorted((info.path, info.mtime, info.size) for info in found if STAGING in info.path)

    def directories(self, directory: str) -> list[str]:
        """Return the names of the directories directly under a directory, sorted.

        One of them may hold no file: an object store can keep the name of a directory that was removed.
        """
        found = self._under(directory, recursive=False)
        return sorted(info.base_name for info in found if info.type == pafs.FileType.Directory)

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file, visible only when complete; an existing one is replaced."""
        with self.staged(path) as sink:
            sink.write(data)

    @contextlib.contextmanager
    def staged(self, path: str) -> Iterator[pa.NativeFile]:
        """Open a file for writing under a staging name, and move it to ``path`` when the block ends well.

        Nothing stands at ``path`` if the block raises or the process dies. An object store moves by copying,
        which most of them do for up to 5 GB.

        Raises:
            WarehouseError: Nothing can be written there.
        """
        parent, _, name = path.rpartition("/")
        staging = f"{parent}/{STAGING}{uuid.uuid4().hex}-{name}" if parent else f"{STAGING}{uuid.uuid4().hex}-{name}"
        with self._reaching(path):
            self._make_room(parent)
            opened = self.fs.open_output_stream(staging, compression=None)
        try:
            with opened as sink:
                yield sink
            with self._reaching(path):
                self._flush(staging)
                self.fs.move(staging, path)
                self._flush(parent)
        except BaseException:
            with contextlib.suppress(OSError):
                self.fs.delete_file(staging)
            raise

    def delete_file(self, path: str) -> None:
        """Remove a file; nothing happens if there is none."""
        if self.exists(path):
            with self._reaching(path):
                self.fs.delete_file(path)

    def delete_tree(self, directory: str) -> None:
        """Remove a directory and all in it; nothing happens if there is none."""
        if self._info(directory).type == pafs.FileType.Directory:
            # An object store may tell the name of a directory in which there is nothing to remove.
            with self._reaching(directory), contextlib.suppress(FileNotFoundError):
                self.fs.delete_dir(directory)

    def _info(self, path: str) -> pafs.FileInfo:
        with self._reaching(path):
            return self.fs.get_file_info(path)

    def _under(self, directory: str, *, recursive: bool) -> list[pafs.FileInfo]:
        with self._reaching(directory):
            found = self.fs.get_file_info(pafs.FileSelector(directory, recursive=recursive, allow_not_found=True))
            return list(found)

    @contextlib.contextmanager
    def _reaching(self, path: str) -> Iterator[None]:
        """Turn a store's refusal into an error that names the place, and never a key."""
        try:
            yield
        except OSError as error:
            raise WarehouseError(f"{path or '/'}: cannot be reached in {self}.") from error

    def _make_room(self, directory: str) -> None:
        if directory:
            self.fs.create_dir(directory, recursive=True)
        elif self._local is not None:
            self._local.mkdir(parents=True, exist_ok=True)

    def _flush(self, path: str) -> None:
        """Force a local file or directory to disk; remote stores are durable once closed."""
        if self._local is None:
            return
        descriptor = os.open(self._local / path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _opened(uri: str) -> tuple[pafs.FileSystem, str]:
    try:
        base, root = pafs.FileSystem.from_uri(uri)
    except (pa.ArrowException, OSError):
        # The cause is left out: it repeats the URI, and with it the keys that may stand there.
        raise WarehouseError(f"{_shown(uri)}: this is no place that can be opened.") from None
    return base, root


def _shown(uri: str) -> str:
    """Return a URI without what may be secret in it: whoever signs in, and the query."""
    scheme, sign, rest = uri.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}" if sign else uri
