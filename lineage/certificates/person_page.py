"""What a person reads in their data subject passport, or in a certificate that no snapshot holds anything of theirs."""

from collections.abc import Mapping
from typing import Any

from lineage.certificates.html import Child, Markup, code, joined, lines, said, table, tag
from lineage.certificates.parts import Page, Section, incomplete, listed, note, paragraph
from lineage.certificates.person_proofs import salts, shown
from lineage.certificates.words import basis, count, day, moment, period, purpose, scope, speaker, state

Document = dict[str, Any]
PASSPORT, NOT_INCLUDED = "Data subject passport", "Certificate of non-inclusion"
NOTHING_SHOWN = "Data subject passport: nothing can be shown any more"


def person_page(document: Document) -> Page:
    """Return the page of a person's certificate."""
    about = joined(
        ["The person known here as ", code(document["data_subject_id"]), ", of the customer ", said(document["tenant"])]
    )
    return Page(
        title=title(document),
        about=about,
        answer=answer(document),
        warnings=[*incomplete(document), *_destroyed(document), *_meanwhile(document)],
        sections=[
            _collected(document),
            _ground(document),
            _went(document),
            *_models(document),
            _withdraw(document),
            shown(document),
            salts(document),
        ],
    )


def title(document: Document) -> str:
    """Return what certificate it is: a passport; of non-inclusion, where no snapshot holds anything of the person."""
    if not document["openings"]:
        return NOTHING_SHOWN
    if _held(document) or document["salts_destroyed"]:
        return PASSPORT
    return f"{NOT_INCLUDED}: none of {count(len(document['snapshots']), 'snapshot')}"


def answer(document: Document) -> str:
    """Return the answer in one sentence or two."""
    held, total = _held(document), len(document["snapshots"])
    if not held and not document["openings"]:
        return "The key that tied records to you was destroyed. Of no record can it be shown any more that it is yours."
    if not held:
        return (
            f"None of the {count(total, 'snapshot')} kept here holds a record of yours, and no model was trained on "
            "one. A snapshot is a set of records that models are trained on."
        )
    wrote = sum(one["wrote"] for one in held)
    joins = sum(one["takes_part"] for one in held)
    others = f", and {count(joins, 'record')} of others in which you take part," if joins else ""
    trained = len(document["models"])
    models = f"{count(trained, 'model was', 'models were')} trained on them" if trained else "No model was"
    sentence = f"{models}." if trained else f"{models} trained on them."
    return (
        f"{count(wrote, 'record')} of yours{others} {'is' if wrote == 1 and not joins else 'are'} in {len(held):,} of "
        f"{count(total, 'snapshot')}. {sentence}"
    )


def _held(document: Document) -> list[Document]:
    return [one for one in document["snapshots"] if one["wrote"] or one["takes_part"]]


def _destroyed(document: Document) -> list[Child]:
    return [
        joined(
            [f"On {moment(one['at'])} the salt of ", code(one["data_subject_id"]), " was destroyed. Nothing that "
             "stands in a snapshot can be shown to be of this id any more, by nobody; nor that nothing is."]
        )
        for one in document["salts_destroyed"]
    ]  # fmt: skip


def _meanwhile(document: Document) -> list[Child]:
    """Return what was used although of a no, each with when the no was known."""
    told: list[Child] = []
    for news in document["used_meanwhile"]:
        since = f" as of {moment(news['effective_at'])}" if news["effective_at"] else ""
        known = f", which was known here from {moment(news['known_at'])}" if news["known_at"] else ""
        used = (
            f"{count(news['records'], 'record')} of yours {'was' if news['records'] == 1 else 'were'} used all the same"
        )
        told.append(
            lines(tag("strong", "Used although you had said no. "), f"{state(news['state'])}{since}{known}. {used}: ")
        )
        told[-1] = joined([told[-1], _uses(news), "."])
    return told


def _uses(news: Document) -> str:
    uses = [f"in the snapshot {name}, decided before it was known" for name in news["snapshots"]]
    uses += [f"by the model {name}, before it was known" for name in news["models"]]
    uses += [f"by the model {name}, after it was known" for name in news["models_after_it_was_known"]]
    return "; ".join(uses)


