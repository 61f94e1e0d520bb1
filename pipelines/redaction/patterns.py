"""Structured identifiers: mail, telephone, cards, accounts, addresses, and the user name in a path.

Presidio's recognisers are used where they hold; where ours differ, the reason is stated beside it.
"""

import ipaddress
import re

import regex  # type: ignore[import-untyped]
from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    CryptoRecognizer,
    IbanRecognizer,
    IpRecognizer,
    MacAddressRecognizer,
    PhoneRecognizer,
    UsItinRecognizer,
    UsSsnRecognizer,
)

from pipelines.redaction.guarded import Guarded, Patterns, holds, matches

PHONE_CONTEXT = ["phone", "number", "telephone", "cell", "mobile", "call", "whatsapp", "fax", "reach", "dial", "tel"]

# Presidio asks the public suffix list whether the domain exists, over the network, and so misses mail of internal
# domains. Any dotted name counts here. The n, r and t of an escape before the address are not part of it.
_MAIL = (
    r"(?:(?<=\\[nrt])|(?<=\\)(?![nrt])|"
    r"(?<![\w.+%\\-]))(?:[OoDdLl]'(?=\w))?\w[\w.+%-]{0,63}+(?<!://[^\s/@\"'<>]{0,120})@"
    r"(?!\d+\.\d)\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)*\.[^\W\d_]\w*(?:-+\w+)*"
)
_MAIL_ENCODED = r"(?<![\w.+-])\w[\w.+-]{0,63}?%40\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+"
_MAIL_SPELT = r"(?<![\w.+-])\w[\w.+-]{0,63} ?[\[(](?:at|AT)[\])] ?\w[\w-]*(?: ?(?:\.|[\[(](?:dot|DOT)[\])]) ?\w[\w-]*)+"

_PHONE_SHAPES = [
    ("international", r"(?<![\w+])\+[1-9][\d \u00a0().\-/]{6,18}\d(?!\d)", 0.6),
    ("North America", r"(?<![\w.-])(?:\+?0{0,2}1[ .-])?\(?[2-9]\d\d\)?[ .-]{0,2}\d{3}[ .-]\d{4}(?:\s?(?:x|"
                      r"ext\.?)\s?\d{1,6})?"
                      r"(?![\w-])", 0.6),
    ("exchange, extension", r"(?<![\w.-])(?:\+?0{0,2}1[ .-])?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}\s?(?:x|"
                            r"ext\.?)\s?\d{1,6}(?!\w)", 0.6),
]  # fmt: skip
# Groups of digits that are a telephone number only where a word says so.
_PHONE_GROUPS = [("groups", r"(?<![\w.,-])\(?\d{2,4}\)?(?:[ \u00a0-]\d{2,8}){1,4}(?![\w-]|\.\d|,\d)", 0.2)]
_PHONE_WORDS = ["phone", "mobile", "cell", "whatsapp", "fax", "tel:", "tel.", "dial", "call me", "reach me",
    "my number",
                "number is", "call us", "contact number", "ring me", "text me"]  # fmt: skip

_CAPITALISED = r"[A-ZÀ-Þ][\w'\u2019.-]*"
_KIND = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|"
    r"Parkway|Pkwy|Highway|Hwy|Circle|Cir|Crescent|Close|Row|Trail|Trl|Alley|Grove|Mews|Gardens|Nagar|Marg|Layout)"
)
_PLACE = r"(?:,?[ ](?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|#)\.?[ ]?[\w-]{1,6})?"
_TOWN = (
    r"(?:,[ ]?(?:[A-Z]{1,2}\d[\dA-Z]?[ ]\d[A-Z]{2}|\d{4,6}[ ])?(?:[A-ZÀ-Þ][\w'\u2019.-]+[ ]?){1,3})?"
    r"(?:,?[ ]?[A-Z]{2}(?=[ ,]))?(?:,?[ ](?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[\dA-Z]?[ ]\d[A-Z]{2}|"
    r"[A-Z]\d[A-Z][ ]?\d[A-Z]\d|\d{6}))?"
)
_STREETS = [
    ("English", rf"(?<![\w.])\d{{1,5}}[A-Za-z]?,?[ ](?:[NSEW]\.?[ ])?(?:{_CAPITALISED}[ ]){{1,4}}?{_KIND}\b(?:\.(?=,|"
                rf"[ ][A-Z#\d]))?"
                rf"{_PLACE}{_TOWN}", 0.7),
    ("German", r"(?<!\w)[A-ZÄÖÜ][\wäöüß.-]*(?:[ ][A-ZÄÖÜ][\wäöüß-]*)?(?:straße|strasse|str\.|weg|platz|allee|gasse|"
               r"ufer|damm|[ ]Straße|[ ]Allee|[ ]Weg|[ ]Platz)[ ]\d{1,4}[ ]?[a-z]?\b(?:,?[ ]\d{5}[ "
               r"][A-ZÄÖÜ][\wäöüß-]+)?",
     0.7),
    ("French", r"(?<!\w)\d{1,4}(?:[ ]?(?:bis|ter))?,?[ ](?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Aa]llée|"
               r"[Ii]mpasse|[Qq]uai)[ ](?:(?:de|du|des|la|le|les)[ ]|(?:d|l|de[ ]l)['\u2019]){0,2}[A-ZÀ-Þ][\w'\u2019-]+"
               r"(?:[ ][A-ZÀ-Þ][\w'\u2019-]+){0,3}(?:,?[ ]\d{5}[ ][A-ZÀ-Þ][\w'\u2019-]+)?", 0.7),
    ("Portuguese", r"(?<!\w)(?:Rua|R\.|Avenida|Av\.|Travessa|Alameda)[ ](?:[\w'\u2019.À-ÿ-]+[ ]?){1,5},?[ "
                   r"](?:n[º°o]?\.?[ ])?"
                   r"\d{1,5}(?:[ ]?[-\u2013,][ ]?[A-ZÀ-Þ][\wÀ-ÿ'\u2019-]+(?:[ ][A-ZÀ-Þ][\wÀ-ÿ'\u2019-]+){0,3})?", 0.7),
    ("post box", r"(?<!\w)(?i:P\.?[ ]?O\.?[ ]?Box)[ ]\d{1,6}\b", 0.7),
]  # fmt: skip

