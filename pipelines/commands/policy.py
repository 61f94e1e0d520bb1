"""``lineweight policy``: what the documents say, whether they hold together, and what a change would do."""

import re
from pathlib import Path
from typing import Annotated

import typer

from lineage.commands.options import AtOption, exit_unless
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

RECORD_ID = re.compile(r"r[0-9a-f]{32}")

PolicyWord = Annotated[
    str, typer.Argument(help="A file, an ID for the version that decides, or ID@vN for a version of the history.")
]
Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[PATH]...", help="Files and directories; what the setting 'policies' names by default."),
]

policy_app = typer.Typer(
    no_args_is_help=True, help="Policies: what they say, whether they hold together, and what a change would do."
)


@policy_app.command("check")
def check_documents(paths: Paths = None, home: HomeOption = DEFAULT_HOME, as_json: JsonFlag = False) -> None:
    """Check that every document is valid and tested and its version raised. Exits 1 unless all are."""
    from pipelines.policy.check import check_policies
    from pipelines.policy.documents import PolicyDocuments
    from pipelines.policy.tables import show_checked
    from pipelines.settings import Settings

    checked = check_policies(paths or [], PolicyDocuments(Settings.load(home)))
    document = checked.document()
    emit(document, as_json, lambda: show_checked(document))
    exit_unless(checked.passed)


@policy_app.command("test")
def run_cases(
    policies: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POLICY]...", help="Files, IDs or ID@vN; the documents of the setting by default."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Run the golden cases and count how many come to each rule. Exits 1 if one fails or a rule has none."""
    from pipelines.policy.documents import PolicyDocuments
    from pipelines.policy.tables import show_cases
    from pipelines.settings import Settings
    from policies.cases import check
    from policies.document import load_policies

    settings = Settings.load(home)
    documents = PolicyDocuments(settings)
    named = [documents.named(word) for word in policies] if policies else load_policies(settings.policies)
    outcomes = [check(policy) for policy in named]
    passed = all(outcome.passed for outcome in outcomes)
    document = {"passed": passed, "policies": [outcome.document() for outcome in outcomes]}
    emit(document, as_json, lambda: show_cases(document))
    exit_unless(passed)


@policy_app.command("explain")
def explain(
    what: Annotated[
        str,
        typer.Argument(metavar="POLICY|RECORD", help="A file, an ID, ID@vN; or a record's id (r and 32 hex digits)."),
    ],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Say in sentences what a policy permits and denies, or why a record is permitted or denied."""
    if RECORD_ID.fullmatch(what):
        _explain_record(what, home, as_json)
    else:
        _explain_policy(what, home, as_json)


@policy_app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of policy documents, for editors."""
    from policies.schema import written_schema

    typer.echo(written_schema(), nl=False)


@policy_app.command("diff")
def diff(
    before: PolicyWord,
    after: PolicyWord,
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="Compare the documents alone, and ask about no record.")
    ] = False,
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Say whether a policy is stricter or looser than another, and which records that would gain and lose."""
    from pipelines.policy.documents import PolicyDocuments
    from pipelines.policy.tables import show_difference
    from pipelines.settings import Settings
    from policies.compare import compare

    settings = Settings.load(home)
    documents = PolicyDocuments(settings)
    first, second = documents.named(before), documents.named(after)
    document = compare(first, second).document() | {"named": [before, after], "store": None}
    if not rules_only and _holds_something(settings.home):
        from lineage.commands.options import instant_of
        from pipelines.deployment import Deployment
        from pipelines.facts import AsOf
        from pipelines.policy.difference import difference

        deployment = Deployment(settings)
        as_of = deployment.as_of() if at is None else AsOf(instant_of(at), instant_of(at))
        document["store"] = difference(deployment, first, second, as_of).document()
    emit(document, as_json, lambda: show_difference(document))


def _explain_policy(word: str, home: str, as_json: bool) -> None:
    from rich.markup import escape

    from pipelines.policy.documents import PolicyDocuments
    from pipelines.settings import Settings
    from policies.explain import sentences
    from policies.terminal import out

    policy = PolicyDocuments(Settings.load(home)).named(word)
    told = sentences(policy)
    document = {"policy": policy.document(), "sentences": list(told)}
    emit(document, as_json, lambda: out.print("\n\n".join(map(escape, told)), highlight=False))


def _explain_record(record_id: str, home: str, as_json: bool) -> None:
    from pipelines.deployment import Deployment
    from pipelines.explaining.explaining import explain_record
    from pipelines.explaining.tables import show_explained
    from pipelines.settings import Settings

    document = explain_record(Deployment(Settings.load(home)), record_id)
    emit(document, as_json, lambda: show_explained(document))


def _holds_something(home: str) -> bool:
    """Return whether a home has records or snapshots to ask about; nothing is made by asking."""
    from lineage.warehouse import Warehouse

    warehouse = Warehouse(home)
    return any(warehouse.directories(room) for room in ("landing", "governed", "snapshots"))
