"""HTML written piece by piece: whatever is text is escaped, and only what was made here is markup.

Deterministic: the same pieces give the same characters.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that was made here, and is written as it is."""

    text: str


Child = Markup | str | None
SHORT = 26
"""Up to so many characters a text is not broken into lines."""
WHOLE = 12
"""Up to so many rows a table is not broken over pages."""
VOID = frozenset({"meta", "br"})


def tag(name: str, *children: Child, **attributes: str) -> Markup:
    """Return an element; text among the children is escaped, and ``None`` is left out.

    Args:
        name: The element's.
        children: What is inside.
        attributes: Their values are escaped; ``class_`` is ``class``, and ``data_label`` is ``data-label``.
    """
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"' for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{joined(children).text}</{name}>")


def joined(children: Iterable[Child], between: str = "") -> Markup:
    """Return pieces one after another; ``between`` is written as it is."""
    return Markup(between.join(_written(child) for child in children if child is not None))


def lines(*children: Child) -> Markup:
    """Return pieces each on lines of their own."""
    return joined(children, "\n")


def said(text: str) -> Markup:
    """Return a text that somebody else chose; whichever way it is written, it turns nothing around it."""
    return tag("bdi", text, **({"class_": "short"} if len(text) <= SHORT else {}))


def code(text: str) -> Markup:
    """Return a digest, an id or a name of a file."""
    return tag("code", text)


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Child]], numbers: Sequence[int] = ()) -> Markup:
    """Return a table whose cells name their column, for windows in which each row is shown as a block.

    Args:
        caption: What it shows.
        columns: Their headings.
        rows: A cell for each column.
        numbers: The places of columns that hold numbers.
    """
    heads = [tag("th", one, scope="col", role="columnheader", **_number(place, numbers))
             for place, one in enumerate(columns)]  # fmt: skip
    body = [tag("tr", *(_cell(place, columns, cell, numbers) for place, cell in enumerate(row)), role="row")
            for row in rows]  # fmt: skip
    return lines(
        Markup('<table role="table" class="whole">' if len(rows) <= WHOLE else '<table role="table">'),
        tag("caption", caption),
        tag("thead", tag("tr", *heads, role="row"), role="rowgroup"),
        Markup('<tbody role="rowgroup">'),
        *body,
        Markup("</tbody>"),
        Markup("</table>"),
    )


def facts(*pairs: tuple[str, Child]) -> Markup:
    """Return terms and what is said of each."""
    rows = [tag("div", tag("dt", term), tag("dd", told)) for term, told in pairs if told is not None]
    return lines(Markup("<dl>"), *rows, Markup("</dl>"))


def _cell(place: int, columns: Sequence[str], cell: Child, numbers: Sequence[int]) -> Markup:
    """Return a cell; the first one of a row is its heading."""
    label = {"data_label": columns[place]}
    if place == 0:
        return tag("th", tag("div", cell), scope="row", role="rowheader", **label)
    return tag("td", tag("div", cell), role="cell", **label, **_number(place, numbers))


def _number(place: int, numbers: Sequence[int]) -> dict[str, str]:
    return {"class_": "number"} if place in numbers else {}


def _written(child: Markup | str) -> str:
    return child.text if isinstance(child, Markup) else html.escape(child)
