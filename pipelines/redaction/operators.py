"""What replaces a value, as operators registered with Presidio's anonymizer."""

import hmac
import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult
from presidio_anonymizer.operators import Operator, OperatorType

from pipelines.redaction.profile import OperatorName, RedactionProfile
from pipelines.redaction.spans import Span

_EXACT = frozenset({"SECRET", "CRYPTO"})
_DIGITS_AND_LETTERS = frozenset({"CREDIT_CARD", "IBAN_CODE", "MAC_ADDRESS", "US_ITIN", "US_SSN"})


def canonical_value(entity_type: str, value: str) -> str:
    """Return the form in which two spellings of one value are equal.

    Mail addresses and names lose their case, cards and accounts their separators, telephone numbers everything
    but digits (and the ``00``, or the ``1`` of North America, in front). Secrets stay as they are.
    """
    if entity_type in _EXACT:
        return value
    plain = unicodedata.normalize("NFKC", value).casefold()
    if entity_type == "EMAIL_ADDRESS":
        return plain.replace("%40", "@")
    if entity_type == "PHONE_NUMBER":
        digits = re.sub(r"\D", "", plain).removeprefix("00")
        return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
    if entity_type == "IP_ADDRESS":
        return _canonical_address(plain)
    if entity_type in _DIGITS_AND_LETTERS:
        return re.sub(r"[\W_]", "", plain)
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def pseudonym(entity_type: str, value: str, key: bytes) -> str:
    """Return ``<TYPE_xxxxxxxx>``: 8 hex digits of HMAC-SHA-256 under ``key`` over type and canonical value.

    The same value has the same pseudonym under the same key, and an unrelated one under any other key.
    """
    message = f"{entity_type}\0{canonical_value(entity_type, value)}".encode()
    return f"<{entity_type}_{hmac.new(key, message, 'sha256').hexdigest()[:8]}>"


def _canonical_address(value: str) -> str:
    try:
        return str(ipaddress.ip_interface(value))
    except ValueError:
        return value


class _Replacing(Operator):  # type: ignore[misc]  # Presidio ships no types
    def validate(self, params: dict[str, Any]) -> None:
        """Accept any parameters: they come from this module alone."""

    def operator_type(self) -> OperatorType:
        """Return that values are replaced, not restored."""
        return OperatorType.Anonymize


class Pseudonym(_Replacing):
    """Replaces a value by its keyed pseudonym."""

    def operate(self, text: str, params: dict[str, Any]) -> str:
        """Return the pseudonym of ``text`` under ``params["key"]``."""
        return pseudonym(params["entity_type"], text, params["key"])

    def operator_name(self) -> str:
        """Return the name profiles use."""
        return OperatorName.PSEUDONYM


class Tag(_Replacing):
    """Replaces a value by its type alone."""

    def operate(self, text: str, params: dict[str, Any]) -> str:
        """Return ``<TYPE>``."""
        return f"<{params['entity_type']}>"

    def operator_name(self) -> str:
        """Return the name profiles use."""
        return OperatorName.TAG


class Drop(_Replacing):
    """Removes a value."""

    def operate(self, text: str, params: dict[str, Any]) -> str:
        """Return nothing."""
        return ""

    def operator_name(self) -> str:
        """Return the name profiles use."""
        return OperatorName.DROP


class Replacer:
    """Applies a profile's operators to the spans of a text, under one tenant's key."""

    def __init__(self, profile: RedactionProfile, key: bytes) -> None:
        self._engine = AnonymizerEngine()
        for operator in (Pseudonym, Tag, Drop):
            self._engine.add_anonymizer(operator)
        self._operators: Mapping[str, OperatorConfig] = {
            entity_type: OperatorConfig(rule.operator.value, {"key": key})
            for entity_type, rule in profile.entities.items()
        }

    def replace(self, text: str, spans: tuple[Span, ...]) -> tuple[str, list[tuple[int, int]]]:
        """Return the text with its disjoint spans replaced, and where each replacement stands in it."""
        results = [RecognizerResult(span.entity_type, span.start, span.end, span.score) for span in spans]
        done = self._engine.anonymize(text, results, operators=dict(self._operators), merge_entities_with_spaces=False)
        return done.text, sorted((item.start, item.end) for item in done.items)
