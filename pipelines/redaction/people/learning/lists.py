"""The lists that sentences are filled from, read from ``lists.yaml``."""

import functools
from collections.abc import Mapping, Sequence
from importlib import resources

from ruamel.yaml import YAML


@functools.cache
def lists() -> Mapping[str, Sequence[str]]:
    """Return every list by its name."""
    text = (resources.files(__package__) / "lists.yaml").read_text("utf-8")
    return {name: tuple(map(str, entries)) for name, entries in YAML(typ="safe").load(text).items()}
