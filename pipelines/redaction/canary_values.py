"""Made-up values of every type, as people write them: the canaries that redaction has to find.

They are searched for and thrown away, never stored or shown. A number with check digits is drawn until Presidio's own
recogniser of its type takes it, so nothing of ours decides what a number is.
"""

import functools
import hashlib
import string
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipelines.redaction.operators.contact import DOCUMENTATION
from pipelines.redaction.operators.drawing import Draw
from pipelines.world.names import FIRST_NAMES, LAST_NAMES, STREETS

if TYPE_CHECKING:
    from presidio_analyzer import PatternRecognizer

_DIGITS, _LETTERS = string.digits, "ABCDEFGHJKLMNPRSTUVWXY"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ALPHANUMERIC = string.ascii_letters + string.digits
_MOST_DRAWS = 4000

# What a person calls a number of the type, and its shape: # is a digit, @ a letter.
_NUMBERS: Mapping[str, tuple[str, str]] = {
    "AU_MEDICARE": ("medicare number", "2### ##### #"),
    "AU_TFN": ("tax file number", "### ### ###"),
    "CA_SIN": ("social insurance number", "1## ### ###"),
    "CREDIT_CARD": ("card number", "4242 42## #### ####"),
    "DE_HEALTH_INSURANCE": ("krankenversicherungsnummer", "@#########"),
    "DE_ID_CARD": ("personalausweis", "L########"),
    "DE_PASSPORT": ("reisepass", "C########"),
    "DE_SOCIAL_SECURITY": ("rentenversicherungsnummer", "##1106##@###"),
    "DE_TAX_ID": ("steuerid", "###########"),
    "ES_NIE": ("nie number", "X#######@"),
    "ES_NIF": ("nif number", "########@"),
    "FI_PERSONAL_IDENTITY_CODE": ("personal identity code", "1106##-###@"),
    "IBAN_CODE": ("iban", "DE## #### #### #### #### ##"),
    "IN_AADHAAR": ("aadhaar number", "#### #### ####"),
    "IN_PAN": ("pan card", "@@@P@####@"),
    "IT_FISCAL_CODE": ("codice fiscale", "@@@@@@##A##@###@"),
    "KR_RRN": ("resident registration number", "##1106-1######"),
    "MEDICAL_LICENSE": ("medical license", "A@#######"),
    "NG_NIN": ("national identification number", "###########"),
    "PL_PESEL": ("pesel", "##1106#####"),
    "SE_PERSONNUMMER": ("personnummer", "##1106-####"),
    "SG_NRIC_FIN": ("nric", "S#######@"),
    "TH_TNIN": ("thai national id", "1############"),
    "TR_NATIONAL_ID": ("tc kimlik no", "###########"),
    "UK_DRIVING_LICENCE": ("driving licence", "@@@@@#11068@@9@@"),
    "UK_NHS": ("nhs number", "4## ### ####"),
    "UK_NINO": ("national insurance number", "AB ## ## ## C"),
    "UK_PASSPORT": ("passport number", "@@#######"),
    "US_BANK_NUMBER": ("bank account number", "##########"),
    "US_DRIVER_LICENSE": ("driver license", "@#######"),
    "US_ITIN": ("taxpayer number", "9##-7#-####"),
    "US_MBI": ("medicare beneficiary identifier", "1@G#-T@#-M@##"),
    "US_PASSPORT": ("passport number", "@########"),
    "US_SSN": ("social security number", "2##-4#-####"),
    "ZA_ID_NUMBER": ("identity number", "##1106####08#"),
}


def _person(draw: Draw) -> str:
    return f"{draw.choice(FIRST_NAMES)} {draw.choice(LAST_NAMES)}"


def _mail(draw: Draw) -> str:
    first, last = draw.choice(FIRST_NAMES).lower(), draw.choice(LAST_NAMES).lower()
    host = draw.choice(("example.org", "mail.example.net", "corp.internal", "example.co.uk"))
    return f"{draw.choice((f'{first}.{last}', f'{first[0]}{last}', f'{last}_{first}'))}{draw.below(90)}@{host}"


def _phone(draw: Draw) -> str:
    shapes = ("+1 (2#2) 555-01##", "212-555-01##", "+44 20 7946 0###", "+49 30 23125 ###", "+33 1 99 00 ## ##")
    return _shaped(draw.choice(shapes), draw)


