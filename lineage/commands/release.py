"""``lineweight snapshot approve`` and ``refuse``: whether a published snapshot may be trained on, and by whom."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineage.commands.options import KeysOption, home_at
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

if TYPE_CHECKING:
    from lineage.keys.officer_key import OfficerKey
    from lineage.release import Ticket

SnapshotName = Annotated[str, typer.Argument(help="NAME@vN, or NAME for its newest version.")]
OfficerKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--key",
        envvar="LINEWEIGHT_OFFICER_KEY",
        help="The officer's private key (PEM). Where there are no officers, none: the deployment's own key signs.",
    ),
]
OfficerOption = Annotated[
    str | None, typer.Option("--as", help="Refuse to sign unless the key is this officer's.", show_default=False)
]


def approve_snapshot(
    name: SnapshotName,
    key: OfficerKeyOption = None,
    officer: OfficerOption = None,
    teams: Annotated[
        list[str] | None, typer.Option("--for", help="A team that may train; repeat for more. Everybody if not given.")
    ] = None,
    bases: Annotated[
        list[str] | None,
        typer.Option("--base", help="A base model; repeat for more. The requested one, or any, if not given."),
    ] = None,
    max_epochs: Annotated[
        int | None, typer.Option("--max-epochs", help="Passes over it; as requested, or 3, if not given.")
    ] = None,
    days: Annotated[int, typer.Option("--days", help="How long the ticket holds.")] = 90,
    because: Annotated[str, typer.Option("--because", help="Why, in words.")] = "",
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Release a snapshot for training: sign a ticket that says who, from what base, how often and until when."""
    from lineage.releasing import Allowed, approve_release
    from lineage.tlog.log import enter_statements

    allowed = Allowed(
        may_train=tuple(teams or ("*",)), base_models=tuple(bases or ()), max_epochs=max_epochs, days=days
    )
    where, now = home_at(home, keys=keys).require(), datetime.now(UTC)
    ticket = approve_release(
        where,
        name,
        now,
        _opened(key),
        officer=officer,
        allowed=allowed,
        because=because,
    )
    enter_statements(where, now)
    _tell(ticket, as_json)


def refuse_snapshot(
    name: SnapshotName,
    because: Annotated[str, typer.Option("--because", help="Why, in words.")],
    key: OfficerKeyOption = None,
    officer: OfficerOption = None,
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Refuse a snapshot, or take its release back; what is training on it stops at its next epoch."""
    from lineage.releasing import refuse_release
    from lineage.tlog.log import enter_statements

    where, now = home_at(home, keys=keys).require(), datetime.now(UTC)
    ticket = refuse_release(where, name, now, _opened(key), officer=officer, because=because)
    enter_statements(where, now)
    _tell(ticket, as_json)


def _opened(key: Path | None) -> "OfficerKey | None":
    from lineage.keys.officer_key import OfficerKey

    return None if key is None else OfficerKey.open(key)


def _tell(ticket: "Ticket", as_json: bool) -> None:
    from lineage.release import DEPLOYMENT

    document = {**ticket.terms.document(), "digest": ticket.digest, "key": ticket.key_ids[0]}
    emit(document, as_json, lambda: _show(document, alone=document["approver"] == DEPLOYMENT))


def _show(document: dict[str, Any], *, alone: bool) -> None:
    from rich.markup import escape

    from lineage.commands.wording import moment
    from policies.terminal import out, table

    rows = [
        ("verdict", document["verdict"]),
        ("by", document["approver"]),
        ("because", escape(document["because"])),
        ("for", document["purpose"]),
        ("may train", ", ".join(document["may_train"]) or "nobody"),
        ("from", ", ".join(document["base_models"]) or "nothing"),
        ("epochs at most", document["max_epochs"]),
        ("until", moment(document["expires_at"]) if document["expires_at"] else "decided anew"),
        ("ticket", document["digest"]),
    ]
    out.print(table(f"{document['snapshot']}", ("what", "value"), [(what, escape(str(value))) for what, value in rows]))
    if alone:
        out.print("The deployment's own key signed: nobody else looked. Officers are named in lineweight.yaml.")
