"""``lineweight officer``: who may put policies in force and release snapshots, and a pair of keys for one of them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands.options import KeysOption, home_at
from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, out, table

if TYPE_CHECKING:
    from lineage.place import Place

officer_app = typer.Typer(
    no_args_is_help=True, help="Officers: who may put policies in force and release snapshots, and their keys."
)
OFFICER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


@officer_app.command("new")
def new_officer(
    name: Annotated[str, typer.Argument(help="The officer's name: lower-case letters, digits, '-' and '_'.")],
    to: Annotated[Path, typer.Option("--out", help="Where the keys go: a directory of the officer's own.")],
    may: Annotated[
        list[str] | None, typer.Option("--may", help="A duty; repeat for more. All of them if not given.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Make a pair of keys: NAME.key, which stays with the officer, and NAME.pub, which lineweight.yaml names."""
    from lineage.keys.officer_key import new_officer_key
    from lineage.officers import Duty

    if not OFFICER_NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no officer's name.", remedy="Lower-case letters, digits, '-' and '_'.")
    unknown = sorted(set(may or []) - set(Duty))
    if unknown:
        raise UsageError(f"--may: there is no duty {', '.join(unknown)}.", remedy=f"Duties: {', '.join(Duty)}.")
    _require_outside(to, home_at(home))
    private, public = new_officer_key(name, to)
    duties = may or list(Duty)
    settings = f"officers:\n  {name}: {{key: {public.resolve()}, may: [{', '.join(duties)}]}}"
    document = {"officer": name, "private_key": str(private), "public_key": str(public), "settings": settings}

    def show() -> None:
        out.print(f"{private} is {name}'s alone: it signs in their name. Keep it off this deployment's machines.")
        out.print(f"{public} may be seen by anybody. Name it in lineweight.yaml in the home:\n")
        out.print(settings, markup=False, highlight=False)

    emit(document, as_json, show)


@officer_app.command("list")
def list_officers(home: HomeOption = DEFAULT_HOME, keys: KeysOption = None, as_json: JsonFlag = False) -> None:
    """List the officers that the home names, and what each may do."""
    officers = home_at(home, keys=keys).require().officers
    rows = [(one.name, ", ".join(sorted(one.may)), one.key.key_id) for one in officers.people]
    document = {"officers": [{"officer": name, "may": may.split(", "), "key": key} for name, may, key in rows]}

    def show() -> None:
        if rows:
            out.print(table("Officers", ("officer", "may", "key"), rows))
        else:
            out.print("No officers: documents decide as they stand, and the deployment's own key releases snapshots.")

    emit(document, as_json, show)


def _require_outside(directory: Path, home: "Place") -> None:
    """Do nothing if private keys put into a directory would not lie in the home.

    Raises:
        UsageError: They would, and whoever runs the pipelines could sign for an officer.
    """
    if not home.warehouse.is_local:
        return
    if directory.expanduser().resolve().is_relative_to(home.warehouse.local_path()):
        remedy = "Name a directory with --out that only the officer can read."
        raise UsageError(f"{directory}: lies in the home, and a private key must not.", remedy=remedy)
