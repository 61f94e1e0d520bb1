"""A certificate is refused where the page, the document, a statement or a proof is not what it should be."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lineage.certificates.certificate import Certificate, CertificateRefusedError, Document, Enclosed, certified
from lineage.certificates.checking import check_certificate
from lineage.certificates.page import written
from lineage.dsse import Refusal, SignatureRefusedError, TrustedKey
from lineage.keys.vault import Vault
from lineage.proving.files import EntryFile, ProofRefusedError
from lineage.proving.finding import people_in
from lineage.proving.proofs import prove_person
from lineage.snapshot import Snapshot
from policies.errors import LineweightError
from tests.lineage.certificates.worlds import Certifying, copied

Change = Callable[[Document, dict[str, Any]], Any]


@pytest.fixture(scope="module")
def person(issuing: Certifying) -> Certificate:
    return issuing.person()


@pytest.fixture(scope="module")
def tenant(issuing: Certifying) -> Certificate:
    return issuing.tenant(statements=True)


@pytest.fixture(scope="module")
def model(issuing: Certifying) -> Certificate:
    return issuing.model()


def test_the_file_and_the_public_key_are_enough(person: Certificate, issuing: Certifying, tmp_path: Path):
    key = TrustedKey.from_pem((issuing.home.keys_directory / "signing.pub").read_bytes())

    checked = check_certificate(written(person), [key])
    assert checked.signed_by == (key.key_id,)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("3 records of yours", "0 records of yours"),
        ("Consent was withdrawn", "Consent was given"),
        ("<h1>Data subject passport</h1>", "<h1>Certificate of non-inclusion</h1>"),
        ("</main>", "<p>All is well.</p></main>"),
        ("</main>", "<script>alert(1)</script></main>"),
        ('<html lang="en">', '<html lang="en" hidden>'),
        ("default-src &#x27;none&#x27;", "default-src *"),
        (".alert {", ".alert { display: none;"),
    ],
    ids=["a figure", "a word", "the title", "a line added", "a script added", "hidden", "other rules", "a style"],
)
def test_a_page_that_shows_something_else_than_was_signed_is_refused(person, issuing, was, becomes):
    page = written(person).decode()
    assert was in page

    with pytest.raises(CertificateRefusedError, match=r"The page is not the one that was signed\. Line [0-9]+ shows"):
        check_certificate(page.replace(was, becomes, 1).encode(), issuing.home.trusted())


def test_the_difference_is_named_with_what_is_shown_and_what_was_signed(person: Certificate, issuing: Certifying):
    changed = written(person).decode().replace("3 records of yours", "1 record of yours", 1)

    with pytest.raises(CertificateRefusedError) as refused:
        check_certificate(changed.encode(), issuing.home.trusted())
    assert "shows “1 record of yours" in str(refused.value)
    assert "signed is “3 records of yours" in str(refused.value)


def test_a_document_that_was_changed_is_refused_whatever_the_page_shows(person: Certificate, issuing: Certifying):
    document = copied(person.document)
    document["snapshots"][0]["wrote"] = 0

    with pytest.raises(CertificateRefusedError, match="not the one that was signed"):
        issuing.check(Certificate(document, person.envelope, person.pieces))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda pieces: pieces.pop("statement/demo@v1"), "named by the document, and not enclosed"),
        (lambda pieces: pieces.update({"statement/other@v1": {}}), "enclosed, and not named by the document"),
        (lambda pieces: pieces["data-subject/demo@v1"].update(count=1), "is not the piece that the document names"),
    ],
    ids=["removed", "added", "changed"],
)
def test_a_piece_that_is_not_the_one_named_is_refused(person: Certificate, issuing: Certifying, change, fault):
    pieces = copied(dict(person.pieces))
    change(pieces)

    with pytest.raises(CertificateRefusedError, match=fault):
        issuing.check(Certificate(person.document, person.envelope, pieces))


def test_a_certificate_that_no_trusted_key_signed_is_refused(person: Certificate, tmp_path: Path):
    stranger = TrustedKey.from_pem(Vault.open(tmp_path / "keys").public_key_pem)

    with pytest.raises(SignatureRefusedError) as refused:
        check_certificate(written(person), [stranger])
    assert refused.value.reason is Refusal.UNKNOWN_KEY


def test_without_a_key_nothing_is_checked(person: Certificate):
    with pytest.raises(SignatureRefusedError):
        check_certificate(written(person), [])


def test_a_statement_that_only_a_stranger_signed_is_refused(issuing: Certifying, tmp_path: Path):
    certificate = issuing.person()
    other = Vault.open(tmp_path / "keys")
    document = copied(certificate.document) | {
        "issuer": {"key_id": other.key_id, "demonstration": False, "rotations": []}
    }
    del document["evidence"]
    signed = certified(document, Enclosed(copied(dict(certificate.pieces))), other)
    with pytest.raises(SignatureRefusedError):
        check_certificate(written(signed), [TrustedKey.from_pem(other.public_key_pem)])


def _at(place: str, value: Any) -> Change:
    """A change of the document at a place such as ``snapshots.0.wrote``."""

    def change(document: Document, _: dict[str, Any]) -> None:
        *path, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
        found: Any = document
        for part in path:
            found = found[part]
        found[last] = value

    return change


OTHER = "ab" * 32


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_at("openings.0.salt", OTHER), "is not made with the salt"),
        (_at("data_subject_id", "ds_" + "0" * 32), "An id of the person has no commitment"),
        (_at("also_known_as", ["ds_" + "0" * 32]), "An id of the person has no commitment"),
        (_at("openings", []), "An id of the person has no commitment"),
        (_at("tenant", "globex"), "is not made with the salt"),
        (_at("snapshots.0.wrote", 2), "other records are counted than are proved"),
        (_at("snapshots.0.grounds", []), "the grounds do not add up"),
        (_at("snapshots.0.entries.0.neighbours.0.index", 9), "other entries are shown than are proved"),
        (_at("snapshots.0.data_subjects.count", 7), "says something else of data_subjects"),
        (_at("snapshots.0.decided_for", "2026-07-01T00:00:00.000000Z"), "says something else of decided_for"),
        (_at("snapshots.0.policy.version", 9), "says something else of policy"),
        (_at("snapshots.0.snapshot", "demo@v2"), "says something else of snapshot"),
        (_at("snapshots.0.manifest", OTHER), "has another manifest than stated"),
        (_at("snapshots.0.statement", OTHER), "is not the statement that the document names"),
        (_at("snapshots.0.signed_by", [OTHER]), "is not signed by whom the document says"),
        (_at("snapshots.0.proof", None), "there is no proof of it"),
        (_at("snapshots.0.log.index", 3), "shows another entry"),
        (_at("snapshots.0.log", None), "log/demo@v1: is enclosed, and proves nothing"),
        (_at("consents.0.event.state", "renewed"), "its receipt is another one"),
        (_at("consents.0.receipt", OTHER), "its receipt is another one"),
        (_at("consent_now.0.permits", True), "what is allowed now does not follow"),
        (_at("consents", []), "what is allowed now does not follow"),
        (_at("issuer.key_id", OTHER), "names another issuer"),
        (_at("issuer.rotations", ["rotation/1"]), "is not enclosed"),
        (_at("snapshots.0.wrote", "three"), "is none of a certificate"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_person_s_proofs_do_not_show_is_refused_though_it_is_signed(person, issuing: Certifying, change, fault):
    with pytest.raises(LineweightError, match=fault):
        issuing.check(issuing.reissued(person, change))


def test_the_proof_of_somebody_else_is_refused(person: Certificate, issuing: Certifying):
    other = issuing.person("user 1")

    def change(document: Document, pieces: dict[str, Any]) -> None:
        pieces["data-subject/demo@v1"] = other.pieces["data-subject/demo@v1"]

    with pytest.raises(CertificateRefusedError, match="its proof is about somebody else"):
        issuing.check(issuing.reissued(person, change))


def test_who_wrote_records_cannot_be_certified_not_to_have(person: Certificate, issuing: Certifying):
    """The people on both sides of theirs are in the tree, and do not stand next to each other."""
    snapshot = Snapshot.open(issuing.home.warehouse, "snapshots/demo/v1", issuing.home.trusted())
    people = people_in(snapshot)
    everybody = [prove_person(people, one) for one in people["data_subject_commitment"].to_pylist()]
    entries = [EntryFile.of(one).neighbours[0].model_dump(mode="json") for one in everybody]

    def change(document: Document, pieces: dict[str, Any]) -> None:
        (entry,) = pieces["data-subject/demo@v1"]["entries"]
        own = entry["neighbours"][0]["index"]
        entry["neighbours"] = [one for one in entries if abs(one["index"] - own) == 1]
        document["snapshots"][0]["wrote"] = 0

    with pytest.raises(ProofRefusedError, match="does not show what it says"):
        issuing.check(issuing.reissued(person, change))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_at("agreement.scope", "none"), "does not follow from those that are listed"),
        (_at("agreement", None), "does not follow from those that are listed"),
        (_at("agreements.0.event.retention_days", 1), "its digest is another one"),
        (_at("tenant", "globex"), "was agreed with another customer"),
        (_at("snapshots.0.tenant_root", OTHER), "about another snapshot, or other roots"),
        (_at("snapshots.0.others", 0), "other customers are counted than are stated"),
        (_at("snapshots.0.records", 4), "other records are counted than its manifest names"),
        (_at("snapshots.0.pool", "tenant"), "another pool, or another lease"),
        (_at("snapshots.0.root", OTHER), "says something else of root"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_customer_s_proofs_do_not_show_is_refused_though_it_is_signed(tenant, issuing, change, fault):
    with pytest.raises(LineweightError, match=fault):
        issuing.check(issuing.reissued(tenant, change))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda proof: proof.update(tenant_root=OTHER), "about another snapshot, or other roots"),
        (lambda proof: proof["shards"][0].update(root=OTHER), "does not lead to the snapshot's root"),
        (lambda proof: proof["shards"][0].update(index=1), "does not lead to the snapshot's root"),
        (lambda proof: proof["shards"].append(proof["shards"][0]), "names a shard twice"),
        (lambda proof: proof.update(more=1), "no proof of a customer's part"),
    ],
    ids=["another root", "another shard", "another place", "a shard twice", "a field too many"],
)
def test_a_changed_proof_of_a_customer_s_part_is_refused(tenant, issuing: Certifying, change, fault):
    def changed(_: Document, pieces: dict[str, Any]) -> None:
        change(pieces["tenant/demo@v1"])

    with pytest.raises(LineweightError, match=fault):
        issuing.check(issuing.reissued(tenant, changed))


def test_the_root_of_a_customer_must_be_the_one_stated_even_where_the_shards_are_another_s(issuing: Certifying, tenant):
    other = issuing.tenant("globex", statements=True)

    def change(document: Document, pieces: dict[str, Any]) -> None:
        pieces["tenant/demo@v1"] = copied(other.pieces["tenant/demo@v1"])
        document["snapshots"][0]["tenant_root"] = other.document["snapshots"][0]["tenant_root"]

    with pytest.raises(CertificateRefusedError, match="its signed statement says another root"):
        issuing.check(issuing.reissued(tenant, change))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_at("weights", {"model.safetensors": OTHER}), "names other weights"),
        (_at("run", "run-2"), "says something else of run"),
        (_at("consumption_root", OTHER), "says something else of consumption_root"),
        (_at("descends_from", []), "says something else of descends_from"),
        (_at("trained_on.root", OTHER), "says something else of trained_on.root"),
        (_at("trained_on.rows", 1), "says something else of rows"),
        (_at("ticket.approver", "maria"), "The release ticket says something else"),
        (_at("ticket.digest", OTHER), "says something else of ticket.digest"),
        (_at("signed_by", [OTHER]), "is not signed by whom the document says"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_model_s_statements_do_not_say_is_refused_though_it_is_signed(model, issuing, change, fault):
    with pytest.raises(LineweightError, match=fault):
        issuing.check(issuing.reissued(model, change))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "does not hold one document"),
        (b"\xff\xfe", "cannot be read"),
        (b'<script type="application/json" id="document">{</script>', "cannot be read"),
        (b'<script type="application/json" id="document">{}</script>' * 2, "does not hold one document"),
        (
            b'<script type="application/json" id="document">{"format":"lineweight.certificate/v9"}</script>'
            b'<script type="application/json" id="certificate">{}</script>',
            "not of the form lineweight.certificate/v1",
        ),
    ],
    ids=["empty", "no text", "no JSON", "two documents", "another version"],
)
def test_what_is_no_certificate_is_refused(issuing: Certifying, data, fault):
    with pytest.raises(CertificateRefusedError, match=fault):
        check_certificate(data, issuing.home.trusted())


@pytest.mark.parametrize("name", ["kind", "at"])
def test_the_signature_is_over_kind_and_instant_too(person: Certificate, issuing: Certifying, name: str):
    envelope = copied(person.envelope)
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["predicate"][name] == person.document[name]
