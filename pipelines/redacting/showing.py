"""Redacted texts as a person reads them: what was found in colour, and a table of why."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.text import Text

from pipelines.redacting.trying import Tried
from pipelines.redaction.operators import Done
from pipelines.redaction.spans import Span
from policies.terminal import out, table

Document = Mapping[str, Any]
MOST_ROWS = 50

_PEOPLE = frozenset({"DATE_OF_BIRTH", "HANDLE", "PERSON", "STREET_ADDRESS", "USER_PATH"})
_CONTACT = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS", "PHONE_NUMBER"})
_KEPT = {
    "already-redacted": "left: redacted already",
    "profile-keeps": "left: the profile keeps it",
    "reserved-value": "left: it can belong to nobody",
}
_DONE = {
    "pseudonym": "replaced by a surrogate",
    "tag": "replaced by its type",
    "mask": "masked",
    "drop": "removed",
    "keep": "left",
}


def show_tried(tried: Tried, text: str, profile: str) -> None:
    """Show a text that was tried: the redacted text with what stands in place of values in colour, and why."""
    stopped = None if tried.quarantined is None else tried.quarantined.value
    if tried.text is None:
        out.print(f"[red]Not searched to its end: {stopped}.[/red] A pipeline stops such a record.")
        return
    spans = [_told(text, span, done) for span, done in tried.found]
    out.print(highlighted(tried.text, spans), soft_wrap=True, highlight=False)
    if stopped is not None:
        out.print(f"[yellow]A pipeline stops a record with this text: {stopped}.[/yellow]")
    _show_spans(spans, profile)


def show_explained(document: Document, everything: bool) -> None:
    """Show a governed record: its redacted texts, and what was found where and why."""
    for delivery in document["deliveries"]:
        where = f"{delivery['tenant']}, {delivery['source']}, redacted with {delivery['profile']}"
        out.print(f"Record [bold]{document['record_id']}[/bold] of {escape(where)}", highlight=False)
        if delivery["effect"] != "permit":
            out.print(f"[yellow]Not here: {delivery['effect']}, {delivery['reason']}.[/yellow]", highlight=False)
        shown = [text for text in delivery["texts"] if everything or text["spans"]]
        for text in shown:
            out.print(f"\n[bold]{escape(text['place'])}[/bold]", highlight=False)
            out.print(highlighted(text["text"], text["spans"]), soft_wrap=True, highlight=False)
        if hidden := len(delivery["texts"]) - len(shown):
            out.print(f"\n{hidden:,} texts in which nothing was found are not shown; --all shows them.")
        spans = [{**span, "where": text["place"]} for text in delivery["texts"] for span in text["spans"]]
        if delivery["effect"] == "permit":
            _show_spans(spans, delivery["profile"])


def show_compared(document: Document) -> None:
    """Show what one profile finds in a snapshot and the other misses."""
    before, after = document["before"]["profile"], document["after"]["profile"]
    label, concerned = document["snapshot"], document["records_concerned"]
    out.print(
        f"In {concerned:,} of {document['records']:,} records of [bold]{label}[/bold], {escape(after)} finds what "
        f"{escape(before)} misses.",
        highlight=False,
    )
    if document["by_type"]:
        rows = [[one["type"], one["found"], one["records"]] for one in document["by_type"]]
        out.print(table("Missed, by type", ("type", "found", "records"), rows))
        columns = ("record_id", "place", "start", "end", "type", "detector")
        listed = [[escape(str(one[name])) for name in columns] for one in document["missed"][:MOST_ROWS]]
        out.print(table("Where", ("record", *columns[1:]), listed))
        _show_rest(len(document["missed"]))
    if document["stopped"]:
        out.print(f"{len(document['stopped']):,} records would be stopped by {escape(after)} alone.")
    if concerned:
        told = ("model", "run", "records", "readings", "first_step", "last_step")
        rows = [[one[name] for name in told] for one in document["models"]]
        out.print(table("Models that read such records", told, rows) if rows else "No model here read such a record.")
    for one in document["unverified"]:
        out.print(f"[red]Not followed:[/red] {escape(one['directory'])}: {escape(one['why'])}", highlight=False)


def highlighted(text: str, spans: Sequence[Document]) -> Text:
    """Return a text with ranges in the colour of what stands there: people, contact, secrets, all else."""
    shown = Text(text)
    for span in spans:
        shown.stylize(_style(span), span["start"], span["end"])
    return shown


def _told(text: str, span: Span, done: Done) -> Document:
    """Return a find, as findings tell it: where it stands in the redacted text, and in which line it stood."""
    return {
        "where": f"line {text.count(chr(10), 0, span.start) + 1}",
        "start": done.start,
        "end": done.end,
        "type": span.entity_type,
        "detector": span.detector,
        "version": span.version,
        "score": span.score,
        "validator": span.validator,
        "action": done.operator.value,
        "kept_because": None if done.kept_because is None else done.kept_because.value,
    }


def _style(span: Document) -> str:
    if span.get("kept_because"):
        return "dim underline"
    kind = span["type"]
    if kind == "SECRET":
        return "bold red"
    return "bold cyan" if kind in _PEOPLE else "bold green" if kind in _CONTACT else "bold yellow"


def _show_spans(spans: Sequence[Document], profile: str) -> None:
    if not spans:
        out.print(f"\nNothing was found with the profile {escape(profile)}.")
        return
    rows = [
        [
            Text(span["type"], style=_style(span)).markup,
            escape(str(span["where"])),
            f"{span['start']} to {span['end']}",
            escape(f"{span['detector']} {span.get('version', '')}".strip()),
            f"{span['score']:.2f}" + (f", {span['validator']}" if span.get("validator") else ""),
            _KEPT.get(span.get("kept_because") or "", _DONE.get(span["action"], span["action"])),
        ]
        for span in spans[:MOST_ROWS]
    ]
    out.print()
    out.print(table("Found", ("type", "where", "code points", "by", "score", "what was done"), rows))
    _show_rest(len(spans))


def _show_rest(listed: int) -> None:
    if listed > MOST_ROWS:
        out.print(f"{listed - MOST_ROWS:,} more are not shown; --json lists all.")
