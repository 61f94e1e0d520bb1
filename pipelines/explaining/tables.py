"""One explained record as a person reads it: the sentences, and the facts side by side."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from policies.facts import FACT_FIELDS
from policies.terminal import out, table

Document = Mapping[str, Any]


def show_explained(document: Document) -> None:
    """Show what `explain_record` returned."""
    out.print(f"Record [bold]{escape(document['record_id'])}[/bold]", highlight=False)
    for sentence in document["sentences"]:
        out.print(f"• {escape(sentence)}", highlight=False)
    then = document["snapshots"]
    columns = [f"{entry['policy_id']} v{entry['version']}, now" for entry in document["policies"]]
    columns += [f"{entry['snapshot']}, {entry['decided_for'][:10]}" for entry in then]
    listed = [entry["facts"] for entry in (*document["policies"], *then)]
    if listed:
        rows = [[name, *(_word(facts.get(name, "not known")) for facts in listed)] for name in FACT_FIELDS]
        out.print(table("Facts", ("fact", *columns), rows))
    for entry in document["unverified"]:
        out.print(f"[red]Not followed:[/red] {escape(entry['directory'])}: {escape(entry['why'])}", highlight=False)


def _word(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
