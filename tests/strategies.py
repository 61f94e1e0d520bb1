"""What the properties are tried on: events, facts and policies, as odd as the models allow."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from policies.agreement import AgreementEvent, TenantScope
from policies.consent import PURPOSES, ConsentEvent, ConsentStatus, LegalBasis
from policies.consent_event import CLAIM
from policies.facts import FACT_FIELDS, FACT_SPACE, Facts

START = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = "acme"
ADA = "ds_" + "ad" * 16

days = st.integers(0, 9).map(timedelta)
"""Few days, so that events meet, tie and expire at one another's instants."""

instants = days.map(lambda after: START + after)
purposes = st.sampled_from(["train_ai_system", "train_ai_system.finetune"]) | st.sampled_from(sorted(PURPOSES))
"""Often one above the other, so that levels meet."""

some_purposes = st.lists(purposes, min_size=1, max_size=3).map(tuple)


@st.composite
def consent_events(draw: st.DrawFn) -> ConsentEvent:
    """One statement by Ada. Ids repeat, also with different content."""
    effective_at = draw(instants)
    lasts = draw(st.none() | st.integers(1, 5).map(timedelta))
    return ConsentEvent(
        event_id=draw(st.sampled_from(["e1", "e2", "e3", "e4"])),
        tenant=TENANT,
        data_subject_id=ADA,
        state=draw(st.sampled_from([ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN]) | st.sampled_from(ConsentStatus)),
        legal_basis=draw(st.sampled_from(LegalBasis)),
        purposes=draw(some_purposes),
        data_categories=draw(st.sampled_from([(), ("user.content",)])),
        retroactive=draw(st.booleans()),
        derivatives=draw(st.sampled_from([True, True, True, False])),
        notice_id=draw(st.sampled_from(["", "privacy", "privacy", "terms"])),
        notice_version=draw(st.sampled_from(["1", "3"])),
        expressed_by=draw(st.sampled_from(["data-subject", "data-subject", "guardian", "employer"])),
        method=draw(st.sampled_from(["", "", CLAIM])),
        effective_at=effective_at,
        expires_at=None if lasts is None else effective_at + lasts,
        recorded_at=draw(st.just(START) | instants),
    )


@st.composite
def agreement_events(draw: st.DrawFn) -> AgreementEvent:
    """One agreement with the tenant."""
    return AgreementEvent(
        event_id=draw(st.sampled_from(["a1", "a2", "a3"])),
        tenant=TENANT,
        scope=draw(st.sampled_from(TenantScope)),
        purposes=draw(st.lists(purposes, max_size=3).map(tuple)),
        retention_days=draw(st.none() | st.integers(1, 3)),
        regions=draw(st.sampled_from([(), (), ("eu",), ("eu-west", "us")])),
        effective_at=draw(instants),
        recorded_at=draw(instants),
    )


ledgers = st.lists(consent_events(), max_size=7)
agreements = st.lists(agreement_events(), max_size=5)

jurisdictions = st.sampled_from(["unknown", "de", "us", "us-ca", "gb"])
fact_values = {name: st.sampled_from(values) for name, values in FACT_SPACE.items()} | {"jurisdiction": jurisdictions}
facts = st.builds(Facts, **fact_values)

rubbish = st.none() | st.text(max_size=5) | st.integers(-1, 2) | st.floats() | st.binary(max_size=2) | st.just([])
"""What a broken log may hand over for a fact: nulls, misspelt words, numbers where booleans belong."""


@st.composite
def policy_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A policy with arbitrary, even unwise rules."""
    numbers = iter(range(10_000))
    rule = st.fixed_dictionaries({"when": _conditions(), "because": _reasons}).map(
        lambda parts: parts | {"id": f"rule-{next(numbers)}"}
    )
    return {
        "policy_id": "drawn",
        "version": draw(st.integers(1, 9)),
        "purpose": draw(purposes),
        "retain_days": draw(st.integers(1, 900)),
        "redaction_profile": "strict",
        "commercial": draw(st.booleans()),
        "notices": {"privacy": ["2", "3"]},
        "deny": draw(st.lists(rule, max_size=2)),
        "permit": draw(st.lists(rule, max_size=2)),
        "cases": [],
    }


_reasons = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)


def _conditions() -> st.SearchStrategy[dict[str, Any]]:
    some = {name: st.lists(values, min_size=1, max_size=3, unique=True) for name, values in fact_values.items()}
    names = st.lists(st.sampled_from(FACT_FIELDS), min_size=1, max_size=3, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: some[name] for name in chosen}))
