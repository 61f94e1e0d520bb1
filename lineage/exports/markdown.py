"""Pages as Markdown: what a person reads, with a link from every answer to how its figures are checked."""

import re
from collections.abc import Iterable, Iterator
from textwrap import dedent

from lineage.exports.figure import Evidence, Figure
from lineage.exports.page import Answer, Page, Section, Table, told

DEMONSTRATION = "derived-from-seed"
_SPECIAL = re.compile(r"([\\`*\[\]|])")


def to_markdown(page: Page, front: str = "") -> str:
    """Return a page as Markdown.

    Args:
        page: What to write.
        front: YAML front matter, with its fences; empty where there is none.
    """
    parts = [f"# {escaped(page.title)}", f"*{escaped(page.source)}*"]
    parts += _evidence(page.figures.evidence, page.figures["keys"])
    for section in page.sections:
        parts += _section(section)
    parts += _checks(page.told)
    return front + "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Return a text that Markdown and HTML show as it is."""
    return _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def _evidence(evidence: Evidence, keys: Figure) -> Iterator[str]:
    rows = (
        ("artifact", f"`{evidence.artifact}`"),
        ("SHA-256 of the snapshot's manifest", f"`{evidence.manifest_digest}`"),
        ("Merkle root of the snapshot", f"`{evidence.root}`"),
        ("SHA-256 of the signed statement", f"`{evidence.statement_digest}`"),
        ("signed by", ", ".join(f"`{key}`" for key in evidence.signed_by)),
    )
    yield (
        "Every figure here was computed from signed evidence that verified, and from the ledger. "
        "[Checks](#checks) tells how each is found again."
    )
    yield _grid(("this document is about", ""), rows)
    yield f"`lineweight verify {evidence.artifact}` verifies that evidence from its files alone."
    if keys.value == DEMONSTRATION:
        yield "**A demonstration:** its keys derive from a number that anybody may know. Its signature proves nothing."


def _section(section: Section) -> Iterator[str]:
    yield " ".join(part for part in ("#" * section.depth, section.number, escaped(section.title)) if part)
    for answer in section.answers:
        yield from _answer(answer)


def _answer(answer: Answer) -> Iterator[str]:
    text = escaped(answer.text)
    asked = f"**{escaped(answer.question)}**" if answer.question else ""
    if asked or text:
        yield " ".join(part for part in (asked, text) if part)
    if answer.table is not None:
        yield _table(answer.table)
    if answer.all_figures:
        links = " · ".join(f"[{_heading(name)}](#{anchor(name)})" for name in answer.all_figures)
        yield f"<sub>How to check: {links}</sub>"


def _checks(figures: Iterable[Figure]) -> Iterator[str]:
    yield "## Checks"
    yield dedent("""\
        Commands and SQL are run in the home's directory; the SQL is DuckDB's. Where a command ends in
        `> answer.json`, the SQL after it reads that answer; where it takes records out into `exported`, remove them
        after the check.""").replace("\n", " ")
    for figure in figures:
        yield f"### Check: {_heading(figure.name)}"
        yield f"{escaped(figure.means[0].upper() + figure.means[1:])}: {escaped(told(figure))}"
        yield _query(figure)


def _query(figure: Figure) -> str:
    query = figure.query
    if query.sql:
        sql = f"```sql\n{query.sql}\n```"
        return f"```\n{query.command}\n```\n\n{sql}" if query.command else sql
    return f"```\n{query.command}\n```\n\nat `{query.place}`"


def anchor(name: str) -> str:
    """Return the fragment of the heading under which a figure's check stands, as GitHub and the hub make it."""
    return f"check-{_heading(name).replace(' ', '-')}"


def _heading(name: str) -> str:
    return name.replace("_", " ")


def _table(table: Table) -> str:
    rows = (tuple(escaped(" ".join(cell.split())) for cell in row) for row in table.rows)
    return _grid(tuple(map(escaped, table.columns)), rows)


def _grid(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
