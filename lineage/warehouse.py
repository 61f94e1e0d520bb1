"""Where everything is kept: one root, local or remote, and the layout under it.

::

    landing/<source>/<batch>/…           raw records, one encrypted file a tenant, and batch.json last
    quarantine/<source>/<batch>.jsonl    where and why, never what
    governed/<tenant>/<source>/<batch>/… redacted records and findings, and unit.json last
    snapshots/<name>/v<k>/…              shards/, leaves/, policy.yaml, manifest.json, statement.dsse.json last
    models/<name>/<run>/…                weights, consumption/, training.dsse.json last

Nothing is visible until it is whole: a file is written under a staging name, flushed to disk and moved
into place; a unit of several files is complete when its last-named file exists.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
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
        uri: A local path, or a URI that ``pyarrow.fs.FileSystem.from_uri`` takes (``s3://bucket/prefix``).
    """

    def __init__(self, uri: str | Path) -> None:
        self.uri = str(uri)
        self._local: Path | None = None
        if "://" in self.uri:
            base, root = pafs.FileSystem.from_uri(self.uri)
        else:
            self._local = Path(self.uri).expanduser().resolve()
            base, root = pafs.LocalFileSystem(), str(self._local)
        self.fs = pafs.SubTreeFileSystem(root, base)

    def __reduce__(self) -> tuple[type["Warehouse"], tuple[str]]:
        """Travel to a worker as the URI alone."""
        return Warehouse, (self.uri,)

    def local_path(self, path: str = "") -> Path:
        """Return the place on this machine's disk.

        Raises:
            WarehouseError: The warehouse is remote.
        """
        if self._local is None:
            raise WarehouseError(f"{self.uri} is not on this machine.", remedy="Use a local LINEWEIGHT_HOME for this.")
        return self._local / path

    def exists(self, path: str) -> bool:
        """Return whether a file stands at ``path``."""
        return bool(self.fs.get_file_info(path).type == pafs.FileType.File)

    def size(self, path: str) -> int:
        """Return a file's size in bytes."""
        return int(self.fs.get_file_info(path).size)

    def read(self, path: str) -> bytes:
        """Return a whole file's bytes.

        Raises:
            WarehouseError: There is no such file.
        """
        try:
            with self.fs.open_input_stream(path, compression=None) as stream:
                return bytes(stream.read())
        except OSError as error:
            raise WarehouseError(f"{path}: cannot be read from {self.uri}.") from error

    def open(self, path: str) -> pa.NativeFile:
        """Open a file for random access.

        Raises:
            WarehouseError: There is no such file.
        """
        try:
            return self.fs.open_input_file(path)
        except OSError as error:
            raise WarehouseError(f"{path}: cannot be read from {self.uri}.") from error

    def files(self, directory: str) -> list[str]:
        """Return the paths of all whole files under a directory, at any depth, sorted."""
        selector = pafs.FileSelector(directory, recursive=True, allow_not_found=True)
        found = (info.path for info in self.fs.get_file_info(selector) if info.type == pafs.FileType.File)
        return sorted(path for path in found if STAGING not in path)

    def directories(self, directory: str) -> list[str]:
        """Return the names of the directories directly under a directory, sorted."""
        selector = pafs.FileSelector(directory, recursive=False, allow_not_found=True)
        found = self.fs.get_file_info(selector)
        return sorted(info.base_name for info in found if info.type == pafs.FileType.Directory)

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file, visible only when complete; an existing one is replaced."""
        with self.staged(path) as sink:
            sink.write(data)

    @contextlib.contextmanager
    def staged(self, path: str) -> Iterator[pa.NativeFile]:
        """Open a file for writing under a staging name, and move it to ``path`` when the block ends well.

        Nothing stands at ``path`` if the block raises or the process dies.
        """
        parent, _, name = path.rpartition("/")
        staging = f"{parent}/{STAGING}{uuid.uuid4().hex}-{name}" if parent else f"{STAGING}{uuid.uuid4().hex}-{name}"
        if parent:
            self.fs.create_dir(parent, recursive=True)
        elif self._local is not None:
            self._local.mkdir(parents=True, exist_ok=True)
        try:
            with self.fs.open_output_stream(staging, compression=None) as sink:
                yield sink
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
            self.fs.delete_file(path)

    def delete_tree(self, directory: str) -> None:
        """Remove a directory and all in it; nothing happens if there is none."""
        if self._is_directory(directory):
            self.fs.delete_dir(directory)

    def _is_directory(self, path: str) -> bool:
        return bool(self.fs.get_file_info(path).type == pafs.FileType.Directory)

    def _flush(self, path: str) -> None:
        """Force a local file or directory to disk; remote stores are durable once closed."""
        if self._local is None:
            return
        descriptor = os.open(self._local / path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
