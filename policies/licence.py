"""Licences of sources, read from SPDX expressions as far as a decision needs."""

import re
from enum import StrEnum


class Licence(StrEnum):
    """What a source's licence says about commercial use. Stored, so members are never renamed."""

    COMMERCIAL = "commercial"
    NON_COMMERCIAL = "non-commercial"
    UNKNOWN = "unknown"


_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*\+?", re.ASCII)
_OPERATORS = frozenset({"and", "or", "with"})
_NO_NAMES = _OPERATORS | {"unknown", "noassertion", "none"}
_NON_COMMERCIAL = re.compile(r"-nc(-|$)|non-?commercial|^ncgl-", re.IGNORECASE)


def licence_of(spdx: str) -> Licence:
    """Return what an SPDX licence expression says about commercial use.

    One non-commercial part makes the whole non-commercial, also beside an ``OR``: which side was chosen
    is not recorded. An expression that does not parse, or holds ``NOASSERTION``, ``NONE`` or ``unknown``,
    is unknown.

    Args:
        spdx: An SPDX expression (https://spdx.github.io/spdx-spec, annex "SPDX license expressions").
    """
    words = spdx.replace("(", " ").replace(")", " ").split()
    names, operators = words[::2], words[1::2]
    if any(_NON_COMMERCIAL.search(name) for name in words):
        return Licence.NON_COMMERCIAL
    well_formed = (
        len(names) == len(operators) + 1
        and all(word.lower() in _OPERATORS for word in operators)
        and all(_IDENTIFIER.fullmatch(name) and name.lower() not in _NO_NAMES for name in names)
    )
    return Licence.COMMERCIAL if well_formed else Licence.UNKNOWN
