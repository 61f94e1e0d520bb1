"""What tells a secret from what only stands where one would: fillers, references, words, and the look of chance."""

import base64
import binascii
import itertools
import math
from collections import Counter
from collections.abc import Callable

import regex  # type: ignore[import-untyped]

# One character that is so much of a value makes it a filler: `ghp_xxxxxxxx`, `0000-0000`.
_MOST_OF_ONE = 0.7
_FILLER = regex.compile(
    r"(?i:x{6,}|\*{3,}|\.{3,}|#{4,}|(?<![a-z])(?:your|my|some|the|insert|put|enter|add|replace|paste)[-_ ]|"
    r"placeholder|changeme|change[-_]me|redacted|[-_]here(?![a-z])|^<[a-z])|EXAMPLE(?:KEY)?$"
)

# How templates, shells and programs write the place of a value, at the begin of it and inside.
_REFERENCE = regex.compile(
    r"%\(|@@|&(?:amp|lt|gt|quot);|\{[A-Za-z_][\w.]*\}|\[[A-Za-z_ ]+\]|<[^<>]*>?|\\\(|!(?:Ref|GetAtt|Sub)|ENC\[|"
    r"\$[A-Za-z_]*(?:[.:>\[-].*)?$|\$[A-Z_][A-Z0-9_]*$|%[A-Za-z_]+%|"
    r"(?i:https?://|(?:\.{0,2}|~)/|arn:|file:|data:|vault:|"
    r"(?:process\.env|os\.environ|import\.meta|getenv|env|self|this|config|settings|ctx|req|request|props|params|"
    r"data|user|options|state|form|event|res|response|secrets|var|local|module|each)[.\[(])"
)
_INTERPOLATED = regex.compile(r"\$\{|\$\(|\{\{|#\{|%\{|[-_/:.]\$[A-Za-z_]\w*$")
_CALL = regex.compile(r"[A-Za-z_][\w.:]*\(.*|[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+(?:\[.*)?|[A-Za-z_]\w*\[.*")

# Words that stand beside the names of secrets in programs, forms and documentation, and are none.
_FORM_WORDS = (
    "string str text new old hidden required optional password passwd passphrase passcode pass pwd contraseña passwort "
    "kennwort senha secret token apikey null none nil true false undefined username user name email login admin root "
    "default value example sample input field label button submit form confirm forgot reset change update invalid "
    "incorrect missing wrong empty unknown error failed success description title placeholder type number object array "
    "boolean integer bytes binary varchar char encrypted encoded plain plaintext hash hashed bcrypt sha256 base64 "
    "bearer basic oauth oauth2 header query cookie session auth authentication authorization credential credentials "
    "access refresh client server public private write read only enabled disabled test testing dummy fake mock xxx "
    "redacted masked removed sensitive secretref stdin stdout prompt file path show hide toggle visibility strength "
    "weak strong medium match mismatch length minimum maximum current verify here there this that with from your the "
    "and for not my entered given typed raw correct"
)
_EITHER = "|".join(_FORM_WORDS.split())
_FORM_WORD = regex.compile(rf"(?i)[:@%#&]?(?:{_EITHER})(?:[-_.:]?(?:{_EITHER}))*\d{{0,2}}[:@%#&?!.]*")
_SHORTEST_PASSWORD = 5
_WORDS = regex.compile(r"(?i:[a-z]+(?:['\u2019]?[-_. /:&,]{1,2}[a-z]+)*[.!?:*\u2026]*)")
_NAME_WITH_NUMBERS = regex.compile(r"(?:[A-Za-z]+\d{0,4}|v?\d+)(?:[-_./:@+](?:[A-Za-z]+\d{0,4}|v?\d+)){0,12}")
_SHORTEST_MIXED = 10

# The pairs of letters that make up four fifths of English words, and one fifth of what is drawn by lot.
_PAIRS = (
    "th he in er an re nd on en at ou ed ha to or it is hi es ng ar te se st me le ve nt ti ea as al ll ro ra ri li ne "
    "co de ma io ic ce ch el fo om ta us pe di ct lo la tr no ec si il ur ho ad ac ss ee wa we ot ut ge ie pa un ns po "
    "mo so wh em rs ol mi ow bl ig pr ai sh ul ke id am im op ia od ry os ts su sp tu pl ey ap ag ab cr ck ni nc ay ly "
    "up rt ex wo rd ev et ca"
)
_ENGLISH_PAIRS = frozenset(_PAIRS.split())
_FEWEST_PAIRS = 7
_WORDY = 0.52
_HEXADECIMAL = regex.compile(r"(?:0x)?[0-9A-Fa-f:-]+")
_UUID = regex.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

