"""Bytes: hashes, JSON in its canonical form (RFC 8785), base64 in its one spelling."""

import base64
import binascii
import hashlib
import json
import math
from typing import Any

from .report import Refused, require

MOST_IN_A_DOCUMENT = 1 << 28  # bytes of a JSON document


def sha256(data: bytes) -> bytes:
    """Return the 32 bytes of a SHA-256."""
    return hashlib.sha256(data).digest()


def sha256_hex(data: bytes) -> str:
    """Return a SHA-256 as the 64 digits that JSON holds."""
    return hashlib.sha256(data).hexdigest()


def canonical(document: Any) -> bytes:
    """Return the canonical bytes of a document (RFC 8785).

    Raises:
        Refused: It holds what canonical JSON cannot: NaN, a whole number beyond 2^53 - 1, a lone surrogate.
    """
    try:
        return _written(document).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise Refused("a document has no canonical form") from error


def _written(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, float):
        return _ecmascript(value)
    if type(value) is int:
        require(abs(value) < 1 << 53, "a whole number is beyond 2^53 - 1")
    return json.dumps(value, ensure_ascii=False)


def _ecmascript(number: float) -> str:
    """Write a float as ECMAScript does (ECMA-262, Number::toString)."""
    require(math.isfinite(number), "a number is not finite")
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, decimals = mantissa.partition(".")
    decimals = "" if decimals == "0" else decimals
    digits = (whole + decimals).lstrip("0")
    point = int(exponent or 0) + len(whole) if whole != "0" else int(exponent or 0) - (len(decimals) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    require(len(document) == len(pairs), "a key stands twice")
    return document


def _constant(name: str) -> Any:
    raise Refused(f"{name} is no number of JSON")


def parsed(data: bytes, name: str) -> Any:
    """Read JSON in any spelling; refuse a key that stands twice, NaN, and what is no UTF-8."""
    require(len(data) <= MOST_IN_A_DOCUMENT, f"{name} is larger than a document may be")
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_constant)
    except Refused as refused:
        raise Refused(f"{name}: {refused}") from refused
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name} is no JSON") from error


def document_of(data: bytes, name: str) -> Any:
    """Read JSON that is hashed or signed: only its canonical bytes are taken."""
    document = parsed(data, name)
    require(canonical(document) == data, f"{name} is not in canonical form")
    return document


def from_base64(text: str, name: str) -> bytes:
    """Read base64 in its one spelling (RFC 4648, section 4, padded)."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refused(f"{name} is no base64") from error
    require(base64.b64encode(data).decode() == text, f"{name} is base64 in another spelling")
    return data


def text_of(data: bytes, name: str) -> str:
    """Return a file's text."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused(f"{name} is no text") from error
