"""What the commands take alike, and the home they open."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from policies.errors import UsageError

if TYPE_CHECKING:
    from lineage.home import Home

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="LINEWEIGHT_DATABASE_URL",
        help="The ledger's database (SQLAlchemy URL); what lineweight.yaml says, or SQLite in --home, if not given.",
    ),
]
KeysOption = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        envvar="LINEWEIGHT_KEYS",
        help="Directory of the key vault; what lineweight.yaml says, or 'keys' in --home, if not given.",
    ),
]
TrustOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust",
        envvar="LINEWEIGHT_TRUST",
        help="Public key (PEM) of somebody who may have signed; repeat for more. The vault's own if not given.",
    ),
]
AtOption = Annotated[
    str | None,
    typer.Option("--at", help="Answer as of this instant (ISO 8601 with a zone), as known then; now if not given."),
]


def home_at(uri: str, database_url: str | None = None, keys: Path | None = None) -> "Home":
    """Return the home that the options of a command name; what they leave out, its ``lineweight.yaml`` may say.

    Raises:
        HomeSettingsError: That file says something that is no setting.
    """
    from lineage.home import Home

    return Home.at(uri, database_url, keys)


def place_of(artifact: str, home: "Home") -> Path:
    """Return the directory or file that an argument names: a path, or a snapshot or model in the home.

    Raises:
        UsageError: It names nothing, or a model of which there are several runs.
    """
    from lineage.models import MODELS, model_directories
    from lineage.snapshot import find_snapshot

    if Path(artifact).exists():
        return Path(artifact)
    if "@" in artifact:
        return home.warehouse.local_path(find_snapshot(home.warehouse, artifact))
    named = f"{MODELS}/{artifact}"
    runs = [found for found in model_directories(home.warehouse) if found == named or found.startswith(f"{named}/")]
    if len(runs) != 1:
        there = ", ".join(found.removeprefix(f"{MODELS}/") for found in runs)
        raise UsageError(
            f"{artifact}: there is nothing of this name here."
            if not runs
            else f"{artifact}: there are several runs of this model.",
            remedy=f"Name one of them: {there}." if runs else "Name a path, or a snapshot as NAME@vN, or a MODEL/RUN.",
        )
    return home.warehouse.local_path(runs[0])


def instant_of(at: str | None, option: str = "--at") -> datetime:
    """Return the instant that an option names, UTC; the present if it names none.

    Raises:
        UsageError: It is no time, or has no zone.
    """
    from policies.instants import read_instant

    try:
        return datetime.now(UTC) if at is None else read_instant(at)
    except ValueError as error:
        raise UsageError(
            f"{option}: this is not a time with a zone.", remedy="Write it like 2026-06-01T00:00:00Z."
        ) from error


def read_file(path: Path) -> bytes:
    """Return the bytes of a file that a person named.

    Raises:
        InputError: It cannot be read.
    """
    from policies.errors import InputError

    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read.") from error


def write_file(target: Path, data: bytes) -> None:
    """Write what a person asked for where they asked for it, whole or not at all.

    Raises:
        InputError: It cannot be written there.
    """
    import uuid

    from policies.errors import InputError

    staging = target.with_name(f".staging-{uuid.uuid4().hex}")
    try:
        staging.write_bytes(data)
        staging.replace(target)
    except OSError as error:
        staging.unlink(missing_ok=True)
        raise InputError(f"{target}: cannot be written.", remedy="Name a file in a directory that exists.") from error


SILENT = (
    "Nothing was ever said under this id about consent. If something should have been, check how the id is written, "
    "and whose customer the person is."
)
"""What is told, beside the answer, of an id that may have been mistyped."""


def exit_unless(well: bool) -> None:
    """End the command with exit code 1 unless all is well."""
    if not well:
        raise typer.Exit(1)
