"""Secrets: what lets its holder in. Presidio has no recogniser for them.

Four ways in: the shape a provider gives its tokens, the place a secret stands in (a header, a connection string, a
URL's user information), the name it is assigned to, and blocks of key material.
"""

import itertools

import regex  # type: ignore[import-untyped]
from presidio_analyzer import EntityRecognizer

from pipelines.redaction.guarded import Patterns, holds, matches

_B = r"(?<![A-Za-z0-9])"  # a token begins here; `_` and `-` may stand before it

# Prefixed tokens by provider: (name, literals one of which must occur, expression after the boundary).
_TOKENS: list[tuple[str, tuple[str, ...], str]] = [
    ("aws", ("AKIA", "ASIA", "ABIA", "ACCA", "AROA", "AIDA", "AGPA", "AIPA", "ANPA", "A3T"),
     r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|AIPA|ANPA)[A-Z0-9]{16}(?![A-Z0-9])"),
    ("aws bedrock", ("ABSK", "bedrock-api-key"), r"(?:ABSK[\w+/]{60,}={0,2}|bedrock-api-key-[\w+/=]{20,})"),
    ("github", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"), r"(?:gh[pousr]_\w{30,255}|"
                                                                        r"github_pat_\w{22,255})"),
    ("gitlab", ("gl",), r"(?:gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[\w.-]{17,}\w|"
                        r"GR1348941[\w-]{20,})"),
    ("slack", ("xox", "xapp", "xwfp"), r"(?:xox[a-z](?:\.xox[a-z])?-[\w-]{10,}|xapp-[\w-]{10,}|xwfp-[\w-]{10,})"),
    ("stripe", ("_live_", "_test_", "_prod_", "whsec_"),
     r"(?:[srp]k_(?:live|test|prod)_\w{10,}|whsec_[\w+/=]{20,})"),
    ("openai, anthropic and alike", ("sk-",), r"sk-[A-Za-z0-9](?=[\w-]*[0-9])[\w-]{18,}"),
    ("model hosts", ("gsk_", "hf_", "api_org_", "r8_", "pplx-", "xai-", "csk-", "lsv2_", "tvly-", "fc-", "jina_",
     "nvapi-"),
     r"(?:(?:gsk|hf|api_org|r8|jina)_[A-Za-z0-9]{24,}|(?:pplx|xai|csk|nvapi)-[\w-]{32,}|lsv2_(?:pt|sk)_\w{32,}|"
     r"tvly-[\w-]{20,}|fc-[0-9a-f]{32})"),
    ("google", ("AIza", "GOCSPX-", "ya29.", "1//0"),
     r"(?:AIza[\w-]{35}|GOCSPX-[\w-]{20,}|ya29\.[\w.-]{20,}|1//0[\w-]{30,})"),
    ("packages", ("npm_", "pypi-", "rubygems_", "oy2", "cio"),
     r"(?:npm_\w{36}|pypi-[\w-]{50,}|rubygems_[0-9a-f]{48}|oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32})"),
    ("hosting", ("dop_v1_", "doo_v1_", "dor_v1_", "fo1_", "fm1", "fm2_", "HRKU-", "nfp_", "rnd_", "vc", "sbp_",
     "sb_secret_"),
     r"(?:do[opr]_v1_[0-9a-f]{64}|fo1_[\w-]{43}|fm[12][ar]?_[\w+/=,-]{40,}|HRKU-[\w-]{30,}|nfp_\w{36,}|rnd_\w{24,}|"
     r"vc[a-z]_\w{24,}|vck?_\w{24,}|sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,})"),
    ("commerce", ("shpat_", "shpss_", "shpca_", "shppa_", "sq0", "EAAA", "EAAl", "access_token$"),
     r"(?:shp(?:at|ss|ca|pa)_\w{32}|sq0[a-z]{3}-[\w-]{22,}|EAAA[\w-]{56,}|"
     r"access_token\$(?:production|sandbox)\$\w{10,}\$\w{32})"),
    ("mail and messages", ("SG.", "key-", "-us", "xkeysib-", "re_", "AC", "SK", "pubkey-"),
     r"(?:SG\.[\w-]{16,}\.[\w-]{16,}|(?:pub)?key-[0-9a-z]{32}|[0-9a-f]{32}-us\d{1,2}|xkeysib-[0-9a-f]{64}-\w{16}|"
     r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}|(?:AC|SK)[0-9a-f]{32}(?![0-9a-f]))"),
    ("chat bots", (":AA", "."), r"(?:\d{8,10}:AA[\w-]{32,35}|[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}(?![\w-]))"),
    ("data platforms", ("dapi", "glc_", "glsa_", "eyJrIjoi", "NRAK-", "NRII-", "NRJS-", "dt0c01.", "sntry", "PMAK-",
     "phx_", "sgp_"),
     r"(?:dapi[0-9a-fA-F]{32}(?:-\d)?|glc_[\w+/=]{32,}|glsa_\w{32}_[0-9a-f]{8}|eyJrIjoi[\w+/=]{40,}|NR(?:AK|II|JS|"
     r"RA)-[\w-]{19,}|"
     r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}|sntry[su]_[\w+/=]{40,}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|phx_\w{40,}|"
     r"sgp_(?:[0-9a-zA-Z]{16}_|local_)?[0-9a-zA-Z]{40})"),
    ("vaults", ("hv", "atlasv1", "ops_ey", "A3-", "dp.", "AGE-SECRET-KEY-1", "AKC", "s."),
     r"(?:hv[sbr]\.[\w-]{20,}|\w{14}\.atlasv1\.[\w=-]{60,}|ops_ey[\w+/=-]{100,}|A3-[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){3,5}|"
     r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}|AGE-SECRET-KEY-1[0-9A-Z]{58}|AKC[A-Za-z0-9]{10,}|"
     r"s\.(?=[A-Za-z]*\d)[A-Za-z0-9]{24}(?!\w))"),
    ("work tools", ("ntn_", "secret_", "lin_api_", "figd_", "ATATT3", "ATBB", "ATCTT3", "dckr_", "tskey-", "pat-",
     "pul-", "ico-", "API-", "CCIPAT_"),
     r"(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{40,}|lin_api_\w{32,}|figd_[\w-]{40}|AT(?:ATT|CTT)3[\w=-]{50,}|"
     r"ATBB\w{32}|"
     r"dckr_(?:pat|oat)_[\w-]{27,}|tskey-[a-z]+-[\w-]{10,}|pat-[a-z]{2}\d-[0-9a-f-]{36}|pul-[0-9a-f]{40}|ico-\w{32}|"
     r"API-[A-Z0-9]{26,}|CCIPAT_\w{20,})"),
    ("more prefixes", ("aio_", "pscale_", "pnu_", "rdme_", "tfp_", "bkua_", "sha256~", "EAA", "pk.ey", "sk.ey",
     "tk-us-", "shippo_", "duffel_", "EZAK", "EZTK", "tk_", "snyk_", "odt_", "00D", "s-s4t2", "live_"),
     r"(?:aio_\w{28}|pscale_(?:pw|tkn|oauth)_[\w.=-]{32,}|pnu_\w{36}|rdme_\w{70}|tfp_[\w.=-]{59}|bkua_[0-9a-f]{40}|"
     r"sha256~[\w-]{43}|EAA[MCAI]\w{20,}|[ps]k\.ey[\w.-]{40,}|tk-us-[\w-]{48}|shippo_(?:live|test)_[0-9a-f]{40}|"
     r"duffel_(?:live|test)_[\w=-]{43}|EZ[AT]K\w{54}|snyk_[a-z]+\.[\w.-]{20,}|odt_\w{32}|"
     r"00D[A-Za-z0-9]{12,15}![\w.]{60,}|s-s4t2(?:ud|af)-[0-9a-f]{64}|live_\d{6,}_\w{24,}|\d{15,16}\|[\w-]{27,})"),
    ("webhooks", ("hooks.slack.com", "/api/webhooks/", "webhook.office.com"),
     r"(?:hooks\.slack\.com/(?:services|workflows|triggers)/\K[\w/+-]{20,}|"
     r"discord(?:app)?\.com/api/webhooks/\K\d+/[\w-]{20,}|"
     r"webhook\.office\.com/webhookb?2?/\K[\w@/.-]{30,})"),
    ("password hash", ("$2", "$5$", "$6$", "$argon2", "$krb5"),
     r"(?:\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$[156]\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}|"
     r"\$argon2id?\$[\w$,=+/.-]{40,}|\$krb5\w*\$[\w$*./@:-]{40,})"),
]  # fmt: skip

