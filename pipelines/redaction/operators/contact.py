"""Surrogates of addresses in networks of people and machines, all in ranges that are assigned to nobody."""

import ipaddress
import re

from pipelines.redaction.markers import AT, EXTENSION
from pipelines.redaction.operators.canonical import canonical_value
from pipelines.redaction.operators.drawing import Draw
from pipelines.redaction.operators.people import word
from pipelines.redaction.operators.pieces import laid, pieces, plain

# RFC 2606, section 3: a second-level domain that is reserved for examples.
RESERVED_DOMAIN = "example.com"
# RFC 5737: blocks for documentation. Only these hosts are surrogates, so that other examples are told apart.
DOCUMENTATION = ("192.0.2", "198.51.100", "203.0.113")
HOSTS = 99
# RFC 3849: a prefix for documentation; the next group spells "qx".
SIX = "2001:db8:7178"
# RFC 7042, section 2.1.2: identifiers for documentation.
HARDWARE = "00005e0053"

_AT = re.compile(AT)
_EXTENSION = re.compile(f"(?:{EXTENSION})$")
_ABROAD = "999"  # a country code that the ITU keeps unassigned (E.164, list of country codes)
_FEWEST = 4  # digits that must be left to choose, else numbers meet too often


def mail(value: str, draw: Draw) -> str | None:
    """Return an address below ``example.com``; people of one domain stay in one domain."""
    _, joined, domain = canonical_value("EMAIL_ADDRESS", value).rpartition("@")
    if not joined:
        return None
    at = _AT.search(value)
    joint = at[0] if at is not None and at[0].isascii() else "%40" if "%" in value else "@"
    return f"{word(draw)}{joint}{word(draw.of(domain))}.{RESERVED_DOMAIN}"


def phone(value: str, draw: Draw) -> str | None:
    """Return a number of as many digits, separated as it was, that nobody can be called by.

    North American shapes get ``555-01xx`` in an area that is not assigned, others the country code 999.
    """
    extension = _EXTENSION.search(value)
    number = value if extension is None else value[: extension.start()]
    digits = "".join(piece.char for piece in pieces(number) if piece.is_digit)
    made = _number(digits, plain(number).lstrip().startswith("+"), draw)
    if made is None:
        return None
    rest = "" if extension is None else value[extension.start() :]
    return laid(number, made) + laid(rest, draw.text("0123456789", len(rest)))


def _number(digits: str, abroad: bool, draw: Draw) -> str | None:
    length = len(digits)
    if length == 10 and not abroad and not digits.startswith("0"):
        return _north_american(draw)
    if length == 11 and digits.startswith("1"):
        return "1" + _north_american(draw)
    if abroad:
        lead = _ABROAD
    elif digits.startswith("0"):
        lead = f"00{_ABROAD}"
    else:
        return None
    free = length - len(lead)
    return lead + draw.text("0123456789", free) if free >= _FEWEST else None


def _north_american(draw: Draw) -> str:
    """Return ten digits: an area N9X, which the plan keeps for its expansion, and a number kept for fiction."""
    return f"{draw.choice('23456789')}9{draw.choice('0123456789')}55501{draw.text('0123456789', 2)}"


def address(value: str, draw: Draw) -> str | None:
    """Return an address of the same version for documentation; the length of a prefix stays."""
    read, slash, length = plain(value).partition("/")
    try:
        version = ipaddress.ip_address(read.partition("%")[0]).version
    except ValueError:
        return None
    if version == 4:
        made = f"{draw.choice(DOCUMENTATION)}.{1 + draw.below(HOSTS)}"
    else:
        made = SIX + "".join(":" + draw.choice("123456789abcdef") + draw.text("0123456789abcdef", 3) for _ in range(5))
        made = made.replace("db8", "DB8") if "A" <= max(read) <= "F" else made
    return f"{made}{slash}{length}"


def hardware(value: str, draw: Draw) -> str | None:
    """Return an EUI-48 identifier for documentation, separated and in capitals as it was."""
    left = iter(HARDWARE + draw.text("0123456789abcdef", 2))
    written = pieces(value)
    if sum(piece.is_alphanumeric for piece in written) != 12:
        return None
    made = "".join(next(left) if piece.is_alphanumeric else piece.raw for piece in written)
    return made.upper() if value != value.lower() else made


def link(value: str, draw: Draw) -> str | None:
    """Return a page below ``example.com``, with the scheme that was there."""
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value)
    return f"{scheme[0] if scheme else ''}{word(draw)}.{RESERVED_DOMAIN}/{word(draw)}"
