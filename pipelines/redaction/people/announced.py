"""Names that the words around them announce: a form of address, a sign-off, a header of a commit, a named field."""

import re

from pipelines.redaction.people.plausible import is_known
from pipelines.redaction.rule import Match, Rule

_UPPER = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff]"
_WORD = rf"{_UPPER}[^\W\d_]{{1,30}}(?:['\u2019-][^\W\d_]{{1,30}}){{0,2}}"
_PARTICLES = r"(?:[ ](?:de|del|van|von|der|den|ter|bin|ibn|al|la|le|da|dos|du)){1,2}"
# One to four words that begin with a capital; initials and particles stand between them.
_NAME = rf"{_WORD}(?:[ ]{_UPPER}\.|(?:{_PARTICLES})?[ ]{_WORD}){{0,3}}"
_FULL_NAME = rf"{_WORD}(?:[ ]{_UPPER}\.)?(?:(?:{_PARTICLES})?[ ]{_WORD}){{1,3}}"
_WHOSE = (
    r"(?:full|first|last|given|family|customer|contact|patient|client|employee|author|card_?holder|recipient|guest|"
    r"student|member|owner|manager|passenger|emergency_?contact)"
)
_COMMIT = (
    r"(?:Author|Committer|Co-authored-by|Signed-off-by|Reviewed-by|Reported-by|Tested-by|Acked-by|Suggested-by|"
    r"Reported by|Reviewed by|Submitted by|Maintainer|Maintained by)"
)


def _is_somebody(match: Match) -> bool | None:
    """Refuse what consists of common words and technologies alone: ``Author: Unknown``, ``Dear Customer``."""
    words = re.split(r"[ +-]", match.group("value"))
    return False if all(is_known(word) for word in words) else None


_RULES: tuple[tuple[str, str, float, str], ...] = (
    (
        "person-named-field",
        rf"(?i:(?<![a-z]){_WHOSE}_?(?:name)?)\\?[\"']?[ \t]{{0,3}}(?:[:=]|=>)[ \t]{{0,3}}\\?[\"'`]"
        rf"(?P<value>{_NAME})(?=\\?[\"'`])",
        0.7,
        "name|author|contact|patient|client|customer|employee|holder|recipient|guest|student|member|owner|manager|"
        "passenger",
    ),
    (
        "person-in-query",
        rf"(?:^|[?&;\s])(?:(?i:(?:{_WHOSE}|sur|display|real)_?name|author|recipient)|"
        rf"(?i:name)(?=={_WORD}[ +]{_UPPER}))="
        rf"(?P<value>{_WORD}(?:[ +](?:{_UPPER}\.|{_WORD})){{0,3}})(?=[&\s#;]|$)",
        0.6,
        "name=|author=|recipient=",
    ),
    (
        "person-of-commit",
        rf"^[^\w\n]{{0,6}}{_COMMIT}[ \t]{{0,4}}:[ \t]{{0,8}}(?P<value>[^\W\d_][^<>\n\"@({{\[=;:]{{1,60}}?)"
        r"(?=[ \t]{0,4}(?:<|\(|$))",
        0.8,
        "author|commit|-by|reported|submitted|reviewed|maintain",
    ),
    ("person-of-comment", rf"@author[ \t:]{{1,4}}(?P<value>{_NAME})", 0.7, "@author"),
    (
        "person-of-copyright",
        r"(?i:copyright|\(c\)|\u00a9)[ ]{0,2}(?:\([cC]\)[ ]?|\u00a9[ ]?)?(?:\d{4}(?:[-\u2013, ]{1,3}\d{4}){0,9})?"
        rf"[, ]{{1,3}}(?:by[ ])?(?P<value>{_FULL_NAME})(?=[ ]{{0,4}}(?:<|\(|$|\.[ ]))",
        0.5,
        "copyright|(c)|\u00a9",
    ),
    (
        "person-introduced",
        rf"\b(?i:my name is|my name's|my name:|i am called|call me|this is|i'm|i am)[ ](?P<value>{_FULL_NAME})"
        rf"|\b(?i:my name is|my name's|my full name is|i am called)[ ](?P<value>{_NAME})",
        0.7,
        "my name|called|call me|this is|i'm|i am",
    ),
    (
        "person-introduced-in-lower-case",
        r"\b(?i:my (?:full )?name(?: is|'s)|i am called)[ ](?P<value>[a-z]{2,20}[ ][a-z]{3,20})"
        r"(?=[ ]{0,4}(?:[.,!\n]|and |$))",
        0.6,
        "name is|name's|called",
    ),
    (
        "person-addressed",
        rf"\b(?:Dear|Hi|Hello|Hey)[ ](?P<value>{_NAME})(?=[ ]?(?:,|!|\n|$))"
        rf"|\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|Sr|Sra|Herr|Frau|Mme|Mlle)\b\.?[ ](?P<value>{_NAME})"
        rf"|\b(?:Miss|Sir|Madam|Lady|Lord|Professor|Doctor)[ ](?P<value>{_NAME})",
        0.6,
        "dear |hi |hello |hey |mr|ms|mx|dr|prof|sr|herr |frau |mme|mlle|miss |sir |madam |lady |lord |doctor ",
    ),
    (
        "person-signing",
        r"(?:^|(?<=[.!?]\s))[ \t]{0,4}(?i:(?:kind|best|warm|many)[ ](?:regards|wishes|thanks)|regards|cheers|"
        r"sincerely(?: yours)?|yours (?:sincerely|truly|faithfully)|thanks|thank you|signed|best),?[ ]?"
        rf"\n{{1,2}}[ \t]{{0,4}}(?:[-\u2013\u2014][ ]?)?(?P<value>{_NAME})(?=[ \t]{{0,4}}(?:,|\n|$))",
        0.6,
        "regards|wishes|thank|cheers|sincerely|yours|signed|best",
    ),
)


def announced_rules() -> tuple[Rule, ...]:
    """Return the rules of names that are announced."""
    return tuple(
        Rule(
            name=name,
            entity_type="PERSON",
            expression=expression,
            score=score,
            judge=_is_somebody,
            judged_by="no-common-word",
            literals=tuple(literals.split("|")),
        )
        for name, expression, score, literals in _RULES
    )
