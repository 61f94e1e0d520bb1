"""Telephone numbers: shapes that are one by themselves, and groups of digits that a word says are one.

Presidio asks the library ``phonenumbers`` about each text once a region. Here a rule finds candidates, and the library
is asked about those that no shape decides.
"""

import functools

import regex  # type: ignore[import-untyped]

from pipelines.redaction.rule import Match, Rule

_SEP = r"[ \u00a0\u2011.\-]"
_EXTENSION = r"(?:,?[ ]?(?:x|ext\.?|extension|#)[ ]?\d{1,6})?"
_KIND_AFTER = r"(?i:[ ]?[-(/,:]?[ ]?(?:office|fax|mobile|cell|home|work|phone|tel|direct|landline|whatsapp)\b)"
_GROUPED = rf"\d{{2,5}}(?:{_SEP}{{1,2}}\d{{2,8}}){{1,4}}"
_NO_MORE = r"(?![\w-]|[.,:]\d)"
_SAYS_SO = (
    "phone", "telephone", "phonenumber", "mobile", "cell", "cellphone", "whatsapp", "fax", "tel", "dial", "call me",
    "reach me", "my number", "number is", "call us", "contact number", "ring me", "text me", "sms", "hotline",
    "landline",
)  # fmt: skip
_HINTS_AT_IT = (*_SAYS_SO, "call", "reach", "contact", "ring")
_HINTS_AT_GROUPS = (*_HINTS_AT_IT, "number")
# The regions whose national numbers count: first those that Presidio asks about.
_PRESIDIO_REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
_REGIONS = (
    *_PRESIDIO_REGIONS,
    "AT", "AU", "BE", "CH", "CZ", "DK", "ES", "FI", "GR", "HU", "IE", "IT", "JP", "KR", "MX", "NL", "NO", "NZ", "PL",
    "PT", "SE", "SG", "TR", "ZA",
)  # fmt: skip


def phone_rules() -> tuple[Rule, ...]:
    """Return the rules of telephone numbers."""
    return (
        _rule(
            "phone-international",
            rf"(?<![\w+])\+[1-9](?:{_SEP}|[()/])?(?:\d(?:[ \u00a0().\-/]{{0,2}})){{6,14}}(?<=\d){_EXTENSION}(?!\d)",
            0.6,
        ),
        _rule(
            "phone-north-america",
            rf"(?<![\w.-])(?:\+?0{{0,2}}1{_SEP})?\(?[2-9]\d\d\)?{_SEP}{{0,2}}\d{{3}}{_SEP}\d{{4}}{_EXTENSION}"
            r"(?![\w-]|\.\d)",
            0.6,
        ),
        _rule(
            "phone-with-extension",
            rf"(?<![\w.-])(?:\+?0{{0,2}}1{_SEP})?\(?\d{{3}}\)?{_SEP}?\d{{3}}{_SEP}?\d{{4}}[ ]?(?:x|ext\.?)[ ]?"
            r"\d{1,6}(?!\w)",
            0.6,
        ),
        _rule(
            "phone-with-kind",
            rf"(?<![\w.-])(?P<value>(?:\+?0{{0,2}}1{_SEP})?(?:\(\d{{1,5}}\){_SEP}?)?\d{{2,5}}(?:{_SEP}?\d{{2,8}}){{0,4}}"
            rf"{_EXTENSION}){_KIND_AFTER}",
            0.7,
        ),
        _rule(
            "phone-in-brackets",
            rf"(?<![\w)])\(0?[1-9]\d{{0,4}}\)[ \u00a0]?\d{{2,5}}(?:{_SEP}\d{{2,5}}){{0,3}}{_NO_MORE}",
            0.3,
            context=_SAYS_SO,
            judge=_valid_somewhere,
        ),
        _rule(
            "phone-trunk",
            rf"(?<![\w.,:/+-])0[1-9]\d{{0,3}}[ \u00a0/\-]\d{{2,8}}(?:{_SEP}\d{{2,5}}){{0,3}}{_NO_MORE}",
            0.3,
            context=_SAYS_SO,
            judge=_valid_somewhere,
        ),
        _rule(
            "phone-groups",
            rf"(?<![\w.,:+-])\(?{_GROUPED}{_NO_MORE}",
            0.2,
            context=_HINTS_AT_GROUPS,
            judge=_valid_and_evenly_grouped,
        ),
        _rule(
            "phone-possible",
            rf"(?<![\w.+/:-])(?:\+|00)?\(?\d(?:[ \u00a0().\-/]{{0,2}}\d){{6,14}}{_NO_MORE}",
            0.15,
            context=_HINTS_AT_IT,
            judge=_possible,
        ),
    )


def _rule(name: str, expression: str, score: float, **others: object) -> Rule:
    chosen = {"judge": _enough_digits, "judged_by": "digits", **others}
    return Rule(name, "PHONE_NUMBER", expression, score, **chosen)  # type: ignore[arg-type]


_DATE = regex.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])|"
    r"(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)?\d\d"
)
_LOCAL_DIGITS = 7
# Two groups joined by a hyphen, of four digits each, are the lines of a file or the years of a life.
_EVENLY = regex.compile(
    r"(?!\d{4}-\d{4}$)\d{2,5}(?:(?P<sep>[ \u00a0-])(?:\d{3,8}|\d{2,8}(?:(?P=sep)\d{2,5}){1,3})|(?:\.\d\d){3,4})"
)
_IN_ROW = regex.compile(r"[\d.\])][ \t,|]{1,8}\d")


def _value(match: Match) -> str:
    return str(match["value"] if "value" in match.re.groupindex else match.group())


def _enough_digits(match: Match) -> bool | None:
    return None if 6 <= _digits(_value(match)) <= 21 else False


def _digits(value: str) -> int:
    return sum(character.isdigit() for character in value)


def _no_date(match: Match) -> bool | None:
    return False if _DATE.fullmatch(_value(match)) else _enough_digits(match)


def _possible(match: Match) -> bool | None:
    """Refuse what is no number of any of the regions that Presidio asks about."""
    value = match.group()
    return None if not _DATE.search(value) and _is_valid(value, _PRESIDIO_REGIONS) else False


def _valid_somewhere(match: Match) -> bool | None:
    """Be sure of what is a number of some region and is not just pairs of digits, which lists of numbers are."""
    value = match.group()
    if _no_date(match) is False:
        return False
    return True if regex.search(r"\d{3}", value) and _is_valid(value, _REGIONS) else None


def _valid_and_evenly_grouped(match: Match) -> bool | None:
    """Be sure only of what one separator groups and no other number stands beside, as it does in tables."""
    value = match.group()
    if _no_date(match) is False or _digits(value) < _LOCAL_DIGITS:
        return False
    evenly = _EVENLY.fullmatch(value) and not _IN_ROW.search(match.string, match.start() - 9, match.start() + 1)
    beside = regex.match(r"[ \t,|]{1,8}[\d.-]", match.string, pos=match.end())
    return _valid_somewhere(match) if evenly and not beside else None


@functools.lru_cache(maxsize=8192)
def _is_valid(value: str, regions: tuple[str, ...]) -> bool:
    import phonenumbers

    for region in (None,) if value.startswith("+") else regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
