"""Markdown as the documentation uses it: fenced blocks, the files they name, commands, links and headings."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^`([^`\n]+)`:\n\Z", re.MULTILINE)
_ENVIRONMENT = re.compile(r"([A-Z][A-Z_]*)=(.*)", re.DOTALL)
_EXITS = re.compile(r"#\s*exits (\d)\s*$")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; ``file`` is named by the line before it, as in a line that is only `` `a/b.yaml`: ``."""

    place: str
    language: str
    text: str
    file: str | None


@dataclass(frozen=True)
class Command:
    """A line of a shell block: variables set for it, words, and the exit code it says it has."""

    environment: dict[str, str]
    words: list[str]
    exits: int


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def blocks(document: Path) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for found in _FENCED.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        file = _FILE.search(text, 0, found.start())
        yield Block(f"{name_of(document)}:{line}", found[1], found[2], file[1] if file else None)


def commands(block: Block) -> Iterator[Command]:
    """Yield the commands of a ``bash`` block, or those after ``$`` of a ``console`` block."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in lines:
        words = shlex.split(line, comments=True)
        environment = {}
        while words and (variable := _ENVIRONMENT.fullmatch(words[0])):
            environment[variable[1]] = variable[2]
            words = words[1:]
        exits = _EXITS.search(line)
        if words:
            yield Command(environment, words, int(exits[1]) if exits else 0)


def prose(document: Path) -> str:
    return _FENCED.sub("", document.read_text(encoding="utf-8"))


def links(document: Path) -> list[str]:
    return [link for link in _LINK.findall(prose(document)) if "://" not in link]


def anchors(document: Path) -> set[str]:
    headings = _HEADING.findall(prose(document))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table_rows(document: Path, first: str) -> list[list[str]]:
    """Return the cells of the table whose header begins with a cell."""
    rows: list[list[str]] = []
    inside = False
    for line in prose(document).splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if line.startswith("|") and cells[0] == first:
            inside = True
        elif inside and not line.startswith("|"):
            break
        elif inside and not set(cells[0]) <= {"-", ":"}:
            rows.append(cells)
    return rows