# Names under a home directory that belong to no person: service accounts, placeholders, pages of web sites.
_NOBODY = (
    r"(?:root|user|users|username|ubuntu|debian|ec2-user|centos|runner|runneradmin|node|app|appuser|vscode|codespace|"
    r"gitpod|git|jovyan|sandbox|developer|dev|deploy|www|web|admin|administrator|default|public|shared|guest|circleci|"
    r"travis|jenkins|vagrant|linuxbrew|you|yourname|your-name|your_name|me|name|test|workspace|project|projects|code|"
    r"src|bin|lib|tmp|data|index|about|dashboard|settings|page|pages|home|login|profile|all|new|components?|views?|"
    r"assets|static|styles?|api|posts?|products?|news|hero|footer|header)"
)
_USER = r"(?!\.|<)[\w.-]*\w"
_END = r"(?![\w-]|\.\w{2,4}\b)"
_HOMES = [
    ("home directory", rf"(?:/(?:Users|home|export/home)|[\\/](?i:c/users)|[A-Za-z]:[\\/]+(?i:users|documents and "
                       rf"settings))"
                       rf"[\\/]+\K(?!(?i:{_NOBODY}){_END})(?!\d+\b){_USER}", 0.8),
    ("home directory, dashed", rf"(?<![\w-])-(?:Users|home)-\K(?!{_NOBODY}(?![a-z]))[A-Za-z][A-Za-z0-9._]*(?=-)", 0.8),
    ("home, encoded", rf"(?i:%2F(?:Users|home)%2F)\K(?!{_NOBODY}(?!\w)){_USER}(?<!%2F)", 0.8),
    ("owner of a process", rf"\b(?:LOGNAME|USERNAME|USER)=\K(?!(?i:{_NOBODY})(?![\w-]))[A-Za-z][\w.-]+", 0.6),
]  # fmt: skip

_SITES = (
    r"(?:linkedin\.com/(?:in|pub)|(?:twitter|x|instagram|facebook|tiktok|mastodon\.social|medium|youtube)\.com|t\.me|"
    r"bsky\.app/profile|keybase\.io|github\.com|gitlab\.com|stackoverflow\.com/users/\d+)"
)
_HANDLES = [
    ("profile page", rf"\b{_SITES}/@?\K(?!(?:share|home|login|search|explore|intent|hashtag|watch|orgs|features|"
                     r"topics|settings|about|sharer)\b)[\w.-]*\w(?![\w/-]|\.\w)", 0.7),
    ("handle, said to be one", r"(?i:\b(?:handle|username|instagram|twitter|insta|telegram|discord|tiktok)(?: is|:)? )"
                               r"@\K\w[\w.]{2,}\w", 0.7),
]  # fmt: skip

# Addresses of no person: this machine, netmasks, the resolvers everybody types.
_NO_HOST = [ipaddress.ip_network(net) for net in ("127.0.0.0/8", "0.0.0.0/8", "255.0.0.0/8", "::/127")]
_RESOLVERS = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"}


