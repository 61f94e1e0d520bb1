"""``lineweight policy``: what the documents say, and whether they hold together."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from policies.cases import Checked, check
from policies.document import DOCUMENTS, Policy, load_policies
from policies.errors import UsageError
from policies.explain import sentences
from policies.terminal import JsonFlag, emit, out, table

Documents = Annotated[
    Path,
    typer.Argument(metavar="DIR", envvar="LINEWEIGHT_POLICIES", show_default=False, help="Where the documents are."),
]
DocumentsOption = Annotated[
    Path,
    typer.Option("--dir", envvar="LINEWEIGHT_POLICIES", show_default=False, help="Where the documents are."),
]

app = typer.Typer(no_args_is_help=True, help="Policies: what they say, and whether they hold together.")


@app.command("check")
def check_documents(directory: Documents = DOCUMENTS, as_json: JsonFlag = False) -> None:
    """Check that every document is valid, decides its golden cases as expected and has one for each rule."""
    outcomes = [check(policy) for policy in load_policies(directory)]
    passed = all(outcome.passed for outcome in outcomes)
    document = {"passed": passed, "policies": [outcome.document() for outcome in outcomes]}
    emit(document, as_json, lambda: _show(outcomes))
    if not passed:
        raise typer.Exit(1)


@app.command("explain")
def explain(
    policy_id: Annotated[str, typer.Argument(help="Policy to explain.")],
    directory: DocumentsOption = DOCUMENTS,
    as_json: JsonFlag = False,
) -> None:
    """Say in sentences what a policy permits and denies."""
    policy = _named(load_policies(directory), policy_id)
    told = sentences(policy)
    document = {"policy": policy.document(), "sentences": list(told)}
    emit(document, as_json, lambda: out.print("\n\n".join(map(escape, told)), highlight=False))


def _named(policies: tuple[Policy, ...], policy_id: str) -> Policy:
    for policy in policies:
        if policy.policy_id == policy_id:
            return policy
    known = ", ".join(policy.policy_id for policy in policies)
    raise UsageError(f"There is no policy {policy_id}.", remedy=f"Known are: {known}.")


def _show(outcomes: list[Checked]) -> None:
    rows = [
        (
            outcome.policy.policy_id,
            str(outcome.policy.version),
            outcome.policy.purpose,
            len(outcome.policy.rules),
            len(outcome.results),
            "passed" if outcome.passed else "FAILED",
        )
        for outcome in outcomes
    ]
    out.print(table("Policies", ("policy", "version", "purpose", "rules", "cases", "verdict"), rows))
    for outcome in outcomes:
        for line in _faults(outcome):
            out.print(escape(f"{outcome.policy.policy_id}: {line}"), highlight=False)


def _faults(outcome: Checked) -> list[str]:
    wrong = [
        f"case '{result.case.name}': expected {result.case.expect.effect} ({result.case.expect.reason}), "
        f"decided {result.decision.effect} ({result.decision.reason})"
        for result in outcome.failed
    ]
    return wrong + [f"rule {rule}: no case that passes is decided by it" for rule in outcome.untested]
