"""What a customer reads: the agreement, what lies where, what was made of their records, and roots that prove it."""

from collections.abc import Sequence
from typing import Any

from lineage.certificates.html import Child, Markup, code, facts, joined, lines, said, table, tag
from lineage.certificates.parts import Page, Section, incomplete, log_told, note, paragraph, policy_told
from lineage.certificates.words import count, day, moment, purpose, scope

Document = dict[str, Any]
TITLE = "Certificate of processing for a customer"


def tenant_page(document: Document) -> Page:
    """Return the page of a customer's certificate."""
    return Page(
        title=TITLE,
        about=joined(["For the customer ", said(document["tenant"])]),
        answer=_answer(document),
        warnings=incomplete(document),
        sections=[_agreement(document), _where(document), _snapshots(document), _models(document), _shown(document)],
    )


def _answer(document: Document) -> str:
    snapshots, trained = document["snapshots"], len(document["models"])
    if not snapshots:
        return "No snapshot kept here holds a record of yours, and no model was trained on one."
    records = sum(one["records"] for one in snapshots)
    models = (
        f"{count(trained, 'model was', 'models were')} trained on them" if trained else "No model was trained on them"
    )
    return f"{count(len(snapshots), 'snapshot holds', 'snapshots hold')} {count(records, 'record')} of yours. {models}."


def _agreement(document: Document) -> Section:
    agreed = document["agreement"]
    parts: list[Markup] = []
    if agreed is None:
        parts.append(paragraph("No agreement is in force, so nothing of yours may be used."))
    else:
        parts.append(
            facts(
                ("In force", f"since {moment(agreed['effective_at'])}, known since {moment(agreed['recorded_at'])}"),
                ("Allows", scope(agreed["scope"])),
                ("Purposes", "; ".join(purpose(one) for one in agreed["purposes"]) or "none"),
                ("Records may be used for", _days(agreed)),
                (
                    "Kept in",
                    joined([said(one) for one in agreed["regions"]], ", ") if agreed["regions"] else "no limit",
                ),
            )
        )
    rows = [_agreed(one["event"]) for one in document["agreements"]]
    if rows:
        columns = ("allows", "purposes", "binds from", "known since", "records may be used for")
        parts.append(table("What was agreed, in order", columns, rows))
    return Section("The agreement", parts)


def _agreed(event: Document) -> list[Child]:
    purposes = "; ".join(purpose(one) for one in event["purposes"]) or "none"
    return [scope(event["scope"]), purposes, moment(event["effective_at"]), moment(event["recorded_at"]), _days(event)]


def _days(event: Document) -> str:
    days = event["retention_days"]
    return "as long as the policy allows" if days is None else count(days, "day")


def _where(document: Document) -> Section:
    landed = [
        (said(one["source"]), f"{one['files']:,}", f"{one['records']:,}", f"{one['raw_files']:,}")
        for one in document["landed"]
    ]
    governed = [
        (said(one["source"]), f"{one['kept']:,}", f"{one['denied']:,}", f"{one['quarantined']:,}")
        for one in document["governed"]
    ]
    removed = [
        (said(one["snapshot"]), f"{gone['records']:,}", moment(gone["removed_at"]), said(gone["because"]))
        for one in document["snapshots"]
        for gone in one["removed"]
    ]
    parts = [paragraph("Every file is encrypted with keys of your own; no other customer's records lie in it.")]
    parts += _table("Delivered", ("source", "files", "records", "files whose raw records stand"), landed, (1, 2, 3))
    columns = ("source", "kept, redacted", "denied", "set aside")
    parts += _table("Governed: what some policy permits is kept", columns, governed, (1, 2, 3))
    columns = ("snapshot", "records", "removed", "because")
    parts += _table("Removed from snapshots because its time was over", columns, removed, (1,))
    if not removed:
        parts.append(note("Nothing was removed from a snapshot under retention."))
    return Section("What lies where", parts)


