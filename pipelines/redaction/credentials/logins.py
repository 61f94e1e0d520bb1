r"""Halves of a login that stand beside each other, and secrets that a sentence or a table tells."""

from functools import partial

from pipelines.redaction.credentials.names import CHOSEN, USER, USER_LITERALS
from pipelines.redaction.credentials.plausible import (
    is_form_word,
    is_mixed,
    is_password,
    is_plausible_secret,
    is_reference,
)
from pipelines.redaction.rule import Match, Rule

_secret = partial(Rule, entity_type="SECRET", judged_by="words")

_COMMENT = r"(?:#|//|--)[^\n]{0,80}"
_GIVEN = r"[\"'\]]{0,2}\s{0,20}(?:=>|[:=]|,\s?(?=[\"'])|(?=[\"'])|[ ](?i:is)[ ])\s{0,3}[\"']?"
# A password that is written out, at most three lines below.
_PASSWORD_FOLLOWS = (
    rf"(?=(?:[^\n]{{0,80}}\n[ \t]{{0,20}}){{0,3}}[^\n]{{0,80}}?(?i:{CHOSEN})[\"'\]]{{0,2}}\s{{0,20}}"
    r"(?:=>|[:=,]|[\"']|[ ](?i:is)[ ])\s{0,3}[\"']?(?![\"'$<{\s])\S)"
)
_NO_USER = frozenset({"login", "email", "user", "username", "name", "string", "none", "null", "true", "false"})

_TOLD = r"(?i:pass(?:word|code|phrase)|secret|(?:api|access|auth|secret)[ _-]?(?:token|key)|token|key)"
_NEXT_CELL = r"(?:</t[dh]>\s{0,20}<t[dh][^<>\n]{0,60}>|[ \t]{0,40}\|[ \t]{0,40})"
_QUOTES = "\"'`"


def login_rules() -> tuple[Rule, ...]:
    """Return the rules of logins, sentences and tables."""
    return (*_users(), *_told())


def _users() -> tuple[Rule, ...]:
    return (
        _secret(
            "login-beside-password",
            expression=rf"(?i:(?<![a-z])(?:[\w.]{{0,30}}_)?(?:db_?)?{USER}){_GIVEN}"
            r"(?P<value>[^\s\"'`,;<>(){}\[\]$#&|]{3,80})[\"']?[,;&)]{0,3}[ \t]{0,20}"
            rf"(?:{_COMMENT})?\n?[ \t]{{0,30}}{_PASSWORD_FOLLOWS}",
            score=0.6,
            judge=judged_user,
            literals=USER_LITERALS,
        ),
        _secret(
            "login-in-environment",
            expression=r"^[ \t]{0,40}(?:export |set |ENV |ARG |- |\$env:)?[A-Z][A-Z0-9_]{0,60}_"
            r"(?:USERNAME|USER_NAME|USER|LOGIN)[ \t]?=[ \t]?[\"']?"
            r"(?P<value>(?![$<{%(])[A-Za-z0-9._@+-]{3,80})(?![^\s;#\"'])",
            score=0.6,
            judge=judged_user,
            literals=("USER", "LOGIN"),
        ),
        _secret(
            "login-element",
            expression=r"<(?i:[\w.:-]{0,40}(?:user_?name|user|login))>(?P<value>[^<>\s]{3,80})"
            rf"(?=</[^<>]{{1,60}}>\s{{0,20}}<(?i:[\w.:-]{{0,40}}{CHOSEN}\w{{0,20}})>[^<>\s$])",
            score=0.6,
            judge=judged_user,
            literals=("</",),
        ),
        _secret(
            "user-of-password-in-prose",
            expression=r"(?i:password)\s{1,2}(?:for|of)\s{1,2}(?:the\s)?(?i:user|account|login)\s{1,2}"
            r"[\"'`](?P<value>[^\s\"'`]{3,60})[\"'`](?=\s{1,2}(?:is|was|to|=))",
            score=0.6,
            judge=judged_user,
            literals=("password",),
        ),
    )


def _told() -> tuple[Rule, ...]:
    return (
        _secret(
            "secret-in-prose",
            expression=rf"{_TOLD}(?:\s{{1,2}}(?:for|of)\s{{1,2}}[^\n.:;=]{{2,60}}?)?"
            r"\s{1,2}(?i:is|was|should be|to be)(?: now)?:?\s{1,2}"
            r"(?:[\"'`](?P<value>[^\s\"'`]{4,80})[\"'`]|(?P<value>[A-Za-z0-9_+/=!@#$%^&*~-]{8,200}))",
            score=0.7,
            judge=judged_told,
            literals=("pass", "secret", "token", "key"),
        ),
        _secret(
            "secret-in-table",
            expression=rf"{_TOLD}[^\n<>|]{{0,20}}{_NEXT_CELL}[`\"']?(?P<value>[^\s<>|`\"']{{8,200}})",
            score=0.7,
            judge=judged_told,
            literals=("pass", "secret", "token", "key"),
        ),
    )


def judged_user(match: Match) -> bool | None:
    """Accept a user's name that is written out, and no name of a variable: ``root``, not ``hashed_name``."""
    value = match["value"]
    if is_reference(value) or value.lower() in _NO_USER or value[-1] in ":._":
        return False
    return False if "_" in value and is_form_word(value) else None


def judged_told(match: Match) -> bool | None:
    """Accept a quoted word if it is told to be the password; else only what mixes letters and digits, or was drawn."""
    value = match["value"]
    if match.group()[:4].lower() == "pass" and match.string[match.start("value") - 1] in _QUOTES:
        return None if is_password(value) else False
    told = is_mixed(value) or (is_plausible_secret(value) and any(map(str.isdigit, value)))
    return None if told and not is_reference(value) else False
