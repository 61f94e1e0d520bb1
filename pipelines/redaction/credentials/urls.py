r"""Secrets in URLs and connection strings (RFC 3986, section 3.2.1: user information; ODBC, JDBC, ADO.NET).

An address with a password in it is a secret as a whole: host and database say where the password opens.
"""

from functools import partial

from pipelines.redaction.credentials.plausible import is_filler, is_login, is_mixed, is_reference, looks_random
from pipelines.redaction.rule import Match, Rule

_secret = partial(Rule, entity_type="SECRET")

_STORES = (
    r"(?:mongodb|postgres(?:ql)?|mysql|mariadb|mssql|sqlserver|oracle|rediss?|amqps?|couchbases?|clickhouse|"
    r"cockroachdb|redshift|snowflake|cassandra|neo4j|bolt|db2|ldaps?|mqtts?|kafka|nats|memcached|influxdb|trino|presto|"
    r"hive2?|jdbc:[a-z0-9:]{1,40})(?:\+[a-z0-9]{2,16})?"
)
_USER = r"[^\s/:@\"'`<>()\[\]{}|\\,;]"
_PASSWORD = r"[^\s/?#\"'`<>\\]"  # noqa: S105 (an expression)
_NO_PORT = r"(?!\d{1,5}[/?#])"
# The computer itself, where a password that is the user's name again is a default, or another host.
_HOST = r"(?=@(?P<here>localhost\b|127\.|\[::1)?[\w\[$.%{(<:-])"
_REST = r"@[^\s\"'`<>\\;,|)]{1,400}"
_NAMED = r"(?:password|pwd|accountkey|sharedaccesskey|sharedaccesssignature|sharedsecret|accesskey)"

# Accounts of services that everybody uses: `git@` and its like say nothing.
_KNOWN_USERS = "git|ssh|hg|svn|root|user|username|admin|postgres|app|test|me|you|ubuntu|ec2-user|deploy|host|name"
_QUERY_FIELDS = (
    r"(?:access_?token|auth_?token|id_?token|refresh_?token|private_?token|job_?token|token|api_?key|app_?key|"
    r"key|sig|signature|hmac|auth|client_?secret|app_?secret|secret|password|passwd|pwd|pass|session_?id|session|sid|"
    r"code|jwt|assertion|otp|x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature)"
)
_PART = r"[A-Za-z][A-Za-z ]{1,30}[ ]?=[ ]?[^;=\n\"'`<>]{1,200}"


def url_rules() -> tuple[Rule, ...]:
    """Return the rules of URLs and connection strings."""
    return (*_with_logins(), *_with_tokens(), *_connection_strings())


def _with_logins() -> tuple[Rule, ...]:
    login = partial(_secret, judge=_userinfo, judged_by="userinfo", literals=("://",))
    return (
        login(
            "url-with-login",
            expression=r"(?<![a-z0-9+.-])(?i:[a-z][a-z0-9+.-]{1,30})://"
            rf"(?P<userinfo>{_USER}{{0,120}}:{_NO_PORT}{_PASSWORD}{{1,256}}){_HOST}{_REST}",
            score=0.9,
        ),
        login(
            "store-url-with-slash",
            expression=rf"(?i:\b{_STORES})://"
            rf"(?P<userinfo>{_USER}{{1,120}}:{_NO_PORT}[^\s\"'`<>@\\]{{1,256}}){_HOST}{_REST}",
            score=0.8,
        ),
        _secret(
            "store-url-with-parameters",
            expression=rf"(?i:\b(?:jdbc:)?{_STORES}):(?://|@)[^\s\"'`<>\\]{{1,300}}?[?&;](?i:password|pwd|pass)="
            r"(?P<secret>[^\s\"'`<>\\;&]{3,200})[^\s\"'`<>\\]{0,300}",
            score=0.9,
            judge=_parameter,
            judged_by="words",
            literals=("password=", "pwd=", "pass="),
        ),
        _secret(
            "oracle-thin-login",
            expression=r"\b(?i:jdbc:oracle:(?:thin|oci)):(?P<value>[^\s\"'/@:]{1,60}/[^\s\"'@]{3,100})(?=@)",
            score=0.9,
            judge=chosen,
            judged_by="words",
            literals=("jdbc:oracle",),
        ),
    )


def _with_tokens() -> tuple[Rule, ...]:
    return (
        _secret(
            "url-token",
            expression=rf"://(?P<value>(?!(?:{_KNOWN_USERS})@){_USER}{{3,256}}){_HOST}",
            score=0.8,
            judge=chosen,
            judged_by="words",
            literals=("://",),
        ),
        _secret(
            "url-query-secret",
            expression=rf"[?&;](?i:{_QUERY_FIELDS})=(?P<value>[^&\s\"'`<>#;{{}}$|)\]\\,]{{6,2000}})",
            score=0.8,
            judge=credential,
            judged_by="entropy",
            literals=("?", "&", ";"),
        ),
    )


def _connection_strings() -> tuple[Rule, ...]:
    return (
        _secret(
            "connection-string",
            expression=rf"(?:(?<![A-Za-z ]){_PART}[ ]?;[ ]?){{1,12}}?(?i:{_NAMED})[ ]?=[ ]?"
            rf"(?P<secret>[^;\n\"'`<>]{{3,300}})(?:;[ ]?{_PART}){{0,12}};?",
            score=0.9,
            judge=_parameter,
            judged_by="words",
            literals=("password", "pwd", "key", "shared"),
        ),
        _secret(
            "connection-string-secret",
            expression=rf"(?i:(?<![a-z])(?:{_NAMED}|user ?id|uid|user ?name))[ ]?=[ ]?"
            r"(?P<value>[^;\s\"'`\\][^;\n\"'`\\]{2,300})(?=\s{0,3}(?:;|[\"'`]|\\|$))(?:(?=;)|(?<=;[^\n]{3,400}))",
            score=0.8,
            judge=chosen,
            judged_by="words",
            literals=("password", "pwd", "key", "shared", "uid", "user"),
        ),
    )


def chosen(match: Match) -> bool | None:
    """Refuse references, fillers, and what is one or two characters over and over."""
    value = match["value"]
    return False if is_reference(value) or is_filler(value) or len(set(value)) < 3 else None


def credential(match: Match) -> bool | None:
    """Accept what looks drawn by lot or mixed, confirm what is a user and a password in base64."""
    value = match["value"]
    if is_reference(value) or is_filler(value):
        return False
    if is_login(value):
        return True
    return None if looks_random(value) or is_mixed(value) else False


def _userinfo(match: Match) -> bool | None:
    """Refuse placeholders and references in ``user:password``, and the defaults of one's own computer."""
    user, _, password = match["userinfo"].partition(":")
    if is_reference(password) or is_filler(password) or password[:1] in "{[%":
        return False
    same = user.lower() == password.lower()
    return False if (same and match["here"]) or (user, password) == ("username", "password") else None


def _parameter(match: Match) -> bool | None:
    return False if is_reference(match["secret"]) or is_filler(match["secret"]) else None