def _table(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[Child]], numbers: Sequence[int]
) -> list[Markup]:
    """Return a table, or nothing where it has no rows."""
    return [table(caption, columns, rows, numbers)] if rows else []


def _snapshots(document: Document) -> Section:
    rows = [
        (
            lines(tag("span", said(one["snapshot"])), tag("span", purpose(one["purpose"]), class_="sub")),
            lines(tag("span", day(one["decided_for"])), tag("span", _policy(one), class_="sub")),
            f"{one['records']:,}",
            f"{one['people']:,}",
            "alone" if not one["others"] else f"beside {count(one['others'], 'other customer')}",
            moment(one["lease_expires_at"]),
        )
        for one in document["snapshots"]
    ]
    columns = ("snapshot", "decided", "records", "people", "in the pool", "lease until")
    parts = _table("Snapshots with records of yours", columns, rows, (2, 3))
    without = document["snapshots_without"]
    if rows:
        parts.append(note(f"{count(without, 'other snapshot')} kept here {'holds' if without == 1 else 'hold'} none."))
    else:
        parts.append(paragraph(f"None of the {count(without, 'snapshot')} kept here holds a record of yours."))
    releases = [
        (
            said(one["snapshot"]),
            release["verdict"],
            purpose(release["purpose"]),
            moment(release["decided_at"]),
            moment(release["expires_at"]) if release["expires_at"] else "does not run out",
        )
        for one in document["snapshots"]
        for release in one["releases"]
    ]
    named = ("snapshot", "decision", "for", "decided", "until")
    parts += _table("Releases: who decided that it may be trained on is in the signed ticket", named, releases, ())
    return Section("Snapshots and releases", parts)


def _policy(one: Document) -> str:
    return f"by {one['policy']['policy_id']} version {one['policy']['version']}"


def _models(document: Document) -> Section:
    rows = [
        (
            said(f"{one['model']}/{one['run']}"),
            said(one["snapshot"]),
            moment(one["started_at"]),
            f"{one['records']:,} of {one['of_records']:,}",
            f"{one['tokens']:,}",
            f"{one['first_step']:,} to {one['last_step']:,}",
        )
        for one in document["models"]
    ]
    if not rows:
        return Section("Models", [paragraph("No model was trained on records of yours.")])
    columns = ("model", "trained on", "from", "records of yours", "tokens of yours", "optimizer steps")
    return Section(
        "Models",
        [
            table("Models trained on records of yours", columns, rows, numbers=(3, 4, 5)),
            note("The steps are the first and the last in which a record of yours was read, from 0."),
        ],
    )


def _shown(document: Document) -> Section:
    if not document["snapshots"]:
        told = (
            "Nothing of yours is in a snapshot, so there is no root to show. That none holds anything is the issuer's "
            "word."
        )
        return Section("What is proved", [paragraph(told)])
    parts = [
        paragraph(
            "The records of a snapshot are sealed by a root, and so are yours in it: your root is made of your shards "
            "alone, and each of your shards is shown to be under the root of the whole. Other customers are counted "
            "and not named."
        )
    ]
    if not all(one["enclosed"] for one in document["snapshots"]):
        parts.append(
            note(
                "The signed statements of shared pools are not enclosed, because they name the other customers. An "
                "auditor who has one holds this page against it with --statement; until then the roots are the "
                "issuer's word, signed with this page, about the statement whose digest is named."
            )
        )
    return Section("What is proved", [*parts, *(_proof(one) for one in document["snapshots"])])


def _proof(one: Document) -> Markup:
    return lines(
        Markup('<div class="proof">'),
        tag("h3", said(one["snapshot"])),
        facts(
            ("Root of your records", code(one["tenant_root"])),
            ("Root of the snapshot", code(one["root"])),
            ("Signed statement", code(one["statement"])),
            ("Manifest", code(one["manifest"])),
            ("Decided by", policy_told(one["policy"])),
            ("In the log", log_told(one["log"])),
        ),
        Markup("</div>"),
    )
