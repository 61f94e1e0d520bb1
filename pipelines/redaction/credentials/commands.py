r"""Secrets in headers of HTTP, in options of commands, and in calls that log in."""

from functools import partial

import regex  # type: ignore[import-untyped]

from pipelines.redaction.credentials import judges
from pipelines.redaction.credentials.plausible import is_filler, is_mixed, is_password, is_reference, looks_random
from pipelines.redaction.credentials.urls import chosen, credential
from pipelines.redaction.rule import Match, Rule

_secret = partial(Rule, entity_type="SECRET")

_SCHEMES = (  # RFC 9110, section 11.4, and what services use besides
    r"(?i:bearer|basic|token|api-?token|api-?key|digest|ssws|splunk|key|jwt|oauth|hmac|genie-?key|klaviyo-api-key|"
    r"discogs|pve[a-z]{0,12}|app|bot)"
)
_KEY_HEADERS = (
    r"(?i:\bx-[a-z-]{0,24}(?:key|token|secret|auth)|(?<=[\"'])(?:token|api-?key|api-?token|auth-?token|access-?token)|"
    r"\b(?:private|job|auth|access|session|deploy|api|secret|security)-(?:token|key))"
)
_HELD_IN_COOKIES = r"(?i:sess[a-z]{0,6}(?:_?id)?|token|auth[a-z-]{0,10}|sid|jwt)"
_OPTIONS = (
    r"(?i:pass(?:word|wd|phrase|code)?|pwd|secret|auth|credentials?|key|"
    r"[a-z-]{0,20}-?(?:token|secret|password|api-?key|access-?key|secret-?key))"
)
_ARGUMENT = r"(?:\"[^\"\n]{2,160}\"|'[^'\n]{2,160}'|[^\s\"']{0,160})"
_CLIENTS = ("sshpass", "mysql", "mysqldump", "mysqladmin", "mongo", "mongosh", "redis-cli", "smbclient", "xfreerdp")
_LOGINS = (
    "NetworkCredential", "PSCredential", "UsernamePasswordCredential", "UsernamePasswordCredentials", "DirectoryEntry",
    "PasswordAuthentication", "HTTPBasicAuth", "HttpBasicAuth", "BasicAuth", "basic_auth", "basicAuth", "SetBasicAuth",
    "setCredentials",
)  # fmt: skip
_TEXT = r"[\"'][^\"'\n]{1,200}[\"']"

_EXAMPLE_USER = r"(?:\w{0,12}[-_.]?(?:user|username|name|login|id|account|email)|[a-z]{1,3}|test|foo|bar)?"
_EXAMPLE_PASSWORD = (
    r"(?:\w{0,12}[-_.]?(?:pass|password|passwd|passphrase|pwd|pw|token|apikey|api_key)|[a-z]{1,3}|test|foo|bar)"  # noqa: S105
)
_EXAMPLE = regex.compile(rf"(?i)[\W_]*{_EXAMPLE_USER}:[\W_]*{_EXAMPLE_PASSWORD}[\W_]*")


def command_rules() -> tuple[Rule, ...]:
    """Return the rules of headers, commands and calls."""
    return (*_headers(), *_commands(), *_calls())


def _headers() -> tuple[Rule, ...]:
    return (
        _secret(
            "authorization-header",
            expression=r"(?i:authorization)[\"'\]]{0,2}\s{0,3}(?:[:=,]|=>)\s{0,3}\\?[\"'`]?"
            rf"(?:{_SCHEMES}[ =:]{{1,3}})?(?P<value>[A-Za-z0-9_.~+/=:@|!-]{{6,4000}})",
            score=0.9,
            judge=credential,
            judged_by="entropy",
            literals=("authorization",),
        ),
        _secret(
            "bearer-token",
            expression=r"\b(?i:bearer)[ :]{1,3}\\?[\"'`]?(?P<value>[A-Za-z0-9_.~+/=|-]{12,4000})",
            score=0.8,
            judge=credential,
            judged_by="entropy",
            literals=("bearer",),
        ),
        _secret(
            "key-header",
            expression=rf"{_KEY_HEADERS}[\"']?\s{{0,3}}:\s{{0,3}}\\?[\"'`]?(?P<value>[A-Za-z0-9_.~+/=|-]{{8,2000}})",
            score=0.8,
            judge=credential,
            judged_by="entropy",
            literals=("key", "token", "x-"),
        ),
        _secret(
            "cookie-header",
            expression=r"(?i:\b(?:set-)?cookie)[\"']?\s{0,3}:\s{0,3}\\?[\"'`]?[^\n\"'`]{0,400}?"
            rf"{_HELD_IN_COOKIES}=(?P<value>[^;\s\"'`\\]{{12,2000}})",
            score=0.8,
            judge=judges.random,
            judged_by="entropy",
            literals=("cookie",),
        ),
    )


