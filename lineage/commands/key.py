"""``lineweight key``: the keys that a deployment signs with, and putting a new one in the old one's place."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from lineage.commands.options import DatabaseOption, KeysOption, home_at
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, out, table

key_app = typer.Typer(no_args_is_help=True, help="The deployment's signing keys: rotating them, and which there were.")


@key_app.command("rotate")
def rotate(
    because: Annotated[str, typer.Option("--because", help="Why, in words; it is signed and stays.")],
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Put a new signing key in the old one's place; the old one is destroyed, and verifies what it signed until now."""
    from lineage.keys.rotating import rotate_key

    where = home_at(home, database_url, keys).require()
    rotation = rotate_key(where, _reason(because), datetime.now(UTC))
    document = {"rotation": rotation.path, "statement": rotation.digest, **rotation.said.document()}

    def show() -> None:
        old, new = rotation.said.old_key.key_id, rotation.said.new_key.key_id
        out.print(f"{rotation.path}: key {new[:16]} signs from now on; {old[:16]} is retired and destroyed.")
        out.print("Publish the log (lineweight log publish), and give verifiers the new public key or this file.")

    emit(document, as_json, show)


@key_app.command("list")
def list_keys(home: HomeOption = DEFAULT_HOME, keys: KeysOption = None, as_json: JsonFlag = False) -> None:
    """List the keys that signed here, from the first to the one that does now, and what each is trusted for."""
    from lineage.keys.rotating import listed_keys

    document = listed_keys(home_at(home, keys=keys).require())
    emit(document, as_json, lambda: _show_keys(document))


def _show_keys(document: dict[str, Any]) -> None:
    rows = [
        (
            one["key"][:16],
            one["state"],
            (one["from_at"] or "")[:19],
            (one["until_at"] or "")[:19],
            "" if one["log_entries"] is None else one["log_entries"],
            one["because"] or "",
        )
        for one in document["keys"]
    ]
    columns = ("key", "state", "from", "until", "log entries then", "retired because")
    out.print(table(f"Signing keys of {document['log']}", columns, rows))


def _reason(because: str) -> str:
    from policies.errors import UsageError

    if not 0 < len(because.strip()) <= 500:
        raise UsageError("--because: say why, in 500 characters at most.")
    return because.strip()
