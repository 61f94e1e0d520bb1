"""The answers as a person reads them: what was asked, the answer in a sentence, and tables to check it by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from lineage.commands.wording import moment, yes_or_no
from lineage.trace.saying import enumerate_sentences, grid, say, say_unverified

Document = Mapping[str, Any]


def show_model(document: Document) -> None:
    """Show what a model learned from, on what grounds, and what of it stands today."""
    policy = document["policy"]
    say(
        f"[bold]{document['model']}[/bold], run {document['run']}: verified over {document['checks']} links.",
        f"Trained {moment(document['started_at'])} on {document['snapshot']} for {document['purpose']}, under "
        f"policy {policy['policy_id']} v{policy['version']} ({policy['digest'][:12]}…).",
        f"It read {document['records']:,} records ({document['readings']:,} readings, {document['tokens']:,} tokens) "
        f"in {document['optimizer_steps']:,} optimizer steps; {document['skipped']:,} readings were skipped.",
    )
    grid(
        "Where the records come from",
        ("tenant", "source", "files", "records", "tokens", "first step", "last step"),
        (
            [
                *(entry["tenant"], entry["source"] or "unknown", entry["files"]),
                *(entry[name] for name in ("records", "tokens", "first_step", "last_step")),
            ]
            for entry in document["by_source"]
        ),
    )
    grid(
        "On what grounds they were used",
        ("legal basis", "state", "notice", "records", "people"),
        (
            [entry["legal_basis"], entry["state"], entry["notice"], entry["records"], entry["people"]]
            for entry in document["grounds"]
        ),
    )
    grid(
        f"What these people's consent is today ({moment(document['asked_at'])})",
        ("status", "permits", "records", "people"),
        (
            [entry["status"], yes_or_no(entry["permits"]), entry["records"], entry["people"]]
            for entry in document["consent_today"]
        ),
    )
    enumerate_sentences("Not checked", document["not_checked"])


def show_recognised(document: Document) -> None:
    """Show which model weights from elsewhere are, and how surely."""
    counted = ", ".join(f"{count:,} {verdict}" for verdict, count in document["by_verdict"].items())
    claimed = f"{document['verdict']} {document['model'] or ''}".strip()
    say(f"{escape(document['weights'])}: [bold]{claimed}[/bold]. Tensors: {counted}.")
    if (similarity := document["similarity"]) is not None:
        say(
            f"Of what the training of {document['nearest']} changed of its base, it holds {similarity['share']:.0%} "
            f"({similarity['lowest']:.0%} to {similarity['highest']:.0%} in most tensors, cosine "
            f"{similarity['cosine']:.2f}, {similarity['places']:,} values compared)."
        )
    for why, count in sorted(Counter(one["why"] for one in document["tensors"] if one["why"]).items()):
        say(f"{count:,} {'tensor' if count == 1 else 'tensors'}: {why}.")
    if document["model"] is None:
        say(f"It is none of the {len(document['held_against'])} models here, as far as can be told.")
    enumerate_sentences("Not checked of the weights", document["not_checked"])


def show_record(document: Document) -> None:
    """Show in which snapshots a record is and why, and which models read it."""
    say(f"Record [bold]{escape(document['record_id'])}[/bold]")
    if not document["snapshots"]:
        say("It is in no published snapshot, so no model was trained on it.")
    for entry in document["snapshots"]:
        policy, decision, consent = entry["policy"], entry["decision"], entry["consent"]
        ground = "no consent event: another legal basis" if entry["receipt"] is None else "not in this ledger"
        if consent is not None:
            ground = f"{consent['state']} {moment(consent['effective_at'])}, {consent['notice'] or 'no notice named'}"
        grid(
            f"{entry['snapshot']}: in it, by rule {decision['rule']}",
            ("what", "value"),
            [
                ["tenant", entry["tenant"]],
                ["person", entry["data_subject_id"] or "not named by the evidence"],
                ["place", f"shard {entry['shard']}, row {entry['row']}"],
                ["source", _source(entry)],
                ["redaction", _redaction(entry)],
                ["policy", f"{policy['policy_id']} v{policy['version']} ({policy['digest'][:12]}…)"],
                ["decision", f"{decision['effect']}: {decision['reason']}"],
                ["consent", ground],
                ["leaf", entry["leaf"]],
            ],
        )
        _models(entry["models"])
    say_unverified(document)


def _source(entry: Document) -> str:
    line = "" if entry["line"] is None else f", line {entry['line']}"
    return f"{entry['source'] or 'unknown'}: {entry['file'] or entry['batch'][:12]}{line}"


def _redaction(entry: Document) -> str:
    """Return what was replaced and kept in a record, or why nobody looked."""
    found = entry["redaction"]
    if found is None:
        return " ".join(entry["not_looked_up"])
    replaced = ", ".join(f"{kind} ({number})" for kind, number in found["replaced"].items()) or "nothing"
    kept = ", ".join(f"{kind} ({number})" for kind, number in found["kept"].items())
    return f"{found['profile']}: replaced {replaced}{f'; kept {kept}' if kept else ''}"


def show_person(document: Document) -> None:
    """Show what a person said, where their records went, and what was used before we knew."""
    say(
        f"Person [bold]{document['data_subject_id']}[/bold] of tenant [bold]{document['tenant']}[/bold], "
        f"as known at {moment(document['asked_at'])}. The tenant's agreement: {document['tenant_scope']}."
    )
    if document["also_known_as"]:
        say(f"The same person as {', '.join(document['also_known_as'])}: this answer covers all these ids.")
    for news in document["used_meanwhile"]:
        say(f"[red]{_late(news)}[/red]")
    if not document["used_meanwhile"]:
        say("Nothing was used between the day a refusal took effect and the day it became known, nor after it.")
    grid(
        "Consent today",
        ("purpose", "status", "since", "permits"),
        (
            [entry["purpose"], entry["status"], moment(entry["since"]), yes_or_no(entry["permits"])]
            for entry in document["consent"]
        ),
    )
    grid(
        "What they said, and when we knew",
        ("effective", "recorded", "later by", "state", "legal basis", "purposes", "notice"),
        (
            [
                moment(entry["effective_at"]),
                moment(entry["recorded_at"]),
                f"{entry['recorded_days_later']} days",
                entry["state"],
                entry["legal_basis"],
                ", ".join(entry["purposes"]),
                entry["notice"] or entry["method"],
            ]
            for entry in document["consent_history"]
        ),
    )
    grid(
        "Snapshots that hold their records",
        ("snapshot", "decided for", "records", "on what ground", "consent, as known then", "as known now"),
        (_snapshot_row(entry) for entry in document["snapshots"]),
    )
    _models(document["models"])
    enumerate_sentences("Not looked up", document["not_looked_up"])
    say_unverified(document)


def _snapshot_row(entry: Document) -> list[object]:
    grounds = [
        f"{ground['rule']}: {(ground['consent'] or {}).get('state') or ground['legal_basis']} ({ground['records']})"
        for ground in entry["grounds"]
    ]
    if entry["as_participant"]:
        grounds.append(f"takes part in others' records ({entry['as_participant']})")
    when, then, now = moment(entry["decided_for"]), entry["status_known_then"], entry["status_known_now"]
    return [entry["snapshot"], when, entry["records"], "; ".join(grounds), then, now]


def _models(models: Sequence[Document]) -> None:
    names = ("model", "run", "snapshot", "records", "readings", "first_step", "last_step")
    grid(
        "Models that read them",
        ("model", "run", "trained on", "records", "readings", "first step", "last step", "trained"),
        ([*(entry[name] for name in names), moment(entry["started_at"])] for entry in models),
    )


def _late(news: Document) -> str:
    snapshots, models = len(news["snapshots"]), len(news["models"])
    effective, recorded = moment(news["effective_at"]), moment(news["recorded_at"])
    after = news["models_after_it_was_known"]
    knowing = f" Read after it was known by {', '.join(after)}." if after else ""
    return (
        f"{news['state'].capitalize()} effective {effective}, recorded {recorded}: "
        f"used meanwhile in {snapshots} snapshot{'s' * (snapshots != 1)}, {models} model{'s' * (models != 1)}, "
        f"{news['records']:,} record{'s' * (news['records'] != 1)}.{knowing}"
    )
