"""The form in which two spellings of one value are equal."""

import contextlib
import ipaddress
import re

from pipelines.redaction import views
from pipelines.redaction.operators.pieces import plain

_EXACT = frozenset({"SECRET", "CRYPTO"})
_SPOKEN = frozenset({"PERSON", "STREET_ADDRESS", "LOCATION", "ORGANIZATION", "NRP", "DATE_OF_BIRTH", "DATE_TIME"})
_WRITTEN = frozenset({"URL", "USER_PATH"})
_EXTENSION = re.compile(r"(?:;ext=|\s*(?:x|ext\.?|extension))\s*(\d{1,6})$")


def canonical_value(entity_type: str, value: str) -> str:
    """Return the form in which two spellings of one value are equal.

    Escapes, full width and letters of no width are read as what they stand for. Mail addresses, names and accounts
    lose their case, numbers their separators, telephone numbers everything but digits and what is dialled
    before them (``00``; the ``1`` of North America). Secrets stay as they are.
    """
    if entity_type in _EXACT:
        return value
    read = plain(views.plain(value)).casefold()
    if entity_type == "EMAIL_ADDRESS":
        return _mail(read)
    if entity_type == "PHONE_NUMBER":
        return _phone(read)
    if entity_type == "IP_ADDRESS":
        return _address(read)
    if entity_type in _SPOKEN:
        return " ".join(re.sub(r"[\W_]+", " ", read).split())
    if entity_type == "HANDLE":
        return read.removeprefix("@")
    if entity_type in _WRITTEN or not any(character.isdecimal() for character in read):
        return " ".join(read.split())
    return re.sub(r"[\W_]", "", read)


def _mail(read: str) -> str:
    read = re.sub(r"\s*[\[(]\s*at\s*[\])]\s*", "@", read)
    read = re.sub(r"\s*[\[(]\s*dot\s*[\])]\s*", ".", read)
    return re.sub(r"[\"']\s*\+?\s*[\"']|\s", "", read)


def _phone(read: str) -> str:
    extension = _EXTENSION.search(read)
    number = read if extension is None else read[: extension.start()]
    digits = re.sub(r"\D", "", number).removeprefix("00")
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    return digits if extension is None else f"{digits}x{extension[1]}"


def _address(read: str) -> str:
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_interface(read).ip)
    return read
