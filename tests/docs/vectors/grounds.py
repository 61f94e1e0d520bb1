"""Vectors of what permits: release tickets, and the consents that records rest on."""

from datetime import timedelta
from typing import Any

from lineage.canonical import digest_of
from lineage.ticket import RELEASE_PREDICATE
from policies.consent import ConsentEvent
from policies.facts import IN_ORDER
from tests.docs.vectors.documents import Vector, consent
from tests.docs.vectors.snapshots import JUNE, manifest

TERMS: dict[str, Any] = {
    "snapshot": "demo@v2",
    "verdict": "approved",
    "purpose": "train_ai_system.finetune",
    "may_train": ["ml", "research"],
    "base_models": ["tiny"],
    "max_epochs": 3,
    "decided_at": "2026-06-02T00:00:00.000000Z",
    "expires_at": "2026-07-02T00:00:00.000000Z",
    "approver": "maria",
    "because": "looked at",
}
ASKED: dict[str, Any] = {
    "at": "2026-06-03T00:00:00.000000Z",
    "purpose": "train_ai_system.finetune",
    "trained_by": "ml",
    "base": "tiny",
    "epochs": 3,
}
NOTHING = {"may_train": [], "base_models": [], "max_epochs": 0, "expires_at": None}
Case = tuple[str, dict[str, Any], str]


def tickets() -> Vector:
    """Return a ticket, what it permits, and what it does not; and predicates that are no ticket's."""
    outside: list[Case] = [
        ("another purpose", {"purpose": "train_ai_system.preference"}, "It is for another."),
        ("a wider purpose", {"purpose": "train_ai_system"}, "A purpose covers what lies below it, not above."),
        ("a purpose that begins alike", {"purpose": "train_ai_system.finetuned"}, "What lies below begins with a dot."),
        ("another team", {"trained_by": "sales"}, "It names those who may."),
        ("nobody who was named", {"trained_by": ""}, "It names those who may."),
        ("another base model", {"base": "large"}, "It names those it is for."),
        ("an epoch more", {"epochs": 4}, "Passes are counted in the ledger."),
        ("before it was decided", {"at": "2026-06-01T23:59:59.999999Z"}, "It did not hold yet."),
        ("when it had run out", {"at": "2026-07-02T00:00:00.000000Z"}, "It holds before that instant, not at it."),
    ]
    contradictions: list[Case] = [
        ("an approval of nothing", NOTHING, "An approval allows something."),
        ("a refusal that allows", {"verdict": "refused"}, "A refusal allows nothing."),
        ("an approval for ever", {"expires_at": None}, "An approval runs out."),
        ("run out before it begins", {"expires_at": TERMS["decided_at"]}, "It never held."),
        ("a team twice", {"may_train": ["ml", "ml"]}, "Nothing stands twice."),
        ("another snapshot", {"snapshot": "demo@v1"}, "It names the label of the manifest that it is about."),
        (
            "more than the snapshot is for",
            {"purpose": "train_ai_system"},
            "The snapshot's purpose covers the ticket's.",
        ),
        ("a field more", {"more": 1}, "It is closed."),
        ("a number as text", {"max_epochs": "3"}, "A number is a number."),
        ("another spelling of a time", {"decided_at": "2026-06-02T00:00:00Z"}, "An instant has one spelling."),
        ("another verdict", {"verdict": "maybe"}, "There are two."),
    ]
    return {
        "about": "Release tickets of the snapshot in snapshot.json. `predicate` is what one says. `asked` is what is "
        "trained: `at` is when it began, `epochs` how many passes were begun. A case of `refused` is the predicate "
        "with `change`, or what is asked with `asked`.",
        "predicate_type": RELEASE_PREDICATE,
        "predicate": TERMS,
        "refusal": TERMS | NOTHING | {"verdict": "refused"},
        "permitted": [
            {"name": name, "change": change, "asked": ASKED | asked}
            for name, change, asked in (
                ("all as it says", {}, {}),
                ("less than it says", {}, {"epochs": 1, "trained_by": "research"}),
                ("at its beginning", {}, {"at": TERMS["decided_at"]}),
                ("a purpose below", {}, {"purpose": "train_ai_system.finetune.chat"}),
                ("anybody, from anything", {"may_train": ["*"], "base_models": ["*"]}, {"trained_by": "", "base": "x"}),
            )
        ],
        "refused": [
            *({"name": name, "change": {}, "asked": ASKED | asked, "because": why} for name, asked, why in outside),
            *({"name": name, "change": change, "asked": ASKED, "because": why} for name, change, why in contradictions),
            {"name": "a refusal", "change": NOTHING | {"verdict": "refused"}, "asked": ASKED}
            | {"because": "It allows nothing."},
        ],
    }


