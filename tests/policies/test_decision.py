"""The decision: total over the whole space, denying by default, and always with the first reason."""

import itertools
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.agreement import TenantScope
from policies.consent import VALID, ConsentStatus
from policies.decision import Decision, Effect, Reason, decide
from policies.document import DOCUMENTS, Policy, load_policies
from policies.facts import FACT_FIELDS, FACT_SPACE, IN_ORDER, RETROACTIVE, Facts, Licence, ParticipantsPermit
from tests.strategies import facts, policy_documents, rubbish

(TRAINING,) = load_policies(DOCUMENTS)
policies = policy_documents().map(Policy.model_validate)

EVERYTHING = {"retention_exceeded": [True, False]}


def policy(**parts: object) -> Policy:
    return Policy.model_validate(TRAINING.document() | {"cases": []} | parts)


def rule(name: str, **when: object) -> dict[str, object]:
    return {"id": name, "when": when, "because": "The test says so."}


LAX = policy(deny=[], permit=[rule("anything", **EVERYTHING)])
"""The most careless author there can be: a rule that permits whatever it is asked."""

WARY = policy(
    notices={"privacy": ["3"]},
    deny=[*TRAINING.document()["deny"], rule("not-told", notice=["unknown", "outdated"])],
    permit=[rule("consented", legal_basis=["consent"], expressed_by=["data-subject", "guardian"])],
)
"""A policy that asks every fact something."""

SPACE = FACT_SPACE | {"jurisdiction": ("unknown", "de", "us", "us-ca")}
ASKED_FIRST = (
    "data_subject_known",
    "tenant_scope",
    "purpose_in_agreement",
    "region_allowed",
    "pool",
    "participants",
    "licence",
    "retention_exceeded",
)
ASKED_BY_RULES_ALONE = ("notice", "expressed_by")
ASKED_LAST = tuple(name for name in FACT_FIELDS if name not in ASKED_FIRST + ASKED_BY_RULES_ALONE)


def every(names: tuple[str, ...]) -> list[Facts]:
    """Every combination of some facts, the others in order."""
    combinations = itertools.product(*(SPACE[name] for name in names))
    return [replace(IN_ORDER, **dict(zip(names, values, strict=True))) for values in combinations]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, Reason.PERMITTED),
        ({"consent_at_use": "renewed"}, Reason.PERMITTED),
        ({"consent_at_collection": "retroactive"}, Reason.PERMITTED),
        ({"tenant_scope": "tenant-only"}, Reason.PERMITTED),
        ({"pool": "shared"}, Reason.PERMITTED),
        ({"participants": "all-permit"}, Reason.PERMITTED),
        ({"data_subject_known": False}, Reason.DATA_SUBJECT_UNKNOWN),
        ({"tenant_scope": "unknown"}, Reason.TENANT_UNKNOWN),
        ({"tenant_scope": "none"}, Reason.TENANT_SCOPE_NONE),
        ({"pool": "shared", "tenant_scope": "tenant-only"}, Reason.TENANT_NOT_SHARED),
        ({"purpose_in_agreement": False}, Reason.PURPOSE_NOT_IN_AGREEMENT),
        ({"region_allowed": False}, Reason.REGION_NOT_ALLOWED),
        ({"retention_exceeded": True}, Reason.RETENTION_EXCEEDED),
        ({"participants": "not-all-permit"}, Reason.PARTICIPANT_NOT_PERMITTED),
        ({"licence": "non-commercial"}, Reason.LICENCE_NON_COMMERCIAL),
        ({"licence": "unknown"}, Reason.LICENCE_UNKNOWN),
        ({"age_band": "under-13"}, "minors"),
        ({"age_band": "13-15"}, "minors"),
        ({"age_band": "16-17"}, "minors"),
        ({"age_band": "unknown"}, "age-unknown"),
        ({"jurisdiction": "unknown"}, "jurisdiction-unknown"),
        ({"categories_covered": False}, Reason.CATEGORIES_NOT_COVERED),
        ({"consent_at_use": "unknown"}, Reason.CONSENT_UNKNOWN),
        ({"consent_at_use": "requested"}, Reason.CONSENT_REQUESTED),
        ({"consent_at_use": "deferred"}, Reason.CONSENT_DEFERRED),
        ({"consent_at_use": "refused"}, Reason.CONSENT_REFUSED),
        ({"consent_at_use": "withdrawn"}, Reason.CONSENT_WITHDRAWN),
        ({"consent_at_use": "revoked"}, Reason.CONSENT_REVOKED),
        ({"consent_at_use": "expired"}, Reason.CONSENT_EXPIRED),
        ({"consent_at_use": "invalidated"}, Reason.CONSENT_INVALIDATED),
        ({"consent_at_use": "terminated"}, Reason.CONSENT_TERMINATED),
        ({"consent_at_collection": "unknown"}, Reason.CONSENT_NOT_VALID_AT_COLLECTION),
        ({"consent_at_collection": "withdrawn"}, Reason.CONSENT_NOT_VALID_AT_COLLECTION),
        ({"legal_basis": "legitimate-interest"}, Reason.NO_PERMIT_RULE),
        ({"legal_basis": "none", "consent_at_use": "unknown"}, Reason.CONSENT_UNKNOWN),
        ({"data_subject_known": False, "age_band": "13-15"}, Reason.DATA_SUBJECT_UNKNOWN),
        ({"consent_at_use": "withdrawn", "age_band": "13-15"}, "minors"),
        ({"consent_at_use": "withdrawn", "categories_covered": False}, Reason.CONSENT_WITHDRAWN),
        ({"retention_exceeded": True, "consent_at_use": "withdrawn"}, Reason.RETENTION_EXCEEDED),
    ],
    ids=lambda value: " ".join(map(str, value.values())) or "all in order" if isinstance(value, dict) else "",
)
def test_model_training_decides_with_its_reason(changed, reason):
    decision = decide(TRAINING, replace(IN_ORDER, **changed))
    assert decision.reason == reason
    assert (decision.effect is Effect.PERMIT) == (reason is Reason.PERMITTED)