def _address(draw: Draw) -> str:
    if draw.below(4) == 0:
        return f"2001:db8:{draw.text('123456789abcdef', 4)}::{draw.text('123456789abcdef', 4)}"
    return f"{draw.choice(DOCUMENTATION)}.{100 + draw.below(155)}"


def _hardware(draw: Draw) -> str:
    return draw.choice((":", "-")).join(draw.text("0123456789abcdef", 2) for _ in range(6))


def _street(draw: Draw) -> str:
    return f"{1 + draw.below(9000)} {draw.choice(STREETS)} {draw.choice(('Road', 'Street', 'Avenue', 'Lane'))}"


def _user(draw: Draw) -> str:
    return f"{draw.choice(LAST_NAMES)}{draw.choice(FIRST_NAMES)[0]}{draw.below(90)}".lower()


def _birth(draw: Draw) -> str:
    year, month, day = 1950 + draw.below(55), 1 + draw.below(12), 1 + draw.below(28)
    return draw.choice((f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}", f"{month}/{day}/{year}"))


def _secret(draw: Draw) -> str:
    make: tuple[Callable[[], str], ...] = (
        lambda: "ghp_" + draw.text(_ALPHANUMERIC, 36),
        lambda: "AKIA" + draw.text(string.ascii_uppercase + "234567", 16),
        lambda: "sk_test_" + draw.text(_ALPHANUMERIC, 24),
        lambda: draw.text(_ALPHANUMERIC, 20),
    )
    return make[draw.below(len(make))]()


def _coin(draw: Draw) -> str:
    """Return a Bitcoin address with its check sum (Base58Check, version 0)."""
    payload = b"\0" + bytes(draw.below(256) for _ in range(20))
    number = int.from_bytes(payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4], "big")
    made = ""
    while number:
        number, place = divmod(number, 58)
        made = _BASE58[place] + made
    return "1" + made


_WORDS: Mapping[str, tuple[str, Callable[[Draw], str]]] = {
    "CRYPTO": ("wallet", _coin),
    "DATE_OF_BIRTH": ("date of birth", _birth),
    "EMAIL_ADDRESS": ("mail", _mail),
    "HANDLE": ("twitter handle", lambda draw: f"@{_user(draw)}"),
    "IP_ADDRESS": ("server", _address),
    "MAC_ADDRESS": ("mac address", _hardware),
    "PERSON": ("full name", _person),
    "PHONE_NUMBER": ("phone number", _phone),
    "SECRET": ("api token", _secret),
    "STREET_ADDRESS": ("home address", _street),
    "USER_PATH": ("home directory", lambda draw: f"/Users/{_user(draw)}"),
}


def label_of(entity_type: str) -> str | None:
    """Return what a person calls a value of a type, or ``None`` for a type of which none are made up."""
    if entity_type in _WORDS:
        return _WORDS[entity_type][0]
    return _NUMBERS[entity_type][0] if entity_type in _NUMBERS else None


def canary(entity_type: str, draw: Draw) -> str:
    """Return a made-up value of a type that has a label."""
    if entity_type in _WORDS:
        return _WORDS[entity_type][1](draw)
    shape = _NUMBERS[entity_type][1]
    return next(made for made in (_shaped(shape, draw) for _ in range(_MOST_DRAWS)) if _is_one(entity_type, made))


def _shaped(shape: str, draw: Draw) -> str:
    of = {"#": _DIGITS, "@": _LETTERS}
    return "".join(draw.choice(of[mark]) if mark in of else mark for mark in shape)


def _is_one(entity_type: str, made: str) -> bool:
    """Return whether all of Presidio's recognisers of the type that see something in a value take the whole of it."""
    found = [one for judge in _judges()[entity_type] for one in judge.analyze(made, [entity_type])]
    return bool(found) and all((one.start, one.end) == (0, len(made)) for one in found)


@functools.cache
def _judges() -> "dict[str, list[PatternRecognizer]]":
    from pipelines.redaction.structured.presidio import shipped

    judges: dict[str, list[PatternRecognizer]] = {}
    for recognizer in shipped():
        for entity_type in recognizer.supported_entities:
            judges.setdefault(entity_type, []).append(recognizer)
    return judges
