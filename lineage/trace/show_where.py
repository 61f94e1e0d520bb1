"""Where things went, as a person reads it: a landed file, a policy, and what is without consent now."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from lineage.commands.wording import moment
from lineage.trace.saying import enumerate_sentences, grid, say, say_unverified

Document = Mapping[str, Any]


def show_batch(document: Document) -> None:
    """Show in which snapshots the records of a landed file are, and which models read them."""
    named = f"{document['source']}: {document['file']}" if document["file"] else "a file the ledger does not hold"
    say(f"Landed file [bold]{document['batch'][:12]}…[/bold] ({escape(named)})")
    if document["landed_at"]:
        say(f"Landed {moment(document['landed_at'])} with {document['records_landed']:,} records.")
    grid(
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
    grid(
        "Models that read them",
        ("model", "run", "trained on", "records", "readings", "first step", "last step"),
        ([entry[name] for name in names] for entry in document["models"]),
    )
    say_unverified(document)


def show_policy(document: Document) -> None:
    """Show which snapshots were decided by a policy, version by version, and the models trained on them."""
    asked = "" if document["version"] is None else f" v{document['version']}"
    say(f"Policy [bold]{escape(document['policy_id'])}{asked}[/bold]")
    if not document["versions"]:
        say("No snapshot was decided by it.")
    for version in document["versions"]:
        title = f"Version {version['version']} ({version['digest'][:12]}…)"
        names = ("snapshot", "purpose", "records", "people")
        grid(
            f"{title}: snapshots",
            (*names, "decided for"),
            ([*(entry[name] for name in names), moment(entry["decided_for"])] for entry in version["snapshots"]),
        )
        grid(
            f"{title}: models trained on them",
            ("model", "run", "snapshot", "trained"),
            (
                [*(entry[name] for name in ("model", "run", "snapshot")), moment(entry["started_at"])]
                for entry in version["models"]
            ),
        )
    say_unverified(document)


def show_withdrawn(document: Document) -> None:
    """Show which models read records whose consent is not valid now."""
    models = document["models"]
    say(
        f"Models that read records without a valid consent, as known at {moment(document['asked_at'])}: "
        f"[bold]{len(models):,} of {document['models_asked_about']:,}[/bold]."
    )
    grid(
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
    enumerate_sentences("Not looked up", document["not_looked_up"])
    say_unverified(document)
