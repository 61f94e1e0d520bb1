"""Officers: who they are, what they may do, and whose their keys are."""

import shutil
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lineage.dsse import TrustedKey
from lineage.home import Home
from lineage.home_settings import HomeSettings, HomeSettingsError
from lineage.keys.files import VaultError
from lineage.keys.officer_key import PASSPHRASE_VARIABLE, OfficerKey, new_officer_key
from lineage.officers import Duty, OfficersError
from lineage.warehouse import Warehouse
from policies.errors import InputError, UsageError
from tests.commands import lineweight
from tests.lineage.officer_homes import DUTIES, OfficerHome

# ── who they are ────────────────────────────────────────────────────────────────────────────────────────────


def test_each_officer_has_the_duties_that_the_settings_give_them(officer_home: OfficerHome):
    officers = officer_home.home.officers
    maria, jonas = officer_home.key("maria").key_id, officer_home.key("jonas").key_id
    assert officers.name_of(maria) == "maria"
    assert officers.names(Duty.APPROVE_RELEASES) == ("jonas", "maria")
    assert {key.key_id for key in officers.holders(Duty.APPROVE_RELEASES)} == {maria, jonas}
    assert officers.has_duty(maria, Duty.AUTHOR_POLICIES)
    assert not officers.has_duty(maria, Duty.APPROVE_POLICIES)
    assert officers.name_of("00" * 32) is None


def test_a_home_that_names_nobody_has_no_officers(tmp_path: Path):
    assert not Home.at(str(tmp_path)).officers


def test_a_reader_trusts_the_deployment_and_its_officers_unless_told_whom(officer_home: OfficerHome):
    home = officer_home.home
    own = TrustedKey.from_pem(home.vault().public_key_pem)
    everybody = {own.key_id, *(officer_home.key(name).key_id for name in DUTIES)}
    assert {key.key_id for key in home.trusted()} == everybody
    assert home.trusted([officer_home.root / "keys/signing.pub"]) == (own,)


def test_releases_are_the_officers_where_there_are_any_and_else_the_deployments(officer_home: OfficerHome):
    signing = {officer_home.key(name).key_id for name in ("maria", "jonas")}
    assert {key.key_id for key in officer_home.home.releasers()} == signing
    officer_home.name({"anna": DUTIES["anna"]})
    assert officer_home.home.releasers() == ()
    (officer_home.root / "lineweight.yaml").unlink()
    (own,) = officer_home.home.releasers()
    assert own.key_id == officer_home.home.vault().key_id


# ── settings that name nobody who could act ─────────────────────────────────────────────────────────────────


def test_every_fault_of_the_settings_is_told_at_once(officer_home: OfficerHome):
    (officer_home.root / "lineweight.yaml").write_text(
        "officers:\n"
        "  maria: {key: a.pub, may: [approve-everything]}\n"
        "  jonas: {key: a.pub, may: []}\n"
        "  Anna: {key: a.pub, may: [approve-releases]}\n"
        "  paul: {key: a.pub, may: [approve-releases, approve-releases]}\n"
        "  rosa: {may: [approve-releases], title: boss}\n"
    )
    with pytest.raises(HomeSettingsError) as refused:
        _ = officer_home.home
    named = ("maria.may", "jonas.may", "Anna", "paul.may", "rosa.key", "rosa.title")
    assert all(any(f"officers.{place}" in fault for fault in refused.value.faults) for place in named)


def test_every_key_that_cannot_be_an_officers_is_told_at_once(officer_home: OfficerHome):
    people = officer_home.people
    (people / "maria.pub").unlink()
    (people / "jonas.pub").write_bytes(b"no key")
    shutil.copy(officer_home.root / "keys/signing.pub", people / "anna.pub")
    with pytest.raises(OfficersError) as refused:
        _ = officer_home.home.officers
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        "officers.jonas.key",
        "officers.maria.key",
        "officers.anna.key",
    ]
    assert "deployment's own key" in refused.value.faults[-1]


def test_one_key_under_two_names_is_refused(officer_home: OfficerHome):
    shutil.copy(officer_home.people / "maria.pub", officer_home.people / "jonas.pub")
    with pytest.raises(OfficersError, match="jonas and maria have the same key"):
        _ = officer_home.home.officers


