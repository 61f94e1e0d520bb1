"""Facts: a finite space, in which nothing unreadable ever allows more."""

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.agreement import TenantScope
from policies.consent import VALID, ConsentStatus, LegalBasis
from policies.facts import (
    AGE_BANDS,
    FACT_FIELDS,
    FACT_SPACE,
    IN_ORDER,
    Facts,
    Licence,
    ParticipantsPermit,
    categories_covered,
    consent_at_collection,
    licence_of,
    notice_accepted,
    region_allowed,
    who_expressed,
    youngest,
)
from tests.strategies import facts, rubbish

LEAST = {
    "data_subject_known": False,
    "consent_at_use": ConsentStatus.UNKNOWN,
    "consent_at_collection": "unknown",
    "legal_basis": "none",
    "notice": "unknown",
    "expressed_by": "nobody",
    "categories_covered": False,
    "jurisdiction": "unknown",
    "age_band": "unknown",
    "tenant_scope": TenantScope.UNKNOWN,
    "purpose_in_agreement": False,
    "region_allowed": False,
    "pool": "shared",
    "participants": ParticipantsPermit.NOT_ALL,
    "licence": Licence.UNKNOWN,
    "retention_exceeded": True,
}


@pytest.mark.parametrize("field", FACT_FIELDS)
@pytest.mark.parametrize("value", [None, "", "Adult", "USA", 1, 0, object()], ids=lambda value: repr(value)[:7])
def test_a_fact_that_cannot_be_read_is_the_one_that_permits_least(field, value):
    assert getattr(replace(IN_ORDER, **{field: value}), field) == LEAST[field]


@given(st.fixed_dictionaries(dict.fromkeys(FACT_FIELDS, rubbish)))
def test_every_tuple_lies_in_the_space_whatever_it_is_made_of(values):
    document = Facts(**values).document()
    assert all(document[name] in space for name, space in FACT_SPACE.items())


@given(facts)
def test_facts_survive_their_document(fact):
    assert Facts(**fact.document()) == fact
    assert list(fact.document()) == list(FACT_FIELDS)
    assert {type(value) for value in fact.document().values()} == {str, bool}


def test_facts_read_from_columns_are_words_of_the_model():
    read = Facts(**IN_ORDER.document())
    assert isinstance(read.consent_at_use, ConsentStatus)
    assert read.tenant_scope is TenantScope.SHARED
    assert read.licence is Licence.COMMERCIAL
    assert replace(IN_ORDER, jurisdiction="US-CA").jurisdiction == "us-ca"


def test_facts_do_not_change_once_stated():
    with pytest.raises(FrozenInstanceError):
        IN_ORDER.age_band = "13-15"


def test_the_space_names_every_fact_and_every_word():
    assert {*FACT_SPACE, "jurisdiction"} == set(FACT_FIELDS)
    assert set(FACT_SPACE["consent_at_use"]) == set(ConsentStatus)
    assert set(FACT_SPACE["consent_at_collection"]) == {*ConsentStatus, "retroactive"}
    assert set(FACT_SPACE["legal_basis"]) == {*LegalBasis, "none"}
    assert set(FACT_SPACE["age_band"]) == set(AGE_BANDS)


@pytest.mark.parametrize(
    ("spdx", "licence"),
    [
        ("MIT", Licence.COMMERCIAL),
        ("CC-BY-4.0", Licence.COMMERCIAL),
        ("LicenseRef-Proprietary", Licence.COMMERCIAL),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", Licence.COMMERCIAL),
        ("(MIT OR Apache-2.0) AND BSD-3-Clause", Licence.COMMERCIAL),
        ("NCSA", Licence.COMMERCIAL),
        ("CC-BY-NC-4.0", Licence.NON_COMMERCIAL),
        ("cc-by-nc-sa-4.0", Licence.NON_COMMERCIAL),
        ("CC-BY-NC", Licence.NON_COMMERCIAL),
        ("MIT OR CC-BY-NC-ND-3.0", Licence.NON_COMMERCIAL),
        ("PolyForm-Noncommercial-1.0.0", Licence.NON_COMMERCIAL),
        ("LicenseRef-Non-Commercial", Licence.NON_COMMERCIAL),
        ("NCGL-UK-2.0", Licence.NON_COMMERCIAL),
        ("CC-BY-NC-4.0 AND NOASSERTION", Licence.NON_COMMERCIAL),
        ("", Licence.UNKNOWN),
        ("  ", Licence.UNKNOWN),
        ("unknown", Licence.UNKNOWN),
        ("Unknown", Licence.UNKNOWN),
        ("NOASSERTION", Licence.UNKNOWN),
        ("NONE", Licence.UNKNOWN),
        ("MIT OR NOASSERTION", Licence.UNKNOWN),
        ("MIT OR", Licence.UNKNOWN),
        ("MIT Apache-2.0", Licence.UNKNOWN),
        ("OR", Licence.UNKNOWN),
        ("all rights reserved", Licence.UNKNOWN),
        ("see LICENSE.md!", Licence.UNKNOWN),
    ],
)
def test_what_a_licence_says_about_commercial_use(spdx, licence):
    assert licence_of(spdx) is licence


