"""What every disclosure tells alike: on what grounds, what was left out, how it was redacted, what may be left."""

from collections.abc import Iterator

from lineage.exports.figure import Figures
from lineage.exports.page import Answer, Table, answer, counts, value_told


def grounds(figures: Figures) -> Table:
    """Return on which statements of consent the records read rest."""
    columns = ("legal basis", "state", "notice", "records", "people")
    rows = (
        (one["legal_basis"], one["state"], one["notice"] or "none named", value_told(one["records"]),
         value_told(one["people"]))
        for one in figures["grounds"].value
    )  # fmt: skip
    return Table(columns, tuple(rows), ("grounds",))


def left_out(figures: Figures) -> Iterator[Answer]:
    """Yield what was considered and left out, and why."""
    yield answer(
        figures,
        "Selection:",
        "Policy {policy} version {policy_version} (SHA-256 {policy_digest}) decided on each of {considered} records, "
        "as known at {known_at}, for {decided_for}: {records} were permitted, {denied} denied and {quarantined} set "
        "aside.",
        table=counts(figures, "denied_by_reason", "reason for denying", "records"),
    )


def redacted(figures: Figures) -> Answer:
    """Return how the text was redacted."""
    return answer(
        figures,
        "Redaction:",
        "Before anybody read it, the text was redacted with profile {redaction_profile} (SHA-256 of profile and "
        "engine {redaction_digest}; {redaction_engine}). Product ids of people are keyed pseudonyms.",
    )


def residual(figures: Figures) -> Iterator[Answer]:
    """Yield what may be left of personal data in the text, as it was measured."""
    yield answer(
        figures,
        "What may be left, by made-up values:",
        "{canaries_planted} values of {canary_types} types were planted in the texts, {canaries_found} found. Of the "
        "type found worst, the share found is at least {least_share_found} with 95 % confidence.",
    )
    seen = figures["second_seen"]
    table = None
    if seen.known and seen.value:
        rows = ((kind, value_told(one["spans"]), str(one["at_most_per_10k"])) for kind, one in seen.value.items())
        table = Table(("type", "values still seen", "at most in 10,000 characters"), tuple(rows), (seen.name,))
    yield answer(
        figures,
        "What may be left, by a second detector:",
        "{second_detector} read {second_characters} characters of what is published.",
        table=table,
    )
