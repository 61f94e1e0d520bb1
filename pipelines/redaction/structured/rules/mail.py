"""Mail addresses: plain, in a URL's encoding, and spelt out.

Presidio asks the public suffix list whether a domain exists, and so misses mail of internal domains. Here any dotted
name counts whose last label begins with a letter.
"""

from pipelines.redaction.rule import Rule

# The n, r and t of an escape before the address are not part of it; nor is what authenticates in a URL an address.
_BEGIN = r"(?:(?<=\\[nrt])|(?<=\\)(?![nrt])|(?<![\w.+%\\-]))"
_LOCAL = r"(?:[OoDdLl]'(?=\w))?\w[\w.+%-]{0,63}+"
_LABEL = r"[\w-]{0,62}"
_DOMAIN = rf"(?!\d{{1,3}}\.\d)\w{_LABEL}(?:\.\w{_LABEL}){{0,8}}\.[^\W\d_]{_LABEL}(?<![-_])(?!\w|\([\"')])"
_AT = r" ?[\[(<{](?:at|AT|@)[\])>}] ?"
_DOT = r"(?:\.| ?[\[(<{](?:dot|DOT|\.)[\])>}] ?)"


def mail_rules() -> tuple[Rule, ...]:
    """Return the rules of mail addresses."""
    return (
        Rule(
            "mail",
            "EMAIL_ADDRESS",
            rf"{_BEGIN}(?!git@){_LOCAL}(?<!://[^\s/@\"'<>]{{0,120}})@{_DOMAIN}",
            1.0,
            literals=("@",),
        ),
        Rule(
            "mail-encoded",
            "EMAIL_ADDRESS",
            rf"(?<![\w.+-])\w[\w.+-]{{0,63}}?%40{_DOMAIN}",
            0.9,
            literals=("%40",),
        ),
        Rule(
            "mail-spelt",
            "EMAIL_ADDRESS",
            rf"(?<![\w.+-])\w[\w.+-]{{0,63}}{_AT}\w[\w-]{{0,62}}(?:{_DOT}\w[\w-]{{0,62}}){{1,8}}",
            0.9,
        ),
        Rule(
            "mail-in-words",
            "EMAIL_ADDRESS",
            r"(?<![\w.+-])\w[\w.+-]{1,63} (?:at|AT) \w[\w-]{1,40}(?: (?:dot|DOT) \w[\w-]{1,20}){1,4}(?!\w)",
            0.8,
            literals=(" dot ",),
        ),
    )
