"""Reading what is to be verified: a file that is missing breaks the link that needs it."""

import hashlib
from pathlib import Path

from lineage.verifying.links import BrokenLinkError


def read(directory: Path, path: str) -> bytes:
    """Return the bytes of a file in a directory.

    Raises:
        BrokenLinkError: It is missing or cannot be read; the message names its path there.
    """
    try:
        return (directory / path).read_bytes()
    except OSError as error:
        raise BrokenLinkError(f"{path}: is missing or cannot be read.") from error


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file, read piece by piece, in hexadecimal.

    Raises:
        BrokenLinkError: It is missing or cannot be read; the message names it.
    """
    try:
        with file.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise BrokenLinkError(f"{file.name}: is missing or cannot be read.") from error
