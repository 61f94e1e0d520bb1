"""Generated identifiers that could be somebody's: valid check digits, no reserved ranges, from a seed."""

import base64
import hashlib
import json
import random
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ALPHANUMERIC = string.ascii_letters + string.digits
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
HEXADECIMAL = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One value.

    Attributes:
        kind: What it is, finer than an entity type.
        text: The value as it is written.
        telling: Parts of it, lower-case letters and digits alone; if one of them can still be read, it has leaked.
    """

    kind: str
    text: str
    telling: tuple[str, ...]

    @property
    def is_secret(self) -> bool:
        """Whether it lets its holder in."""
        return self.kind in SECRETS


def bare(text: str) -> str:
    """Return the letters and digits of a text, in lower case."""
    return "".join(character for character in text.lower() if character.isalnum())


def identifiers(seed: int, each: int) -> Iterator[Identifier]:
    """Yield ``each`` identifiers of every kind; a kind's values do not depend on the other kinds."""
    for kind, make in KINDS.items():
        chance = random.Random(f"{seed} {kind}")
        for _ in range(each):
            text, *telling = make(chance)
            yield Identifier(kind, text, tuple(bare(part) for part in telling))


def _draw(chance: random.Random, alphabet: str, length: int) -> str:
    return "".join(chance.choices(alphabet, k=length))


def _digits(chance: random.Random, length: int) -> str:
    return str(chance.randint(1, 9)) + _draw(chance, string.digits, length - 1)


def _name(chance: random.Random) -> str:
    """Return a made-up name of eight letters or more, so that finding it again is no accident."""
    syllables = [chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(4)]
    return "".join(syllables) + chance.choice("lnrsk")


def _mail(chance: random.Random) -> list[str]:
    local = chance.choice(["{0}.{1}", "{0}_{1}", "{0}{2}", "{0}+{1}", "{0}-{1}"])
    local = local.format(_name(chance), _name(chance), chance.randint(10, 99))
    domain = chance.choice([".com", ".org", ".internal", ".co.uk", ".io", ".de", ".corp.local", "-it.net"])
    return [f"{local}@{_name(chance)}{domain}", local]


def _phone(chance: random.Random) -> list[str]:
    area, exchange, line = _digits(chance, 3), _digits(chance, 3), _digits(chance, 4)
    area = chance.choice("2346789") + area[1:]
    exchange = "7" + exchange[1:]  # never 555
    shape = chance.choice(
        [
            "({0}) {1}-{2}",
            "{0}-{1}-{2}",
            "+1 {0} {1} {2}",
            "+1-{0}-{1}-{2}",
            "+49 30 {1}{2}",
            "+44 20 7{1} {2}",
            "+33 1 {1[0]}{1[1]} {1[2]}{2[0]} {2[1]}{2[2]} 4{2[3]}",
            "+61 2 9{1} {2}",
        ]
    )
    text = shape.format(area, exchange, line)
    return [text, re.sub(r"\D", "", text)[-7:]]


def _luhn(digits: str) -> str:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    total = sum(value - 9 * (value > 9) for value in doubled)
    return digits + str(-total % 10)


def _card(chance: random.Random) -> list[str]:
    digits = _luhn(chance.choice(["4539", "4916", "5425", "5312", "2720", "6011"]) + _draw(chance, string.digits, 11))
    gap = chance.choice(["", " ", "-"])
    return [gap.join(digits[place : place + 4] for place in range(0, 16, 4)), digits[6:]]


def _iban(chance: random.Random) -> list[str]:
    country, account = chance.choice(
        [
            ("DE", _digits(chance, 18)),
            ("GB", "NWBK" + _digits(chance, 14)),
            ("NL", "INGB" + _digits(chance, 10)),
            ("ES", _digits(chance, 20)),
        ]
    )
    number = "".join(str(int(character, 36)) for character in f"{account}{country}00")
    text = f"{country}{98 - int(number) % 97:02d}{account}"
    gap = chance.choice(["", " "])
    return [gap.join(text[place : place + 4] for place in range(0, len(text), 4)), text[-10:]]


def _ipv4(chance: random.Random) -> list[str]:
    text = ".".join(
        str(octet) for octet in (chance.choice([81, 93, 145, 178, 212]), *chance.choices(range(11, 250), k=3))
    )
    return [text, text]


def _ipv6(chance: random.Random) -> list[str]:
    groups = [_draw(chance, "123456789abcdef", 4) for _ in range(6)]
    return [":".join(["2a02", "8" + _draw(chance, "123456789", 2), *groups]), "".join(groups[2:])]


def _mac(chance: random.Random) -> list[str]:
    octets = [_draw(chance, HEXADECIMAL, 2) for _ in range(5)]
    return [chance.choice(":-").join(["3c", *octets]), "".join(octets[2:])]


def _ssn(chance: random.Random) -> list[str]:
    text = f"{chance.randint(100, 665)}-{chance.randint(10, 99)}-{chance.randint(1000, 9999)}"
    return [text, text]


def _wallet(chance: random.Random) -> list[str]:
    payload = b"\0" + chance.randbytes(20)
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload), ""
    while number:
        number, place = divmod(number, 58)
        text = BASE58[place] + text
    return ["1" + text, text[:16], text[16:]]


def _home(chance: random.Random) -> list[str]:
    user = _name(chance)
    return [chance.choice(["/Users/{}/work", "/home/{}/src", "C:\\Users\\{}\\source"]).format(user), user]


def _token(prefix: str, alphabet: str, length: int) -> Callable[[random.Random], list[str]]:
    def make(chance: random.Random) -> list[str]:
        value = _draw(chance, alphabet, length)
        return [prefix + value, value[: length // 2], value[length // 2 :]]

    return make


def _web_token(chance: random.Random) -> list[str]:
    def part(document: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    claims = part({"sub": _name(chance), "iat": 1_700_000_000 + chance.randint(0, 10**7)})
    signature = _draw(chance, ALPHANUMERIC, 43)
    text = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{claims}.{signature}"
    return [text, claims[-16:], signature[:20], signature[20:]]


_SECRET_KINDS: dict[str, Callable[[random.Random], list[str]]] = {
    "AWS key id": _token("AKIA", string.ascii_uppercase + "234567", 16),
    "GitHub token": _token("ghp" + "_", ALPHANUMERIC, 36),
    "Slack token": _token("xoxb" + "-2145637829013-", ALPHANUMERIC, 24),
    "Stripe key": _token("sk_live" + "_", ALPHANUMERIC, 24),
    "web token": _web_token,
}
SECRETS = frozenset(_SECRET_KINDS)
KINDS: dict[str, Callable[[random.Random], list[str]]] = {
    "mail": _mail,
    "telephone": _phone,
    "card": _card,
    "IBAN": _iban,
    "IPv4": _ipv4,
    "IPv6": _ipv6,
    "MAC": _mac,
    "SSN": _ssn,
    "Bitcoin address": _wallet,
    "home directory": _home,
} | _SECRET_KINDS
