"""``lineweight policy propose``, ``approve`` and ``history``: how a version comes into force."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, out, table

if TYPE_CHECKING:
    from lineage.activation import PolicyVersion
    from lineage.home import Home

VERSION_LABEL = re.compile(r"(?P<id>[a-z0-9][a-z0-9-]{0,62})@v(?P<version>[1-9][0-9]{0,6})")
SignOption = Annotated[
    Path, typer.Option("--key", envvar="LINEWEIGHT_OFFICER_KEY", help="The officer's private key (PEM).")
]


def propose_version(
    document: Annotated[Path, typer.Argument(metavar="FILE", help="The policy document (YAML).")],
    key: SignOption,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Sign a version of a policy as its author. It decides nothing until another officer approves it."""
    from lineage.activation import propose
    from lineage.keys.officer_key import OfficerKey
    from policies.document import PolicyError, load_policy

    try:
        data = document.read_bytes()
    except OSError as error:
        raise PolicyError((f"{document.name}: file: cannot be read",)) from error
    policy = load_policy(data, document.name)
    version = propose(_home(home), policy, OfficerKey.open(key), datetime.now(UTC))
    _tell([version], as_json)


def approve_version(
    label: Annotated[str, typer.Argument(metavar="ID@vN", help="The proposed version.")],
    key: SignOption,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Put a proposed version in force by the signature of a second officer; it decides from now on."""
    from lineage.keys.officer_key import OfficerKey
    from pipelines.policy.activation import approve

    asked = VERSION_LABEL.fullmatch(label)
    if asked is None:
        raise UsageError(f"{label!r} names no version of a policy.", remedy="Write it like model-training@v2.")
    version = approve(_home(home), asked["id"], int(asked["version"]), OfficerKey.open(key), datetime.now(UTC))
    _tell([version], as_json)


def show_history(
    policy_id: Annotated[str, typer.Argument(metavar="ID", help="The policy.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Show every version of a policy that was proposed: who wrote it, who approved it, and which decides."""
    from lineage.activation import history

    versions = history(_home(home), policy_id)
    if not versions:
        remedy = "Versions are kept where there are officers; `lineweight policy propose` signs the first."
        raise UsageError(f"{policy_id}: no version of it was proposed.", remedy=remedy)
    _tell(versions, as_json)


def _home(home: str) -> "Home":
    from lineage.commands.options import home_at

    return home_at(home).require()


def _tell(versions: "list[PolicyVersion]", as_json: bool) -> None:
    documents = [_document(version) for version in versions]
    emit({"versions": documents}, as_json, lambda: _show(documents))


def _document(version: "PolicyVersion") -> dict[str, Any]:
    from lineage.canonical import rfc3339

    return {
        "policy_id": version.policy.policy_id,
        "version": version.version,
        "state": version.state.value,
        "purpose": version.policy.purpose,
        "author": version.author or None,
        "approver": version.approver,
        "proposed_at": rfc3339(version.proposed_at) if version.proposed_at else None,
        "digest": version.digest,
        "fault": version.fault or None,
    }


def _show(documents: list[dict[str, Any]]) -> None:
    from rich.markup import escape

    from lineage.commands.wording import moment

    rows = [
        (
            f"{one['policy_id']}@v{one['version']}",
            one["state"],
            one["author"] or "unknown",
            one["approver"] or "nobody yet",
            moment(one["proposed_at"]) if one["proposed_at"] else "unknown",
            one["digest"][:16],
        )
        for one in documents
    ]
    out.print(table("Versions", ("policy", "state", "author", "approver", "proposed", "digest"), rows))
    for one in documents:
        if one["fault"]:
            out.print(escape(f"{one['policy_id']}@v{one['version']}: {one['fault']}"), highlight=False)
