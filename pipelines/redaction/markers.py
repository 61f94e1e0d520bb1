"""What is redacted already: surrogates of ours, by the reserved form they have, and markers that others left.

None of them is searched or changed again, so redacting twice gives what redacting once gave. No key is needed to know
one: a surrogate of any tenant and of any key version is recognised by its form alone.
"""

import re
from collections.abc import Iterator

from pipelines.redaction.spans import MARKER, Span

VERSION = "3"

# A made-up word: `qx`, which begins no word of a natural language, and four times a vowel and a consonant.
WORD_MARK = "qx"
VOWELS = "aeiou"
CONSONANTS = "bcdfghjklmnpqrstvwyz"
WORD_PAIRS = 4
_SMALL = rf"[qQ]x(?:[{VOWELS}][{CONSONANTS}]){{{WORD_PAIRS}}}"
WORD = rf"(?:{_SMALL}|QX(?:[{VOWELS.upper()}][{CONSONANTS.upper()}]){{{WORD_PAIRS}}})"
# What stands for @ in an address, in all the spellings that are searched.
AT = r"\s{0,3}[\[(]\s{0,3}(?:at|AT|At)\s{0,3}[\])]\s{0,3}|@|%40|&#0*64;|&#[xX]0*40;|&commat;|\\u0040|\\x40|\uff20"
# A telephone number's extension.
EXTENSION = r"(?:;ext=|\s{0,3}(?:x|X|ext\.?|Ext\.?|extension))\s{0,3}\d{1,6}"

# What a made-up secret begins with, behind a prefix that is no secret; the second one where all digits are hexadecimal.
SECRET_MARK = "qxqx"  # noqa: S105
HEX_MARK = "0ddba11"
# What providers put before their tokens to make them known, as they document it.
PREFIXES = (
    "AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "glrt-", "gldt-",
    "sk-proj-", "sk-ant-", "sk-or-", "sk-", "sk_live_", "sk_test_", "pk_live_", "pk_test_", "rk_live_", "rk_test_",
    "whsec_", "xoxb-", "xoxp-", "xoxa-", "xoxs-", "xapp-", "npm_", "pypi-", "hf_", "dop_v1_", "shpat_", "shpss_",
    "lin_api_", "nvapi-", "gsk_", "tvly-", "pplx-", "eyJ",
)  # fmt: skip

# What markers that other tools and the authors of data sets leave say of what stood there.
_PEOPLE = {
    "NAME": "PERSON", "PERSON": "PERSON", "FIRST_NAME": "PERSON", "LAST_NAME": "PERSON", "FULL_NAME": "PERSON",
    "EMAIL": "EMAIL_ADDRESS", "EMAIL_ADDRESS": "EMAIL_ADDRESS", "PHONE": "PHONE_NUMBER",
    "PHONE_NUMBER": "PHONE_NUMBER", "ADDRESS": "STREET_ADDRESS", "IP_ADDRESS": "IP_ADDRESS", "SSN": "US_SSN",
}  # fmt: skip
_KINDS = _PEOPLE | {
    "BLOB": "BLOB", "CRYPTO": "CRYPTO", "HANDLE": "HANDLE", "LOCATION": "LOCATION", "NRP": "NRP",
    "ORGANIZATION": "ORGANIZATION", "PASSWORD": "SECRET", "PII": "REDACTED", "SECRET": "SECRET", "TOKEN": "SECRET",
    "URL": "URL", "USERNAME": "HANDLE",
}  # fmt: skip
_KIND = "|".join(sorted(_PEOPLE, key=lambda kind: (-len(kind), kind)))

