r"""Secrets known by the name they are assigned to, in any language that assigns."""

from functools import partial

import regex  # type: ignore[import-untyped]

from pipelines.redaction.credentials import names
from pipelines.redaction.credentials.plausible import (
    is_filler,
    is_jumble,
    is_login,
    is_mixed,
    is_password,
    is_plausible_secret,
    is_reference,
    is_uuid,
    looks_random,
)
from pipelines.redaction.rule import Judge, Match, Rule

_secret = partial(Rule, entity_type="SECRET", judged_by="words")

_CLOSE = r"\\?[\"'`]?(?:\[\d{0,4})?\]?"  # of the name: a quote, or a bracket
_TYPE = r"(?::\s?[A-Za-z][\w<>|?. ]{0,24}\s?)?"
_GIVEN = (
    r"(?P<given>\s{0,20}(?:[:?|+!=]{0,3}=|=>|:{1,2}|\|\||\?\?)\s{0,20}|[ \t]?[,(][ \t\n]{0,5}|"
    r"[ \t]{1,20}(?:(?:is|to|as|for)[ \t]{1,3})?|[ \t]{0,3}\)?[ \t]{0,3}(?:is|:)[ \t]{1,3})"
)
_QUOTED = r"(?:[bfrBFR$@]|new\s)?\\?[\"'`]{1,3}(?P<value>[^\"'`\n\\]{4,400})(?=\\?[\"'`])"
_GIVEN_BARE = r"(?P<given>\s?=>?\s{0,3}|\s{0,3}:{1,2}=?\s{1,3}|:|=)"
_BARE = (
    r"(?P<value>[^\s\"'`,;(){}<>\[\]$\\|][^\s\"'`,;(){}<>\[\]\\]{4,400})(?![\w(\[.])(?P<ends>\r?$)?"  # at a line's end
)
_GIVEN_TO_SERVICE = r"\s{0,20}(?:[:?|]{0,3}=|=>|:|,|\|\||\()\s{0,20}[\"'`=]{0,3}"

_SHORTEST_WORD = 6
_SHORTEST_DRAWN = 16
_LONG = 20
_PATH = regex.compile(r"/[^/]*/|\.[a-z]{2,4}$|^[\w-]+(?:/[\w-]+)+$")


def assigned_rules(services: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules of assignments.

    Args:
        services: Names of services, in lower case with ``_`` between words; what is assigned to a name that begins
            with one is a secret if it looks drawn by lot.
    """
    return (
        *_named("chosen", names.CHOSEN, names.CHOSEN_LITERALS, judged_chosen),
        *_named("made", names.MADE, names.MADE_LITERALS, judged_made),
        *_named("drawn", names.DRAWN, names.DRAWN_LITERALS, judged_drawn),
        _of_services(services),
    )


def _named(kind: str, name: str, literals: tuple[str, ...], judge: Judge) -> tuple[Rule, Rule]:
    named = rf"(?i:{name}){names.ENDING}{_CLOSE}{_TYPE}"
    return (
        _secret(f"{kind}-in-quotes", expression=f"{named}{_GIVEN}{_QUOTED}", score=0.7, judge=judge, literals=literals),
        _secret(f"{kind}-bare", expression=f"{named}{_GIVEN_BARE}{_BARE}", score=0.6, judge=judge, literals=literals),
    )


def _of_services(services: tuple[str, ...]) -> Rule:
    either = "|".join(service.replace("_", "[_.-]?") for service in services)
    return _secret(
        "service-credential",
        expression=rf"(?i:(?<![a-z])(?:{either}))(?![a-z])(?P<ending>[\w .-]{{0,30}}){_CLOSE}{_GIVEN_TO_SERVICE}"
        r"(?P<value>[A-Za-z0-9+/_=.-]{14,200})(?![A-Za-z0-9+/_-])",
        score=0.7,
        judge=judged_of_service,
        literals=tuple(service.partition("_")[0] for service in services),
    )


def judged_chosen(match: Match) -> bool | None:
    """Accept what a person may have chosen as a password, words only where they are plainly assigned.

    ``password = "opensesame"`` is, ``["password", "opensesame"]`` is not; without quotes a word must end its line and
    have no space before it (``db.password=opensesame``), for ``password = typed`` is code.
    """
    value = match["value"].strip()
    if names.ends_harmlessly(match["ending"]) or not is_password(value):
        return False
    if _PATH.search(value) and not is_mixed(value):
        return False
    if is_plausible_secret(value):
        return None
    if match.string[match.start("value") - 1] in "\"'`":
        return None if any(sign in match["given"] for sign in "=:?|") or match.group()[:4].isupper() else False
    ends_line = "ends" in match.re.groupindex and match["ends"] is not None
    return None if ends_line and match["given"] in {"=", ": ", ":"} and len(value) >= _SHORTEST_WORD else False


def judged_made(match: Match) -> bool | None:
    """Accept what mixes letters and digits, or looks drawn by lot."""
    value = match["value"].strip()
    if _PATH.search(value) and not is_drawn(value):
        return False
    return None if _admits(match, value) and (is_mixed(value) or is_drawn(value)) else False


def judged_drawn(match: Match) -> bool | None:
    """Accept only what looks drawn by lot, is long, and is neither a UUID nor a path."""
    value = match["value"].strip()
    if len(value) < _SHORTEST_DRAWN or is_uuid(value) or _PATH.search(value):
        return False
    return None if _admits(match, value) and is_drawn(value) else False


def judged_of_service(match: Match) -> bool | None:
    """Accept what looks drawn by lot, or is long and mixed."""
    value = match["value"]
    return None if _admits(match, value) and (is_drawn(value) or (len(value) >= _LONG and is_mixed(value))) else False


def is_drawn(value: str) -> bool:
    """Return whether a value looks drawn by lot, or is a login in base64."""
    return looks_random(value) or is_login(value)


def _admits(match: Match, value: str) -> bool:
    """Return whether neither the end of the name nor the value itself says that it is no secret."""
    if names.ends_harmlessly(match["ending"]) or is_filler(value):
        return False
    return is_jumble(value) or not (is_reference(value) or " " in value)
