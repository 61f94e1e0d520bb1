"""What a field's name says of its value: in JSON, in attributes, and in code.

``{"phone": "5550132"}`` is a telephone number although its value alone is any number.
"""

import re

from presidio_analyzer import EntityRecognizer

from pipelines.redaction.guarded import Patterns, matches
from pipelines.redaction.secrets import is_plausible_secret
from pipelines.redaction.spans import SURROGATE, Span

_NAMES = (
    r"(?:(?:full|first|last|given|family|middle|sur|maiden|customer|contact|patient|client|employee|owner|author|"
    r"display|"
    r"legal|card_?holder|holder|recipient|sender|manager|guest|member|student|billing|shipping|account)_?name|author|"
    r"assignee|"
    r"patient|recipient|cardholder|card_holder|attendee|committer|surname|emergency_contact|signed_by|created_by|"
    r"updated_by)"
)
_FIELDS: list[tuple[str, re.Pattern[str], re.Pattern[str]]] = [
    ("PERSON", re.compile(rf"(?:^|.*_){_NAMES}"),
     re.compile(r"[^\W\d_][\w'\u2019.-]*(?: [^\W\d_][\w'\u2019.-]*){0,4}")),
    ("PHONE_NUMBER", re.compile(r"(?:.*_)?(?:phone|mobile|telephone|tel|cell|fax|whatsapp|msisdn)(?:_(?:number|no|"
                                r"nr))?"),
     re.compile(r"\+?[\d\s().x/-]{7,24}")),
    ("US_SSN", re.compile(r"(?:.*_)?(?:ssn|social_security(?:_number)?)"), re.compile(r"\d{3}[- .]?\d{2}[- .]?\d{4}")),
    ("STREET_ADDRESS", re.compile(r"(?:.*_)?(?:street|street_address|address|address_?line_?[12]?|home_address|addr)"),
     re.compile(r"(?=.*\d)(?=.*[^\W\d_]{3})[^@:{}\\_]{6,120}")),
    ("SECRET", re.compile(r"(?:.*_)?(?:password|passwd|pwd|passphrase|secret|token|api_?key|access_?key|private_?key|"
                          r"secret_?key|"
                          r"credentials?|authorization|auth_token|cookie)"), re.compile(r"(?s).{5,4000}")),
]  # fmt: skip

_NAME_VALUE = r"[A-ZÀ-Þ][\w'\u2019.-]+(?: [A-ZÀ-Þ][\w'\u2019.-]*){0,3}(?=\\?[\"'`])"
_IN_CODE = [
    ("named field", r"(?i:(?:full|first|last|given|family|customer|contact|patient|client|employee|author|card_?holder|"
                    r"recipient|guest|student|member)_?(?:name)?)\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"'`]\K" + _NAME_VALUE,
     0.7),
    ("person of a commit", r"^\W{0,6}(?:Author|Committer|Co-authored-by|Signed-off-by|Reviewed-by|Reported-by|"
                           r"Tested-by)[ \t]*:"
                           r"[ \t]*\K[^\W\d_][^<\n\"]{1,60}?(?=\s*(?:<|$))", 0.8),
    ("says who they are", r"(?:\b(?:[Mm]y name is|[Mm]y name's|[Cc]all me|[Nn]ame:|[Rr]egards,|[Cc]heers,|"
                          r"[Ss]incerely,|[Tt]hanks,|"
                          r"[Ss]igned,|\u2014|Dear|Mr\.?|Mrs\.?|Ms\.?|Dr\.?))[ \n]\K[A-ZÀ-Þ][a-zß-ÿ'\u2019-]+(?: "
                          r"[A-ZÀ-Þ][\w'\u2019.-]+){0,2}", 0.6),
]  # fmt: skip


def words_of(key: str) -> str:
    """Return a field's name as lower-case words joined by ``_``: ``billingAddress`` is ``billing_address``."""
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)).strip("_").lower()


def telling(key: str) -> str:
    """Return the words of a field's name if they say what its value is, else the empty string."""
    words = words_of(key)
    return words if any(name.fullmatch(words) for _, name, _ in _FIELDS) else ""


def keyed_spans(words: str, value: str) -> list[Span]:
    """Return what the name of a field says of its whole value; ``words`` come from :func:`telling`."""
    if not words or SURROGATE.search(value):
        return []
    for entity_type, name, shape in _FIELDS:
        if name.fullmatch(words) and shape.fullmatch(value.strip()):
            if entity_type == "SECRET" and not is_plausible_secret(value):
                return []
            return [Span(0, len(value), entity_type, 0.8, "FieldName")]
    return []


def keyed_recognizers() -> list[EntityRecognizer]:
    """Return the recognisers of names that the words before them announce."""
    guard = matches(
        r"(?i)name|author|contact|patient|client|customer|employee|holder|recipient|guest|student|member|"
        r"-by|"
        r"committer|call me|regards|cheers|sincerely|thanks|signed|\u2014|dear|mrs?\b|ms\b|dr\b"
    )
    return [Patterns("PERSON", "AnnouncedNames", _IN_CODE, guard=guard)]