_JWT = [
    ("jwt", rf"{_B}ey[A-Za-z0-9_-]{{10,}}={{0,2}}\.ey[A-Za-z0-9_/+-]{{6,}}={{0,2}}(?:\.[A-Za-z0-9_/+-]*={{0,2}})?",
     1.0),
    ("jwe",
     rf"{_B}ey[A-Za-z0-9_-]{{10,}}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}",
         1.0),
    ("jwt in base64", rf"{_B}ZXlK[\w+/=]{{40,}}", 0.8),
]  # fmt: skip

# A key block ends with its END line; a truncated one with its last line that still looks like key material.
_PEM = [
    ("private key", r"-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{0,20000}?-{5}END[ A-Z0-9]{0,40}"
                    r"PRIVATE KEY(?: BLOCK)?-----|(?:(?:\s|\\[nr]|[\"'+,])*+[A-Za-z0-9+/=:]{16,}+)*+)", 1.0),
    ("private key in base64", r"LS0tLS1CRUdJTi[\w+/=]{40,}", 1.0),
    ("putty key", r"PuTTY-User-Key-File-\d:[^\n]*\n(?:[^\n]+\n?){1,80}", 1.0),
]  # fmt: skip

_HOST = r"(?=@[\w\[$.%{-])"
_PLACES = [
    ("user and password in a URL",
     rf"://\K[^\s/:@\"'`<>()]{{0,120}}:(?!\d{{1,5}}[/?#])[^\s/?#\"'`<>]{{1,256}}{_HOST}", 1.0),
    ("password with a slash in a URL",
     rf"://\K[^\s/:@\"'`<>()]{{1,120}}:(?!\d{{1,5}}[/?#])[^\s\"'`<>@]{{1,256}}{_HOST}", 0.9),
    ("user or token in a URL", rf"://\K(?!(?:git|ssh|hg|svn|root|user|username|admin|postgres|app|"
                               rf"test)@)[^\s/:@\"'`<>()]"
                               rf"{{3,256}}{_HOST}", 0.9),
    ("secret in a query", r"[?&;](?i:access_?token|auth_?token|token|api_?key|key|sig|signature|auth|secret|"
                          r"client_?secret|"
                          r"password|passwd|pwd|session|code|sv_?sig|x-amz-(?:signature|credential|security-token))="
                          r"\K[^&\s\"'`<>#;{}$]{6,}", 0.8),
    ("authorization header", r"(?i:\bauthorization[\"']?\s{0,3}[:=,]\s{0,3}[\"'`]?(?:(?:bearer|basic|token|apikey|"
                             r"digest|"
                             r"ssws|api-token|splunk|key)\s{1,3})?)\K(?=[\w.~+/=:-]*\d)[\w.~+/=:-]{8,}", 0.9),
    ("bearer token", r"\b(?i:bearer)\s+\K(?=[\w.~+/=-]*\d)[\w.~+/=-]{16,}", 0.8),
    ("key header", r"(?i:\b(?:x-)?(?:api|auth|access|secret)[-_](?:key|token|"
                   r"secret)[\"']?\s{0,3}:\s{0,3}[\"'`]?)\K[\w.~+/=-]{12,}", 0.8),
    ("password of a connection string", r"(?i:\b(?:password|pwd|accountkey|sharedaccesskey|sharedaccesssignature|"
                                        r"sharedsecret|"
                                        r"accesskey|user ?id|uid)\s?=\s?)\K[^;\s\"'`]{3,}(?=\s*(?:;|[\"'`]|"
                                        r"$))(?=[^\n]*;|(?<=;[^\n]*))", 0.8),
    ("curl user", r"\bcurl\b[^\n]{0,300}?\s(?:-u|--user|-U|--proxy-user)[\s=]?[\"']?\K[^\s:\"']{1,80}:[^\s\"']{3,}",
     0.9),
    ("password option", r"\s(?:--?pass(?:word|wd)?|--token|--api-?key|--secret)(?:=|"
                        r"\s+)[\"']?\K(?![-$<{(])[^\s\"']{6,}", 0.7),
    ("sshpass, mysql", r"\b(?:sshpass|mysql|mysqldump|psql|"
                       r"redis-cli)\b[^\n]{0,200}?\s-[pa][\"']?\K(?![\s$-])[^\s\"']{6,}", 0.7),
    ("netrc", r"(?m:\bmachine\s+\S+\s+login\s+\S+\s+password\s+)\K\S{3,}", 0.9),
    ("npm, docker auth", r"(?:_authToken=|_auth=|_password=|\"auth\"\s?:\s?\")\K[\w.~+/=-]{8,}", 0.9),
]  # fmt: skip

