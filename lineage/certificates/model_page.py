"""What is read of a model: its weights, what they learned from and on what grounds, and what was verified."""

from typing import Any

from lineage.certificates.html import Child, Markup, code, facts, joined, said, table, tag
from lineage.certificates.parts import (
    Page,
    Section,
    incomplete,
    listed,
    log_told,
    note,
    paragraph,
    policy_told,
)
from lineage.certificates.words import basis, count, moment, purpose, state

Document = dict[str, Any]
TITLE = "Certificate of a model"
NO_CONSENT = {"not consent": "another ground than consent", "receipt not in this ledger": "not in this ledger"}


def model_page(document: Document) -> Page:
    """Return the page of a model's certificate."""
    gone = [one for one in document["consent_today"] if not one["permits"]]
    records, people = sum(one["records"] for one in gone), sum(one["people"] for one in gone)
    stale = (
        f"The consent behind {count(records, 'record')} of {count(people, 'person', 'people')} is not valid today. "
        "The model was trained on them all the same; section 3 says what became of it."
    )
    return Page(
        title=TITLE,
        about=said(f"{document['model']}, run {document['run']}"),
        answer=(
            f"It learned from {count(document['records'], 'record')} of "
            f"{count(document['people'], 'person', 'people')} and {count(document['tenants'], 'customer')}. Every link "
            "from its weights to the consents behind them was looked at when this was issued, and holds."
        ),
        warnings=[*incomplete(document), *([stale] if gone else [])],
        sections=[
            _weights(document),
            _learned(document),
            _grounds(document),
            _release(document),
            _descent(document),
            _verified(document),
        ],
    )


def _weights(document: Document) -> Section:
    rows = [(code(name), code(digest)) for name, digest in sorted(document["weights"].items())]
    return Section(
        "The weights",
        [
            table("Files of weights", ("file", "SHA-256"), rows),
            facts(
                ("Trained", f"{moment(document['started_at'])} to {moment(document['finished_at'])}"),
                ("Training statement", code(document["statement"])),
                ("Signed by", joined([code(one) for one in document["signed_by"]], ", ")),
                ("In the log", log_told(document["log"])),
            ),
            note("Compute the SHA-256 of the file you have: if it is the one named, this page is about it."),
        ],
    )


def _learned(document: Document) -> Section:
    trained_on = document["trained_on"]
    rows = [
        (
            said(one["source"] or "unknown"),
            f"{one['records']:,}",
            f"{one['tokens']:,}",
            f"{one['first_step']:,} to {one['last_step']:,}",
        )
        for one in document["by_source"]
    ]
    read = (
        f"It read {count(document['records'], 'record')} in {count(document['readings'], 'reading')}, "
        f"{count(document['tokens'], 'token')}, over {count(document['optimizer_steps'], 'optimizer step')}. "
        f"{count(document['skipped'], 'reading was', 'readings were')} skipped. Which record stood in which step is "
        "written down by the loader, and its root is signed."
    )
    return Section(
        "What it learned from",
        [
            paragraph(read),
            table("By source", ("source", "records", "tokens", "optimizer steps"), rows, numbers=(1, 2, 3)),
            facts(
                ("Snapshot", said(trained_on["snapshot"])),
                ("Made for", purpose(trained_on["purpose"])),
                ("Decided", f"{moment(trained_on['decided_for'])}, as known at {moment(trained_on['known_at'])}"),
                ("Decided by", policy_told(trained_on["policy"])),
                ("Records in it", f"{trained_on['rows']:,}, of {trained_on['data_subjects']['count']:,} people"),
                ("Root of the snapshot", code(trained_on["root"])),
                ("Manifest", code(trained_on["manifest"])),
                ("Signed statement", code(trained_on["statement"])),
                ("Signed by", joined([code(one) for one in trained_on["signed_by"]], ", ")),
                ("In the log", log_told(trained_on["log"])),
                ("Root of what was read", code(document["consumption_root"])),
            ),
        ],
    )


def _grounds(document: Document) -> Section:
    grounds = [
        (
            NO_CONSENT.get(one["legal_basis"]) or basis(one["legal_basis"]),
            state(one["state"]) if one["state"] else "none",
            said(one["notice"] or "none"),
            f"{one['records']:,}",
            f"{one['people']:,}" if one["people"] else "none",
        )
        for one in document["grounds"]
    ]
    today = [
        (state(one["status"]), "yes" if one["permits"] else "no", f"{one['records']:,}", f"{one['people']:,}")
        for one in document["consent_today"]
    ]
    columns = ("ground", "what was said", "notice", "records", "people")
    parts = [table("On what grounds the records were used", columns, grounds, numbers=(3, 4))]
    if today:
        caption = f"What the consent of these people is at {moment(document['at'])}"
        parts.append(table(caption, ("consent", "valid", "records", "people"), today, numbers=(2, 3)))
    return Section("On what grounds, and whether they stand today", parts)


def _release(document: Document) -> Section:
    ticket = document["ticket"]
    return Section(
        "Who released the snapshot for training",
        [
            facts(
                ("Released by", said(ticket["approver"])),
                ("Decided", moment(ticket["decided_at"])),
                ("Until", moment(ticket["expires_at"]) if ticket["expires_at"] else "does not run out"),
                ("For", purpose(ticket["purpose"])),
                ("By", _any(ticket["may_train"], "everybody")),
                ("From", _any(ticket["base_models"], "any base model")),
                ("Passes over the snapshot", f"at most {ticket['max_epochs']:,}"),
                ("Because", said(ticket["because"]) if ticket["because"] else None),
                ("Ticket", code(ticket["digest"])),
                ("Signed by", joined([code(one) for one in ticket["signed_by"]], ", ")),
            )
        ],
    )


def _any(names: list[str], everybody: str) -> Markup:
    return joined([everybody if one == "*" else said(one) for one in names], ", ")


def _descent(document: Document) -> Section:
    rows: list[tuple[Child, ...]] = [
        (said(one["uri"]), code(one["digest"]["sha256"])) for one in document["descends_from"]
    ]
    parts = [table("Trained from", ("base model", "SHA-256"), rows)] if rows else [paragraph("From no other model.")]
    if document["descendants"]:
        parts += [
            paragraph("Models here that were trained from it:"),
            listed([said(one) for one in document["descendants"]]),
        ]
    else:
        parts.append(note("No model kept here was trained from it."))
    return Section("Descent", parts)


def _verified(document: Document) -> Section:
    verified = document["verified"]
    rows = [(said(one["link"]), said(one["detail"])) for one in verified["checks"]]
    return Section(
        "What was verified, and what was not",
        [
            table(f"{count(len(rows), 'link')} looked at, all of which hold", ("link", "what was compared"), rows),
            tag("h3", "Not looked at"),
            listed([said(one) for one in verified["not_checked"]]),
        ],
    )
