"""A demo that has run, and what a suspicious reader may look for in what it left behind."""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lineage.encrypted import read_encrypted
from pipelines.demonstration.measuring import strings_in
from pipelines.deployment import Deployment
from pipelines.settings import Settings
from tests.commands import Ran, in_a_process

SEED, RECORDS = 3, 300
ENCRYPTED = b"PARE"
"""What a Parquet file begins with whose footer is encrypted."""
RECORDS_FILE = re.compile(r"governed/(?P<governed>[^/]+)/.*records.parquet|.*/shards/[0-9]+-(?P<shard>.+).parquet")
PERSON_ID = re.compile(rb"usr_[a-z0-9]{12}")


@dataclass(frozen=True)
class FinishedDemo:
    """What a run of the demo said and left behind.

    Attributes:
        home: The directory it was given.
        elsewhere: Directories that were its working directory and its user's home.
    """

    home: Path
    elsewhere: Path
    said: Ran

    @property
    def document(self) -> dict[str, Any]:
        return self.said.document

    @property
    def deployment(self) -> Deployment:
        return Deployment(Settings(home=str(self.home), seed=SEED))

    @property
    def planted(self) -> list[dict[str, Any]]:
        """What was planted, every value with its type and carrier."""
        lines = (self.home / "demo" / "planted.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def inputs(self) -> list[bytes]:
        """Return the logs, the ledgers' files and the declarations, unpacked."""
        found = [path for path in sorted((self.home / "demo").rglob("*")) if path.name != "planted.jsonl"]
        files = {path: path.read_bytes() for path in found if path.is_file()}
        return [gzip.decompress(data) if path.suffix == ".gz" else data for path, data in files.items()]

    @property
    def people(self) -> set[bytes]:
        """The product's own ids of everybody in the logs and the ledgers."""
        return {found for content in self.inputs() for found in PERSON_ID.findall(content)}

    def outputs(self) -> Iterator[Path]:
        """Yield every file outside ``demo/``, hidden ones too."""
        for path in sorted(self.home.rglob("*")):
            if path.is_file() and path.relative_to(self.home).parts[0] != "demo":
                yield path

    def open_bytes(self, path: Path) -> bytes:
        """Return what anybody who has the file can read in it: its bytes, and its columns if it is not encrypted."""
        data = path.read_bytes()
        if path.suffix == ".parquet" and not data.startswith(ENCRYPTED):
            data += repr(pq.read_table(path).to_pylist()).encode()
        return data

    def opened(self, *columns: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the path and some columns of every file of records that were let through, decrypted."""
        deployment = self.deployment
        for path in deployment.warehouse.files("governed") + deployment.warehouse.files("snapshots"):
            found = RECORDS_FILE.fullmatch(path)
            if found:
                key = deployment.vault.file_key(found["governed"] or found["shard"], path)
                table = read_encrypted(deployment.warehouse, path, key=key, aad=path, columns=list(columns))
                yield path, table.to_pylist()

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the path and all text of every record that was let through, JSON in it read too."""
        for path, rows in self.opened("messages", "attributes"):
            for row in rows:
                yield path, "\n".join(strings_in([row["messages"], row["attributes"]]))


def demo_at(home: Path, elsewhere: Path, seed: int = SEED) -> FinishedDemo:
    """Run the demo in a process whose working directory, user's home and temporary directory are watched."""
    for name in ("cwd", "user", "tmp"):
        (elsewhere / name).mkdir(exist_ok=True)
    words = ("demo", "--home", home, "--seed", seed, "--records", RECORDS, "--json")
    environment = {"HOME": str(elsewhere / "user"), "TMPDIR": str(elsewhere / "tmp")}
    return FinishedDemo(home, elsewhere, in_a_process(*words, cwd=elsewhere / "cwd", **environment))