class Addresses(IpRecognizer):  # type: ignore[misc]  # Presidio ships no types
    """Presidio's IP addresses, without this machine's own and without ``[1::2]``, which is a slice."""

    def invalidate_result(self, pattern_text: str) -> bool:
        """Return whether the match is no address, or the address of no host in particular."""
        if super().invalidate_result(pattern_text):
            return True
        address = ipaddress.ip_interface(pattern_text).ip
        if str(address) in _RESOLVERS or any(address in net for net in _NO_HOST if net.version == address.version):
            return True
        groups = [group for group in pattern_text.split(":") if group]
        return address.version == 6 and len(groups) < 3 and all(len(group) < 4 for group in groups)


_LINE = re.compile(r"[^\r\n]+")
_LONG_NUMBER = re.compile(r"(?<![\w.\-/])\+?\(?(?:\d[\s().\-/\u00a0]{0,3}){6,}\d(?![\w-])")


class Phones(PhoneRecognizer):  # type: ignore[misc]
    """Presidio's telephone numbers; a bare row of digits counts only where a word before it says so.

    No number spans lines, and Presidio reads a text once a region: only lines with enough digits are shown to it.
    """

    def analyze(self, text: str, entities: list[str], nlp_artifacts: object = None) -> list[RecognizerResult]:
        """Return numbers, those written like code or dates left out."""
        found = []
        for line in _LINE.finditer(text):
            if not _LONG_NUMBER.search(line.group()):
                continue
            for result in super().analyze(line.group(), entities, nlp_artifacts):
                result.start, result.end = result.start + line.start(), result.end + line.start()
                found.append(result)
        return [self._weighed(result, text) for result in found if not self._is_part(result, text)]

    @staticmethod
    def _is_part(result: RecognizerResult, text: str) -> bool:
        value, around = text[result.start : result.end], text[max(0, result.start - 1) : result.end + 1]
        inside_word = re.match(r"[\w.\-/]", around[0]) if result.start else None
        return bool(
            inside_word or re.match(r"\d{4}-\d\d-\d\d", value) or re.search(r"[\w\-]$", around[len(value) :][1:])
        )

    @staticmethod
    def _weighed(result: RecognizerResult, text: str) -> RecognizerResult:
        value = text[result.start : result.end]
        told = value.startswith(("+", "00", "(")) or re.match(r"0[1-9]\d*[ /.-]", value)
        result.score = 0.5 if told else 0.2
        return result


def structured_recognizers() -> list[EntityRecognizer]:
    """Return the recognisers of structured identifiers, in the order they run."""
    nine_digits = matches(r"(?:\d[\s.\-\u00a0]?){9}")
    return [
        Patterns("EMAIL_ADDRESS", "Mail", [("mail", _MAIL, 1.0)], guard=holds("@")),
        Patterns("EMAIL_ADDRESS", "MailEncoded", [("percent", _MAIL_ENCODED, 0.9)], guard=holds("%40")),
        Patterns("EMAIL_ADDRESS", "MailSpelt", [("spelt", _MAIL_SPELT, 0.9)], guard=matches(r"[\[(](?:at|AT)[\])]")),
        Guarded(Phones(context=PHONE_CONTEXT), _LONG_NUMBER.search),
        Patterns("PHONE_NUMBER", "PhoneShapes", _PHONE_SHAPES, guard=matches(r"\d{3}\)?[ .\-]{0,2}\d{3}|\+[1-9]"),
            accept=_phone_digits),
        Patterns("PHONE_NUMBER", "PhoneGroups", _PHONE_GROUPS, guard=matches(r"\d[ \u00a0-]\d{2}"),
            accept=_phone_digits,
                 context=_PHONE_WORDS),
        Guarded(CreditCardRecognizer(), matches(r"(?:\d[ -]?){12}")),
        Guarded(IbanRecognizer(regex_flags=regex.M | regex.I), matches(r"[A-Za-z]{2}\d\d")),
        Guarded(CryptoRecognizer(), matches(r"(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25}")),
        Guarded(Addresses(), matches(r"\d\.\d{1,3}\.\d|[0-9A-Fa-f]:[0-9A-Fa-f:]|::")),
        Guarded(MacAddressRecognizer(), matches(r"[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]|"
                                                r"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.")),
        Guarded(UsSsnRecognizer(), nine_digits),
        Guarded(UsItinRecognizer(), nine_digits),
        Patterns("STREET_ADDRESS", "Streets", _STREETS, guard=matches(r"\d")),
        Patterns("USER_PATH", "HomePaths", _HOMES, guard=matches(r"(?i)users|home|LOGNAME|USER")),
        Patterns("HANDLE", "Handles", _HANDLES, guard=holds(".com/", ".me/", ".io/", ".app/", ".social/", " @")),
    ]  # fmt: skip


def _phone_digits(value: str) -> bool:
    return 6 <= sum(character.isdigit() for character in value) <= 21
