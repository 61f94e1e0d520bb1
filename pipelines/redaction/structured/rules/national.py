"""Numbers that states give to people, as Presidio finds them.

Where a check digit lets one number in ten through, as mod 10 and mod 11 do, it proves nothing on a machine's log: there
a word has to say what the number is, as it must where there is no check digit at all.
"""

from dataclasses import replace

from pipelines.redaction.rule import Judge, Match, Rule
from pipelines.redaction.structured.presidio import pattern_rules, shipped
from pipelines.redaction.structured.rules.numbers import whole

_SAID = 0.3  # the score of what only a context word makes likely enough
# Digits alone, with one check digit.
_WEAK = frozenset((
    "AU_MEDICARE", "AU_TFN", "DE_HEALTH_INSURANCE", "DE_TAX_ID", "ES_NIF", "IN_AADHAAR", "KR_RRN", "MEDICAL_LICENSE",
    "NG_NIN", "PL_PESEL", "SE_PERSONNUMMER", "TH_TNIN", "UK_NHS", "ZA_ID_NUMBER",
))  # fmt: skip
# Those that have a module of their own here.
_ELSEWHERE = frozenset(["CREDIT_CARD", "CRYPTO", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "MAC_ADDRESS"])
# Any ten characters before which, somewhere in the text, there is a letter and a digit.
_TOO_BROAD = frozenset(("InPanRecognizer/2",))
# Presidio's words for these are as common before any other number: `us`, `check`, `save`, `document`.
_WORDS = {
    "US_BANK_NUMBER": ("account", "acct", "bank", "routing", "debit", "checking account", "savings account"),
    "US_PASSPORT": ("passport", "passport#", "travel document"),
    "US_DRIVER_LICENSE": ("driver", "license", "licence", "driving", "dl", "dl#", "lic#", "cdl"),
}


def national_rules() -> tuple[Rule, ...]:
    """Return the rules of the numbers of people that Presidio knows."""
    rules = []
    for recognizer in shipped():
        (entity_type,) = recognizer.supported_entities
        made = [_in_our_words(whole(rule)) for rule in pattern_rules(recognizer) if rule.name not in _TOO_BROAD]
        if entity_type in _WEAK:
            rules += [_if_said(rule) for rule in made]
        elif entity_type not in _ELSEWHERE:
            rules += made
    return tuple(rules)


def _in_our_words(rule: Rule) -> Rule:
    return replace(rule, context=_WORDS.get(rule.entity_type, rule.context))


def _if_said(rule: Rule) -> Rule:
    return replace(rule, score=min(rule.score, _SAID), judge=_not_sure(rule.judge))


def _not_sure(judge: Judge | None) -> Judge:
    def judged(match: Match) -> bool | None:
        return False if judge is not None and judge(match) is False else None

    return judged
