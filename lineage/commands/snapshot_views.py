"""Snapshots and verifications as a person reads them."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.progress import Progress

from policies.terminal import err, out, table

Document = Mapping[str, Any]


def show_verification(document: Document) -> None:
    """Show every link that was looked at, the verdict, and what nobody looked at."""
    rows = [
        ["[green]holds[/green]" if check["verified"] else "[red]BROKEN[/red]", check["link"], escape(check["detail"])]
        for check in document["checks"]
    ]
    out.print(table(escape(document["artifact"]), ("", "link", "what was compared"), rows))
    if sampled := document.get("sampled"):
        columns = ("record", "tenant", "shard, row", "decision", "consent", "of whom")
        out.print(table("Records drawn, each shown up to the snapshot's root", columns, map(_chain, sampled)))
    verdict = "[green]Verified.[/green]"
    if not document["verified"]:
        verdict = f"[red]Not verified: the link '{document['broken_link']}' does not hold.[/red]"
    out.print(verdict, highlight=False)
    for sentence in document["not_checked"]:
        out.print(f"• Not checked. {escape(sentence)}", highlight=False)


def _chain(drawn: Document) -> tuple[str, ...]:
    """Return the row of one record that was drawn."""
    consent = drawn["consent"]
    said = f"{consent['state']}, effective {consent['effective_at'][:10]}" if consent else "not looked up"
    decision = f"{drawn['decision']['reason']} ({drawn['policy']})"
    place = f"{drawn['shard']}, {drawn['row']}"
    return drawn["record_id"], drawn["tenant"], place, decision, said, drawn["data_subject_id"] or "not opened"


@contextlib.contextmanager
def exporting(rows: int) -> Iterator[Callable[[int], None]]:
    """Show how many of a number of records were written, on the error stream."""
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("exporting", total=rows)
        yield lambda written: progress.advance(task, written)
