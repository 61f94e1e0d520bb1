"""What a deployment may set: in the environment as ``LINEWEIGHT_*``, or in ``lineweight.yaml`` in its home.

The environment wins. Read in ``definitions.py`` and in the command line, nowhere else; everything below takes
what it is given.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from policies.strict_yaml import read_document

SETTINGS_FILE = "lineweight.yaml"
POLICIES = Path(__file__).resolve().parent.parent / "policies" / "documents"


class Settings(BaseSettings):
    """Where things are and how much of the machine to use.

    Attributes:
        home: Root of the warehouse: a path, or a URI that ``pyarrow.fs`` takes.
        database_url: The ledger; SQLite under ``home`` when not set.
        keys: Directory of the key vault, on this machine; ``<home>/keys`` when not set.
        sources: Directory of source declarations; ``<home>/sources`` when not set.
        requests: Directory of snapshot requests; ``<home>/requests`` when not set.
        policies: Directory of policy documents.
        redaction_profile: Name of the profile records are redacted with.
        seed: Derive every key and salt from this number. For demonstrations only: whoever knows the
            seed can read everything.
        as_of: The instant decisions are made for, UTC; the present when not set.
        workers: Beam worker processes on this machine.
        rows_per_unit: Landed records in one unit of governing.
        landing_days: Days that raw records are kept after landing.
        runner: Name of the Beam runner.
    """

    model_config = SettingsConfigDict(env_prefix="LINEWEIGHT_", frozen=True, extra="ignore")

    home: str = "warehouse"
    database_url: str | None = None
    keys: Path | None = None
    sources: Path | None = None
    requests: Path | None = None
    policies: Path = POLICIES
    redaction_profile: str = "strict-pseudonyms"
    seed: int | None = None
    as_of: AwareDatetime | None = None
    workers: int = Field(default=1, ge=1)
    rows_per_unit: int = Field(default=2_000, ge=1)
    landing_days: int = Field(default=30, ge=1)
    runner: str = "FnApiRunner"

    @classmethod
    def load(cls, home: str | None = None) -> "Settings":
        """Return the settings of a home, from the environment and its ``lineweight.yaml`` if it has one.

        Args:
            home: The home; ``LINEWEIGHT_HOME``, or ``warehouse``, if it is not given.

        Raises:
            DocumentError: The file holds something that is no setting; every fault is named.
        """
        said: dict[str, Any] = {} if home is None else {"home": home}
        asked = cls(**said)
        path = Path(asked.home) / SETTINGS_FILE
        if "://" in asked.home or not path.is_file():
            return asked
        kept = read_document(path.read_bytes(), path.name, _Kept).model_dump(exclude_none=True)
        unset = {name: value for name, value in kept.items() if name not in asked.model_fields_set}
        return cls(**said, **{name: _beside(path, value) for name, value in unset.items()})

    @property
    def sources_directory(self) -> Path:
        """Where source declarations are read from."""
        return self.sources or Path(self.home) / "sources"

    @property
    def requests_directory(self) -> Path:
        """Where snapshot requests are read from."""
        return self.requests or Path(self.home) / "requests"


class _Kept(BaseModel):
    """What ``lineweight.yaml`` may say; paths are relative to it."""

    model_config = ConfigDict(extra="forbid")

    database_url: str | None = None
    keys: Path | None = None
    sources: Path | None = None
    requests: Path | None = None
    policies: Path | None = None
    redaction_profile: str | None = None
    as_of: AwareDatetime | None = None
    workers: Annotated[int, Field(ge=1)] | None = None
    rows_per_unit: Annotated[int, Field(ge=1)] | None = None
    landing_days: Annotated[int, Field(ge=1)] | None = None
    runner: str | None = None


def _beside(file: Path, value: Any) -> Any:
    return file.parent / value if isinstance(value, Path) else value