def test_every_reason_is_given_by_some_record():
    given = {decide(LAX, fact).reason for fact in every(ASKED_FIRST)}
    given |= {decide(policy(deny=[], permit=[]), fact).reason for fact in every(ASKED_LAST)}
    assert given == set(Reason)


def test_deny_wins_over_permit_and_the_first_rule_is_the_reason():
    both = policy(
        deny=[rule("adults", age_band=["adult"]), rule("germans", jurisdiction=["de"])],
        permit=[rule("anything", **EVERYTHING)],
    )
    assert decide(both, IN_ORDER) == Decision(Effect.DENY, "adults", "adults")
    assert decide(both, replace(IN_ORDER, age_band="16-17")) == Decision(Effect.DENY, "germans", "germans")
    assert decide(both, replace(IN_ORDER, age_band="16-17", jurisdiction="fr")).rule == "anything"


def test_a_rule_applies_only_where_all_its_facts_hold():
    narrow = policy(deny=[], permit=[rule("narrow", age_band=["adult"], jurisdiction=["de", "fr"])])
    assert decide(narrow, IN_ORDER).effect is Effect.PERMIT
    assert decide(narrow, replace(IN_ORDER, jurisdiction="gb")).reason == Reason.NO_PERMIT_RULE
    assert decide(narrow, replace(IN_ORDER, age_band="16-17")).reason == Reason.NO_PERMIT_RULE


@pytest.mark.parametrize(
    ("named", "place", "denied"),
    [
        ("us", "us", True),
        ("us", "us-ca", True),
        ("us-ca", "us", False),
        ("us-ca", "us-ny", False),
        ("unknown", "unknown", True),
        ("unknown", "us", False),
        ("de", "unknown", False),
    ],
)
def test_a_country_stands_for_its_subdivisions(named, place, denied):
    there = policy(deny=[rule("there", jurisdiction=[named])], permit=[rule("anything", **EVERYTHING)])
    decision = decide(there, replace(IN_ORDER, jurisdiction=place))
    assert (decision.rule == "there") is denied


def test_a_non_commercial_policy_takes_non_commercial_sources_but_no_unknown_ones():
    research = policy(commercial=False)
    assert decide(research, replace(IN_ORDER, licence=Licence.NON_COMMERCIAL)).effect is Effect.PERMIT
    assert decide(research, replace(IN_ORDER, licence=Licence.UNKNOWN)).reason == Reason.LICENCE_UNKNOWN


