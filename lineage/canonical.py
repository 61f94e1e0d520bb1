"""Canonical bytes: what is hashed and signed.

JSON documents follow RFC 8785 (JCS): sorted keys, no spaces, UTF-8. Times are RFC 3339 in UTC.
Digests are SHA-256, lower-case hexadecimal in JSON and 32 raw bytes in Parquet.
"""

import hashlib
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
            an integer beyond 2^53).
    """
    try:
        return rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
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
