r"""A small language for the shapes of tokens: ``ghp_{alnum:36}`` is four letters and 36 letters or digits.

Outside of braces everything stands for itself. In braces stands either a choice (``{live|test}``), ``{uuid}``, or an
alphabet and a number of characters: ``{hex:40}``, ``{url:22-255}``, ``{word:24+}``. A shape says what a provider
documents of its tokens, and no more than that; :func:`expression` makes of it what a text is searched with.
"""

import re
from functools import partial

import regex  # type: ignore[import-untyped]

from policies.errors import InputError

# Of a token whose length has no upper bound, so many characters are taken at most.
LONGEST = 512

ALPHABETS = {
    "digits": "0-9",
    "hex": "0-9a-fA-F",
    "lower": "a-z",
    "lowernum": "a-z0-9",
    "uppernum": "A-Z0-9",
    "alnum": "A-Za-z0-9",
    "word": "A-Za-z0-9_",
    "url": "A-Za-z0-9_-",
    "dotted": "A-Za-z0-9_.-",
    "base64": "A-Za-z0-9+/",
    "padded": "A-Za-z0-9+/=",
    "urlpadded": "A-Za-z0-9_=-",
    "sealed": "A-Za-z0-9_+/=.,:*@-",
    "dotless": "A-Za-z0-9_+/=-",
    "percent": "A-Za-z0-9%",
    "djangoset": "a-z0-9!@#$%^&*(=+)_-",
    "entra": "A-Za-z0-9_~.-",
}
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_PART = re.compile(r"\{([^{}]+)\}")
_COUNT = re.compile(r"([a-z0-9]+):(\d+)(?:(\+)|-(\d+))?")

# A token begins after anything but a letter or a digit, or after an escape that ends in one: `\n`, `%3D`.
BEGINS = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-F]{2}))"


class ShapeError(InputError):
    """A shape is not written in the language of shapes."""

    remedy = "See pipelines/redaction/credentials/shapes.py for what may stand in braces."


def expression(shape: str) -> str:
    """Return the expression of a shape, without its surroundings.

    Raises:
        ShapeError: What stands in braces is unknown.
    """
    parts = _PART.split(shape)
    if any("{" in literal or "}" in literal for literal in parts[::2]):
        raise ShapeError(f"{shape!r}: a brace is not closed.")
    return "".join(
        regex.escape(part, special_only=True) if at % 2 == 0 else _in_braces(shape, part)
        for at, part in enumerate(parts)
    )


def bounded(shape: str) -> str:
    """Return the expression of a shape that neither begins nor ends inside a longer word."""
    return f"{BEGINS}{expression(shape)}(?![{_last_alphabet(shape)}])"


def literals(shape: str) -> tuple[str, ...]:
    """Return texts one of which is in everything that has the shape: its longest fixed part, or none."""
    parts = _PART.split(shape)
    fixed = [(part,) for part in parts[::2]]
    chosen = [tuple(part.split("|")) for part in parts[1::2] if "|" in part]
    glued = [_glued(parts, at) for at in range(1, len(parts), 2) if "|" in parts[at]]
    best = max([*fixed, *chosen, *glued], key=lambda texts: min(map(len, texts)))
    return best if all(best) else ()


def _glued(parts: list[str], at: int) -> tuple[str, ...]:
    return tuple(f"{parts[at - 1]}{choice}{parts[at + 1]}" for choice in parts[at].split("|"))


def _in_braces(shape: str, part: str) -> str:
    if "|" in part:
        return f"(?:{'|'.join(map(partial(regex.escape, special_only=True), part.split('|')))})"
    if part == "uuid":
        return _UUID
    count = _COUNT.fullmatch(part)
    if count is None or count[1] not in ALPHABETS:
        raise ShapeError(f"{shape!r}: {{{part}}} is neither a choice, nor a known alphabet and a length.")
    most = LONGEST if count[3] else count[4]
    return f"[{ALPHABETS[count[1]]}]{{{count[2]}{f',{most}' if most else ''}}}"


def _last_alphabet(shape: str) -> str:
    """Return the class of characters that would make a token longer than its shape."""
    last = _PART.findall(shape)[-1:] if shape.endswith("}") else []
    count = _COUNT.fullmatch(last[0]) if last else None
    if count is None:
        return ALPHABETS["alnum"]
    letters = ALPHABETS[count[1]]
    return re.sub(r"[.=]", "", letters) if "A-Za-z0-9" in letters else ALPHABETS["alnum"]