_SENSITIVE = (
    r"(?:passwords?|passwd|passwort|pass_?phrase|passphrase|pwd|secrets?|tokens?|api[_.-]?keys?|access[_.-]?keys?|"
    r"private[_.-]?keys?|secret[_.-]?keys?|account[_.-]?keys?|encryption[_.-]?keys?|signing[_.-]?keys?|"
    r"license[_.-]?keys?|credentials?|connection[_.-]?string|app[_.-]?keys?|auth[_.-]?keys?|otp|pin_?code)"
)
_SUFFIX = r"(?:(?:[_.-][\w.-]{0,30}|[A-Z0-9]\w{0,30}|[_-]?(?i:value|base64|b64|id|default|key))?)"
_GIVEN = (
    r"(?:\s{0,20}(?:=>|::?=|\?=|\|\|=|[!=]==?|[:=])\s{0,20}|\s?(?:\|\||\?\?)\s?|\",\s?\"?|',\s?|[\"']?\]\s?=\s?|"
    r"\s{1,3}(?:(?:is|to|as|for user)\s{1,3})?)"
)
_ASSIGNED = [
    ("quoted value", rf"(?i:{_SENSITIVE}){_SUFFIX}\\?[\"'`]?(?:\s?:\s?(?:str|string|String))?{_GIVEN}(?:[bfrBFR]|"
                     rf"new\s)?"
                     r"\\?[\"'`]\K[^\"'`\n\\]{5,300}(?=\\?[\"'`])", 0.7),
    ("bare value", rf"(?i:{_SENSITIVE}){_SUFFIX}[\"']?(?:\s{{0,3}}[:=]\s{{0,3}}|"
                   rf"=>\s?)\K(?=[^\s\"'`,;]*\d)[^\s\"'`,;(){{}}<>\[\]$]"
                   r"{8,300}(?![\w(\[.])", 0.6),
    ("key of hexadecimal or base64", r"(?i:key|auth|login)[\"']?\s{0,4}(?:::?=|=>|[:=])\s{0,4}[\"'`]\K(?=[^\"'`]*\d)"
                                     r"[A-Za-z0-9+/_=-]{32,300}(?=[\"'`])", 0.6),
    ("element", rf"<(?i:[\w.:-]{{0,30}}{_SENSITIVE}\w{{0,10}})>\K[^<>\s]{{5,300}}(?=</)", 0.7),
]  # fmt: skip
_ENVIRONMENT = [
    ("environment", r"^[ \t]*(?:export |set |ENV |- |\$env:)?[A-Z][A-Z0-9_]*(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|PWD|"
                    r"PASS|TOKEN|"
                    r"API_?KEY|ACCESS_?KEY(?:_ID)?|SECRET_?KEY|PRIVATE_?KEY|_KEY|CREDENTIALS?|AUTH|DSN)(?:_?\d|"
                    r"_BASE64)?"
                    r"[ \t]*[=:][ \t]*[\"']?\K(?![$<{%(])[^\s\"'#]{4,400}", 0.8),
]  # fmt: skip