def _collected(document: Document) -> Section:
    collected = document["collected"]
    files = collected["files"]
    parts: list[Markup] = []
    if collected["controllers"]:
        names = joined([said(one) for one in collected["controllers"]], ", ")
        parts.append(paragraph("Your records were collected for ", names, ", named as responsible for the sources."))
    if files:
        categories = sorted({one for file in files for one in file["categories"]})
        parts.append(
            paragraph(
                f"They came in {count(len(files), 'file')}. Categories of data: ",
                joined([said(one) for one in categories], ", ") if categories else "not declared",
                ".",
            )
        )
        parts.append(table("What was collected, file by file", FILES, [_file(one) for one in files], numbers=(2, 3)))
        parts.append(
            note(
                "Raw records are removed when their time is over; what is kept after that is redacted. Each file is "
                "counted as it was delivered: a record that was delivered twice counts twice."
            )
        )
    else:
        parts.append(paragraph("No record of yours, raw or redacted, stands in any file that was delivered here."))
    if gone := collected["no_longer_known"]:
        parts.append(
            note(
                f"Of {count(gone, 'more file')} of this customer the raw records were removed since, and nothing of "
                "yours was kept: whether they held records of yours is no longer known."
            )
        )
    return Section("What was collected", parts)


FILES = ("source", "spoken between", "raw", "kept, redacted", "raw until")


def _file(one: Document) -> list[Child]:
    raw, kept = one["raw"], one["kept"]
    spoken = raw if raw and raw["from"] else kept
    between = period(spoken["from"], spoken["until"]) if spoken["from"] else "not known"
    until = "removed" if raw is None else day(one["raw_until"]) if one["raw_until"] else "not stated"
    source = lines(said(one["source"]), tag("span", f"file {one['batch'][:12]}…", class_="sub"))
    return [source, between, "removed" if raw is None else _two(raw), _two(kept), until]


def _two(counted: Mapping[str, Any]) -> Markup:
    joins = counted["takes_part"]
    others = tag("span", f"and {joins:,} of others with you", class_="sub") if joins else None
    return lines(tag("span", f"{counted['wrote']:,}"), others)


def _ground(document: Document) -> Section:
    parts = [
        paragraph(
            "What was said about the use of your records, in the order in which it took effect. Every statement has "
            "two times: from when on it binds, and when it became known here."
        )
    ]
    rows = [_consent(one["event"]) for one in document["consents"]]
    if rows:
        parts.append(table("What was said", ("statement", "for", "binds from", "known since", "notice, way"), rows))
    else:
        parts.append(paragraph("Nothing was ever said. Silence is no consent."))
    now = [(purpose(one["purpose"]), "yes" if one["permits"] else "no", _since(one)) for one in document["consent_now"]]
    parts.append(table("What may be done now", ("purpose", "allowed by you", "why"), now))
    parts.append(note(f"The customer's agreement allows: {scope(document['tenant_scope'])}."))
    return Section("On what ground", parts)


def _consent(event: Document) -> list[Child]:
    until = tag("span", f"until {moment(event['expires_at'])}", class_="sub") if event["expires_at"] else None
    limits = [] if not event["data_categories"] else [f"only {', '.join(event['data_categories'])}"]
    limits += [] if event["derivatives"] else ["nothing lasting made of them"]
    who = tag("span", said(speaker(event)), f"; on the ground of {basis(event['legal_basis'])}", class_="sub")
    purposes = joined([*(purpose(one) for one in event["purposes"]), *(said(one) for one in limits)], "; ")
    notice = " ".join(one for one in (event["notice_id"], event["notice_version"]) if one)
    way = joined([said(one) for one in (notice, event["method"]) if one], ", ")
    return [
        lines(tag("span", state(event["state"])), who),
        purposes,
        lines(tag("span", moment(event["effective_at"])), until),
        moment(event["recorded_at"]),
        way if notice or event["method"] else "not named",
    ]


def _since(one: Document) -> str:
    return state(one["status"]) if one["since"] is None else f"{state(one['status'])}, {moment(one['since'])}"


