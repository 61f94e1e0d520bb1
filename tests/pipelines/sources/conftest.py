"""A declared source to read lines with, and the real vault that names its people."""

import functools
import gzip
import json
from pathlib import Path

import pytest

from lineage.keys.vault import Vault
from pipelines.landing.records import record_batches
from pipelines.sources import format_of
from pipelines.sources.declaration import SourceDeclaration, load_declaration
from pipelines.sources.reading import LogFile

SAMPLES = Path(__file__).parents[2] / "samples"

DECLARED = {
    "source": "web",
    "format": "openai_chat",
    "files": "*.jsonl*",
    "tenant": "acme",
    "controller": "Bloom Labs GmbH",
    "licence": "LicenseRef-Proprietary",
    "person": {"column": "user"},
    "conversation": {"column": "conversation"},
    "occurred_at": {"column": "at"},
    "data_categories": ["user.content"],
}


@functools.cache
def sample_declaration(name):
    return load_declaration(SAMPLES / name / "source.yaml")


class Reading:
    """What became of a file's lines."""

    def __init__(self, path, declaration, **limits):
        self.rejections = []
        self.log = LogFile(path, declaration, self.rejections.append, **limits)
        self.interactions = list(format_of(declaration).read(self.log))

    @property
    def rejected(self):
        return [(rejection.line, rejection.reason.value, rejection.field) for rejection in self.rejections]

    @property
    def places(self):
        return [(one.conversation, one.position) for one in self.interactions]

    @property
    def roles(self):
        return [[said["role"] for said in one.messages] for one in self.interactions]


@pytest.fixture
def declared():
    """Return a declaration; ``None`` takes a key away."""

    def declare(**changes):
        given = {**DECLARED, **changes}
        return SourceDeclaration.model_validate({key: value for key, value in given.items() if value is not None})

    return declare


@pytest.fixture
def read_bytes(tmp_path, declared):
    """Read a file of these bytes under a declaration."""

    def read(data, name="day.jsonl", limits=None, **changes):
        path = tmp_path / name
        path.write_bytes(data)
        return Reading(path, declared(**changes), **(limits or {}))

    return read


@pytest.fixture
def read_sample(tmp_path):
    """Read lines as the sample of a format is read."""

    def read(name, lines):
        path = tmp_path / "day.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="ascii")
        return Reading(path, sample_declaration(name))

    return read


@pytest.fixture
def read_lines(read_bytes):
    """Read objects, each as a line of a compressed file."""

    def read(*lines, **changes):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        return read_bytes(gzip.compress(text.encode("ascii"), mtime=0), name="day.jsonl.gz", **changes)

    return read


@pytest.fixture(scope="session")
def vault(tmp_path_factory):
    return Vault.open(tmp_path_factory.mktemp("keys"), seed=7)


@pytest.fixture
def recorded(vault):
    """Return the records that interactions become."""

    def record(reading):
        declaration, reject = reading.log.declaration, reading.log.reject
        batches = record_batches(reading.interactions, declaration, "0" * 64, vault, reject)
        return [row for batch in batches for row in batch.to_pylist()]

    return record