def test_a_home_elsewhere_names_whole_paths_of_keys():
    elsewhere = Warehouse("mock://elsewhere")
    elsewhere.write("lineweight.yaml", b"officers:\n  maria: {key: maria.pub, may: [approve-releases]}\n")
    with pytest.raises(HomeSettingsError, match=r"officers\.maria\.key: write a whole path"):
        HomeSettings.of(elsewhere)


def test_officers_are_not_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from pipelines.settings import Settings

    monkeypatch.setenv("LINEWEIGHT_OFFICERS", "{}")
    with pytest.raises(UsageError, match="environment"):
        Settings.load(str(tmp_path))


def test_the_deployment_knows_the_officers_and_the_region_of_its_home(officer_home: OfficerHome):
    from pipelines.deployment import Deployment
    from pipelines.settings import Settings

    settings = officer_home.root / "lineweight.yaml"
    settings.write_text(settings.read_text() + "region: eu\n")
    deployment = Deployment(Settings.load(str(officer_home.root)))
    assert deployment.settings.region == "eu"
    assert deployment.home.officers == officer_home.home.officers


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_private_key_is_its_owners_alone(tmp_path: Path):
    private, public = new_officer_key("maria", tmp_path / "maria")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    signature = OfficerKey.open(private).sign(b"said")
    assert TrustedKey.from_pem(public.read_bytes()).verifies(signature, b"said")
    private.chmod(0o640)
    with pytest.raises(VaultError, match="others than its owner"):
        OfficerKey.open(private)


def test_a_key_is_never_replaced(tmp_path: Path):
    private, public = new_officer_key("maria", tmp_path)
    before = private.read_bytes(), public.read_bytes()
    with pytest.raises(UsageError, match="already"):
        new_officer_key("maria", tmp_path)
    assert (private.read_bytes(), public.read_bytes()) == before
    private.unlink()
    with pytest.raises(UsageError, match=r"maria\.pub: is there already"):
        new_officer_key("maria", tmp_path)
    assert not private.exists()


def test_a_key_with_a_passphrase_opens_with_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "correct horse")
    private, _ = new_officer_key("maria", tmp_path)
    assert b"ENCRYPTED" in private.read_bytes()
    assert OfficerKey.open(private).key_id
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "battery staple")
    with pytest.raises(InputError, match="passphrase is another"):
        OfficerKey.open(private)
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    with pytest.raises(InputError, match="needs its passphrase"):
        OfficerKey.open(private)


def test_a_passphrase_for_a_key_without_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    private, _ = new_officer_key("maria", tmp_path)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "correct horse")
    with pytest.raises(InputError, match="has no passphrase"):
        OfficerKey.open(private)


@pytest.mark.parametrize("content", ["nothing", "another curve", "a public key"])
def test_what_is_no_private_key_is_refused(tmp_path: Path, content: str):
    private, public = new_officer_key("maria", tmp_path)
    curve = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    private.write_bytes({"nothing": b"", "another curve": curve, "a public key": public.read_bytes()}[content])
    with pytest.raises(InputError):
        OfficerKey.open(private)


# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_lines_that_a_new_officer_gets_make_them_one(tmp_path: Path):
    ran = lineweight("officer", "new", "maria", "--out", tmp_path / "maria", "--may", "approve-releases", "--json")
    home = tmp_path / "home"
    home.mkdir()
    (home / "lineweight.yaml").write_text(ran.document["settings"] + "\n")
    listed = lineweight("officer", "list", "--home", home, "--json").document["officers"]
    assert [(one["officer"], one["may"]) for one in listed] == [("maria", ["approve-releases"])]
    assert lineweight("officer", "list", "--home", home).out.count("maria") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("maria", "--out", "people", "--may", "rule"), "there is no duty rule"),
        (("../maria", "--out", "people"), "no officer's name"),
        (("maria", "--out", "home/people", "--home", "home"), "lies in the home"),
    ],
    ids=["unknown duty", "path as a name", "inside the home"],
)
def test_what_makes_no_officer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
):
    monkeypatch.chdir(tmp_path)
    ran = lineweight("officer", "new", *words)
    assert ran.code == UsageError.exit_code
    assert said in ran.err
    assert list(tmp_path.rglob("*.key")) == []


def test_a_home_without_officers_says_what_that_means(tmp_path: Path):
    assert "the deployment's own key releases" in lineweight("officer", "list", "--home", tmp_path).out
