"""A replay and a decision log as a person reads them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from lineage.commands.wording import moment
from pipelines.policy.decision_log import RECORDS
from policies.facts import IN_ORDER
from policies.terminal import out, table

Document = Mapping[str, Any]

_VERDICTS: Mapping[str, str] = {
    "reproduced": "[green]reproduced[/green]: every decision made again is the one that was signed, bit for bit.",
    "differs": "[red]differs[/red]: decisions made again are not those that were signed.",
    "cannot be replayed": "[red]cannot be replayed[/red].",
}


def show_replayed(document: Document) -> None:
    """Show what came of a replay: the verdict, what it was about, and each difference."""
    policy, as_of, again = document["policy"], document["as_of"], document["replayed"]
    _say(f"[bold]{document['snapshot']}[/bold] {_VERDICTS[document['verdict']]}")
    if document["why"]:
        _say(escape(document["why"]))
    _say(
        f"Policy {policy['policy_id']} v{policy['version']} ({policy['digest'][:12]}…), decided for "
        f"{moment(as_of['effective_at'])} as known at {moment(as_of['recorded_at'])}, "
        f"ledger checkpoint {document['ledger_checkpoint'][:12]}…",
        f"Decided again: {again['permitted']:,} permitted and {again['denied']:,} denied records.",
    )
    if document["differences"]:
        columns = ("what differs", "records", "was", "is now", "facts", "first records")
        out.print(table("Differences", columns, map(_difference_row, document["differences"])))
    if document["not_replayed"]:
        _say("[bold]Not replayed[/bold]", *(f"• {escape(sentence)}" for sentence in document["not_replayed"]))


def show_entries(logs: Sequence[str], entries: Sequence[Document]) -> None:
    """Show the entries of decision logs, the most frequent decision of each log first."""
    rows = sorted(entries, key=lambda entry: (_what(entry), -entry["metrics"][RECORDS], entry["decision_id"]))
    columns = ("of", "decided for", "policy", "effect", "reason", "rule", "records", "facts, all others in order")
    out.print(table("Decisions", columns, map(_entry_row, rows)))
    _say(f"Decisions: {len(entries):,}. Logs: {len(logs):,}", *(f"• {escape(log)}" for log in logs))


def _difference_row(difference: Document) -> list[object]:
    facts = [f"{name}: {_word(was)} → {_word(now)}" for name, (was, now) in difference["facts"].items()]
    ids = difference["record_ids"]
    more = difference["records"] - len(ids) if ids else 0
    return [
        difference["differs"],
        difference["records"],
        _decision(difference["was"]),
        _decision(difference["now"]),
        "\n".join(facts),
        "\n".join([*ids, *([f"and {more:,} more"] if more else [])]),
    ]


def _decision(told: Document | None) -> str:
    if told is None:
        return "not at all"
    words = [str(told[name]) for name in ("effect", "reason") if told.get(name)]
    words += [f"({told['digest'][:12]}…)"] if told.get("digest") else []
    words += [f"{told['records']:,} times"] if "records" in told else []
    return escape(" ".join(words))


def _entry_row(entry: Document) -> list[object]:
    ((policy, bundle),) = entry["bundles"].items()
    result = entry["result"]
    return [
        _what(entry),
        moment(entry["timestamp"]),
        f"{policy} ({bundle['revision'][:12]}…)",
        *(result[name] or "" for name in ("effect", "reason", "rule")),
        entry["metrics"][RECORDS],
        _not_in_order(entry["input"]),
    ]


def _what(entry: Document) -> str:
    labels = entry["labels"]
    return str(labels.get("snapshot") or f"{labels['source']} of {labels['tenant']}")


def _not_in_order(facts: Document) -> str:
    """Return the facts that are not those of a record in order; where a person is, is always told."""
    in_order = IN_ORDER.document()
    told = {name: value for name, value in facts.items() if value != in_order[name] or name == "jurisdiction"}
    return ", ".join(f"{name}={_word(value)}" for name, value in told.items())


def _word(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _say(*sentences: str) -> None:
    for sentence in sentences:
        out.print(sentence, highlight=False)
