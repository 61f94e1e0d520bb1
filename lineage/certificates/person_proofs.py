"""What a person is shown as proof: the entries of the trees of people, and the salt that makes them theirs."""

from typing import Any

from lineage.certificates.html import Markup, code, facts, lines, said, table, tag
from lineage.certificates.parts import Section, alert, log_told, note, paragraph, policy_told
from lineage.certificates.words import count

Document = dict[str, Any]


def shown(document: Document) -> Section:
    """Return what is proved of each snapshot, and by which entries of its tree of people."""
    parts = [
        paragraph(
            "Every snapshot has a list of the people who wrote its records: not by name but by a commitment, a "
            "number that only your salt ties to you. The list is sorted and sealed by one number, its root, which the "
            "snapshot's signed statement says. Where your commitment is in the list, its entry is shown. Where it is "
            "not, the two entries are shown that stand next to each other where it would have to be: nobody stands "
            "between them. That the list is sorted everywhere else, whoever has the snapshot's leaves can check."
        )
    ]
    if not all(one["enclosed"] for one in document["snapshots"]):
        parts.append(
            note(
                "The signed statements themselves are not enclosed, because they name other customers. Ask for them "
                "to hold these proofs against them; until then the roots are the issuer's word, signed with this page."
            )
        )
    else:
        parts.append(note("The statements enclosed name every customer of a pool: take care to whom you hand this on."))
    return Section("What is proved", [*parts, *(_proof(one) for one in document["snapshots"])])


def _proof(one: Document) -> Markup:
    if one["proof"] is None:
        shown: Markup = alert("Nothing can be shown of this snapshot: the salts are destroyed.")
    elif one["wrote"]:
        shown = paragraph(f"It holds {count(one['wrote'], 'record')} that you wrote.")
    else:
        shown = paragraph("It holds no record that you wrote.")
    people = one["data_subjects"]
    return lines(
        Markup('<div class="proof">'),
        tag("h3", said(one["snapshot"])),
        shown,
        *(_entries(own, people["count"]) for own in one["entries"]),
        facts(
            ("Root of the people", code(people["root"])),
            ("Signed statement", code(one["statement"])),
            ("Decided by", policy_told(one["policy"])),
            ("In the log", log_told(one["log"])),
        ),
        Markup("</div>"),
    )


def _entries(own: Document, people: int) -> Markup:
    rows = [
        (f"{entry['index'] + 1:,} of {people:,}", _whose(own, entry), code(entry["commitment"]))
        for entry in own["neighbours"]
    ]
    if not rows:
        return paragraph("Nobody wrote a record of it.")
    return table(f"For your commitment {own['commitment'][:16]}…", ("place", "whose entry", "commitment"), rows)


def _whose(own: Document, entry: Document) -> str:
    if own["commitment"] == entry["commitment"]:
        return "yours"
    return "the one before" if entry["commitment"] < own["commitment"] else "the one after"


def salts(document: Document) -> Section:
    """Return the salts with which the person's commitments are made."""
    if not document["openings"]:
        return Section("Your salt", [paragraph("There is none any more, and so nothing to keep.")])
    return Section(
        "Your salt: keep it to yourself",
        [
            paragraph(
                "The commitment is HMAC-SHA-256 with the salt as its key, over the customer's name, a zero byte and "
                "the pseudonym. You can compute it yourself and see that it is yours."
            ),
            alert("Whoever has this salt can recognise you in every snapshot. Show this page only to those who may."),
            *(
                facts(
                    ("Pseudonym", code(one["data_subject_id"])),
                    ("Commitment", code(one["commitment"])),
                    ("Salt", code(one["salt"])),
                )
                for one in document["openings"]
            ),
            note(
                "That no other salt was ever used for you this page alone cannot show. An earlier certificate that "
                "names the same commitment can: keep this one, and compare it with the next."
            ),
        ],
    )
