"""What an identifier is carried in: the same value plain, escaped, hidden, split, in code, in settings, in JSON."""

import ast
import html
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from benchmarks.redaction.identifiers import Identifier

SOFT, CONTINUED = "=\n", "\\\n"
"""A line break that is none: in quoted-printable mail (RFC 2045, 6.7), and in a shell."""

Carry = Callable[[Identifier], str]


@dataclass(frozen=True, slots=True)
class Carrier:
    """One way to carry a value.

    Attributes:
        name: What a reader calls it.
        carry: Returns the text that carries an identifier.
        place: Where in a record the text stands: in ``content``, in the ``arguments`` of a tool call, or as the value
            of an ``attribute``.
        parse: Raises ``ValueError`` or ``SyntaxError`` where a text is no longer what it was.
    """

    name: str
    carry: Carry
    place: str = "content"
    parse: Callable[[str], object] | None = None


def _escaped(text: str) -> str:
    return "".join(one if one.isalnum() else f"\\u{ord(one):04x}" for one in text)


def _full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if 0x21 <= ord(one) <= 0x7E else one for one in text)


def _numeric(text: str) -> str:
    return "".join(one if one.isalnum() else f"&#{ord(one)};" for one in text)


def _broken(text: str, by: str) -> str:
    """Break a value in the middle."""
    middle = len(text) // 2
    return f"{text[:middle]}{by}{text[middle:]}"


def _in_parts(text: str) -> str:
    """Return the expression that puts a value together from two strings, a line each."""
    middle = len(text) // 2
    return f"{text[:middle]!r} +\n    {text[middle:]!r}"


def _wrapped(identifier: Identifier) -> str:
    """Break a value once between its parts, as an editor wraps it; one that has no parts breaks in the middle."""
    text, middle = identifier.text, len(identifier.text) // 2
    marks = [place for place, one in enumerate(text[:-1]) if not one.isalnum()]
    best = {"mail": text.find("@"), "home directory": max(marks, default=0)}.get(
        identifier.kind, min(marks, key=lambda place: (abs(place - middle), place), default=middle - 1)
    )
    return f"{text[: best + 1]}\n{text[best + 1 :]}"


def _named(identifier: Identifier) -> str:
    return "api_token" if identifier.is_secret else "contact"


def _said(identifier: Identifier) -> str:
    """Return the word that stands before a value where somebody writes it down."""
    return {
        "telephone": "My phone number is",
        "SSN": "My social security number is",
        "home directory": "I work in",
    }.get(identifier.kind, "It is")


def _quotable(identifier: Identifier) -> str:
    """Return a value as it stands between quotes in code."""
    return identifier.text.replace("\\", "\\\\")


def _nested(identifier: Identifier, depth: int) -> str:
    """Return a value in a JSON document that is a string of another, and so on."""
    text = f"{_said(identifier)} {identifier.text}"
    for _ in range(depth):
        text = json.dumps({"path": "notes.txt", "text": text})
    return text


def _traced(identifier: Identifier) -> str:
    return (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/handlers.py", line 31, in handle\n    raise ValueError(value)\n'
        f"ValueError: bad value {identifier.text!r}\n"
    )


CARRIERS = (
    Carrier("a sentence", lambda one: f"{_said(one)} {one.text}, please look."),
    Carrier("the end of a sentence", lambda one: f"Please look again. {_said(one)} {one.text}."),
    Carrier("a bracket", lambda one: f"{_said(one)} ({one.text})"),
    Carrier("a list", lambda one: f"Contacts:\n- {_said(one)} {one.text}\n- none"),
    Carrier("a table", lambda one: f"| name | value |\n|---|---|\n| {_named(one)} | {one.text} |"),
    Carrier("CSV", lambda one: f"id,{_named(one)},active\n17,{one.text},true"),
    Carrier("URL-encoded", lambda one: f"GET /search?{_named(one)}={quote(one.text, safe='')}&page=2 HTTP/1.1"),
    Carrier("HTML-escaped", lambda one: f"<td>{html.escape(one.text)}</td>"),
    Carrier("HTML by numbers", lambda one: f"<p>{_said(one)} {_numeric(one.text)}</p>"),
    Carrier("JSON-escaped", lambda one: f'{{"{_named(one)}": "{_escaped(one.text)}"}}', parse=json.loads),
    Carrier("escapes in prose", lambda one: f"It prints {_named(one)}: {_escaped(one.text)} and stops."),
    Carrier("zero-width", lambda one: f"{_said(one)} {one.text[:3]}\u200b{one.text[3:-3]}\u200d{one.text[-3:]}."),
    Carrier("full-width", lambda one: f"{_said(one)} {_full_width(one.text)}"),
    Carrier("no-break spaces", lambda one: f"{_said(one)}\u00a0{one.text.replace(' ', chr(0xA0))}\u00a0today"),
    Carrier("wrapped", lambda one: f"{_said(one)} {_wrapped(one)}\nas you know"),
    Carrier("quoted-printable", lambda one: f"{_said(one)} {_broken(one.text, SOFT)} as you know"),
    Carrier("a continued line", lambda one: f"echo {_said(one)} {_broken(one.text, CONTINUED)}\ndone"),
    Carrier("joined strings", lambda one: f"{_named(one)} = (\n    {_in_parts(one.text)}\n)", parse=ast.parse),
    Carrier("a string in code", lambda one: f"{_named(one)} = {one.text!r}\nsend({_named(one)})", parse=ast.parse),
    Carrier("a comment in code", lambda one: f"def send():\n    # ask {one.text}\n    return 1", parse=ast.parse),
    Carrier("an f-string", lambda one: f'print(f"{{count}} sent to {_quotable(one)}")', parse=ast.parse),
    Carrier("an escaped line break before it", lambda one: f"text = 'Hello\\n{_quotable(one)}'", parse=ast.parse),
    Carrier("a stack trace", _traced),
    Carrier("a log line", lambda one: f"2026-03-04T10:11:12Z INFO auth {_named(one)}={one.text} status=200"),
    Carrier(".env", lambda one: f"DEBUG=1\n{_named(one).upper()}={one.text}\nPORT=8080"),
    Carrier("YAML", lambda one: f"service:\n  {_named(one)}: '{one.text}'\n  port: 8080"),
    Carrier("XML", lambda one: f"<config><{_named(one)}>{html.escape(one.text)}</{_named(one)}></config>"),
    Carrier("SQL", lambda one: f"INSERT INTO people VALUES (17, '{one.text}', NULL);"),
    Carrier("a shell command", lambda one: f'./deploy --{_named(one).replace("_", "-")} "{one.text}" --dry-run'),
    Carrier("a connection string", lambda one: f"Server=db1;Database=app;{_named(one)}={one.text};Timeout=30"),
    Carrier("a diff", lambda one: f"@@ -1,2 +1,2 @@\n-{_named(one)}: none\n+{_named(one)}: {one.text}"),
    Carrier("JSON", lambda one: json.dumps({"id": 17, _named(one): one.text}), parse=json.loads),
    Carrier("JSON Lines", lambda one: '{"id": 1}\n' + json.dumps({"id": 2, _named(one): one.text}) + "\n"),
    Carrier("tool arguments", lambda one: _nested(one, 1), "arguments", json.loads),
    Carrier("JSON in tool arguments", lambda one: _nested(one, 2), "arguments", json.loads),
    Carrier("JSON in JSON in tool arguments", lambda one: _nested(one, 3), "arguments", json.loads),
    Carrier("an attribute", lambda one: f"{_said(one)} {one.text}", "attribute"),
)  # fmt: skip
