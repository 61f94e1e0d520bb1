"""The formats logs come in, one module each; a new format is a new file here and nothing else is edited."""

import importlib
import pkgutil

from pipelines.sources.declaration import DeclarationError, SourceDeclaration
from pipelines.sources.reading import SourceFormat


def all_formats() -> dict[str, SourceFormat]:
    """Return every format of this package by its name: each module that has a ``FORMAT``."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        declared = getattr(importlib.import_module(f"{__name__}.{module.name}"), "FORMAT", None)
        if isinstance(declared, SourceFormat):
            found[declared.name] = declared
    return found


def format_of(declaration: SourceDeclaration) -> SourceFormat:
    """Return the format a source is declared in.

    Raises:
        DeclarationError: There is no such format; the message lists those there are.
    """
    formats = all_formats()
    if declaration.format not in formats:
        known = ", ".join(sorted(formats))
        raise DeclarationError((f"{declaration.source}: format: {declaration.format} is not one of {known}",))
    return formats[declaration.format]