_TAG = re.compile(r"<([A-Z][A-Z0-9_]{0,60}?)(?:_[0-9a-f]{8})?>")
_REDACTED = re.compile(
    r"(?<![A-Za-z0-9])(?:\[(?:[A-Z][A-Z ]{0,30} )?(?:REDACTED|redacted|Redacted)\]"
    r"|<(?:REDACTED|redacted)>|\*{3}(?:REDACTED|redacted)\*{3}|(?:REDACTED|Redacted)(?![A-Za-z0-9]))"
)
_NUMBERED = re.compile(rf"(?<![A-Za-z0-9_])(?:\[({_KIND})(?:_\d{{1,4}})?\]|({_KIND})_\d{{1,4}}(?![A-Za-z0-9_]))")
_MAIL = re.compile(rf"{WORD}(?:{AT}){WORD}\.example\.com(?![\w-])")
_LINK = re.compile(rf"(?:[A-Za-z][A-Za-z0-9+.-]{{0,30}}://)?{WORD}\.example\.com/{WORD}")
_LOGIN = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]{{0,30}}://:?qxqx[a-z0-9]{{8}}(?::qxqx[a-z0-9]{{8}})?@{WORD}\.example\.com(?::\d{{1,5}})?"
    rf"(?:/(?:{WORD})?)?"
)
_STREET = re.compile(rf"(?<![\w.])\d{{1,3}}(?:[ +_]|%20){WORD}(?:[ +_]|%20)Street(?!\w)")
_WORDS = re.compile(rf"{WORD}(?:(?:%20|&nbsp;|\\[nrt]|\\u00a0){WORD})*")
_TOKEN = (
    rf"(?:{'|'.join(sorted(map(re.escape, PREFIXES), key=lambda prefix: (-len(prefix), prefix)))})?"
    r"(?:qxqx|QXQX)[A-Za-z0-9_-]{4,}+={0,2}"
)
_SECRET = re.compile(rf"{_TOKEN}(?:(?:\\[nr])+{_TOKEN})*")
_HEX = re.compile(rf"(?<![0-9A-Za-z])(?:{HEX_MARK}|{HEX_MARK.upper()})[0-9a-fA-F-]{{9,160}}+(?![0-9A-Za-z])")
_HEAD = re.compile(r"-----BEGIN [A-Z0-9 ]{2,40}-----")
_FOOT = re.compile(r"-----END [A-Z0-9 ]{2,40}-----")
_BODY = re.compile(r"[\sA-Za-z0-9\\_=-]{8,}+")
_ESCAPE = re.compile(r"%[0-7][0-9A-Fa-f]|\\[nrt]|\\u00[0-9a-f]{2}|&#?\w{1,8};")
_RUN = re.compile(r"[A-Za-z0-9_-]{5,}")
_PHONE_ABROAD = re.compile(
    r"(?<![\w+])(?:\+|%2B|00[ .-]?)(?:[ ().\-/]{0,2}9){3}(?:[ ().\-/]{0,2}\d){4,12}(?!\d)"
    rf"(?:{EXTENSION})?"
)
_BETWEEN = r"[ ().\-/]{0,2}"
_PHONE_555 = re.compile(
    rf"(?<![\d.])(?:\+?1{_BETWEEN})?\(?"
    + _BETWEEN.join((r"[2-9]", "9", r"\d", "5", "5", "5", "0", "1", r"\d", r"\d(?!\d)"))
    + f"(?:{EXTENSION})?"
)
_CARD = re.compile(r"(?<![\d.])4000[ -]?00(?:[ -]?\d){7,13}(?!\d)")
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])[Qq][Xx]\d\d(?:[ -]?[A-Za-z0-9]){10,30}(?![A-Za-z0-9])")
_SHORTEST_ACCOUNT = 14
_SOCIAL = re.compile(r"(?<![\w.-])9\d\d[ .-]00[ .-]\d{4}(?![\w-])")
_SIX = re.compile(r"(?<![\w:])2001:db8:7178(?::[0-9a-f]{4}){5}(?![\w:])", re.IGNORECASE)

# Forms by what a text must hold for any of them to be worth looking for: that costs nothing.
_FORMS: tuple[tuple[tuple[str, ...], tuple[tuple[re.Pattern[str], str], ...]], ...] = (
    (
        ("qx", "Qx", "QX"),
        (
            (_MAIL, "EMAIL_ADDRESS"),
            (_LINK, "URL"),
            (_LOGIN, "SECRET"),
            (_STREET, "STREET_ADDRESS"),
            (_SECRET, "SECRET"),
            (_WORDS, "PERSON"),
        ),
    ),
    ((HEX_MARK, HEX_MARK.upper()), ((_HEX, "SECRET"),)),
    (("EDACTED", "edacted"), ((_REDACTED, "REDACTED"),)),
    (("+9", "009", "00 9", "00-9", "00.9", "+(9", "2B9"), ((_PHONE_ABROAD, "PHONE_NUMBER"),)),
    (("555", "55-5", "5-55", "55 5", "5 55", "55.5", "5.55", "55) 5"), ((_PHONE_555, "PHONE_NUMBER"),)),
    (("-00-", " 00 ", ".00."), ((_SOCIAL, "US_SSN"),)),
    ((":7178:",), ((_SIX, "IP_ADDRESS"),)),
)


