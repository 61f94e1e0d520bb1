"""The page: what a person reads, and behind it the document and the proofs, in one HTML file.

A page is a function of the certificate. So whoever has the file can take the certificate out of it, write the page
again and compare the two: what is read is then what was signed. It holds no script that runs and fetches nothing.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from lineage.canonical import NotCanonicalError, canonical_json
from lineage.certificates.certificate import FORMAT, Certificate, CertificateRefusedError, Document, piece_bytes
from lineage.certificates.html import Markup, joined, lines, tag
from lineage.certificates.model_page import model_page
from lineage.certificates.parts import Page, proofs_section
from lineage.certificates.person_page import person_page
from lineage.certificates.tenant_page import tenant_page

DOCUMENT, STATEMENT = "document", "certificate"
PAGES = {"person": person_page, "tenant": tenant_page, "model": model_page}
_BLOCK = re.compile(r'<script type="application/json" id="([^"<>&]{1,200})">([^<]*)</script>')
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)


def written(certificate: Certificate) -> bytes:
    """Return the page of a certificate, UTF-8; the same certificate gives the same bytes.

    Raises:
        CertificateRefusedError: It does not say what a certificate of its kind says.
    """
    document = certificate.document
    try:
        page = PAGES[document["kind"]](document)
        whole = lines(
            Markup("<!doctype html>"),
            Markup('<html lang="en">'),
            _head(page.title),
            Markup("<body>"),
            _body(page, document),
            *_blocks(certificate),
            Markup("</body>"),
            Markup("</html>\n"),
        )
        return whole.text.encode()
    except (*MALFORMED, NotCanonicalError) as error:
        raise CertificateRefusedError("The document inside is none of a certificate.") from error


def read_page(data: bytes) -> Certificate:
    """Return the certificate inside a page; nothing of it is believed yet.

    Raises:
        CertificateRefusedError: There is none.
    """
    try:
        found = [(name, json.loads(text)) for name, text in _BLOCK.findall(data.decode())]
    except (ValueError, RecursionError) as error:
        raise CertificateRefusedError("This is no certificate: what is inside cannot be read.") from error
    pieces = dict(found)
    document, envelope = pieces.pop(DOCUMENT, None), pieces.pop(STATEMENT, None)
    if not isinstance(document, dict) or not isinstance(envelope, dict) or len(pieces) != len(found) - 2:
        raise CertificateRefusedError("This is no certificate: it does not hold one document and one statement.")
    if document.get("format") != FORMAT:
        raise CertificateRefusedError(
            f"The document inside is not of the form {FORMAT}.",
            remedy="It was made by another version of Lineweight, or by something else: check it with that.",
        )
    return Certificate(document, envelope, pieces)


def require_same_page(data: bytes, certificate: Certificate) -> None:
    """Do nothing if a page is the one that its certificate gives, byte for byte.

    Raises:
        CertificateRefusedError: It is not; the message names the first line that differs.
    """
    expected = written(certificate)
    if data == expected:
        return
    there, should = data.decode(errors="replace").split("\n"), expected.decode().split("\n")
    place = next((n for n, pair in enumerate(zip(there, should, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        place = min(len(there), len(should))
    shown, signed = (_readable(whole[place]) if place < len(whole) else "nothing" for whole in (there, should))
    raise CertificateRefusedError(
        f"The page is not the one that was signed. Line {place + 1} shows {shown}; signed is {signed}."
    )


def _readable(line: str, most: int = 120) -> str:
    text = " ".join(re.sub(r"<[^>]*>", " ", line).split())
    if not text:
        text = line.strip()
    return f"“{text[:most]}{'…' if len(text) > most else ''}”"


@cache
def _style() -> str:
    return resources.files(__package__).joinpath("certificate.css").read_text(encoding="utf-8")


def _head(title: str) -> Markup:
    style = "\n" + _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return lines(
        Markup("<head>"),
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=f"default-src 'none'; style-src 'sha256-{digest}'"),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="color-scheme", content="light dark"),
        tag("meta", name_="robots", content="noindex"),
        tag("title", title),
        Markup(f"<style>{style}</style>"),
        Markup("</head>"),
    )


def _body(page: Page, document: Document) -> Markup:
    return lines(
        Markup("<main>"),
        page.header(document),
        *(section.markup(number) for number, section in enumerate((*page.sections, proofs_section(document)), 1)),
        page.footer(document),
        Markup("</main>"),
    )


def _blocks(certificate: Certificate) -> list[Markup]:
    whole: Mapping[str, Any] = {
        DOCUMENT: certificate.document,
        STATEMENT: certificate.envelope,
        **{name: certificate.pieces[name] for name in sorted(certificate.pieces)},
    }
    return [
        joined([Markup(f'<script type="application/json" id="{_id(name)}">'), _json(piece), Markup("</script>")])
        for name, piece in whole.items()
    ]


def _id(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9@/._-]{1,200}", name):
        raise ValueError("not the name of a piece")
    return name


def _json(piece: Any) -> Markup:
    """Return a piece's canonical JSON so that nothing in it can end the element it stands in."""
    text = (canonical_json(piece) if isinstance(piece, dict) else piece_bytes(piece)).decode()
    return Markup("".join(_ESCAPES.get(character, character) for character in text))
