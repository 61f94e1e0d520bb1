"""What can be done to files, and what a report on them must look like."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lineage.verifying.verify import Report, verify_path
from tests.lineage.small_snapshot import SmallWorld

DIRECTORY = "snapshots/demo/v1"
SHARD, LEAVES = "shards/000-acme.parquet", "leaves/000-acme.parquet"
Harm = Callable[[SmallWorld], object]


def verified(world: SmallWorld, path: str | Path = DIRECTORY, **options: Any) -> Report:
    return verify_path(world.warehouse.local_path(str(path)), world.trusted, **options)


def broken(report: Report) -> str:
    assert not report.verified
    assert report.broken is report.checks[-1]
    assert all(check.verified for check in report.checks[:-1])
    return report.broken.link


def flip(path: str) -> Harm:
    def harm(world: SmallWorld) -> None:
        place = world.warehouse.local_path(path)
        data = bytearray(place.read_bytes())
        data[len(data) // 2] ^= 1
        place.write_bytes(data)

    return harm


def remove(path: str) -> Harm:
    return lambda world: world.warehouse.local_path(path).unlink()


def put(path: str, data: bytes) -> Harm:
    return lambda world: world.warehouse.write(path, data)


def swap(first: str, second: str) -> Harm:
    def harm(world: SmallWorld) -> None:
        one, other = world.warehouse.read(first), world.warehouse.read(second)
        world.warehouse.write(first, other)
        world.warehouse.write(second, one)

    return harm