def test_a_policy_may_rest_on_another_basis_where_the_person_did_not_refuse():
    basis = {"legal_basis": ["legitimate-interest"]}
    interest = policy(deny=[], permit=[rule("service-improvement", **basis)])
    silent = replace(
        IN_ORDER, legal_basis="legitimate-interest", consent_at_use="unknown", consent_at_collection="unknown"
    )
    assert decide(interest, silent).effect is Effect.PERMIT
    assert decide(interest, replace(silent, consent_at_use="withdrawn")).reason == Reason.CONSENT_WITHDRAWN
    assert decide(interest, replace(silent, categories_covered=False)).reason == Reason.CATEGORIES_NOT_COVERED


def test_a_policy_that_says_nothing_permits_nothing():
    silent = policy(deny=[], permit=[])
    assert all(decide(silent, fact).effect is Effect.DENY for fact in every(ASKED_FIRST) + every(ASKED_LAST))


def test_no_author_can_permit_what_is_never_permitted():
    for fact in every(ASKED_FIRST):
        permitted = decide(LAX, fact).effect is Effect.PERMIT
        shares = fact.tenant_scope is TenantScope.SHARED
        assert permitted == (
            fact.data_subject_known
            and (shares or (fact.tenant_scope is TenantScope.TENANT_ONLY and fact.pool == "tenant"))
            and fact.purpose_in_agreement
            and fact.region_allowed
            and not fact.retention_exceeded
            and fact.participants is not ParticipantsPermit.NOT_ALL
            and fact.licence is Licence.COMMERCIAL
        )


def test_no_author_can_permit_against_a_persons_word():
    unanswered = {ConsentStatus.UNKNOWN, ConsentStatus.REQUESTED, ConsentStatus.DEFERRED}
    for fact in every(ASKED_LAST):
        valid_twice = fact.consent_at_use in VALID and fact.consent_at_collection in {*VALID, RETROACTIVE}
        refused = fact.consent_at_use not in VALID | unanswered
        allowed = fact.categories_covered and not refused and (valid_twice or fact.legal_basis != "consent")
        assert (decide(LAX, fact).effect is Effect.PERMIT) == allowed


def test_notice_and_speaker_decide_nothing_that_no_rule_asks_of_them():
    for fact in every((*ASKED_BY_RULES_ALONE, "consent_at_use")):
        told = replace(fact, notice="accepted", expressed_by="data-subject")
        assert decide(TRAINING, fact) == decide(TRAINING, told)


def test_model_training_permits_exactly_consenting_adults_from_somewhere():
    for fact in every(ASKED_LAST):
        assert (decide(TRAINING, fact).effect is Effect.PERMIT) == (
            fact.consent_at_use in VALID
            and fact.consent_at_collection in {*VALID, RETROACTIVE}
            and fact.legal_basis == "consent"
            and fact.categories_covered
            and fact.jurisdiction != "unknown"
            and fact.age_band == "adult"
        )


@given(policies, facts)
def test_every_record_gets_one_decision_under_every_policy(drawn, fact):
    decision = decide(drawn, fact)
    assert decision == decide(drawn, Facts(**fact.document()))
    known = {*Reason} | {one.id for one in drawn.deny}
    assert decision.reason in known
    assert (decision.effect is Effect.PERMIT) == (decision.reason == Reason.PERMITTED)
    assert (decision.rule in {one.id for one in drawn.permit}) == (decision.effect is Effect.PERMIT)


@given(policies, facts)
def test_one_more_deny_rule_never_permits_more(drawn, fact):
    stricter = drawn.model_copy(update={"deny": (*drawn.deny, *drawn.permit[:1])})
    if decide(stricter, fact).effect is Effect.PERMIT:
        assert decide(drawn, fact).effect is Effect.PERMIT


@given(st.sampled_from(FACT_FIELDS), rubbish, facts)
def test_a_fact_that_cannot_be_read_never_permits(field, value, fact):
    if value not in SPACE[field]:
        assert decide(WARY, replace(fact, **{field: value})).effect is Effect.DENY


def test_a_decision_is_written_in_plain_words_and_does_not_change():
    decision = decide(TRAINING, replace(IN_ORDER, consent_at_use="withdrawn"))
    assert decision.document() == {"effect": "deny", "reason": "consent-withdrawn", "rule": None}
    assert {type(value) for value in decide(TRAINING, IN_ORDER).document().values()} == {str}
    with pytest.raises(FrozenInstanceError):
        decision.effect = Effect.PERMIT
