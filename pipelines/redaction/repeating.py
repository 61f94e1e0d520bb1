"""Names that a record tells in one of its texts and repeats in others, where nothing says that they are names."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pipelines.redaction.carried import Carried
from pipelines.redaction.rewriting import Rewriting
from pipelines.redaction.views import plain

_FEW = 64  # names that are looked for one by one; of more only those whose first word stands in a text
_WORD = re.compile(r"\w+")


def repeat_names(carried: Sequence[Carried], rewriting: Rewriting) -> None:
    """Replace the names that a record tells wherever its texts still hold one.

    Args:
        carried: What became of all texts of the records; changed where a name stands again.
        rewriting: What replaces.
    """
    for row, names in _names(carried).items():
        for one in carried:
            _repeat(one, row, names, rewriting)


def _names(carried: Sequence[Carried]) -> dict[int, dict[str, str]]:
    """Return the names that rows tell, the longest first."""
    names: dict[int, dict[str, str]] = defaultdict(dict)
    for one in carried:
        for row, _, outcome in one.where(lambda outcome: outcome.names):
            names[row].update(outcome.names)
    return {
        row: dict(sorted(told.items(), key=lambda name: (-len(name[0]), name))) for row, told in sorted(names.items())
    }


def _repeat(carried: Carried, row: int, names: Mapping[str, str], rewriting: Rewriting) -> None:
    """Replace names of a row wherever its texts still hold one."""
    for position, text, field, outcome in carried.of_row(row):
        if outcome.reason is None:
            standing = _standing(names, text if outcome.redacted is None else outcome.redacted)
            if standing:
                carried.change(position, rewriting.again(text, field, standing))


def _standing(names: Mapping[str, str], text: str) -> dict[str, str]:
    """Return the names that stand in a text, in time that grows with the text and not with names times text."""
    if len(names) > _FEW:
        words = set(_WORD.findall(plain(text)))
        names = {name: kind for name, kind in names.items() if not words.isdisjoint(_WORD.findall(name)[:1])}
    return {name: kind for name, kind in names.items() if name in text or _escaped(name) in text}


def _escaped(name: str) -> str:
    """Return a name as JSON in ASCII writes it."""
    return name if name.isascii() else json.dumps(name)[1:-1]
