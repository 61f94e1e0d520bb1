"""What stands in files, changed at random: by bytes, and by the structure of a JSON document.

Every function takes its chances from a `random.Random`, so that Hypothesis can shrink what it finds and a long session
can do without it.
"""

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

from policies.errors import LineweightError

Read = Callable[[bytes], object]
DEEP: list[Any] = []
for _ in range(200):
    DEEP = [DEEP]
NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, -(2**63), 2**64, 10**30, 1e308, 0.5, 1e-9, "", "0", "\0", "../x",
    "/dev/zero", "a/../b", "é", "\u2028", "9" * 5_000, "a" * 5_000, "0" * 64, "f" * 63, "2026-13-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "sha256", [], {}, [None], [[]], {"": None}, DEEP,
)  # fmt: skip


def changed_bytes(sound: bytes, chance: Random) -> bytes:
    """Return bytes with one to three edits: bits, pieces removed, repeated, exchanged or put in, a cut."""
    data = bytearray(sound)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 2, 4, 8, 64))
        kind = chance.randrange(6)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = data[place : place + length]
        elif kind == 3:
            data[place : place + length] = bytes([chance.choice((0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x5B, 0x7B))]) * length
        elif kind == 4:
            data[place:place] = bytes(chance.randrange(256) for _ in range(length))
        else:
            del data[place:]
    return bytes(data)


def changed_document(document: Any, chance: Random) -> Any:
    """Return a JSON document with one or two values replaced, removed, added, exchanged or repeated."""
    changed = json.loads(json.dumps(document))
    for _ in range(chance.randint(1, 2)):
        holders = list(_holders(changed))
        if not holders:
            return copy.deepcopy(chance.choice(NASTY))
        holder = chance.choice(holders)
        names = list(range(len(holder))) if isinstance(holder, list) else sorted(holder)
        name = chance.choice(names)
        kind = chance.randrange(5)
        if kind <= 1:
            holder[name] = copy.deepcopy(chance.choice(NASTY))
        elif kind == 2:
            del holder[name]
        elif kind == 3:
            holder[name] = [holder[name], copy.deepcopy(holder[name])]
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[name]))
        else:
            holder[f"{name}2"] = copy.deepcopy(holder[name])
    return changed


def _holders(document: Any) -> Any:
    if isinstance(document, dict | list) and document:
        yield document
        for inner in document.values() if isinstance(document, dict) else document:
            yield from _holders(inner)


def changed_json(sound: bytes, chance: Random) -> bytes:
    """Return the bytes of a JSON document after `changed_document`, canonical where they can be."""
    from lineage.canonical import canonical_json

    changed = changed_document(json.loads(sound), chance)
    try:
        return canonical_json(changed)
    except (LineweightError, AttributeError, TypeError):
        return json.dumps(changed).encode()


def refused_in_words_or_read(read: Read, data: bytes) -> bool:
    """Read some bytes, and return whether they were refused, which has to be in words.

    Raises:
        AssertionError: They were refused without a word on what to do about it.
    """
    try:
        read(data)
    except LineweightError as error:
        assert error.diagnostics().count("\n") >= 1
        return True
    return False
