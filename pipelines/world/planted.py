"""Personal data and secrets that are put into the world on purpose, and where.

Every value is made up, in ranges that nobody owns: RFC 2606 names, RFC 5737 and RFC 3849 addresses, telephone
numbers set aside for fiction (555-01xx; Ofcom's 020 7946 0xxx; the German 030 23125 xxx; the French 01 99 00 xx xx),
social security numbers that are never issued (area 9xx), a card issuer's test range, tokens of the right shape that
open nothing. Every value is planted once, so that finding it in anything made from the logs means something.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from string import ascii_letters, ascii_uppercase, digits
from typing import Any

from pipelines.world.dice import Dice
from pipelines.world.names import FIRST_NAMES, LAST_NAMES, PROVIDERS, STREETS

_BASE64 = ascii_letters + digits + "+/"
_PHONES = (
    "+1 ### 555 01%%",
    "(###) 555-01%%",
    "+44 20 7946 0%%%",
    "+49 30 23125 %%%",
    "+33 1 99 00 %% %%",
    "+33 5 36 49 %% %%",
)
_AREAS = ("202", "212", "303", "312", "404", "415", "503", "512", "617", "702", "718", "808")
_STREET_KINDS = ("Road", "Street", "Avenue", "Lane", "Drive")
_ALPHANUMERIC = ascii_letters + digits


@dataclass(frozen=True, slots=True)
class Value:
    """A made-up value.

    Attributes:
        kind: The entity type, as redaction profiles name it.
        text: What must not be found in anything published.
        whole: What is written, where the value is only part of it (a password in a connection string).
        secret_class: Which kind of secret, or empty.
    """

    kind: str
    text: str
    whole: str
    secret_class: str = ""


@dataclass(frozen=True, slots=True)
class Plant:
    """A value that was planted, and where: one line of ``planted.jsonl``."""

    value: str
    type: str
    carrier: str
    tenant: str
    source: str
    record: str
    position: int
    secret_class: str = ""

    def document(self) -> dict[str, Any]:
        """Return what the line says; ``record`` is the product's own id of the conversation."""
        return asdict(self)


