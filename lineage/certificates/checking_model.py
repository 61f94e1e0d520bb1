"""Checking what a model's certificate says: held against its training statement, its ticket, and its snapshot's."""

from typing import Any

from lineage import training_statement as training
from lineage.certificates.certificate import Document
from lineage.certificates.held import Held, require
from lineage.predicate import read_predicate
from lineage.snapshot import MANIFEST_FILE
from lineage.statement import SNAPSHOT_PREDICATE
from lineage.ticket import RELEASE_PREDICATE, Terms

TICKET = "release-ticket"
ON_THE_ISSUERS_WORD = (
    "Weights: the file itself is not here; compute its SHA-256, or run `lineweight verify` on it.",
    "Chain: the links that are listed were verified when the certificate was issued, and were not verified again.",
    "Counts: records, people, customers, grounds and consents were counted by the issuer.",
    "Descent: models trained from this one, beside those named, are not known here.",
)


def check_model(document: Document, held: Held) -> None:
    """Verify a model's certificate, noting in ``held`` what was found.

    Raises:
        CertificateRefusedError: It says something else than its statements.
        SignatureRefusedError: No trusted key signed one.
    """
    label, trained_on = f"{document['model']}/{document['run']}", document["trained_on"]
    opened = held.envelope(document["enclosed"], document["statement"], document["signed_by"])
    kind = opened.statement["predicateType"]
    require(kind == training.TRAINING_PREDICATE, f"{label}: is stated by something else than a training statement.")
    differing = sorted(name for name, said in _stated(opened.predicate).items() if _at(document, name) != said)
    require(not differing, f"{label}: its training statement says something else of {', '.join(differing)}.")
    weights = training.stated_weights(opened.artifacts)
    require(weights == document["weights"], f"{label}: its training statement names other weights.")
    held.holds(f"The weights, run, snapshot, policy and base of {label} are those of its signed training statement.")
    held.logged(label, document["log"], training.TRAINING_PREDICATE, document["statement"])
    if held.snapshot(trained_on) is not None:
        held.holds(f"{trained_on['snapshot']} is what its signed statement says, the one that was trained on.")
    held.logged(trained_on["snapshot"], trained_on["log"], SNAPSHOT_PREDICATE, trained_on["statement"])
    _ticket(document, held)
    for sentence in ON_THE_ISSUERS_WORD:
        held.passes_over(sentence)


def _stated(predicate: Document) -> Document:
    """Return what a training statement says, by the place at which the document says it."""
    when = predicate["runDetails"]["metadata"]
    recipe = predicate["buildDefinition"]["externalParameters"]
    named = {"model": recipe["name"]} if "name" in recipe else {}
    return {
        **named,
        "run": training.run_id(predicate),
        "started_at": when["startedOn"],
        "finished_at": when["finishedOn"],
        "snapshot": training.snapshot_label(predicate),
        "consumption_root": training.consumption(predicate).root,
        "descends_from": [one.document() for one in training.dependencies(predicate, "base-model")],
        "trained_on.snapshot": training.snapshot_label(predicate),
        "trained_on.manifest": training.dependency(predicate, training.SNAPSHOT).sha256,
        "trained_on.root": training.dependency(predicate, training.SNAPSHOT).annotations.get("root"),
        "trained_on.statement": training.dependency(predicate, training.SNAPSHOT_STATEMENT).sha256,
        "trained_on.policy.digest": training.dependency(predicate, training.POLICY).sha256,
        "ticket.digest": training.dependency(predicate, TICKET).sha256,
    }


def _at(document: Document, place: str) -> Any:
    found: Any = document
    for name in place.split("."):
        found = found[name]
    return found


def _ticket(document: Document, held: Held) -> None:
    ticket = document["ticket"]
    opened = held.envelope(ticket["enclosed"], ticket["digest"], ticket["signed_by"])
    terms = read_predicate(opened, RELEASE_PREDICATE, Terms, "The release ticket").document()
    require({name: ticket[name] for name in terms} == terms, "The release ticket says something else.")
    about = opened.artifacts == {MANIFEST_FILE: document["trained_on"]["manifest"]}
    require(about, "The release ticket is about another snapshot.")
    held.holds(f"The release by {terms['approver']} is what the signed ticket says.")
