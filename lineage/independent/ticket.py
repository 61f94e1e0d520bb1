"""The release ticket: somebody released this snapshot for this training, before it began."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from .case import Case, signed_by
from .envelopes import TICKET
from .manifest import PURPOSE, label_of
from .report import require
from .shapes import closed, covers, holding, instant, is_said, is_whole, label, nullable, one_of, said
from .training import Model, require_about

NAMES = holding(
    lambda value: isinstance(value, list) and all(map(is_said, value)) and len(set(value)) == len(value),
    "a set of names",
)
RELEASED = closed(
    snapshot=label,
    verdict=one_of("approved", "refused"),
    purpose=PURPOSE,
    may_train=NAMES,
    base_models=NAMES,
    max_epochs=holding(lambda value: is_whole(value) and value <= 10_000, "a number of epochs"),
    decided_at=instant,
    expires_at=nullable(instant),
    approver=said,
    because=holding(lambda value: isinstance(value, str) and len(value) <= 500, "a reason"),
)


@dataclass(frozen=True)
class Run:
    """What was trained: when it began, what for, by whom, from which base, and how many passes were begun."""

    at: str
    purpose: str
    trained_by: str
    base: str
    epochs: int


def require_permits(ticket: dict[str, Any], run: Run, manifest: Mapping[str, Any]) -> None:
    """Refuse a training that a release ticket does not permit."""
    RELEASED(ticket, "the ticket")
    grants = [bool(ticket[name]) for name in ("may_train", "base_models", "max_epochs", "expires_at")]
    approves = ticket["verdict"] == "approved"
    require(all(grants) if approves else not any(grants), "the ticket contradicts itself")
    require(approves, "the release was refused")
    require(ticket["snapshot"] == label_of(manifest), "the ticket is for another snapshot")
    require(covers(manifest["purpose"], ticket["purpose"]), "the ticket is for more than the snapshot is for")
    expires = ticket["expires_at"]
    require(ticket["decided_at"] < expires, "the ticket ends before it begins")
    require(ticket["decided_at"] <= run.at < expires, "the ticket did not hold when training began")
    require(covers(ticket["purpose"], run.purpose), "the ticket is for another purpose")
    require(run.trained_by in ticket["may_train"] or "*" in ticket["may_train"], "the ticket is for other teams")
    require(run.base in ticket["base_models"] or "*" in ticket["base_models"], "the ticket is for other base models")
    require(run.epochs <= ticket["max_epochs"], "it was read more often than the ticket permits")


def verify_ticket(case: Case, model: Model, manifest: dict[str, Any]) -> str:
    """Link ``release ticket``: somebody released this snapshot for this, before it began."""
    named = model.dependency("release-ticket")
    require(named["annotations"].get("path") == "ticket.dsse.json", "the ticket is said to lie elsewhere")
    ticket = case.verified(model.files.read("ticket.dsse.json"), "ticket.dsse.json", TICKET)
    require(ticket.digest == named["digest"]["sha256"], "the training statement names another ticket")
    require_about(ticket, model, manifest)
    recipe, epochs = model.build["externalParameters"], pc.max(model.ledger.column("epoch")).as_py() + 1
    purpose = model.build["internalParameters"]["purpose"]
    run = Run(model.run["metadata"]["startedOn"], purpose, recipe["trained_by"], recipe["base"], epochs)
    require_permits(ticket.predicate, run, manifest)
    return f"{ticket.predicate['approver']}, {epochs} of {ticket.predicate['max_epochs']} epochs, {signed_by(ticket)}"
