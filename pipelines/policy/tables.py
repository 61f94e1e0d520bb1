"""Policies checked, tested and compared, as a person reads them."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

from lineage.commands.wording import moment
from policies.terminal import out, table

Document = Mapping[str, Any]

MOST_ROWS = 12

VERDICTS = {
    "equivalent": "It permits exactly what {before} permits.",
    "stricter": "It permits nothing that {before} denies, and denies some of what that permits.",
    "looser": "It denies nothing that {before} permits, and permits some of what that denies.",
    "incomparable": "It is neither stricter nor looser than {before}.",
}
PARAMETERS = {
    "equivalent": "changes nothing by itself",
    "stricter": "stricter by itself",
    "looser": "looser by itself",
    "incomparable": "cannot be held against the other",
}


def show_checked(document: Document) -> None:
    """Show every document with its verdict, all faults with their remedies, and what authors should know."""
    rows = [
        (
            one["policy_id"],
            str(one["version"]),
            one["purpose"],
            one["rules"],
            len(one["cases"]),
            one["standing"],
            "passed" if one["passed"] else "[red]FAILED[/red]",
        )
        for one in document["policies"]
    ]
    columns = ("policy", "version", "purpose", "rules", "cases", "standing", "verdict")
    if rows:
        out.print(table("Policies", columns, rows))
    if document["faults"]:
        faults = [
            [escape(fault[name]) for name in ("file", "path", "message", "remedy")] for fault in document["faults"]
        ]
        out.print(table("Faults", ("file", "where", "what is wrong", "what to do"), faults))
    for one in document["policies"]:
        for finding in one["findings"]:
            mark = "Note" if finding["kind"] == "overlap" else "[yellow]Warning[/yellow]"
            out.print(f"{mark}, {one['policy_id']}: {escape(finding['sentence'])}", highlight=False)


def show_cases(document: Document) -> None:
    """Show every golden case and how many come to each rule."""
    for one in document["policies"]:
        rows = [
            (
                escape(case["name"]),
                _decision(case["expected"]),
                _decision(case["decided"]),
                "passed" if case["passed"] else "[red]FAILED[/red]",
            )
            for case in one["cases"]
        ]
        title = f"{one['policy_id']} version {one['version']}"
        out.print(table(f"{title}: cases", ("case", "expected", "decided", "verdict"), rows))
        covered = [
            (rule, cases, "tested" if cases else "[red]NO CASE[/red]") for rule, cases in one["coverage"].items()
        ]
        out.print(table(f"{title}: rules", ("rule", "cases it decides", "verdict"), covered))


def show_difference(document: Document) -> None:
    """Show the verdict on a change, its witnesses, and what it would do to what is in the home."""
    before, after = _labels(document)
    out.print(f"{after} is [bold]{document['verdict']}[/bold]. {VERDICTS[document['verdict']].format(before=before)}")
    if document["parameters"]:
        told = [(*map(_value, (change["name"], change["before"], change["after"])), PARAMETERS[change["verdict"]])
                for change in document["parameters"]]  # fmt: skip
        out.print(table("Parameters", ("parameter", "before", "after", "what it does"), told))
    out.print(
        f"On the same facts the rules are {document['rules']}: of {document['points']:,} combinations of facts "
        f"{document['gained']:,} are gained and {document['lost']:,} lost.",
        highlight=False,
    )
    for side in ("gained", "lost"):
        witnesses = document["witnesses"][side]
        if witnesses:
            rows = [(_given(one), _decision(one["before"]), _decision(one["after"])) for one in witnesses]
            out.print(table(f"Examples of what is {side}", ("a record in order, but", "before", "after"), rows))
    if document["store"] is not None:
        _show_store(document["store"])


def _show_store(store: Document) -> None:
    permitted = store["permitted"]
    rows = [
        ("records here", store["records"]),
        ("permitted before", permitted["before"]),
        ("permitted after", permitted["after"]),
        ("gained", store["gained"]["records"]),
        ("lost", store["lost"]["records"]),
        ("denied for another reason", store["denied_for_another_reason"]),
    ]
    out.print(f"Decided for {moment(store['as_of'])}, each tenant's records in a pool of their own:", highlight=False)
    out.print(table("Records", ("what", "records"), rows))
    for side, told in (("gained", "denied before because"), ("lost", "denied after because")):
        if store[side]["records"]:
            out.print(table(f"Records {side}", ("by", told, "records"), list(_groups(store[side]))))
    if store["snapshots"]:
        columns = (
            "snapshot",
            "records",
            "would be denied",
            "of them denied before",
            "because",
            "models that read them",
        )
        out.print(table("Snapshots and models", columns, [_snapshot(one) for one in store["snapshots"]]))
    for one in store["unread"]:
        out.print(f"[yellow]Not looked at[/yellow]: {escape(one['directory'])}: {escape(one['why'])}", highlight=False)


def _groups(side: Document) -> Iterator[tuple[str, str, int]]:
    for name in ("reason", "tenant", "jurisdiction"):
        counts = list(side[f"by_{name}"].items())
        yield from ((name, escape(what), records) for what, records in counts[:MOST_ROWS])
        if counts[MOST_ROWS:]:
            rest = counts[MOST_ROWS:]
            yield name, f"{len(rest)} more", sum(records for _, records in rest)


def _snapshot(one: Document) -> tuple[object, ...]:
    because = ", ".join(f"{reason} {records:,}" for reason, records in one["by_reason"].items())
    models = ", ".join(f"{model['model']}/{model['run']} ({model['records']:,})" for model in one["models"])
    return one["snapshot"], one["records"], one["denied"], one["denied_before_too"], because, models


def _labels(document: Document) -> tuple[str, str]:
    """Return what the two policies are called; by the words they were named with, if these alone tell them apart."""
    first, second = (f"{one['policy_id']} version {one['version']}" for one in (document["before"], document["after"]))
    return (first, second) if first != second else (escape(document["named"][0]), escape(document["named"][1]))


def _decision(decision: Document) -> str:
    return f"{decision['effect']} ({escape(decision['reason'])})"


def _given(witness: Document) -> str:
    told = [f"{name}: {_word(value)}" for name, value in witness["given"].items() if name not in witness["restated"]]
    moved = [f"{name}: {_word(was)} → {_word(becomes)}" for name, (was, becomes) in witness["restated"].items()]
    return escape(", ".join(told + moved)) or "nothing"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return escape("; ".join(f"{name}: {', '.join(versions)}" for name, versions in value.items())) or "none"
    return escape(_word(value))


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