def consents() -> Vector:
    """Return a consent event with the facts of a decision that rests on it, and events that bear it not."""
    event, later = consent(), JUNE + timedelta(microseconds=1)
    grounds: list[Case] = [
        ("of another tenant", {"tenant": "globex"}, "Consent is given to one tenant."),
        ("another ground", {"legal_basis": "contract"}, "The decision says consent."),
        ("withdrawn", {"state": "withdrawn"}, "It is no grant."),
        ("asked for", {"state": "requested"}, "It is no grant."),
        ("another state", {"state": "renewed"}, "The decision was made from another."),
        ("took effect later", {"effective_at": later}, "It did not bind yet."),
        ("recorded later", {"recorded_at": later}, "It was not known yet."),
        ("had run out", {"expires_at": JUNE}, "From that instant on it is expired."),
        ("for another purpose", {"purposes": ["train_ai_system.evaluation"]}, "It covers another."),
        ("not for what lasts", {"derivatives": False}, "Weights last."),
    ]
    facts = IN_ORDER.document()
    legal = facts | {"legal_basis": "contract"}
    held = {"event": event.document(), "receipt": event.receipt(), "facts": facts, "tenant": event.tenant}
    return {
        "about": "What a leaf rests on: `facts` of its decision, `receipt` as the leaf names it, `tenant` of its "
        "shard, and the `event` at hand; others at hand are `beside` it. The manifest is that of snapshot.json.",
        "as_of": manifest().as_of.model_dump(mode="json"),
        "purpose": manifest().purpose,
        "accepted": [
            {"name": "a grant", **held},
            {"name": "at the last instant", **_of({"effective_at": JUNE, "recorded_at": JUNE, "expires_at": later})},
            {"name": "another ground, and no event", **held, "facts": legal, "receipt": bytes(32).hex(), "event": None},
            *(
                {"name": name, **held, "beside": [_said(**change)]}
                for name, change in (
                    ("an older refusal beside it", {"effective_at": event.effective_at - timedelta(seconds=1)}),
                    ("a refusal that binds later", {"effective_at": later}),
                    ("a refusal that was not known yet", {"recorded_at": later}),
                    ("a refusal of another purpose", {"purposes": ["train_ai_system.preference"]}),
                    ("somebody else's refusal", {"data_subject_id": "ds_" + "00" * 16}),
                    ("a refusal to another tenant", {"tenant": "globex"}),
                    ("another grant", {"state": "renewed"}),
                )
            ),
        ],
        "refused": [
            *({"name": name, **_of(change), "because": why} for name, change, why in grounds),
            {"name": "taken back", **held, "beside": [_said()], "because": "A refusal since then is at hand."},
            {"name": "taken back at that instant", **held, "beside": [_said(effective_at=event.effective_at)]}
            | {"because": "At one instant a refusal wins."},
            {"name": "taken back for a wider purpose", **held, "beside": [_said(purposes=["train_ai_system"])]}
            | {"because": "It covers this one."},
            {"name": "no event named", **held, "receipt": bytes(32).hex(), "because": "The decision says consent."},
            {"name": "an event named, on another ground", **held, "facts": legal, "because": "It rests on none."},
            {"name": "not at hand", **held, "event": None, "because": "Nobody can look at it."},
            {"name": "another event", **held, "receipt": digest_of({}), "because": "The receipt is its digest."},
        ],
    }


def _said(**change: Any) -> dict[str, Any]:
    """Return a later event by which the person takes their consent back, with a change."""
    said = {"event_id": "event-2", "state": "withdrawn", "purposes": [manifest().purpose]}
    when = {"effective_at": JUNE, "recorded_at": JUNE}
    return ConsentEvent.model_validate(consent().document() | said | when | change).document()


def _of(change: dict[str, Any]) -> dict[str, Any]:
    """Return what stands for a leaf that rests on a changed event."""
    event = ConsentEvent.model_validate(consent().document() | change)
    return {"event": event.document(), "receipt": event.receipt(), "facts": IN_ORDER.document(), "tenant": "acme"}
