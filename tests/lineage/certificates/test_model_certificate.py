"""What is said of a model, and that a model which does not verify gets no certificate."""

from pathlib import Path

import pytest

from lineage.certificates.page import written
from lineage.models import NotVerifiedError, open_model
from lineage.statement import sign_statement
from lineage.training_statement import stated_weights, training_statement
from lineage.verifying.verify import verify_path
from policies.errors import UsageError
from tests.lineage.certificates.worlds import NOW, Certifying


def test_weights_counts_grounds_and_what_stands_of_them_are_said(issuing: Certifying):
    document = issuing.model().document

    assert list(document["weights"]) == ["model.safetensors"]
    assert (document["records"], document["people"], document["tenants"]) == (10, 4, 2)
    assert [(one["legal_basis"], one["state"], one["records"]) for one in document["grounds"]] == [
        ("consent", "given", 10)
    ]
    assert [(one["status"], one["records"]) for one in document["consent_today"]] == [("given", 7), ("withdrawn", 3)]
    assert b"The consent behind 3 records of 1 person is not valid today." in written(issuing.model())


def test_everything_that_verify_looked_at_and_did_not_is_on_the_page(issuing: Certifying):
    certificate = issuing.model()

    document, page = certificate.document, written(certificate).decode()
    report = verify_path(issuing.home.warehouse.local_path("models/little/run-1"), issuing.home.trusted())
    links = [one["link"] for one in document["verified"]["checks"]]
    assert set(links) == {check.link for check in report.checks} | {"transparency log", "snapshot: transparency log"}
    assert all(sentence[:40] in page for sentence in document["verified"]["not_checked"])


def test_the_release_is_the_ticket_that_the_run_was_admitted_by(issuing: Certifying):
    ticket = issuing.model().document["ticket"]

    assert (ticket["verdict"], ticket["approver"], ticket["max_epochs"]) == ("approved", "deployment", 3)


def test_customers_are_counted_and_not_named_on_the_page(issuing: Certifying):
    page = written(issuing.model(statements=False)).decode()

    assert "2 customers" in page
    assert "globex" not in page


def test_a_model_trained_from_this_one_is_named(issuing: Certifying, tmp_path: Path):
    made, parent = issuing.copied(tmp_path), issuing.model().document
    opened = open_model(made.home.warehouse, "models/little/run-1", made.home.trusted()).opened
    predicate = opened.predicate
    for taken_in in predicate["buildDefinition"]["resolvedDependencies"]:
        if taken_in["name"] == "base-model":
            taken_in["digest"]["sha256"] = parent["weights"]["model.safetensors"]
    statement = training_statement(predicate, {"model.safetensors": "ab" * 32})
    made.home.warehouse.write("models/child/run-1/training.dsse.json", sign_statement(statement, [made.vault]))
    made.home.warehouse.write("models/stray/run-1/training.dsse.json", b"{}")

    document = made.model().document
    assert document["descendants"] == ["child/run-1"]
    assert [one["directory"] for one in document["unverified"]] == ["models/stray/run-1"]


def test_a_model_whose_weights_were_changed_gets_no_certificate(issuing: Certifying, tmp_path: Path):
    made = issuing.copied(tmp_path)
    weights = made.home.warehouse.local_path("models/little/run-1/model.safetensors")
    weights.write_bytes(weights.read_bytes() + b"\0")

    with pytest.raises(NotVerifiedError, match="weights"):
        made.model()


def test_what_is_no_model_of_the_home_is_refused(issuing: Certifying, tmp_path: Path):
    from lineage.certificates.model import ModelCertificate

    with pytest.raises(UsageError, match="is no model of this home"):
        ModelCertificate(issuing.home, issuing.home.trusted(), NOW).of(tmp_path)


def test_the_certificate_holds_and_names_what_rests_on_the_issuer_s_word(issuing: Certifying):
    checked = issuing.check(issuing.model())

    assert any("are those of its signed training statement" in sentence for sentence in checked.checks)
    assert any(sentence.startswith("Counts:") for sentence in checked.not_checked)
    assert stated_weights(checked.document["weights"]) == checked.document["weights"]