_SHORTEST_RANDOM = 12
_LEAST_ENTROPY = 2.6
# Share of neighbours that are of different kinds (digit, lower case, upper case), from which a value looks random.
_OFTEN = 0.22
_OFTEN_IN_LETTERS = 0.32
_SHORTEST_JUMBLE = 30
_LEAST_JUMBLED = 4.2


def is_filler(value: str) -> bool:
    """Return whether a value only shows where a secret would stand: ``xxxx``, ``your-key``, ``****``."""
    body = [character for character in value if character.isalnum()]
    if not body or _FILLER.search(value):
        return True
    return Counter(body).most_common(1)[0][1] > _MOST_OF_ONE * len(body)


def is_reference(value: str) -> bool:
    """Return whether a value names where a secret is kept instead of being one: ``${TOKEN}``, ``config.token``."""
    return bool(_REFERENCE.match(value) or _INTERPOLATED.search(value) or _CALL.fullmatch(value))


def is_uuid(value: str) -> bool:
    """Return whether a value is written as a UUID (RFC 9562, section 4)."""
    return bool(_UUID.fullmatch(value))


def is_login(value: str) -> bool:
    """Return whether a value is a user and a password in base64, as HTTP sends them (RFC 7617, section 2)."""
    try:
        decoded = base64.b64decode(value, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False
    return ":" in decoded and decoded.isprintable()


def entropy(value: str) -> float:
    """Return the bits a character carries by Shannon's measure, by the counts of the value's own characters."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values()) if value else 0.0


def looks_random(value: str) -> bool:
    """Return whether a value looks drawn by lot.

    Words, identifiers and numbers change seldom between upper case, lower case and digits; what was drawn from 16 or
    more characters changes every third or second time, and has few characters twice.
    """
    if is_uuid(value):
        return True
    body = regex.sub(r"[^A-Za-z0-9]", "", value)
    if len(body) < _SHORTEST_RANDOM or body.isdigit() or entropy(body.lower()) < _LEAST_ENTROPY or is_wordy(value):
        return False
    changes = sum(_kind(one) != _kind(other) for one, other in itertools.pairwise(body))
    often = _OFTEN if any(map(str.isdigit, body)) else _OFTEN_IN_LETTERS
    return changes >= often * len(body) and len(set(body)) >= min(7, len(body) // 2)


def is_wordy(value: str) -> bool:
    """Return whether the letters of a value follow each other as in English words, as those of identifiers do."""
    runs = regex.findall(r"[a-z]{2,}", value.lower())
    pairs = [one + other for run in runs for one, other in itertools.pairwise(run)]
    if len(pairs) < _FEWEST_PAIRS or _HEXADECIMAL.fullmatch(value):
        return False
    return sum(pair in _ENGLISH_PAIRS for pair in pairs) >= _WORDY * len(pairs)


def is_jumble(value: str) -> bool:
    """Return whether a long value holds letters, digits and signs in such disorder as only a generator makes."""
    kinds: tuple[Callable[[str], bool], ...] = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum())
    if len(value) < _SHORTEST_JUMBLE or entropy(value) < _LEAST_JUMBLED:
        return False
    return all(sum(map(kind, value)) >= 3 for kind in kinds) and looks_random(value)


def is_mixed(value: str) -> bool:
    """Return whether a value mixes letters and digits as a made-up key does, and no name with a version or a date."""
    letters, digits = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    if len(value) < _SHORTEST_MIXED or letters < 3 or digits < 3 or " " in value or len(set(value)) < 6:
        return False
    return not _NAME_WITH_NUMBERS.fullmatch(value)


def is_password(value: str) -> bool:
    """Return whether a value may be a password that a person chose: no sentence, no word of a form, no reference."""
    if len(value) < _SHORTEST_PASSWORD or " " in value or is_filler(value) or is_reference(value):
        return False
    return len(set(value)) >= 3 and not is_form_word(value)


def is_form_word(value: str) -> bool:
    """Return whether a value is put together from words of forms and programs: ``newPassword``, ``@user_name1``."""
    return bool(_FORM_WORD.fullmatch(value))


def is_plausible_secret(value: str) -> bool:
    """Return whether the whole value of a field with a secret-sounding name may be one.

    References, calls, words and fillers are not; what has no space and mixes letters with digits or signs, or changes
    case as no word does, is.
    """
    stripped = value.strip()
    if not is_password(stripped):
        return looks_random(stripped) and not is_filler(stripped) and not is_reference(stripped)
    return not _WORDS.fullmatch(stripped) or looks_random(stripped)


def _kind(character: str) -> int:
    return 0 if character.isdigit() else 1 if character.islower() else 2
