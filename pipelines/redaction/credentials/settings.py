r"""Secrets in the files that configure programs: environments, Kubernetes, Terraform, WordPress, XML."""

from functools import partial

import regex  # type: ignore[import-untyped]

from pipelines.redaction.credentials import judges
from pipelines.redaction.credentials.names import SETTING
from pipelines.redaction.credentials.plausible import is_password, is_plausible_secret
from pipelines.redaction.rule import Match, Rule

_secret = partial(Rule, entity_type="SECRET", judged_by="words")

_VARIABLE = r"^[ \t]{0,40}(?:export |set |ENV |ARG |- |\$env:)?[A-Z][A-Z0-9_]{0,60}"
_KINDS = r"(?:PASSWORD|PASSWD|PASSPHRASE|PWD|PASS|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY)"

# The values of a Secret of Kubernetes, whatever their keys are called; keys between two values go with them.
_KEY = r"[\"']?[\w.-]{1,80}[\"']?:[ \t]{1,4}"
_ENTRY = r"[\"']?[A-Za-z0-9+/=_.-]{4,4000}[\"']?,?"
_ENTRIES = rf"(?:[>|]-?\s{{1,20}})?(?P<value>{_ENTRY}(?:\n[ \t]{{1,20}}{_KEY}{_ENTRY}){{0,12}})"
_DATA = rf"[ \t\"']{{0,20}}(?:data|stringData)[\"']?:[ \t]{{0,3}}\{{?\s{{0,10}}\n?[ \t]{{0,20}}{_KEY}{_ENTRIES}"
_KIND = r"kind[\"']?:\s{0,3}[\"']?Secret\b"
_LINE = r"[^\n]{0,200}\n"

_GIVEN = r"[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
_ABOUT_PASSWORDS = regex.compile("(?i)pass|pwd")


def setting_rules() -> tuple[Rule, ...]:
    """Return the rules of files that configure."""
    return (*_variables(), *_of_kubernetes(), *_attributes())


def _variables() -> tuple[Rule, ...]:
    return (
        _secret(
            "environment",
            expression=rf"{_VARIABLE}{_KINDS}(?:_?\d|_BASE64)?[ \t]?[=:][ \t]?[\"']?"
            r"(?P<value>(?![$<{%(])[^\s\"'#]{5,400})",
            score=0.8,
            judge=judged_setting,
            literals=("pass", "pwd", "secret", "token", "key"),
        ),
        _secret(
            "terraform-default",
            expression=rf"\bvariable\s{{1,3}}[\"'][\w.-]{{0,40}}(?i:{SETTING})[\w.-]{{0,30}}[\"']\s{{0,3}}"
            r"\{[^{}]{0,200}?default\s{0,10}=\s{0,3}\"(?P<value>[^\"\n$]{6,400})",
            score=0.7,
            judge=judged_setting,
            literals=("variable",),
        ),
        _secret(
            "wordpress-salt",
            expression=r"\bdefine\(\s{0,3}[\"'](?:AUTH|SECURE_AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)[\"']\s{0,3},\s{0,10}"
            r"'(?P<value>[^'\n]{16,120})'",
            score=0.9,
            judge=judges.no_filler,
            literals=("define(",),
        ),
    )


def _of_kubernetes() -> tuple[Rule, ...]:
    return (
        _secret(
            "kubernetes-secret",
            expression=rf"\b{_KIND}(?:{_LINE}){{1,30}}?{_DATA}",
            score=0.8,
            judge=judges.no_filler,
            literals=("secret",),
        ),
        _secret(
            "kubernetes-secret-above",
            expression=rf"^{_DATA}(?=[ \t]{{0,20}}\}}?,?\n(?:{_LINE}){{0,20}}?[ \t\"']{{0,20}}{_KIND})",
            score=0.8,
            judge=judges.no_filler,
            literals=("secret",),
        ),
    )


def _attributes() -> tuple[Rule, ...]:
    return (
        _secret(
            "name-and-value",
            expression=rf"(?i:name|key){_GIVEN}[\w.-]{{0,40}}(?i:{SETTING})[\w.-]{{0,30}}[\"']?\s{{0,3}},?\s{{0,40}}"
            rf"[\"']?(?i:value){_GIVEN}(?P<value>[^\s\"'`<>]{{6,400}})",
            score=0.7,
            judge=judged_setting,
            literals=("value",),
        ),
        _secret(
            "element",
            expression=rf"<(?i:[\w.:-]{{0,40}}{SETTING}[\w.-]{{0,20}})>(?P<value>[^<>\s]{{5,400}})(?=</)",
            score=0.7,
            judge=judged_setting,
            literals=("</",),
        ),
    )


def judged_setting(match: Match) -> bool | None:
    """Accept what may be a password where the name says password, elsewhere only what mixes or was drawn by lot."""
    name = match.group()[: match.start("value") - match.start()]
    if _ABOUT_PASSWORDS.search(name) and is_password(match["value"]):
        return None
    return None if is_plausible_secret(match["value"]) else False