@given(st.text(max_size=30))
def test_every_text_has_a_licence_and_nothing_but_an_expression_is_commercial(text):
    if licence_of(text) is Licence.COMMERCIAL:
        assert text.isascii()
        assert text.strip(" ()")


@pytest.mark.parametrize(
    ("first", "second", "band"),
    [
        ("adult", "16-17", "16-17"),
        ("under-13", "16-17", "under-13"),
        ("unknown", "13-15", "13-15"),
        ("unknown", "adult", "adult"),
        ("unknown", "unknown", "unknown"),
        ("grown-up", "adult", "adult"),
        ("grown-up", "unknown", "unknown"),
    ],
)
def test_the_youngest_age_that_anybody_states_counts(first, second, band):
    assert youngest(first, second) == youngest(second, first) == band


@pytest.mark.parametrize(
    ("at_collection", "at_use", "retroactive", "fact"),
    [
        ("given", "given", False, "given"),
        ("given", "given", True, "given"),
        ("unknown", "given", True, "retroactive"),
        ("refused", "renewed", True, "retroactive"),
        ("unknown", "given", False, "unknown"),
        ("unknown", "withdrawn", True, "unknown"),
    ],
    ids=[
        "valid at both",
        "nothing to make good",
        "a grant that reaches back",
        "a grant that reaches back over a refusal",
        "a grant for the future only",
        "a grant since withdrawn",
    ],
)
def test_consent_at_collection(at_collection, at_use, retroactive, fact):
    assert consent_at_collection(ConsentStatus(at_collection), ConsentStatus(at_use), retroactive) == fact


@given(st.sampled_from(ConsentStatus), st.sampled_from(ConsentStatus), st.booleans())
def test_only_a_grant_in_force_reaches_back(at_collection, at_use, retroactive):
    fact = consent_at_collection(at_collection, at_use, retroactive)
    assert fact != "retroactive" or (at_use in VALID and retroactive)
    assert fact in FACT_SPACE["consent_at_collection"]


@pytest.mark.parametrize(
    ("granted", "declared", "covered"),
    [
        ((), ("user.content",), True),
        ((), (), True),
        (("user.content",), ("user.content",), True),
        (("user",), ("user.content", "user.device"), True),
        (("user.content",), ("user.content", "user.device"), False),
        (("user.content",), ("user",), False),
        (("user.con",), ("user.content",), False),
        (("user.content",), (), False),
        ((), None, False),
    ],
    ids=[
        "no limit",
        "no limit and nothing declared",
        "the category itself",
        "a category above",
        "one of two",
        "a category below",
        "a key that merely begins alike",
        "a limit, and a source that declares nothing",
        "a source that is not declared",
    ],
)
def test_data_categories(granted, declared, covered):
    assert categories_covered(granted, declared) is covered


@pytest.mark.parametrize(
    ("notice_id", "version", "listed", "fact"),
    [
        ("privacy", "3", {"privacy": ("2", "3")}, "accepted"),
        ("privacy", "1", {"privacy": ("2", "3")}, "outdated"),
        ("privacy", "", {"privacy": ("2", "3")}, "outdated"),
        ("terms", "3", {"privacy": ("2", "3")}, "outdated"),
        ("", "3", {"privacy": ("2", "3")}, "unknown"),
        ("privacy", "3", {}, "unknown"),
    ],
    ids=["listed", "an older one", "no version", "another notice", "no notice", "a policy that lists none"],
)
def test_the_notice_a_statement_answers(notice_id, version, listed, fact):
    assert notice_accepted(notice_id, version, listed) == fact


@pytest.mark.parametrize(
    ("said_by", "fact"),
    [("data-subject", "data-subject"), ("guardian", "guardian"), ("employer", "other"), ("", "other")],
)
def test_who_made_a_statement(said_by, fact):
    assert who_expressed(said_by) == fact


@pytest.mark.parametrize(
    ("named", "region", "allowed"),
    [
        ((), "eu", True),
        ((), None, True),
        (("eu",), "eu", True),
        (("eu",), "eu-west", True),
        (("eu-west",), "eu", False),
        (("eu",), "europe", False),
        (("us", "eu"), "eu", True),
        (("us",), "eu", False),
        (("eu",), None, False),
    ],
    ids=[
        "no limit",
        "no limit, and nobody says where",
        "the region itself",
        "a place within it",
        "a place above it",
        "a name that merely begins alike",
        "one of two",
        "elsewhere",
        "a limit, and nobody says where",
    ],
)
def test_where_records_may_be_kept(named, region, allowed):
    assert region_allowed(named, region) is allowed
