r"""Secrets known by their own form, whoever issued them: key blocks, web tokens, hashes of passwords."""

from functools import partial

import regex  # type: ignore[import-untyped]

from pipelines.redaction.credentials import judges
from pipelines.redaction.credentials.shapes import BEGINS
from pipelines.redaction.rule import Match, Rule

_secret = partial(Rule, entity_type="SECRET")

_LABEL = r"[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?"
# An RSA key of 16,384 bits takes 12,700 characters. A header inside (RFC 1421: `Proc-Type: 4,ENCRYPTED`) has dashes.
_TO_THE_END = rf"[^-]{{0,20000}}?(?:-{{1,2}}[^-]{{1,200}}?){{0,3}}-----END{_LABEL}-----"
# Without an end: as many lines as still look like key material, also as quoted strings or with `\n` between.
_CUT_OFF = r"(?:(?:\s|\\[nr]|[\"'+,]){0,12}[A-Za-z0-9+/=:]{16,80}){1,300}"
_MATERIAL = regex.compile(r"[A-Za-z0-9+/=\\_-]{16}")

_PART = "[A-Za-z0-9_-]"
_SIGNED = rf"ey{_PART}{{10,2000}}={{0,2}}\.ey[A-Za-z0-9_/+=-]{{6,6000}}(?:\.[A-Za-z0-9_/+-]{{0,2000}}={{0,2}})?"
_ENCRYPTED = rf"ey{_PART}{{10,2000}}\.{_PART}{{0,1000}}\.{_PART}{{8,64}}\.{_PART}{{8,6000}}\.{_PART}{{8,64}}"

_CRYPT = "[./A-Za-z0-9]"
_HASHES = "|".join(
    (
        rf"\$2[abxy]\$\d\d\${_CRYPT}{{53}}",  # bcrypt
        rf"\$[156]\$(?:rounds=\d{{1,9}}\$)?{_CRYPT}{{1,16}}\${_CRYPT}{{22,86}}",  # crypt(5): MD5, SHA-256, SHA-512
        rf"\$[89]\${_CRYPT}{{14}}\${_CRYPT}{{43}}",  # types 8 and 9 of Cisco IOS
        rf"\$y\${_CRYPT}{{1,12}}\${_CRYPT}{{1,86}}\${_CRYPT}{{43}}",  # yescrypt
        r"\$argon2(?:id|i|d)\$[A-Za-z0-9$,=+/.-]{30,300}",  # RFC 9106, in the PHC format
        r"\$(?:scrypt|pbkdf2(?:-[a-z0-9]{1,12})?)\$[A-Za-z0-9$,=+/.-]{30,300}",
        rf"\$(?:apr1|P|H)\$[./A-Za-z0-9$]{{22,40}}|\$S\${_CRYPT}{{52}}",  # Apache, phpass, Drupal
        r"pbkdf2_sha\d{1,3}\$\d{1,9}\$[A-Za-z0-9]{1,40}\$[A-Za-z0-9+/=]{20,100}",  # Django
        r"\{S?SHA(?:256|384|512)?\}[A-Za-z0-9+/=]{28,140}",  # LDAP, RFC 2307
        r"[A-Za-z0-9.$_-]{1,64}::[A-Za-z0-9.-]{0,64}:[0-9A-Fa-f]{16}:[0-9A-Fa-f]{32}:[0-9A-Fa-f]{20,1200}",  # NTLMv2
        r"[A-Za-z0-9.$_\\-]{1,64}:\d{1,10}:[0-9A-Fa-f]{32}:[0-9A-Fa-f]{32}:::",  # LM and NT hashes, as dumped
        r"\$krb5[a-z]{2,6}\$[A-Za-z0-9$*./@:_-]{40,4000}",
    )
)
_HASH_MARKS = ("$2", "$1$", "$5$", "$6$", "$8$", "$9$", "$y$", "$argon2", "$scrypt$", "$pbkdf2", "pbkdf2_sha", "$apr1$",
               "$P$", "$H$", "$S$", "SHA", "$krb5", "::")  # fmt: skip


def block_rules() -> tuple[Rule, ...]:
    """Return the rules of key blocks (RFC 7468), web tokens (RFC 7519, RFC 7516) and hashes of passwords."""
    return (*_keys(), *_web_tokens(), _secret("password-hash", expression=_HASHES, score=0.9, literals=_HASH_MARKS))


def _keys() -> tuple[Rule, ...]:
    return (
        _secret(
            "pem-private-key",
            expression=rf"-----BEGIN{_LABEL}-----(?:{_TO_THE_END}|{_CUT_OFF})",
            score=1.0,
            judge=_key_material,
            judged_by="key material",
            literals=("PRIVATE KEY",),
        ),
        # `-----BEGIN` in base64.
        _secret(
            "pem-in-base64",
            expression=r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{60,24000}",
            score=1.0,
            literals=("LS0tLS1CRUdJTi",),
        ),
        _secret(
            "putty-key",
            expression=r"PuTTY-User-Key-File-\d:(?:[^\n]{1,200}\n?){2,300}",
            score=1.0,
            literals=("PuTTY-User-Key-File",),
        ),
    )


def _web_tokens() -> tuple[Rule, ...]:
    signed = partial(_secret, judge=judges.web_token, judged_by="header", literals=("ey",))
    return (
        signed("json-web-token", expression=rf"{BEGINS}{_SIGNED}", score=0.9),
        signed("json-web-encryption", expression=rf"{BEGINS}{_ENCRYPTED}", score=0.9),
        _secret(
            "web-token-head",
            expression=rf"(?i:token|jwt|bearer|session)[^\n]{{0,40}}?{BEGINS}(?P<value>ey[JI]{_PART}{{30,2000}})",
            score=0.8,
            literals=("token", "jwt", "bearer", "session"),
        ),
        # `eyJ` in base64.
        _secret(
            "web-token-in-base64",
            expression=r"(?<![A-Za-z0-9+/])ZXlK[A-Za-z0-9+/=]{40,6000}",
            score=0.8,
            literals=("ZXlK",),
        ),
    )


def _key_material(match: Match) -> bool | None:
    """Confirm a block that holds key material, refuse one that only shows the form."""
    inside = match.group().partition("-----")[2].partition("-----")[2]
    return bool(_MATERIAL.search(inside.rpartition("-----END")[0] or inside))
