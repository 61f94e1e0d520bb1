"""Canonical bytes: what is hashed and signed.

JSON documents follow RFC 8785 (JCS): sorted keys, no spaces, UTF-8. Times are RFC 3339 in UTC.
Digests are SHA-256, lower-case hexadecimal in JSON and 32 raw bytes in Parquet.

The `rfc8785` package says what is canonical. It is written in Python; where a document holds nothing on which the
encoder of the standard library, written in C, differs from it, that one writes the same bytes several times faster.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import rfc8785

from policies.errors import LineweightError
from policies.instants import written


class NotCanonicalError(LineweightError):
    """A value has no canonical form, or bytes are not in it."""

    remedy = "Only JSON values with finite numbers and valid Unicode can be hashed and signed."


def canonical_json(document: Mapping[str, Any] | list[Any]) -> bytes:
    """Return the RFC 8785 bytes of a document.

    Raises:
        NotCanonicalError: The document holds a value JSON cannot carry (NaN, a lone surrogate,
            an integer beyond 2^53), or is nested deeper than anybody reads.
    """
    try:
        return _ENCODER.encode(document).encode() if _is_plain(document) else rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise NotCanonicalError("The document has no canonical JSON form.") from error


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of(document: Mapping[str, Any] | list[Any]) -> str:
    """Return the SHA-256 of a document's canonical bytes, in hexadecimal."""
    return sha256_hex(canonical_json(document))


def rfc3339(at: datetime) -> str:
    """Return an aware instant as RFC 3339 in UTC with microseconds, ending in ``Z``.

    Raises:
        NotCanonicalError: The time has no zone; which instant it means is unknown.
    """
    if at.tzinfo is None:
        raise NotCanonicalError("A time without a zone names no instant.", remedy="State the zone of the time.")
    return written(at)


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False, check_circular=False
)
_SAFE = 2**53 - 1
_DEEPEST = 100


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Return whether the standard library's encoder writes a value as RFC 8785 does.

    It differs in the order of keys beyond ASCII (code points, not UTF-16), in whole and in very small or large
    floats (``1.0``, ``1e-07``, ``1e+16``), and in integers beyond 2^53, which RFC 8785 has none of.
    """
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-_SAFE <= value <= _SAFE)
    if kind is float:
        return bool(1e-4 <= abs(value) < 1e16 and not value.is_integer())
    if depth > _DEEPEST:
        return False
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_plain(held, depth + 1) for key, held in value.items())
    return (kind is list or kind is tuple) and all(_is_plain(held, depth + 1) for held in value)
