"""Judges of matches: each confirms a find, refuses it, or leaves it as sure as its rule is."""

import base64
import binascii
import json
import zlib

from pipelines.redaction.credentials.plausible import is_filler, looks_random
from pipelines.redaction.rule import Match

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIX = 4
_CHECKED = 6  # characters at the end of a token of GitHub that check the others


def value_of(match: Match) -> str:
    """Return what a match would find: its group ``value``, or all of it."""
    return str(match["value"] if "value" in match.re.groupindex else match.group())


def no_filler(match: Match) -> bool | None:
    """Refuse fillers, leave all else as sure as its shape is."""
    return False if is_filler(value_of(match)) else None


def random(match: Match) -> bool | None:
    """Refuse fillers, and what does not look drawn by lot after the letters that are the provider's."""
    value = value_of(match)
    return None if looks_random(value[_PREFIX:]) and not is_filler(value) else False


def github(match: Match) -> bool | None:
    """Confirm a token of GitHub or npm by its last six characters, the CRC-32 of those before in base 62."""
    value = value_of(match)
    if is_filler(value):
        return False
    body = value.rpartition("_")[2]
    return True if _base62(zlib.crc32(body[:-_CHECKED].encode())) == body[-_CHECKED:] else None


def web_token(match: Match) -> bool | None:
    """Confirm a JSON Web Token whose header is a JSON object (RFC 7519, section 7.2)."""
    header = value_of(match).partition(".")[0]
    try:
        document = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (binascii.Error, ValueError):
        return None
    return True if isinstance(document, dict) else None


def _base62(number: int) -> str:
    digits = ""
    for _ in range(_CHECKED):
        number, last = divmod(number, 62)
        digits = _BASE62[last] + digits
    return digits
