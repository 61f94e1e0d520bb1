"""Surrogates of account and identity numbers: of the same shape, in ranges that are never issued."""

import string
from collections.abc import Callable

from pipelines.redaction.markers import passes_luhn
from pipelines.redaction.operators.drawing import Draw
from pipelines.redaction.operators.pieces import laid, pieces

_DIGITS = string.digits
_TEST_ISSUER = "400000"
_TEST_COUNTRY = "QX"  # ISO 3166-1 leaves QM to QZ to its users: no country will ever have it


def card(value: str, draw: Draw) -> str | None:
    """Return a card number of the test issuer 400000, its check digit right (ISO/IEC 7812-1)."""
    length = _digits_in(value)
    if not 13 <= length <= 19:
        return None
    body = _TEST_ISSUER + draw.text(_DIGITS, length - len(_TEST_ISSUER) - 1)
    check = next(digit for digit in _DIGITS if passes_luhn(body + digit))
    return laid(value, body + check)


def account(value: str, draw: Draw) -> str | None:
    """Return an IBAN of no country, its check digits right (ISO 13616, ISO 7064 MOD 97-10)."""
    written = [piece for piece in pieces(value) if piece.char]
    marks = [piece.char for piece in written if piece.is_alphanumeric]
    if len(marks) < 15:
        return None
    drawn = [draw.text(_DIGITS if mark.isdecimal() else string.ascii_uppercase, 1) for mark in marks[4:]]
    body = "".join(drawn)
    number = int("".join(str(int(mark, 36)) for mark in f"{body}{_TEST_COUNTRY}00"))
    made = f"{_TEST_COUNTRY}{98 - number % 97:02}{body}"
    left = iter(made.lower() if value == value.lower() else made)
    return "".join(next(left) if piece.is_alphanumeric else piece.raw for piece in written)


def _reserved(length: int, make: Callable[[Draw], str]) -> Callable[[str, Draw], str | None]:
    """Return a maker for numbers of one length, digits alone, separated as they were."""

    def made(value: str, draw: Draw) -> str | None:
        return laid(value, make(draw)) if _digits_in(value) == length and not _has_letters(value) else None

    return made


# Area 9xx is never a social security number, group 00 neither that nor a tax number (SSA, IRS).
social_security = _reserved(9, lambda draw: f"9{draw.text(_DIGITS, 2)}00{draw.text(_DIGITS, 4)}")
# Aadhaar numbers begin with neither 0 nor 1 (UIDAI).
aadhaar = _reserved(12, lambda draw: "1" + draw.text(_DIGITS, 11))


def nhs(value: str, draw: Draw) -> str | None:
    """Return a number of the block 999, which the NHS keeps for tests, its check digit (modulo 11) right."""
    if _digits_in(value) != 10 or _has_letters(value):
        return None
    while True:
        body = "999" + draw.text(_DIGITS, 6)
        check = (11 - sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10:
            return laid(value, f"{body}{check}")


def national_insurance(value: str, draw: Draw) -> str | None:
    """Return a national insurance number with the prefix QQ, which is kept for examples."""
    written = [piece for piece in pieces(value) if piece.char]
    if sum(piece.is_alphanumeric for piece in written) not in (8, 9):
        return None
    made = f"QQ{draw.text(_DIGITS, 6)}{draw.choice('ABCD')}"
    left = iter(made.lower() if value == value.lower() else made)
    return "".join(next(left) if piece.is_alphanumeric else piece.raw for piece in written)


def _digits_in(value: str) -> int:
    return sum(piece.is_digit for piece in pieces(value))


def _has_letters(value: str) -> bool:
    return any(piece.char.isalpha() for piece in pieces(value))
