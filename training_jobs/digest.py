"""Digests of files and of the code that trains, so that a statement can name what a run depended on."""

import hashlib
from pathlib import Path

from lineage.canonical import digest_of


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal; the file is read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_digests(directory: Path) -> dict[str, str]:
    """Return the SHA-256 of every file under a directory, by its relative path; hidden ones are left out."""
    found = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    visible = sorted(path for path in found if not any(part.startswith(".") for part in path.parts))
    return {path.as_posix(): file_digest(directory / path) for path in visible}


def code_digest() -> str:
    """Return the SHA-256 that names the training code that runs: this package's modules, by name and content."""
    package = Path(__file__).parent
    return digest_of({path.name: file_digest(path) for path in sorted(package.glob("*.py"))})
