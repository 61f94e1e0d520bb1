"""Settings: the environment before the file, the file before what is built in, and nothing else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.settings import POLICIES, Settings
from policies.strict_yaml import DocumentError


@pytest.fixture(autouse=True)
def _a_bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LINEWEIGHT_{name.upper()}", raising=False)


def home_that_says(home: Path, text: str) -> str:
    (home / "lineweight.yaml").write_text(text, encoding="utf-8")
    return str(home)


def test_a_home_without_a_file_has_what_is_built_in(tmp_path: Path):
    settings = Settings.load(str(tmp_path))
    assert (settings.home, settings.workers, settings.runner) == (str(tmp_path), 1, "FnApiRunner")
    assert settings.sources_directory == tmp_path / "sources"
    assert settings.requests_directory == tmp_path / "requests"
    assert settings.policies == POLICIES
    assert settings.as_of is None


def test_the_file_of_a_home_is_heard(tmp_path: Path):
    settings = Settings.load(home_that_says(tmp_path, "workers: 3\nas_of: 2026-06-01T00:00:00Z\n"))
    assert settings.workers == 3
    assert settings.as_of == datetime(2026, 6, 1, tzinfo=UTC)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LINEWEIGHT_WORKERS", "2")
    settings = Settings.load(home_that_says(tmp_path, "workers: 3\nlanding_days: 9\n"))
    assert (settings.workers, settings.landing_days) == (2, 9)


def test_the_home_asked_for_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LINEWEIGHT_HOME", str(tmp_path / "elsewhere"))
    assert Settings.load(str(tmp_path)).home == str(tmp_path)
    assert Settings.load().home == str(tmp_path / "elsewhere")


def test_paths_in_the_file_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path.parent)
    settings = Settings.load(home_that_says(tmp_path, "sources: demo/sources\nkeys: /vault\n"))
    assert settings.sources_directory == tmp_path / "demo" / "sources"
    assert settings.keys == Path("/vault")


def test_redaction_profiles_of_ones_own_lie_in_the_home_or_where_its_file_says(tmp_path: Path):
    assert Settings.load(str(tmp_path)).profiles_directory == tmp_path / "redaction_profiles"
    said = Settings.load(home_that_says(tmp_path, "redaction_profiles: shared/profiles\n"))
    assert said.profiles_directory == tmp_path / "shared" / "profiles"


def test_a_home_that_is_elsewhere_has_profiles_of_its_own_only_where_it_names_them():
    elsewhere = "s3://bucket/home?region=eu-west-1"
    assert Settings(home=elsewhere).profiles_directory is None
    assert Settings(home=elsewhere, redaction_profiles=Path("/own")).profiles_directory == Path("/own")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("worker: 3\n", ["lineweight.yaml: worker: Extra inputs are not permitted"]),
        ("workers: 0\nlanding_dayz: 3\n", ["lineweight.yaml: workers: ", "lineweight.yaml: landing_dayz: "]),
        ("seed: 7\n", ["lineweight.yaml: seed: Extra inputs are not permitted"]),
        ("as_of: 2026-06-01T00:00:00\n", ["lineweight.yaml: as_of: "]),
        ("workers: 1\nworkers: 2\n", ["lineweight.yaml: workers: repeated"]),
    ],
    ids=["misspelt", "two faults at once", "a seed does not belong in a file", "no zone", "said twice"],
)
def test_what_is_no_setting_is_refused_by_its_path(tmp_path: Path, text: str, faults: list[str]):
    with pytest.raises(DocumentError) as refused:
        Settings.load(home_that_says(tmp_path, text))
    assert len(refused.value.faults) == len(faults)
    for found, expected in zip(refused.value.faults, faults, strict=True):
        assert found.startswith(expected)


def test_settings_do_not_change_under_way(tmp_path: Path):
    with pytest.raises(ValidationError, match="frozen"):
        Settings.load(str(tmp_path)).workers = 5
