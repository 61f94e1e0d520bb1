"""Lists of words, one file each: lower case, any order, lines that begin with ``#`` are remarks."""

import functools
import hashlib
from importlib import resources
from importlib.resources.abc import Traversable


@functools.cache
def words(name: str) -> frozenset[str]:
    """Return the words of ``name.txt``."""
    lines = (resources.files(__package__) / f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@functools.cache
def digest() -> str:
    """Return the SHA-256 of all lists, in hexadecimal."""
    files = sorted((file for file in resources.files(__package__).iterdir() if file.name.endswith(".txt")), key=_name)
    return hashlib.sha256(
        b"\0".join(part for file in files for part in (file.name.encode(), file.read_bytes()))
    ).hexdigest()


def _name(file: Traversable) -> str:
    return file.name
