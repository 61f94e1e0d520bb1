"""``lineweight redact``: try a profile on a text, see how a record was redacted, compare two profiles."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from lineage.commands.options import KeysOption, TrustOption
from policies.errors import InputError, UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

if TYPE_CHECKING:
    from pipelines.redacting.trying import Trial

redact_app = typer.Typer(
    no_args_is_help=True, help="Redaction: trying it on a text, how a record was redacted, and what a profile misses."
)


class UnreadableInputError(InputError):
    """What is to be redacted cannot be read."""

    remedy = "Give a file of text in UTF-8, or - for standard input."
    exit_code = 2


@redact_app.command("try")
def try_profile(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Text in UTF-8; - is standard input.")] = "-",
    profile: Annotated[
        str | None, typer.Option("--profile", help="Name of a profile; what the home says, if not given.")
    ] = None,
    lines: Annotated[
        bool, typer.Option("--jsonl", help='Read lines {"id", "text"}; write them redacted, each with its spans.')
    ] = False,
    tenant: Annotated[
        str, typer.Option("--tenant", help="Surrogates are a function of this name; no deployment has them.")
    ] = "try",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Redact a text or lines of texts, with no home needed. Exits 1 if one could not be searched to its end."""
    if lines and as_json:
        raise UsageError("--jsonl writes JSON lines, --json one object.", remedy="Give one of the two.")
    with _opened(file) as source:
        if lines:
            _try_lines(source, _trial(profile, tenant, home)[0])
        else:
            _try_text(_read(source, file), *_trial(profile, tenant, home), as_json)


@redact_app.command("explain")
def explain(
    record: Annotated[str, typer.Argument(help="A record's id: r and 32 hexadecimal digits.")],
    everything: Annotated[bool, typer.Option("--all", help="Show texts in which nothing was found, too.")] = False,
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show a governed record as it was redacted, what was found in it, by what, and what was done."""
    from pipelines.deployment import Deployment
    from pipelines.redacting.explaining import explain_redaction
    from pipelines.redacting.showing import show_explained

    deployment = Deployment(_settings(home, keys))
    deployment.home.require()
    document = explain_redaction(deployment, record)
    emit(document, as_json, lambda: show_explained(document, everything))


@redact_app.command("compare")
def compare(
    before: Annotated[str, typer.Argument(metavar="PROFILE_A", help="Name of a profile.")],
    after: Annotated[str, typer.Argument(metavar="PROFILE_B", help="Name of another; what it finds and A misses.")],
    snapshot: Annotated[str, typer.Option("--snapshot", help="NAME@vN, or NAME for its newest version.")],
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List what a profile finds in a snapshot's records and another misses, and which models read them."""
    from lineage.snapshot import Snapshot, find_snapshot
    from pipelines.deployment import Deployment
    from pipelines.redacting.comparing import compare_profiles
    from pipelines.redacting.showing import show_compared
    from pipelines.watching import watched

    deployment = Deployment(_settings(home, keys))
    place = deployment.home.require()
    opened = Snapshot.open(place.warehouse, find_snapshot(place.warehouse, snapshot), place.trusted(trust or []))
    with watched(f"searching {snapshot}") as advance:
        document = compare_profiles(deployment, opened, before, after, advance)
    emit(document, as_json, lambda: show_compared(document))


def _trial(profile: str | None, tenant: str, home: str) -> "tuple[Trial, str]":
    from pipelines.redacting.trying import Trial
    from pipelines.settings import Settings

    settings = Settings.load(home)
    name = profile or settings.redaction_profile
    return Trial(name, settings.profiles_directory, tenant), name


def _try_text(text: str, trial: "Trial", profile: str, as_json: bool) -> None:
    from pipelines.redacting.showing import show_tried

    (tried,) = trial.redacted([text])
    document = {"profile": profile, "digest": trial.digest} | tried.document()
    emit(document, as_json, lambda: show_tried(tried, text, profile))
    if tried.text is None:
        raise typer.Exit(1)


def _try_lines(source: BinaryIO, trial: "Trial") -> None:
    import json

    from pipelines.redacting.lines import redacted_lines

    searched = True
    for line in redacted_lines(source, trial):
        typer.echo(json.dumps(line, ensure_ascii=False))
        searched &= line["text"] is not None
    if not searched:
        raise typer.Exit(1)


def _opened(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise UnreadableInputError(f"{file}: cannot be read ({type(error).__name__}).") from error


def _read(source: BinaryIO, file: str) -> str:
    try:
        return source.read().decode()
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"{file}: byte {error.start} is not UTF-8.") from error


def _settings(home: str, keys: Path | None) -> Any:
    from pipelines.settings import Settings

    settings = Settings.load(home)
    return settings if keys is None else settings.model_copy(update={"keys": keys})
