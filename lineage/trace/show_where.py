"""Where things went, as a person reads it: a landed file, a policy, and what is without consent now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape

from lineage.commands.wording import moment
from policies.terminal import out, table

Document = Mapping[str, Any]


def show_batch(document: Document) -> None:
    """Show in which snapshots the records of a landed file are, and which models read them."""
    named = f"{document['source']}: {document['file']}" if document["file"] else "a file the ledger does not hold"
    _say(f"Landed file [bold]{document['batch'][:12]}…[/bold] ({escape(named)})")
    if document["landed_at"]:
        _say(f"Landed {moment(document['landed_at'])} with {document['records_landed']:,} records.")
    _grid(
        "Snapshots that hold its records",
        ("snapshot", "purpose", "policy", "decided for", "records"),
        (
            [
                *(entry[name] for name in ("snapshot", "purpose", "policy")),
                moment(entry["decided_for"]),
                entry["records"],
            ]
            for entry in document["snapshots"]
        ),
    )
    names = ("model", "run", "snapshot", "records", "readings", "first_step", "last_step")
    _grid(
        "Models that read them",
        ("model", "run", "trained on", "records", "readings", "first step", "last step"),
        ([entry[name] for name in names] for entry in document["models"]),
    )
    _unverified(document)


def show_policy(document: Document) -> None:
    """Show which snapshots were decided by a policy, version by version, and the models trained on them."""
    asked = "" if document["version"] is None else f" v{document['version']}"
    _say(f"Policy [bold]{escape(document['policy_id'])}{asked}[/bold]")
    if not document["versions"]:
        _say("No snapshot was decided by it.")
    for version in document["versions"]:
        title = f"Version {version['version']} ({version['digest'][:12]}…)"
        names = ("snapshot", "purpose", "records", "people")
        _grid(
            f"{title}: snapshots",
            (*names, "decided for"),
            ([*(entry[name] for name in names), moment(entry["decided_for"])] for entry in version["snapshots"]),
        )
        _grid(
            f"{title}: models trained on them",
            ("model", "run", "snapshot", "trained"),
            (
                [*(entry[name] for name in ("model", "run", "snapshot")), moment(entry["started_at"])]
                for entry in version["models"]
            ),
        )
    _unverified(document)


def show_withdrawn(document: Document) -> None:
    """Show which models read records whose consent is not valid now."""
    models = document["models"]
    _say(
        f"Models that read records without a valid consent, as known at {moment(document['asked_at'])}: "
        f"[bold]{len(models):,} of {document['models_asked_about']:,}[/bold]."
    )
    _grid(
        "Read, and without consent now",
        ("model", "run", "trained on", "records", "of", "people", "first step", "last step", "what the consent is"),
        (
            [
                *(entry[name] for name in ("model", "run", "snapshot", "records", "of_records", "people")),
                *(entry[name] for name in ("first_step", "last_step")),
                ", ".join(f"{one['status']} ({one['records']:,})" for one in entry["by_status"]),
            ]
            for entry in models
        ),
    )
    _list("Not looked up", document["not_looked_up"])
    _unverified(document)


def _unverified(document: Document) -> None:
    if document["unverified"]:
        _say("[red]This answer may be incomplete. What follows does not verify and was not followed:[/red]")
        _list("Not followed", [f"{entry['directory']}: {entry['why']}" for entry in document["unverified"]])


def _grid(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    listed = [[escape(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    if listed:
        out.print(table(title, columns, listed))
    else:
        _say(f"[bold]{title}[/bold]: none")


def _list(title: str, sentences: Sequence[str]) -> None:
    if sentences:
        _say(f"[bold]{title}[/bold]", *(f"• {escape(sentence)}" for sentence in sentences))


def _say(*sentences: str) -> None:
    for sentence in sentences:
        out.print(sentence, highlight=False)
