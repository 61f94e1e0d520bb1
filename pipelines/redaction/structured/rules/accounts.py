"""Cards, bank accounts and wallets, as Presidio finds them, with its check digits."""

from dataclasses import replace

import regex  # type: ignore[import-untyped]

from pipelines.redaction.rule import Rule
from pipelines.redaction.structured.presidio import pattern_rules
from pipelines.redaction.structured.rules.numbers import whole

# Mastercard's second series of issuers, 2221 to 2720 (ISO/IEC 7812; since 2017), which Presidio does not have.
_SECOND_SERIES = r"\b(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)(?:[- ]?\d{4}){3}\b"
# An account written without spaces: in any case, letters of the next word would be read as the end of it.
_IN_ONE = r"(?<![A-Z0-9])([A-Z]{2}\d{2}[A-Z0-9]{11,30})(?![A-Z0-9])"


def account_rules() -> tuple[Rule, ...]:
    """Return the rules of cards, IBANs and wallets."""
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, CryptoRecognizer, IbanRecognizer

    ignoring_case = int(regex.MULTILINE | regex.DOTALL | regex.IGNORECASE)
    cards = CreditCardRecognizer()
    [as_presidio] = pattern_rules(cards)
    second_series = replace(as_presidio, name="card-second-series", expression=_SECOND_SERIES)
    [account] = pattern_rules(IbanRecognizer())
    return (
        *(whole(rule) for rule in (as_presidio, second_series)),
        replace(account, flags=ignoring_case),
        replace(account, name="iban-in-one", expression=_IN_ONE, flags=ignoring_case),
        *pattern_rules(CryptoRecognizer()),
    )
