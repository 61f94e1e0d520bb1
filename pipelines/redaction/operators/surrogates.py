"""Which surrogate a value of each type gets."""

import hmac
from collections.abc import Callable, Mapping

from pipelines.redaction.operators import accounts, contact, credentials, dates, people
from pipelines.redaction.operators.canonical import canonical_value
from pipelines.redaction.operators.drawing import KEY_VERSION, Draw, type_key

Maker = Callable[[str, Draw], str | None]

VERSION = 2
# What the surrogates depend on besides profile, key and value: part of the redactor's digest.
OPERATORS: Mapping[str, int] = {"key_version": KEY_VERSION, "operators": VERSION}

_MAKERS: Mapping[str, Maker] = {
    "CREDIT_CARD": accounts.card,
    "CRYPTO": credentials.secret,
    "DATE_OF_BIRTH": dates.birth,
    "EMAIL_ADDRESS": contact.mail,
    "HANDLE": people.user,
    "IBAN_CODE": accounts.account,
    "IN_AADHAAR": accounts.aadhaar,
    "IP_ADDRESS": contact.address,
    "MAC_ADDRESS": contact.hardware,
    "PERSON": people.person,
    "PHONE_NUMBER": contact.phone,
    "SECRET": credentials.secret,
    "STREET_ADDRESS": people.street,
    "UK_NHS": accounts.nhs,
    "UK_NINO": accounts.national_insurance,
    "URL": contact.link,
    "US_ITIN": accounts.social_security,
    "US_SSN": accounts.social_security,
    "USER_PATH": people.user,
}


class Surrogates:
    """Makes the surrogates of one tenant.

    The same value has the same surrogate under the same key, whatever it is spelt with, and an unrelated one under any
    other key, as any other type, and in any other version of the key.

    Args:
        key: The tenant's key for surrogates.
        key_version: See :func:`~pipelines.redaction.operators.drawing.type_key`.
    """

    def __init__(self, key: bytes, key_version: int = KEY_VERSION) -> None:
        self._key = key
        self._key_version = key_version
        self._keys: dict[str, bytes] = {}

    def surrogate(self, entity_type: str, value: str, *, bare: bool = False) -> str:
        """Return what stands for a value.

        It has the value's form and is in a range that is nobody's. A type that has no such range, or a value that is
        not written as its type is, gets ``<TYPE_1a2b3c4d>``; where it stands ``bare``, in a name or a URL that angle
        brackets would break, a made-up word.
        """
        canonical = canonical_value(entity_type, value)
        key = self._of_type(entity_type)
        maker = _MAKERS.get(entity_type)
        made = None if maker is None else maker(value, Draw(key, canonical))
        if made is not None:
            return made
        if bare:
            return people.cased(people.word(Draw(key, canonical)), value)
        digits = hmac.digest(key, canonical.encode("utf-8", "surrogatepass"), "sha256").hex()[:8]
        return f"<{entity_type}_{digits}>"

    def _of_type(self, entity_type: str) -> bytes:
        key = self._keys.get(entity_type)
        if key is None:
            key = self._keys[entity_type] = type_key(self._key, entity_type, self._key_version)
        return key
