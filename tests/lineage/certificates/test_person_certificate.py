"""What a data subject passport says, and when it is a certificate of non-inclusion."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from lineage.certificates.page import written
from lineage.certificates.person_page import answer, title
from lineage.proving.proofs import opens
from tests.lineage.certificates.worlds import ACCOUNT, BATCH, NOW, Certifying
from tests.lineage.traced_world import HEARD_AT, WITHDRAWN_AT


def test_a_passport_says_what_was_collected_and_what_of_it_stands(issuing: Certifying):
    collected = issuing.person().document["collected"]

    (file,) = collected["files"]
    assert collected["controllers"] == [ACCOUNT["controller"]]
    assert (file["source"], file["batch"], file["categories"]) == ("web", BATCH, ["user.content"])
    assert (file["raw"]["wrote"], file["kept"]["wrote"]) == (3, 2)
    assert (file["raw"]["from"], file["raw"]["until"]) == ("2026-05-01T12:00:00.000000Z", "2026-05-01T12:04:00.000000Z")
    assert file["raw_until"] == ACCOUNT["expires_at"]


def test_records_of_others_in_which_a_person_takes_part_are_counted_apart(issuing: Certifying):
    document = issuing.person("user 1").document

    (snapshot,) = document["snapshots"]
    assert (snapshot["wrote"], snapshot["takes_part"]) == (2, 1)
    assert document["collected"]["files"][0]["raw"]["takes_part"] == 1
    assert "and 1 record of others in which you take part" in answer(document)


def test_both_clocks_of_every_statement_are_on_the_page(issuing: Certifying):
    page = written(issuing.person()).decode().replace("\u00a0", " ")

    assert WITHDRAWN_AT.date().isoformat() == "2026-05-20"
    assert HEARD_AT.date().isoformat() == "2026-06-03"
    assert "20 May 2026, 00:00 UTC" in page
    assert "3 June 2026, 00:00 UTC" in page


def test_what_was_used_although_they_had_said_no_stands_at_the_head(issuing: Certifying):
    certificate = issuing.person()

    (news,) = certificate.document["used_meanwhile"]
    head = written(certificate).decode().partition("<section")[0]
    assert (news["state"], news["snapshots"], news["records"]) == ("withdrawn", ["demo@v1"], 3)
    assert "Used although you had said no." in head
    assert "in the snapshot demo@v1, decided before it was known" in head


def test_a_model_that_read_records_is_named_with_its_first_and_last_step(issuing: Certifying):
    (model,) = issuing.person().document["models"]

    assert (model["model"], model["records"], model["first_step"], model["last_step"]) == ("little", 3, 0, 1)


def test_of_whom_no_snapshot_holds_anything_the_certificate_says_so_in_its_title(issuing: Certifying):
    certificate = issuing.person("nobody at all")

    (snapshot,) = certificate.document["snapshots"]
    (entry,) = snapshot["entries"]
    assert title(certificate.document) == "Certificate of non-inclusion: none of 1 snapshot"
    assert snapshot["wrote"] == 0
    assert entry["commitment"] not in [one["commitment"] for one in entry["neighbours"]]
    assert any("wrote no record of demo@v1" in sentence for sentence in issuing.check(certificate).checks)


def test_only_who_takes_part_in_records_of_others_gets_no_certificate_of_non_inclusion(issuing: Certifying):
    certificate = issuing.reissued(
        issuing.person("nobody at all"), lambda said, _: said["snapshots"][0].update(takes_part=1)
    )

    assert title(certificate.document) == "Data subject passport"


def test_a_person_can_recompute_that_the_commitment_is_theirs(issuing: Certifying):
    document = issuing.person().document

    (opening,) = document["openings"]
    commitment, salt = bytes.fromhex(opening["commitment"]), bytes.fromhex(opening["salt"])
    assert opens(commitment, salt, "acme", document["data_subject_id"])


def test_the_same_evidence_at_the_same_instant_gives_the_same_bytes(issuing: Certifying):
    assert written(issuing.person()) == written(issuing.person())


def test_the_product_s_own_id_is_nowhere_in_the_file(issuing: Certifying):
    for certificate in (issuing.person("user 0"), issuing.person("nobody at all")):
        assert b"user 0" not in written(certificate)
        assert b"nobody at all" not in written(certificate)
    assert issuing.person("user 0").document == issuing.person(issuing.vault.data_subject_id("acme", "user 0")).document


def test_nothing_anybody_wrote_is_in_the_file(issuing: Certifying):
    assert b"Please add page" not in written(issuing.person())


def test_the_contact_is_the_deployer_s_or_else_who_is_responsible_for_the_sources(issuing: Certifying):
    assert b"Acme &lt;Widgets&gt; GmbH" in written(issuing.person())
    assert b"privacy@acme.example" in written(issuing.person(contact="privacy@acme.example"))


def test_without_statements_no_customer_is_named_and_the_roots_are_said_to_be_the_issuer_s_word(issuing: Certifying):
    certificate = issuing.person(statements=False)

    checked = issuing.check(certificate)
    assert not [name for name in certificate.pieces if name.startswith("statement/")]
    assert any("demo@v1 is not enclosed" in sentence for sentence in checked.not_checked)


class TestOfASaltThatWasDestroyed:
    """Nothing can be shown any more, and the certificate says since when."""

    @pytest.fixture
    def erased(self, issuing: Certifying, tmp_path: Path) -> Certifying:
        made = issuing.copied(tmp_path)
        person = made.vault.data_subject_id("acme", "user 0")
        made.vault.destroy_salts("acme", [person], NOW - timedelta(days=1))
        return made

    def test_the_certificate_says_when_and_that_nothing_can_be_shown(self, erased: Certifying):
        certificate = erased.person()

        page = written(certificate).decode().replace("\u00a0", " ")
        assert "nothing can be shown any more" in title(certificate.document)
        assert "On 30 June 2026, 00:00 UTC the salt of" in page
        assert certificate.document["openings"] == []

    def test_it_holds_and_names_every_snapshot_of_which_nothing_is_proved(self, erased: Certifying):
        checked = erased.check(erased.person())

        assert "Proof: of demo@v1 nothing can be shown, because the salts are destroyed." in checked.not_checked

    def test_of_everybody_else_everything_is_shown_as_before(self, erased: Certifying):
        assert any("wrote 2 records" in sentence for sentence in erased.check(erased.person("user 1")).checks)


def test_raw_records_that_were_removed_are_said_to_be(issuing: Certifying, tmp_path: Path):
    made = issuing.copied(tmp_path)
    for name in ("acme.parquet", "acme.people.parquet"):
        made.home.warehouse.delete_file(f"landing/web/{BATCH}/{name}")

    (file,) = made.person().document["collected"]["files"]
    assert (file["raw"], file["kept"]["wrote"]) == (None, 2)
    assert made.person("nobody at all").document["collected"]["no_longer_known"] == 1


def test_evidence_that_does_not_verify_is_said_to_be_missing(issuing: Certifying, tmp_path: Path):
    made = issuing.copied(tmp_path)
    place = made.home.warehouse.local_path("snapshots/demo/v1/leaves/000-acme.parquet")
    place.write_bytes(place.read_bytes()[:-1])

    certificate = made.person()
    assert [one["directory"] for one in certificate.document["unverified"]] == ["snapshots/demo/v1"]
    assert b"This answer may be incomplete" in written(certificate)


def test_the_document_inside_is_the_one_for_machines(issuing: Certifying):
    certificate = issuing.person()

    text = written(certificate).decode().partition('id="document">')[2].partition("</script>")[0]
    assert json.loads(text) == certificate.document
