"""What a customer is told, and that nobody else's name is among it."""

import base64
import json
from pathlib import Path

import pytest

from lineage.certificates.certificate import Certificate
from lineage.certificates.page import written
from lineage.certificates.tenant import UnknownTenantError
from tests.lineage.certificates.worlds import Certifying


def told(certificate: Certificate) -> str:
    """Everything that can be read in a file, inside its envelopes too."""
    payloads = [base64.b64decode(one["payload"]).decode() for one in certificate.pieces.values() if "payload" in one]
    return written(certificate).decode() + "".join(payloads)


def test_a_customer_is_told_what_lies_where_and_what_was_made_of_it(issuing: Certifying):
    document = issuing.tenant().document

    (snapshot,) = document["snapshots"]
    (model,) = document["models"]
    assert document["agreement"]["scope"] == "shared"
    assert document["landed"] == [{"source": "web", "files": 1, "records": 5, "raw_files": 1}]
    assert document["governed"] == [{"source": "web", "kept": 3, "denied": 2, "quarantined": 0}]
    assert (snapshot["records"], snapshot["people"], snapshot["others"]) == (5, 2, 1)
    assert [one["verdict"] for one in snapshot["releases"]] == ["approved"]
    assert (model["records"], model["of_records"]) == (5, 10)


def test_other_customers_are_counted_and_never_named(issuing: Certifying):
    certificate = issuing.tenant()

    assert "beside 1 other customer" in told(certificate)
    assert "globex" not in told(certificate)


def test_the_root_of_a_customer_s_records_is_shown_to_be_under_that_of_the_snapshot(issuing: Certifying):
    checked = issuing.check(issuing.tenant())

    assert any("The customer's root in demo@v1 is that of 1 shard" in sentence for sentence in checked.checks)
    assert any("statement: that of demo@v1 is not enclosed" in sentence.lower() for sentence in checked.not_checked)


def test_an_auditor_who_has_the_statement_holds_it_against_the_page(issuing: Certifying):
    statement = issuing.home.warehouse.read("snapshots/demo/v1/statement.dsse.json")

    checked = issuing.check(issuing.tenant(), statements=[statement])
    assert any(
        "under the root of the snapshot that its signed statement says" in sentence for sentence in checked.checks
    )


def test_where_it_is_asked_for_statement_and_manifest_are_enclosed_and_prove_the_counts(issuing: Certifying):
    certificate = issuing.tenant(statements=True)

    assert "globex" in told(certificate)
    assert "5 records of demo@v1 are the customer's, by its manifest." in issuing.check(certificate).checks


def test_of_a_customer_nobody_ever_heard_of_there_is_no_certificate(issuing: Certifying):
    with pytest.raises(UnknownTenantError, match="nothing is known here"):
        issuing.tenant("initech")


def test_a_customer_without_anything_in_a_snapshot_is_told_so(issuing: Certifying, tmp_path: Path):
    made = issuing.copied(tmp_path)
    made.home.warehouse.delete_tree("snapshots")
    made.home.warehouse.delete_tree("models")

    page = written(made.tenant()).decode()
    assert "No snapshot kept here holds a record of yours" in page
    assert "there is no root to show" in page
    assert "No statement and no proof" in page
    assert any("no other holds records" in sentence for sentence in made.check(made.tenant()).not_checked)


def test_the_same_evidence_gives_the_same_bytes(issuing: Certifying):
    assert written(issuing.tenant()) == written(issuing.tenant())


def test_the_document_names_no_person(issuing: Certifying):
    assert "ds_" not in json.dumps(issuing.tenant().document)