def _commands() -> tuple[Rule, ...]:
    return (
        _secret(
            "curl-user",
            expression=r"\bcurl\b(?:[^\n]|\\\n){0,400}?\s(?:-u|--user|-U|--proxy-user)[\s=]{0,3}"
            rf"(?P<value>{_ARGUMENT}:?{_ARGUMENT})",
            score=0.9,
            judge=_user_and_password,
            judged_by="words",
            literals=("curl",),
        ),
        _secret(
            "secret-option",
            expression=rf"(?<![\w-])--?{_OPTIONS}(?:=|[ \t]{{1,3}})[\"']?"
            r"(?P<value>[^\s\"'`$<>{}()\[\],;|&-][^\s\"'`<>,;|]{5,400})",
            score=0.7,
            judge=_option,
            judged_by="words",
            literals=("-",),
        ),
        _secret(
            "login-options",
            expression=r"(?<![\w-])(?i:--?u(?:ser(?:name)?)?|/u(?:ser)?)[ :=]\s{0,3}"
            r"(?P<value>[\"']?[^\s\"'$<{-][^\s\"']{2,80}[\"']?\s{1,3}(?:\\\n\s{0,20})?"
            r"(?i:--?p(?:ass(?:word|wd)?|w)?|/p(?:ass(?:word)?)?)[ :=]\s{0,3}[\"']?[^\s\"'$<{-][^\s\"']{3,80})",
            score=0.8,
            judge=judges.no_filler,
            judged_by="words",
            literals=("-u", "/u"),
        ),
        _secret(
            "client-password",
            expression=rf"\b(?:{'|'.join(_CLIENTS)}|docker\s{{1,3}}login)\b[^\n]{{0,200}}?"
            r"\s(?:-p|-a|--authenticationPassword|/p:)\s?[\"']?(?P<value>[^\s\"'$<{-][^\s\"'`]{4,200})",
            score=0.7,
            judge=chosen,
            judged_by="words",
            literals=("sshpass", "mysql", "mongo", "redis-cli", "smbclient", "xfreerdp", "docker"),
        ),
        _secret(
            "netrc-entry",
            expression=r"\bmachine\s{1,20}\S{1,120}\s{1,20}login\s{1,20}\S{1,120}\s{1,20}password\s{1,20}\S{3,200}",
            score=0.9,
            judge=judges.no_filler,
            judged_by="words",
            literals=("machine",),
        ),
    )


def _calls() -> tuple[Rule, ...]:
    return (
        _secret(
            "login-call",
            expression=rf"\b(?:{'|'.join(_LOGINS)})\s{{0,3}}\(\s{{0,20}}"
            rf"(?P<value>{_TEXT}(?:\s{{0,20}},\s{{0,20}}{_TEXT}){{1,2}})",
            score=0.8,
            judge=_last_text,
            judged_by="words",
            literals=("Credential", "DirectoryEntry", "PasswordAuthentication", "BasicAuth", "basic_auth"),
        ),
        _secret(
            "auth-pair",
            expression=rf"(?i:auth)[\"']?\s{{0,3}}[:=]\s{{0,3}}[(\[]\s{{0,3}}(?P<value>{_TEXT}\s{{0,3}},\s{{0,3}}{_TEXT})",
            score=0.8,
            judge=_last_text,
            judged_by="words",
            literals=("auth",),
        ),
        _secret(
            "secure-string",
            expression=r"(?i:ConvertTo-SecureString)\s{1,3}(?:(?i:-String)\s{1,3})?[\"'](?P<value>[^\"'\n]{4,200})[\"']",
            score=0.9,
            judge=chosen,
            judged_by="words",
            literals=("SecureString",),
        ),
    )


def _user_and_password(match: Match) -> bool | None:
    """Refuse a user alone, and a user and a password that are examples or references."""
    value = match["value"].replace('"', "").replace("'", "")
    user, colon, password = value.partition(":")
    if not colon or not (user or password) or _EXAMPLE.fullmatch(value):
        return False
    if user[:1] in {"$", "<", "[", "%"} or (user[:1] == "{" and not looks_random(user)):
        return False
    if password and (is_filler(password) or (is_reference(password) and not looks_random(password))):
        return False
    return None


def _option(match: Match) -> bool | None:
    """Accept what looks drawn by lot, or mixes letters and digits."""
    value = match["value"]
    if is_filler(value) or is_reference(value):
        return False
    return None if looks_random(value) or (is_password(value) and is_mixed(value)) else False


def _last_text(match: Match) -> bool | None:
    """Refuse a call whose last text, the password, is a reference or a filler."""
    last = regex.findall(r"[\"']([^\"']+)[\"']", match["value"])[-1]
    return False if is_reference(last) or is_filler(last) else None
