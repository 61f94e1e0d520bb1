"""Single cases of deciding, so that no property holds for want of permits."""

import pytest

from lineage.canonical import digest_of
from pipelines.facts import DECISION_SCHEMA, decide_records
from tests.pipelines.fact_worlds import TRAINING, Question
from tests.pipelines.one_record import BEN, CLOCKS, agreed, asked, day, for_all, given_by, late, same


@pytest.mark.parametrize(
    ("consents", "more", "reason"),
    [
        ([given_by()], {}, "permitted"),
        ([], {}, "consent-unknown"),
        ([given_by(tenant="globex")], {}, "consent-unknown"),
        ([given_by(BEN)], {}, "consent-unknown"),
        ([given_by(), late()], {}, "consent-withdrawn"),
        ([given_by(), late(recorded_at=day(101))], {}, "permitted"),
        ([given_by(), late(at=101, recorded_at=day(0))], {}, "permitted"),
        ([given_by(), late(at=100)], {}, "consent-withdrawn"),
        ([given_by(expires_at=day(100))], {}, "consent-expired"),
        ([given_by(expires_at=day(100, 1))], {}, "permitted"),
        ([given_by(effective_at=day(10, 1))], {}, "consent-not-valid-at-collection"),
        ([given_by(effective_at=day(10))], {}, "permitted"),
        ([given_by(effective_at=day(60), retroactive=True)], {}, "permitted"),
        ([given_by(data_categories=["user.contact"])], {}, "categories-not-covered"),
        ([given_by()], {"source": "undeclared"}, "categories-not-covered"),
        ([given_by(data_categories=["user.content"])], {"source": "undeclared"}, "categories-not-covered"),
        ([given_by(age_band="13-15")], {}, "minors"),
        ([given_by(age_band="adult")], {"age_band": "unknown"}, "permitted"),
        ([given_by(jurisdiction="fr")], {"jurisdiction": "unknown"}, "permitted"),
        ([given_by()], {"jurisdiction": "unknown"}, "jurisdiction-unknown"),
        ([given_by()], {"data_subject_id": None}, "data-subject-unknown"),
        ([given_by()], {"participants": [BEN]}, "participant-not-permitted"),
        ([given_by()], {"participants": [None]}, "participant-not-permitted"),
        ([given_by(), given_by(BEN)], {"participants": [BEN]}, "participant-not-permitted"),
        (
            [given_by(), given_by(BEN, age_band="adult", jurisdiction="de")],
            {"participants": [BEN]},
            "permitted",
        ),
        ([given_by()], {"source_licence": "CC-BY-NC-4.0"}, "licence-non-commercial"),
        ([given_by()], {"agreements": []}, "tenant-unknown"),
        ([given_by()], {"agreements": [agreed(scope="none")]}, "tenant-scope-none"),
        ([given_by()], {"agreements": [agreed(scope="tenant-only")], "pool": "shared"}, "tenant-not-shared"),
        ([given_by()], {"agreements": [agreed(purposes=["train_ai_system.evaluation"])]}, "purpose-not-in-agreement"),
        ([given_by()], {"agreements": [agreed(retention_days=89)]}, "retention-exceeded"),
        ([given_by()], {"agreements": [agreed(retention_days=90)]}, "permitted"),
        ([given_by(legal_basis="contract")], {}, "no-permit-rule"),
        ([given_by(), for_all(50)], {}, "consent-withdrawn"),
        ([for_all(50)], {}, "consent-withdrawn"),
        ([given_by(), for_all(50, tenant="globex")], {}, "permitted"),
        ([given_by(), for_all(50), late("given", 60)], {}, "permitted"),
        ([given_by(), for_all(50, recorded_at=day(101))], {}, "permitted"),
        ([given_by(BEN)], {"links": [same()]}, "permitted"),
        ([given_by(), late(data_subject_id=BEN)], {"links": [same()]}, "consent-withdrawn"),
        ([given_by(), late(data_subject_id=BEN)], {"links": [same(recorded_at=day(101))]}, "permitted"),
        ([given_by(), late(data_subject_id=BEN)], {"links": [same(), same(linked=False)]}, "permitted"),
        ([given_by(), late(data_subject_id=BEN)], {"links": [same(tenant="globex")]}, "permitted"),
        ([given_by()], {"region": "eu", "agreements": [agreed(regions=["eu"])]}, "permitted"),
        ([given_by()], {"region": "us", "agreements": [agreed(regions=["eu"])]}, "region-not-allowed"),
        ([given_by()], {"agreements": [agreed(regions=["eu"])]}, "region-not-allowed"),
        ([given_by()], {"tenant": "initech"}, "tenant-unknown"),
        ([given_by()], {"tenant": None}, "tenant-unknown"),
        ([given_by()], {"participants": None}, "participant-not-permitted"),
        ([given_by()], {"occurred_at": None}, "retention-exceeded"),
        ([given_by()], {"source_licence": None}, "licence-unknown"),
        ([given_by(age_band="unknown")], {"age_band": None}, "age-unknown"),
        ([given_by(jurisdiction="fr")], {"jurisdiction": None}, "jurisdiction-unknown"),
    ],
    ids=[
        "consented", "never asked", "of another tenant", "another person", "withdrawn", "withdrawal not heard yet",
        "withdrawal not in force yet", "withdrawn at this very instant", "expired at this very instant",
        "expires a microsecond later", "said a microsecond before consenting", "said in the instant of consenting",
        "consent that reaches back", "other categories", "undeclared and unlimited", "undeclared and limited",
        "a minor by consent", "an adult by consent alone", "a place by consent alone", "no place",
        "nobody", "a silent participant", "a nameless participant", "a participant of unknown age",
        "a participant who consented", "research only", "no agreement", "agreement says none", "not to be shared",
        "another purpose", "kept too long", "kept for just as long", "another legal basis",
        "withdrawn for everyone", "never asked, and withdrawn for everyone", "withdrawn for everyone elsewhere",
        "consented since all were withdrawn", "withdrawal for everyone not heard yet", "consented by another id",
        "withdrawn by another id", "another id, not known yet", "another id that is not theirs",
        "another id, of another tenant", "kept where it may be", "kept elsewhere", "kept nobody knows where",
        "an unheard-of tenant", "no tenant", "participants not listed", "at no time", "no licence", "no age",
        "no place, not even unknown",
    ],
)  # fmt: skip
def test_one_record_is_decided_with_its_reason(consents, more, reason):
    assert asked(consents, **more)[0] == reason


def test_the_receipt_is_of_the_consent_in_force_and_of_nothing_else():
    renewed = late(state="renewed")
    assert asked([given_by(), renewed])[1].hex() == digest_of(renewed.document())
    assert asked([given_by(legal_basis="contract")])[1] == bytes(32)
    assert asked([])[1] == bytes(32)


def test_nothing_to_decide_is_decided_too():
    question = Question([], TRAINING, "tenant", CLOCKS, [given_by()], [agreed()])
    answer = decide_records(question.keys, question.known, TRAINING, "tenant", CLOCKS)
    assert answer.rows.num_rows == 0
    assert answer.rows.schema.equals(DECISION_SCHEMA)
    assert answer.decisions == ()
