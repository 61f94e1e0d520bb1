"""Deciding on a release: who signs, and what a ticket says where nobody says otherwise."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lineage.home import Home
from lineage.manifest import SnapshotManifest, parse_manifest
from lineage.release import NotReleasedError, release_standing
from lineage.releasing import Allowed, NotAnOfficerError, approve_release, refuse_release
from lineage.snapshot import SnapshotError
from lineage.snapshot_request import SnapshotRequest
from policies.errors import UsageError
from tests.commands import Ran, lineweight
from tests.lineage.harm import DIRECTORY
from tests.lineage.officer_homes import OfficerHome
from tests.lineage.small_snapshot import REQUEST, SmallWorld

AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def place(world: SmallWorld) -> Home:
    """The home of a deployment without officers, with demo@v1."""
    world.publish()
    return Home.at(str(world.root))


@pytest.fixture
def officers(world: SmallWorld, tmp_path: Path) -> OfficerHome:
    """The same with officers: maria and jonas may release, anna may not."""
    world.publish()
    named = OfficerHome(tmp_path / "officers")
    shutil.rmtree(named.root)
    shutil.copytree(world.root, named.root)
    named.name({"maria": ("approve-releases",), "jonas": ("approve-releases",), "anna": ("author-policies",)})
    return named


def requested(world: SmallWorld, **recipe: Any) -> None:
    asked = SnapshotRequest.model_validate(REQUEST.document() | {"recipe": recipe})
    world.publish(request=world.attach(DIRECTORY, "asked.json", asked.to_bytes()))


def test_a_deployment_without_officers_signs_for_itself(place: Home):
    ticket = approve_release(place, "demo", AT)
    terms = ticket.terms
    assert (terms.snapshot, terms.approver, ticket.key_ids) == ("demo@v1", "deployment", (place.vault().key_id,))
    assert (terms.may_train, terms.base_models, terms.max_epochs) == (("*",), ("*",), 3)
    assert terms.expires_at == AT + timedelta(days=90)


def test_what_was_requested_is_what_is_allowed_unless_the_approver_says_otherwise(place: Home, world: SmallWorld):
    requested(world, base="llama", epochs=5)
    terms = approve_release(place, "demo", AT).terms
    assert (terms.base_models, terms.max_epochs) == (("llama",), 5)
    narrowed = approve_release(place, "demo", AT, allowed=Allowed(base_models=("tiny",), max_epochs=1)).terms
    assert (narrowed.base_models, narrowed.max_epochs) == (("tiny",), 1)


@pytest.mark.parametrize("epochs", [0, True, "5", 1.5], ids=str)
def test_a_requested_number_of_epochs_that_is_none_is_not_taken(place: Home, world: SmallWorld, epochs: Any):
    requested(world, epochs=epochs)
    assert approve_release(place, "demo", AT).terms.max_epochs == 3


def test_an_officer_signs_where_there_are_officers(officers: OfficerHome):
    home = officers.home
    ticket = approve_release(home, "demo@v1", AT, officers.key("maria"), officer="maria", because="read it")
    assert (ticket.terms.approver, ticket.terms.because) == ("maria", "read it")
    manifest = world_manifest(officers)
    assert release_standing(home.warehouse, manifest, home.releasers(), AT).digest == ticket.digest
    refuse_release(home, "demo", AT + timedelta(hours=1), officers.key("jonas"), because="somebody objected")
    with pytest.raises(NotReleasedError, match="jonas refused its release"):
        release_standing(home.warehouse, manifest, home.releasers(), AT + timedelta(hours=1))


def world_manifest(officers: OfficerHome) -> SnapshotManifest:
    return parse_manifest(officers.home.warehouse.read(f"{DIRECTORY}/manifest.json"))


@pytest.mark.parametrize(
    ("key", "officer", "said"),
    [
        (None, None, "An officer has to sign"),
        ("anna", None, "anna may not approve releases"),
        ("maria", "jonas", "The key is maria's, not jonas's"),
        ("vault", None, "is no officer's"),
    ],
)
def test_nobody_else_signs_where_there_are_officers(
    officers: OfficerHome, key: str | None, officer: str | None, said: str
):
    signer = officers.home.vault() if key == "vault" else officers.key(key) if key else None
    for decide in (approve_release, refuse_release):
        with pytest.raises(NotAnOfficerError, match=said):
            decide(officers.home, "demo", AT, signer, officer=officer, because="")
    assert officers.home.warehouse.files("releases") == []


def test_a_key_is_not_needed_where_nobody_is_an_officer(place: Home, officers: OfficerHome):
    for given in ({"key": officers.key("maria")}, {"officer": "maria"}):
        with pytest.raises(NotAnOfficerError, match="no officers"):
            approve_release(place, "demo", AT, **given)


def test_a_snapshot_that_does_not_verify_is_not_released(place: Home, world: SmallWorld):
    document = world.warehouse.read(f"{DIRECTORY}/manifest.json").replace(b'"seed":7', b'"seed":8')
    world.warehouse.write(f"{DIRECTORY}/manifest.json", document)
    with pytest.raises(SnapshotError):
        approve_release(place, "demo", AT)


@pytest.mark.parametrize("allowed", [{"days": 0}, {"max_epochs": 0}], ids=str)
def test_an_approval_of_nothing_is_none(allowed: dict[str, Any]):
    with pytest.raises(UsageError, match="at least 1"):
        Allowed(**allowed)


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────


def said(home: Path, *words: object) -> Ran:
    return lineweight("snapshot", *words, "--home", home)


def test_approving_and_refusing_from_the_command_line(officers: OfficerHome):
    key = ("--key", officers.people / "maria.key", "--as", "maria")
    limits = ("--for", "search", "--base", "tiny", "--max-epochs", 2, "--days", 7, "--because", "read it")
    told = said(officers.root, "approve", "demo", *key, *limits, "--json").document
    assert (told["verdict"], told["may_train"], told["base_models"]) == ("approved", ["search"], ["tiny"])
    assert (told["max_epochs"], told["approver"], told["because"]) == (2, "maria", "read it")
    refused = said(officers.root, "refuse", "demo@v1", *key, "--because", "somebody objected", "--json").document
    assert (refused["verdict"], refused["expires_at"], refused["max_epochs"]) == ("refused", None, 0)
    shown = said(officers.root, "refuse", "demo@v1", *key, "--because", "somebody objected").out
    assert "somebody objected" in shown
    assert "nobody else looked" not in shown


def test_a_deployment_alone_says_that_nobody_else_looked(place: Home):
    ran = said(Path(place.uri), "approve", "demo")
    assert ran.code == 0
    assert "nobody else looked" in ran.out


def test_what_is_not_released_is_told_with_who_may(officers: OfficerHome):
    ran = said(officers.root, "approve", "demo")
    assert ran.code == 1
    assert "jonas, maria" in ran.err
