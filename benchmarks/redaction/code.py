"""Code to redact: some that holds no personal data, and blocks of real conversations that can be parsed."""

import ast
import gzip
import json
import re
import shlex
import sysconfig
import tomllib
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from pygments.lexers import get_lexer_by_name
from pygments.token import Error
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from benchmarks.corpus import DATA, distinct_turns
from benchmarks.redaction.texts import strings

LOGS = {
    "entire_cli": "events.jsonl.gz",
    "entire_cipher_box": "events.jsonl.gz",
    "gitai_notes": "conversations.jsonl.gz",
    "aider_history": "sessions.jsonl.gz",
}
_BLOCK = re.compile(r"^[ \t]*```([A-Za-z]*)[^\n]*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
_SOMEBODY = re.compile(r"\w@\w|(?i:author|copyright|contributed|written by|maintain|credit|thank|invented|et al)")
_FAULTS = (SyntaxError, ValueError, RecursionError, YAMLError)


def _yaml(text: str) -> None:
    YAML(typ="safe", pure=True).load(StringIO(text))


def _lexed(language: str) -> Callable[[str], None]:
    """Return what raises where a text is not made of a language's tokens: all there is for want of a parser."""

    def check(text: str) -> None:
        if any(kind is Error for kind, _ in get_lexer_by_name(language).get_tokens(text)):
            raise ValueError(language)

    return check


PARSERS: dict[str, Callable[[str], object]] = {
    "python": ast.parse,
    "json": json.loads,
    "yaml": _yaml,
    "toml": tomllib.loads,
    "xml": ET.fromstring,
    "bash": shlex.split,
    **{language: _lexed(language) for language in ("go", "rust", "typescript", "javascript", "html")},
}
_ALSO = {"js": "javascript", "py": "python", "sh": "bash", "shell": "bash", "ts": "typescript", "yml": "yaml"}


@dataclass(frozen=True)
class Block:
    """A piece of code, in a language that a parser is at hand for."""

    language: str
    text: str

    def fenced(self) -> str:
        """Return the block as it stands in a conversation."""
        return f"```{self.language}\n{self.text}```"

    def parses(self) -> bool:
        """Return whether a parser takes it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of somebody's escapes
            try:
                PARSERS[self.language](self.text)
            except _FAULTS:
                return False
        return True


def unfenced(language: str, text: str) -> Block:
    """Return the block that a fenced text holds."""
    return Block(language, text.removesuffix("```").partition("\n")[2])


def parsing(every: int) -> list[Block]:
    """Return every ``every``-th distinct block of the logs at hand that parses."""
    blocks = dict.fromkeys(Block(_language(name), text) for text in _texts() for name, text in _BLOCK.findall(text))
    return [block for block in list(blocks)[::every] if block.language in PARSERS and block.parses()]


def nobodys(characters: int) -> dict[str, list[str]]:
    """Return code without personal data: a chat log's, whose publishers checked it, and modules that name nobody."""
    return {"code of a chat log": _some(_chatted(), characters), "standard library": _some(_library(), characters)}


def _chatted() -> Iterator[str]:
    blocks = (block for turn in distinct_turns() for _, block in _BLOCK.findall(turn))
    return iter(dict.fromkeys(blocks))


def _library() -> Iterator[str]:
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        text = path.read_text("utf-8", errors="replace")
        if not _SOMEBODY.search(text):
            yield text


def _some(texts: Iterator[str], characters: int) -> list[str]:
    """Return texts spread over all of them, about so many characters."""
    found = list(texts)
    return found[:: max(1, round(sum(map(len, found)) / characters))]


def _texts() -> Iterator[str]:
    yield from distinct_turns()
    for log, name in LOGS.items():
        file = DATA / "logs" / log / name
        if file.exists():
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                for line in lines:
                    if "```" in line:
                        yield from strings(json.loads(line))


def _language(name: str) -> str:
    return _ALSO.get(name.lower(), name.lower())