def existing(text: str) -> list[tuple[int, int, str]]:
    """Return what is redacted already: ``(start, end, entity type)``, disjoint and in order.

    The type is ``REDACTED`` where a marker does not say what stood there. ``start`` and ``end`` are code points.
    """
    found = list(_found(text))
    if not found:
        return []
    found.sort(key=lambda one: (one[0], -one[1], one[2]))
    kept: list[tuple[int, int, str]] = []
    for start, end, entity_type in found:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, entity_type))
    return kept


def marked(text: str) -> tuple[Span, ...]:
    """Return the same as spans, whose detector is :data:`~pipelines.redaction.spans.MARKER`."""
    return tuple(Span(start, end, kind, 1.0, MARKER, VERSION) for start, end, kind in existing(text))


def is_marker(value: str) -> bool:
    """Return whether a value is made of surrogates and markers, but for what is no letter and no digit."""
    ranges = existing(value)
    if not ranges:
        return False
    starts = [0, *(end for _, end, _ in ranges)]
    stops = [*(start for start, _, _ in ranges), len(value)]
    between = (value[start:stop] for start, stop in zip(starts, stops, strict=True))
    return not any(character.isalnum() for part in between for character in _ESCAPE.sub("", part))


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    for hints, forms in _FORMS:
        for hint in hints:
            if hint in text:
                yield from ((one.start(), one.end(), kind) for form, kind in forms for one in form.finditer(text))
                break
    if "<" in text:
        yield from _tags(text)
    if "4000" in text:
        yield from ((card.start(), card.end(), "CREDIT_CARD") for card in _CARD.finditer(text) if passes_luhn(card[0]))
    if "QX" in text or "qx" in text:
        yield from _accounts(text)
    if "-----BEGIN " in text:
        yield from _blocks(text)
    if "_" in text or "[" in text:
        yield from ((one.start(), one.end(), _KINDS[one[1] or one[2]]) for one in _NUMBERED.finditer(text))


def _tags(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield tags of ours; a single word in angle brackets is one only if it is the name of a type."""
    for match in _TAG.finditer(text):
        kind = match[1]
        if kind in _KINDS or "_" in match[0]:
            yield match.start(), match.end(), _KINDS.get(kind, kind)


def _accounts(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield accounts of no country; what follows one may look like a part of it, so it is cut where groups end."""
    for match in _ACCOUNT.finditer(text):
        written = match[0]
        while len(written) > _SHORTEST_ACCOUNT and not passes_mod_97(written):
            written = written[: max(written.rfind(" "), written.rfind("-"), 0)]
        if len(written) > _SHORTEST_ACCOUNT:
            yield match.start(), match.start() + len(written), "IBAN_CODE"


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield key blocks all of whose lines are made up."""
    before = 0
    for foot in _FOOT.finditer(text):
        head = _HEAD.match(text, max(before, text.rfind("-----BEGIN ", before, foot.start())))
        before = foot.end()
        if head is not None and _BODY.fullmatch(text, head.end(), foot.start()):
            lines = _RUN.findall(re.sub(r"\\[nr]", " ", text[head.end() : foot.start()]))
            if lines and all(line.startswith(SECRET_MARK) for line in lines):
                yield head.start(), foot.end(), "SECRET"


def passes_luhn(number: str) -> bool:
    """Return whether the digits of a number, its last one the check digit, add up (ISO/IEC 7812-1, annex B)."""
    digits = [int(character) for character in number if character.isdecimal()]
    doubled = (digit * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


def passes_mod_97(account: str) -> bool:
    """Return whether the check digits of an IBAN are right (ISO 13616; ISO 7064, MOD 97-10)."""
    marks = [character for character in account if character.isalnum()]
    return int("".join(str(int(mark, 36)) for mark in marks[4:] + marks[:4])) % 97 == 1