class Mint:
    """Makes values, each of them once."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._made: set[str] = set()

    def value(self, kind: str) -> Value:
        """Return a new value of a type, one of ``KINDS``; there are tens of thousands of each."""
        make = _MAKERS[kind]
        while (made := make(self._dice)).text.casefold() in self._made:
            continue
        self._made.add(made.text.casefold())
        return made


def _plain(kind: str, make: Callable[[Dice], str]) -> Callable[[Dice], Value]:
    def made(dice: Dice) -> Value:
        text = make(dice)
        return Value(kind, text, text)

    return made


def _person(dice: Dice) -> str:
    middle = f" {dice.choice(ascii_uppercase)}." if dice.chance(0.15) else ""
    return f"{dice.choice(FIRST_NAMES)}{middle} {dice.choice(LAST_NAMES)}"


def _email(dice: Dice) -> str:
    first, last = dice.choice(FIRST_NAMES).lower(), dice.choice(LAST_NAMES).lower()
    local = dice.choice((f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}_{last}"))
    return f"{local}{dice.randint(2, 989)}@{dice.choice(PROVIDERS)}"


def _phone(dice: Dice) -> str:
    shape = dice.choice(_PHONES).replace("###", dice.choice(_AREAS))
    return "".join(dice.choice(digits) if mark == "%" else mark for mark in shape)


def _card(dice: Dice) -> str:
    body = "424242" + dice.text(digits, 9)
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(body))
    check = -sum(number - 9 if number > 9 else number for number in doubled) % 10
    number = f"{body}{check}"
    return dice.choice((" ", "-")).join(number[place : place + 4] for place in range(0, 16, 4))


def _ssn(dice: Dice) -> str:
    return f"9{dice.randint(0, 99):02}-{dice.randint(1, 49):02}-{dice.randint(1, 9999):04}"


def _iban(dice: Dice) -> str:
    country, bank = dice.choice((("DE", "00000000"), ("GB", "TEST000000"), ("FR", "0000000000")))
    account = bank + dice.text(digits, {"DE": 10, "GB": 8, "FR": 13}[country])
    as_number = "".join(str(int(mark, 36)) for mark in f"{account}{country}00")
    iban = f"{country}{98 - int(as_number) % 97:02}{account}"
    return " ".join(iban[place : place + 4] for place in range(0, len(iban), 4))


def _address(dice: Dice) -> str:
    if dice.chance(0.25):
        network, host = dice.randint(0x1000, 0xFFFF), dice.randint(0x1000, 0xFFFF)
        return f"2001:db8:{network:x}::{host:x}"
    return f"{dice.choice(('192.0.2', '198.51.100', '203.0.113'))}.{dice.randint(100, 254)}"


def _street(dice: Dice) -> str:
    return f"{dice.randint(1001, 9899)} {dice.choice(STREETS)} {dice.choice(_STREET_KINDS)}"


def _user_path(dice: Dice) -> Value:
    user = f"{dice.choice(LAST_NAMES)}{dice.choice(FIRST_NAMES)[0]}{dice.randint(10, 99)}".lower()
    root = dice.choice(("/Users/{}/code", "/home/{}/projects", "C:\\Users\\{}\\dev"))
    return Value("USER_PATH", user, root.format(user))


def _aws(dice: Dice) -> Value:
    key = "AKIA" + dice.text(ascii_uppercase + "234567", 16)
    return Value("SECRET", key, key, "aws-key-id")


def _github(dice: Dice) -> Value:
    token = "ghp_" + dice.text(_ALPHANUMERIC, 36)
    return Value("SECRET", token, token, "github")


def _payment(dice: Dice) -> Value:
    key = "sk_test_" + dice.text(_ALPHANUMERIC, 24)
    return Value("SECRET", key, key, "payment-key")


def _jwt(dice: Dice) -> Value:
    claims = {"sub": dice.text(digits, 10), "iat": dice.randint(1_760_000_000, 1_780_000_000)}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    parts.append(dice.randbytes(32))
    token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return Value("SECRET", token, token, "jwt")


def _connection(dice: Dice) -> Value:
    password = dice.text(_ALPHANUMERIC, 16)
    scheme, port = dice.choice((("postgresql", 5432), ("mysql", 3306), ("mongodb", 27017), ("redis", 6379)))
    return Value("SECRET", password, f"{scheme}://app:{password}@db.example.net:{port}/app", "connection-string")


def _pem(dice: Dice) -> Value:
    first, second, third = ("MIIEvQIBADANBg" + dice.text(_BASE64, 50), dice.text(_BASE64, 64), dice.text(_BASE64, 64))
    block = f"-----BEGIN PRIVATE KEY-----\n{first}\n{second}\n{third}\n-----END PRIVATE KEY-----"
    return Value("SECRET", second, block, "pem")


def _assignment(dice: Dice) -> Value:
    name = dice.choice(("SESSION_SECRET", "SMTP_PASSWORD", "WEBHOOK_SECRET", "ADMIN_PASSWORD", "MAP_API_KEY"))
    secret = dice.text(_ALPHANUMERIC, 20)
    return Value("SECRET", secret, f"{name}={secret}", "assignment")


_SECRETS = (_aws, _github, _payment, _jwt, _connection, _pem, _assignment)


def _secret(dice: Dice) -> Value:
    return dice.choice(_SECRETS)(dice)


_MAKERS: dict[str, Callable[[Dice], Value]] = {
    "EMAIL_ADDRESS": _plain("EMAIL_ADDRESS", _email),
    "PHONE_NUMBER": _plain("PHONE_NUMBER", _phone),
    "PERSON": _plain("PERSON", _person),
    "CREDIT_CARD": _plain("CREDIT_CARD", _card),
    "US_SSN": _plain("US_SSN", _ssn),
    "IBAN_CODE": _plain("IBAN_CODE", _iban),
    "IP_ADDRESS": _plain("IP_ADDRESS", _address),
    "STREET_ADDRESS": _plain("STREET_ADDRESS", _street),
    "SECRET": _secret,
    "USER_PATH": _user_path,
}
KINDS = tuple(_MAKERS)
