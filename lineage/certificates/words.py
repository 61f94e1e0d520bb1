"""The vocabulary of events and decisions in plain words, as a certificate tells them; times as people write them."""

from datetime import datetime

from policies.consent import EVERYONE

STATES = {
    "given": "Consent was given",
    "renewed": "Consent was renewed",
    "withdrawn": "Consent was withdrawn",
    "refused": "Consent was refused",
    "revoked": "Consent was revoked",
    "expired": "Consent ran out",
    "invalidated": "Consent was found to be invalid",
    "terminated": "Consent was ended",
    "requested": "Consent was asked for, and not answered",
    "deferred": "The answer was put off",
    "unknown": "Whether there was consent is not known",
}
PURPOSES = {
    "train_ai_system": "training AI systems, in every way",
    "train_ai_system.evaluation": "testing AI systems",
    "train_ai_system.finetune": "fine-tuning AI models",
    "train_ai_system.preference": "teaching AI models which answers people prefer",
    "train_ai_system.synthetic": "making synthetic text",
}
BASES = {
    "consent": "consent (Art. 6(1)(a) GDPR)",
    "contract": "a contract (Art. 6(1)(b) GDPR)",
    "legitimate-interest": "legitimate interests (Art. 6(1)(f) GDPR)",
}
SCOPES = {
    "unknown": "no agreement is known",
    "none": "nothing may be used",
    "tenant-only": "use for the customer alone",
    "shared": "use together with records of other customers",
}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


_NO_BREAK = "\u00a0"


def moment(at: str) -> str:
    """Return an RFC 3339 time in UTC as ``20 May 2026, 17:40 UTC``; seconds are left out.

    Raises:
        ValueError: It is no time.
    """
    read = datetime.fromisoformat(at)
    return f"{read.day}{_NO_BREAK}{_MONTHS[read.month - 1]} {read.year}, {read.hour:02}:{read.minute:02}{_NO_BREAK}UTC"


def day(at: str) -> str:
    """Return the day of an RFC 3339 time in UTC as ``20 May 2026``.

    Raises:
        ValueError: It is no time.
    """
    return moment(at).partition(",")[0]


def period(first: str, last: str) -> str:
    """Return two RFC 3339 times in UTC as days: ``6 to 23 May 2026``, shortened where they share month or year.

    Raises:
        ValueError: One is no time.
    """
    since, until = day(first).split(), day(last).split()
    if since == until:
        return day(last)
    shared = 2 if since[1:] == until[1:] else 1 if since[2] == until[2] else 0
    return f"{_NO_BREAK.join(since[: 3 - shared])} to {day(last)}"


def state(word: str) -> str:
    """Return a state of consent as a clause."""
    return STATES.get(word, word)


def purpose(word: str) -> str:
    """Return a purpose in words."""
    return PURPOSES.get(word, word)


def basis(word: str | None) -> str:
    """Return a legal basis in words."""
    return "not told by the evidence" if word is None else BASES.get(word, word)


def scope(word: str) -> str:
    """Return what an agreement allows, in words."""
    return SCOPES.get(word, word)


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 record``, ``1,214 records``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def speaker(event: dict[str, str]) -> str:
    """Return who said what a consent event says."""
    if event["data_subject_id"] == EVERYONE:
        return "said for every person of the customer"
    return "said by you" if event["expressed_by"] == "data-subject" else f"said for you by {event['expressed_by']}"