_REFERENCE = regex.compile(
    r"\$|\{\{|\{[a-z_]|<|%\(|process\.env|os\.environ|import\.meta|getenv|https?://|\.{0,2}/|(?:self|this|config|"
    r"settings|ctx|"
    r"req|request|props|params|data|user|options|state|form|event|res|response|env|secrets|var)[.\[]"
)
_WORDS = regex.compile(r"(?i)[a-z]+(?:[-_. /:]{1,2}[a-z]+)*[.!?:…]*")
_ATTRIBUTE = regex.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CALL = regex.compile(r"[A-Za-z_][\w.]*\(.*")


def is_plausible_secret(value: str) -> bool:
    """Return whether a value assigned to a secret-sounding name may be one.

    References (``${TOKEN}``, ``process.env.TOKEN``, ``config.token``), calls, plain words and repeated
    characters are not.
    """
    stripped = value.strip()
    if len(stripped) < 5 or len(set(stripped)) < 3 or _REFERENCE.match(stripped) or _CALL.fullmatch(stripped):
        return False
    if _ATTRIBUTE.fullmatch(stripped) and not any(character.isdigit() for character in stripped):
        return False
    if _WORDS.fullmatch(stripped):
        return " " not in stripped and _looks_random(stripped)
    return stripped.count(" ") < 2


