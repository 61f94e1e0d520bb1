"""The texts that speed is measured on."""

import gzip
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.corpus import DATA, Conversation, distinct_turns, requests
from benchmarks.redaction import gold
from benchmarks.redaction.gold import Half

AGENTS = DATA / "logs" / "entire_cli" / "events.jsonl.gz"
NAMES = ("presidio_research_large", "wnut17_dev")


def resent(characters: int) -> list[Conversation]:
    """Return whole sessions of a chat log, spread over it, every request with all that was said before."""
    whole = sessions(requests())
    step = max(1, sum(len(text) for session in whole for request in session for text in request) // characters)
    return [request for session in whole[::step] for request in session]


def sessions(sent: Sequence[Conversation]) -> list[list[Conversation]]:
    """Return requests in sessions: each begins with all of the one before it in its session."""
    found: list[list[Conversation]] = []
    for request in sent:
        if found and request[: len(found[-1][-1])] == found[-1][-1]:
            found[-1].append(request)
        else:
            found.append([request])
    return found


def turns(characters: int) -> list[Conversation]:
    """Return every so many-th distinct text of a chat log, each by itself."""
    every = distinct_turns()
    return [[turn] for turn in every[:: max(1, sum(map(len, every)) // characters)]]


def named(characters: int) -> list[Conversation]:
    """Return sentences full of names, as much of each set that has them; none where the sets are not there."""
    chosen: list[Conversation] = []
    for name in NAMES if gold.exists(*NAMES) else ():
        texts = [document.text for document in gold.documents(name, Half.REPORTED)]
        chosen += [[text] for text in texts[:: max(1, sum(map(len, texts)) * len(NAMES) // characters)]]
    return chosen


def logged(characters: int) -> list[str]:
    """Return distinct texts of a chat log and of a coding agent's, as much of each as there is, up to half."""
    agents = dict.fromkeys(_agents()) if AGENTS.exists() else {}
    return [*_up_to(iter(distinct_turns()), characters // 2), *_up_to(iter(agents), characters // 2)]


def _agents() -> Iterator[str]:
    """Yield what stands in the lines of a coding agent's log, tool calls and answers included."""
    with gzip.open(AGENTS, "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, 20_000):
            yield from strings(json.loads(line)["event"].get("message"))


def strings(value: Any) -> Iterator[str]:
    """Yield every string of a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def _up_to(texts: Iterator[str], characters: int) -> Iterator[str]:
    left = characters
    for text in texts:
        if left <= 0:
            return
        left -= len(text)
        yield text
