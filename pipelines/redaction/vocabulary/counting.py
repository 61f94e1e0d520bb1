"""How ``ordinary.txt`` is made: words that many Python packages write in lower case, in sentences and in code.

A word that stands in lower case in the files of six packages or more tells nothing of a name, unless it is also a
common given name: then it takes thirty. Run in an environment with many packages installed::

    python -m pipelines.redaction.vocabulary.counting --packages DIRECTORY --out ordinary.txt
"""

import argparse
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from pipelines.redaction.people.features import gazetteer

PACKAGES, PACKAGES_OF_GIVEN_NAME = 6, 30
_COMMON_GIVEN_NAME = 6  # standing in the gazetteer
_READ_CHARS = 400_000  # of each file
_WORD = re.compile(r"(?<![A-Za-z0-9_.\-/'\u2019])[a-z]{2,20}(?![A-Za-z0-9_\-/(=])")
_ENDINGS = (".py", ".pyi", ".md", ".rst", ".txt", "METADATA")
# Folders that hold names, words of many languages, or what somebody typed into a test.
_LEFT_OUT = frozenset(["test", "tests", "lang", "locale", "providers", "stopwords", "faker"])
_HEADER = """\
# Words that tell nothing of a name where they stand in lower case. Written in lower case by at least 6 of the Python
# packages that Lineweight and its tests depend on (all under open-source licences), or by 30 where they are common
# given names. Counted by pipelines.redaction.vocabulary.counting; a word and a count of it are nobody's work.
"""


def ordinary(packages: Path) -> list[str]:
    """Return the ordinary words of the packages in a directory, in order."""
    found: dict[str, set[str]] = defaultdict(set)
    for package, path in _files(packages):
        for word in set(_WORD.findall(path.read_text("utf-8", errors="ignore")[:_READ_CHARS])):
            found[word].add(package)
    return sorted(word for word, users in found.items() if len(users) >= _least(word))


def _least(word: str) -> int:
    return PACKAGES_OF_GIVEN_NAME if gazetteer().get(word, 0) >= _COMMON_GIVEN_NAME else PACKAGES


def _files(packages: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(packages.rglob("*")):
        inside = path.relative_to(packages).parts
        if path.name.endswith(_ENDINGS) and path.is_file() and _LEFT_OUT.isdisjoint(part.lower() for part in inside):
            yield inside[0], path


def main() -> None:
    """Count, and write the file."""
    arguments = argparse.ArgumentParser(description="Make the list of ordinary words.")
    arguments.add_argument("--packages", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    asked = arguments.parse_args()
    words = ordinary(asked.packages)
    lines = [" ".join(words[at : at + 16]) for at in range(0, len(words), 16)]
    asked.out.write_text(_HEADER + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