def _went(document: Document) -> Section:
    parts: list[Markup] = []
    held = _held(document)
    if held:
        columns = ("snapshot", "made for", "decided", "yours", "with you", "consent then", "now")
        parts.append(table("Snapshots with records of yours", columns, [_snapshot(one) for one in held], (3, 4)))
        rows = [_grounds(one, ground, document) for one in held for ground in one["grounds"]]
        if rows:
            named = ("snapshot", "records", "ground", "rule of the policy", "receipt")
            parts.append(table("Why they were let in", named, rows, numbers=(1,)))
        parts.append(
            note(
                "A record that somebody else wrote and in which you take part is counted apart. The proofs below are "
                "over those who wrote records, and say nothing of taking part."
            )
        )
    else:
        parts.append(paragraph(f"Into none of the {count(len(document['snapshots']), 'snapshot')} kept here:"))
        parts.append(
            listed(
                [joined([said(one["snapshot"]), ", for ", purpose(one["purpose"])]) for one in document["snapshots"]]
            )
        )
    if document["not_looked_up"]:
        parts += [paragraph("What could not be looked at:"), listed([said(one) for one in document["not_looked_up"]])]
    return Section("Into which snapshots they went", parts)


def _snapshot(one: Document) -> list[Child]:
    policy = one["policy"]
    decided = lines(
        tag("span", moment(one["decided_for"])),
        tag("span", "by ", said(f"{policy['policy_id']} version {policy['version']}"), class_="sub"),
        tag("span", f"as known at {moment(one['known_at'])}", class_="sub"),
    )
    then, now = one["status_known_then"], one["status_known_now"]
    return [
        said(one["snapshot"]), purpose(one["purpose"]), decided, f"{one['wrote']:,}", f"{one['takes_part']:,}",
        str(then), str(now),
    ]  # fmt: skip


def _grounds(one: Document, ground: Document, document: Document) -> list[Child]:
    by_receipt = {consent["receipt"]: consent["event"] for consent in document["consents"]}
    event = by_receipt.get(ground["receipt"])
    told = (
        basis(ground["legal_basis"]) if event is None else f"{state(event['state'])}, {moment(event['effective_at'])}"
    )
    receipt = "none" if ground["receipt"] is None else code(ground["receipt"])
    return [said(one["snapshot"]), f"{ground['records']:,}", told, said(ground["rule"] or "not told"), receipt]


def _models(document: Document) -> list[Section]:
    if not document["models"]:
        return []
    rows = [
        (
            said(f"{one['model']}/{one['run']}"),
            said(one["snapshot"]),
            moment(one["started_at"]),
            f"{one['records']:,}",
            f"{one['readings']:,}",
            f"{one['first_step']:,} to {one['last_step']:,}",
        )
        for one in document["models"]
    ]
    columns = ("model", "trained on", "from", "records", "readings", "optimizer steps")
    told = "A model that was trained on a record has learned from it; taking the record away does not undo that."
    return [
        Section(
            "Which models were trained on them",
            [
                table("Models that read records of yours", columns, rows, numbers=(3, 4, 5)),
                note(f"{told} The steps are the first and the last in which a record of yours was read, from 0."),
            ],
        )
    ]


def _withdraw(document: Document) -> Section:
    contact, controllers = document["contact"], document["collected"]["controllers"]
    to: list[Child] = [said(contact)] if contact else [joined([said(one) for one in controllers], " or ")]
    if not contact and not controllers:
        to = ["the customer ", said(document["tenant"])]
    allowed = any(one["permits"] for one in document["consent_now"])
    now = (
        "You may"
        if allowed
        else "No use is allowed by you now, so there is nothing to withdraw. Should you consent, you may"
    )
    return Section(
        "How to withdraw, and what else you may ask for",
        [
            paragraph(
                f"{now} withdraw consent at any time, as easily as you gave it (Art. 7(3) GDPR). Write to ",
                *to,
                ", or use the same way in which you gave it, and name the pseudonym at the head of this page. "
                "No reason is needed. It does not undo what was lawfully done before; from then on no new snapshot "
                "takes your records, and none that holds them may be trained on without leaving them out.",
            ),
            paragraph(
                "You may also ask for your records to be corrected, erased or handed to you, ask that they be used "
                "for nothing in the meantime, object to their use, and complain to a supervisory authority "
                "(Art. 15(1)(e) and (f), 16 to 21 and 77 GDPR)."
            ),
        ],
    )