def _looks_random(letters: str) -> bool:
    """Return whether a row of letters changes case in the middle of words, as no identifier does."""
    longest = max(len(part) for part in regex.split(r"[-_. /]", letters))
    changes = sum(a.islower() and b.isupper() for a, b in itertools.pairwise(letters))
    return longest >= 16 and changes >= 4


_PLACEHOLDER = regex.compile(
    r"(?i)(?:true|false|null|none|undefined|\*+|x+|https?://[^@]*|[\[<{%].*|\$.*|(?:your|my)[-_ ].*|"
    r"[\W_]*[a-z_]*(?:user|name|login|admin)[a-z_]*[\W_]*:[\W_]*[a-z_]*(?:pass|word|pwd|secret|token)[a-z_]*[\W_]*)"
)


def _is_no_placeholder(value: str) -> bool:
    return len(set(value)) >= 3 and not _PLACEHOLDER.fullmatch(value)


def _is_varied(token: str) -> bool:
    """Return whether a token is not the same few characters over and over, as in an example."""
    return len(set(token[-16:])) >= 6


def secret_recognizers() -> list[EntityRecognizer]:
    """Return the recognisers of secrets, in the order they run."""
    tokens = [
        Patterns(
            "SECRET", "ProviderTokens", [(name, f"{_B}{expression}", 1.0)], guard=holds(*literals), accept=_is_varied
        )
        for name, literals, expression in _TOKENS
    ]
    named = matches(r"(?i)pass|pwd|secret|token|key|credential|client|connection|otp|pin")
    return [
        *tokens,
        Patterns("SECRET", "WebTokens", _JWT, guard=holds("ey", "ZXlK")),
        Patterns("SECRET", "PrivateKeys", _PEM, guard=holds("PRIVATE KEY", "PuTTY-User-Key", "LS0tLS1CRUdJTi")),
        Patterns("SECRET", "SecretPlaces", _PLACES, accept=_is_no_placeholder,
                 guard=matches(r"(?i)://|=|bearer|authorization|[-_]key|[-_]token|curl|pass|-p|machine|auth")),
        Patterns("SECRET", "SecretAssigned", _ASSIGNED, guard=named, accept=is_plausible_secret),
        Patterns("SECRET", "Environment", _ENVIRONMENT, accept=_is_no_placeholder,
                 guard=matches(r"(?m)[A-Z](?:SECRET|PASS|PWD|TOKEN|KEY|CRED|AUTH|DSN)|_(?:SECRET|PASS|PWD|TOKEN|KEY|"
                               r"CRED|AUTH|DSN)"
                               r"|^[ \t]*(?:export )?(?:SECRET|PASS|PWD|TOKEN)")),
    ]  # fmt: skip
