"""Figures: what is stated of a snapshot and a model, and that everybody finds the same."""

from pathlib import Path

import pytest

from lineage.exports.content import read_content
from lineage.exports.counting import together
from lineage.exports.figure import FigureError, Figures
from lineage.exports.figures import OF_PEOPLE, model_figures
from lineage.exports.opening import open_snapshot, open_trained
from lineage.keys.vault import Vault
from lineage.ledger.store import Ledger
from lineage.models import NotVerifiedError
from lineage.statement import TrustedKey
from policies.errors import UsageError
from tests.lineage.exports.answers import Answers
from tests.lineage.exports.world import DisclosedWorld


@pytest.fixture(scope="module")
def answers(disclosed_once: DisclosedWorld) -> Answers:
    return Answers(disclosed_once.root)


@pytest.fixture(scope="module")
def figures(disclosed_once: DisclosedWorld) -> Figures:
    return disclosed_once.model_figures()


def test_every_figure_is_found_again_by_its_own_query(figures: Figures, answers: Answers):
    assert [figure.name for figure in figures if not figure.known] == []

    found = {figure.name: answers.ask(figure.query) for figure in figures}
    assert found == {figure.name: figure.value for figure in figures}


def test_so_is_what_is_counted_together(disclosed_once: DisclosedWorld, answers: Answers):
    figures = disclosed_once.model_figures(fewest=3)
    named = [f"{read}by_{fact}" for read in ("", "read_") for fact in OF_PEOPLE]

    assert {name: answers.ask(figures[name].query) for name in named} == {name: figures[name].value for name in named}


def test_a_model_has_all_figures_of_its_snapshot(disclosed_once: DisclosedWorld, figures: Figures):
    assert [figure for figure in disclosed_once.snapshot_figures() if figures[figure.name] != figure] == []


def test_every_figure_says_what_it_means_and_how_it_is_found(figures: Figures):
    for figure in figures:
        assert figure.means, figure.name
        assert figure.query.place or figure.query.sql, figure.name
        assert figure.query.command.startswith("lineweight ") or not figure.query.place, figure.name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("records", 10),
        ("people", 4),
        ("tenants", 2),
        ("by_source", {"web": 10}),
        ("by_jurisdiction", {"de": 5, "us-ca": 5}),
        ("by_age_band", {"adult": 10}),
        ("by_legal_basis", {"consent": 10}),
        ("by_consent_at_use", {"given": 10}),
        ("denied_by_reason", {"consent-unknown": 2}),
        ("quarantined", 1),
        ("consents", 4),
        ("files", 1),
        ("landed_first", "2026-01-01"),
        ("recorded_on", "2026-06-01"),
        ("first_spoken_on", "2026-05-01"),
        ("by_outcome", {"good": 10}),
        ("by_source_licence", {"LicenseRef-Proprietary": 10}),
        ("revoked", 1),
        ("canaries_found", 71),
        ("records_read", 10),
        ("readings", 19),
        ("tokens", 120),
        ("tokens_read", 228),
        ("people_read", 4),
        ("skipped", {"too-long": 1}),
        ("base_model", "model:tiny"),
        (
            "grounds",
            [{"legal_basis": "consent", "state": "given", "notice": "privacy 3", "records": 10, "people": 4}],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_figure(figures: Figures, name: str, value: object):
    assert figures[name].value == value


def test_where_few_people_are_and_how_old_is_counted_together(disclosed_once: DisclosedWorld):
    figures = disclosed_once.snapshot_figures(fewest=3)

    assert figures["by_jurisdiction"].value == {together(3): 10}
    assert figures["by_age_band"].value == {"adult": 10}
    assert figures["by_legal_basis"].value == {"consent": 10}


def test_without_keys_what_the_records_say_is_not_known(disclosed_once: DisclosedWorld):
    figures = disclosed_once.snapshot_figures(keys=False)

    unknown = {figure.name: figure.unknown for figure in figures if not figure.known}
    assert set(unknown) == {
        "first_spoken_on",
        "last_spoken_on",
        "by_source_licence",
        "by_outcome",
        "answered_by_named_model",
        "answering_models",
    }
    assert set(unknown.values()) == {"the records are encrypted, and there are no keys here"}
    assert all(figure.value is None for figure in figures if not figure.known)


def test_with_the_keys_of_somebody_else_neither(disclosed_once: DisclosedWorld, tmp_path: Path):
    opened = open_snapshot(disclosed_once.root / "snapshots/demo/v1", disclosed_once.warehouse, disclosed_once.trusted)

    content = read_content(opened.snapshot, Vault.open(tmp_path / "keys"))

    assert content.unreadable == "the records are encrypted, and keys of a customer are not here"


def test_what_the_ledger_does_not_hold_is_not_known(disclosed_once: DisclosedWorld, tmp_path: Path):
    opened = open_trained(disclosed_once.root / "models/little/run-1", disclosed_once.warehouse, disclosed_once.trusted)
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'empty.db'}")

    figures = model_figures(opened, ledger, read_content(opened.snapshot.snapshot, None))

    assert figures["landed_first"].unknown == "1 of 1 delivered files are not in this ledger"
    assert figures["recorded_on"].unknown == "the ledger at hand has no entry of this snapshot"
    assert [one["legal_basis"] for one in figures["grounds"].value] == ["receipt not in this ledger"]


def test_nothing_is_read_from_evidence_that_was_changed(disclosed: DisclosedWorld):
    path = disclosed.root / "snapshots/demo/v1/decisions.json"
    path.write_bytes(path.read_bytes().replace(b"us-ca", b"us-ny"))

    with pytest.raises(NotVerifiedError, match=r"decisions\.json: its bytes are not the ones that were signed"):
        disclosed.snapshot_figures()
    with pytest.raises(NotVerifiedError):
        disclosed.model_figures()


def test_nothing_is_read_from_weights_that_were_changed(disclosed: DisclosedWorld):
    path = disclosed.root / "models/little/run-1/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")

    with pytest.raises(NotVerifiedError, match="weights"):
        disclosed.model_figures()


def test_nothing_is_read_that_no_trusted_key_signed(disclosed_once: DisclosedWorld, tmp_path: Path):
    stranger = TrustedKey.from_pem(Vault.open(tmp_path / "keys").public_key_pem)

    with pytest.raises(NotVerifiedError, match="signature"):
        open_snapshot(disclosed_once.root / "snapshots/demo/v1", disclosed_once.warehouse, [stranger])
    with pytest.raises(NotVerifiedError, match="signature"):
        open_snapshot(disclosed_once.root / "snapshots/demo/v1", disclosed_once.warehouse, [])


def test_a_snapshot_is_no_model_and_a_model_no_snapshot(disclosed_once: DisclosedWorld):
    with pytest.raises(UsageError, match="This is no model"):
        open_trained(disclosed_once.root / "snapshots/demo/v1", disclosed_once.warehouse, disclosed_once.trusted)
    with pytest.raises(UsageError, match="This is no snapshot"):
        open_snapshot(disclosed_once.root / "models/little/run-1", disclosed_once.warehouse, disclosed_once.trusted)


def test_a_figure_that_nobody_computes_is_asked_for_in_vain(disclosed_once: DisclosedWorld):
    with pytest.raises(FigureError, match="There is no figure profit"):
        disclosed_once.snapshot_figures()["profit"]
