"""What the pages of all kinds have in common: the head with the answer, numbered sections, and the proofs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lineage.certificates.html import Child, Markup, code, facts, lines, said, table, tag
from lineage.certificates.words import count, moment

Document = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A section of a page: its heading, and what stands under it."""

    title: str
    parts: Sequence[Markup]

    def markup(self, number: int) -> Markup:
        """Return the section under its number."""
        name = f"section-{number}"
        heading = tag("h2", tag("span", f"{number}", class_="section"), f" {self.title}", id_=name)
        return lines(Markup(f'<section aria-labelledby="{name}">'), heading, *self.parts, Markup("</section>"))


@dataclass(frozen=True)
class Page:
    """What a person reads.

    Attributes:
        title: What certificate it is.
        about: Whom or what it is about.
        answer: The answer in one sentence.
        warnings: What the reader has to know before anything else.
        sections: In order.
    """

    title: str
    about: Child
    answer: str
    warnings: Sequence[Child]
    sections: Sequence[Section]

    def header(self, document: Document) -> Markup:
        """Return the head of the page: title, answer, warnings, and for when it holds."""
        issuer = document["issuer"]
        demonstration = (
            "This is a demonstration: its keys follow from a number that others may know, so that it proves nothing."
            if issuer["demonstration"]
            else None
        )
        return lines(
            Markup("<header>"),
            tag("p", "Lineweight", class_="house"),
            Markup('<div class="rule" aria-hidden="true"></div>'),
            tag("h1", self.title),
            tag("p", self.about, class_="about"),
            tag("p", self.answer, class_="answer"),
            *(alert(one) for one in (*self.warnings, demonstration) if one is not None),
            facts(
                ("As known at", moment(document["at"])),
                ("Issued and signed by the key", code(issuer["key_id"])),
            ),
            Markup("</header>"),
        )

    def footer(self, document: Document) -> Markup:
        """Return the end of the page: how to check it."""
        return lines(
            Markup("<footer>"),
            tag(
                "p",
                "This page is one file and needs no network. The document it was written from, and every proof named "
                "in it, are inside the file. With the public key of whoever issued it anybody can check both, and "
                "that the page shows nothing else:",
            ),
            tag("p", code("lineweight certificate check FILE.html --trust signing.pub"), class_="command"),
            tag(
                "p",
                f"Form {document['format']}. All times are UTC. A printed copy can be read, and not be checked: "
                "keep the file.",
            ),
            Markup("</footer>"),
        )


def paragraph(*children: Child) -> Markup:
    """Return a paragraph."""
    return tag("p", *children)


def note(*children: Child) -> Markup:
    """Return a paragraph in small type: what qualifies the one before."""
    return tag("p", *children, class_="note")


def alert(*children: Child) -> Markup:
    """Return what must not be overlooked."""
    return tag("p", *children, class_="alert")


def listed(sentences: Sequence[Child]) -> Markup:
    """Return sentences as a list; no element where there are none."""
    if not sentences:
        return Markup("")
    return lines(Markup("<ul>"), *(tag("li", one) for one in sentences), Markup("</ul>"))


def policy_told(policy: Document) -> Markup:
    """Return the policy that decided, with its digest."""
    return lines(said(f"{policy['policy_id']} version {policy['version']}"), code(policy["digest"][:16] + "…"))


def log_told(log: Document | None) -> str:
    """Return where the log has a statement."""
    if log is None:
        return "no proof that it is in a log"
    return f"entry {log['index']:,} of {log['size']:,} in the log {log['origin']}"


def incomplete(document: Document) -> list[Child]:
    """Return the warning that some evidence was not followed, where there was some."""
    missing = document["unverified"]
    if not missing:
        return []
    listed_ = ", ".join(one["directory"] for one in missing)
    return [f"This answer may be incomplete: {count(len(missing), 'directory', 'directories')} did not verify and "
            f"could not be followed ({listed_})."]  # fmt: skip


def proofs_section(document: Document) -> Section:
    """Return the list of what is enclosed, with the digest of each piece."""
    rows = [(code(one["name"]), code(one["sha256"])) for one in document["evidence"]]
    if not rows:
        return Section("What is enclosed", [paragraph("No statement and no proof: there is none to enclose.")])
    told = (
        "Each is inside this file, under its name. The document names them by their digests, and the signature is over "
        "the document: a piece that is missing, changed or added is refused."
    )
    enclosed = table("Statements and proofs inside this file", ("name", "SHA-256"), rows)
    return Section("What is enclosed", [paragraph(told), enclosed])
