r"""Names that announce a secret, as expressions: what passwords, keys and users are called, and what only sounds so."""

import regex  # type: ignore[import-untyped]

# Names whose value a person may have chosen: a word can be one.
CHOSEN = (
    r"(?:pass_?words?|passwd|passwort|pass_?phrase|passcode|(?<![a-z])pass(?=[\"'\\]?\s{0,3}[:=])|_pass(?![a-z])|pwd|"
    r"secret(?![_. -]?(?:key|access|token|id))|contraseña|mot_?de_?passe)"
)
CHOSEN_LITERALS = ("pass", "pwd", "secret", "contrase", "mot")

# What stands before a word below and makes it the name of something that opens nothing: `public_key`, `hotkey`.
_HARMLESS = (
    r"(?<!(?:public|public_?key|publishable|pub|primary|foreign|partition|sort|cache|hash|routing|translation|"
    r"idempotency|group|composite|unique|shared|csrf|xsrf|next|page|continuation|object|bucket|search|range|hot|short|"
    r"mon|don|tur|joc|whis|hoc|disk|site|i18n|locale|lookup|cursor|by|sha|git|commit)[_. -]{0,1})"
)
_KEYS = (
    r"(?:api|access|secret|private|account|auth|app|client|consumer|encryption|signing|master|license|service|deploy|"
    r"admin|shared_?access|storage|subscription|instrumentation|registration|integration|push|server|session|personal)"
)
# Names whose value is made up or drawn by lot.
MADE = rf"{_HARMLESS}(?:secrets?|tokens?|credentials?|creds?|crumb|{_KEYS}[_. -]?keys?)"
MADE_LITERALS = ("secret", "token", "cred", "crumb", "key")

# Names whose value is a secret only if it looks drawn by lot.
DRAWN = (
    rf"{_HARMLESS}(?:(?<![a-z])key|(?-i:Key|KEY)|auth|bearer|jwt|consumer|reporter[_-]?id|salt|pepper|webhook|dsn|"
    r"(?:client|app|access|account|access_?key|secret|tenant|oauth)[_. -]?id|connection[_.-]?string|otp|"
    r"pin[_.-]?code|license)"
)
DRAWN_LITERALS = (
    "key", "auth", "bearer", "jwt", "consumer", "id", "salt", "pepper", "webhook", "dsn", "string", "otp", "pin",
    "license",
)  # fmt: skip

# Words of names in settings, where the whole name is in sight.
SETTING = rf"(?:{CHOSEN}|secret|token|api_?key|access_?key|_key)"

USER = r"(?:user_?name|user_?id|user|login|uid|account_?name)"
USER_LITERALS = ("user", "login", "uid", "account")

# How a name may go on after a word above: `password_2`, `tokenValue`, `api-key.default`.
ENDING = r"(?P<ending>(?:[_.-][\w.-]{0,40}|[A-Z0-9]\w{0,40})?)"
_HARMLESS_ENDING = regex.compile(
    r"(?i)[\w.-]*(?:path|file|filename|dir|name|url|uri|endpoint|host|type|size|length|len|count|index|label|title|hint|"
    r"prompt|placeholder|field|column|header|selector|regex|pattern|policy|algorithm|alg|version|expir\w*|ttl|timeout|"
    r"limit|usage|format|mode|prefix|suffix|digest|fingerprint|hash|checksum|arn|alias|ref|reference|error|message|"
    r"text|sha|commit|release|channel|guild|build|price|plan|customer|org|project|team|class|button|input|manager|"
    r"provider|service|factory|store|map|list|set|spec|ring|board|word|code|frame|space|down|up|press|event)s?"
)


def ends_harmlessly(ending: str) -> bool:
    """Return whether the end of a name says that its value is no secret: ``_path``, ``Length``."""
    return bool(_HARMLESS_ENDING.fullmatch(ending))
