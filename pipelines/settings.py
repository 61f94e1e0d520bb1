"""What a deployment may set: in the environment as ``LINEWEIGHT_*``, or in ``lineweight.yaml`` in its home.

The environment wins. Read in ``definitions.py`` and in the command line, nowhere else; everything below takes
what it is given.
"""

from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from lineage.home_settings import SETTINGS_FILE, HomeSettings
from lineage.officers import NamedOfficer, OfficerName
from lineage.warehouse import Warehouse
from policies.errors import UsageError
from policies.vocabulary import EventId

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
        redaction_profiles: Directory of profiles of one's own; ``<home>/redaction_profiles`` when not set.
        seed: Derive every key and salt from this number. For demonstrations only: whoever knows the
            seed can read everything.
        as_of: The instant decisions are made for, UTC; the present when not set.
        workers: Beam worker processes on this machine.
        rows_per_unit: Landed records in one unit of governing.
        landing_days: Days that raw records are kept after landing.
        runner: Name of the Beam runner.
        region: Where this deployment keeps its records, as agreements name regions; unknown when not set.
        officers: Who may put policies in force and release snapshots, by name; in ``lineweight.yaml`` alone.
    """

    model_config = SettingsConfigDict(env_prefix="LINEWEIGHT_", frozen=True, extra="ignore")

    home: str = "warehouse"
    database_url: str | None = None
    keys: Path | None = None
    sources: Path | None = None
    requests: Path | None = None
    policies: Path = POLICIES
    redaction_profile: str = "strict-pseudonyms"
    redaction_profiles: Path | None = None
    seed: int | None = None
    as_of: AwareDatetime | None = None
    workers: int = Field(default=1, ge=1)
    rows_per_unit: int = Field(default=2_000, ge=1)
    landing_days: int = Field(default=30, ge=1)
    runner: str = "FnApiRunner"
    region: EventId | None = None
    officers: dict[OfficerName, NamedOfficer] = {}

    @classmethod
    def load(cls, home: str | None = None) -> "Settings":
        """Return the settings of a home, from the environment and its ``lineweight.yaml`` if it has one.

        Args:
            home: The home; ``LINEWEIGHT_HOME``, or ``warehouse``, if it is not given.

        Raises:
            HomeSettingsError: The file holds something that is no setting; every fault is named.
            UsageError: The environment names officers: the file alone does, so that all commands know the same.
        """
        said: dict[str, Any] = {} if home is None else {"home": home}
        asked = cls(**said)
        if "officers" in asked.model_fields_set:
            remedy = f"Unset LINEWEIGHT_OFFICERS, and name the officers in {SETTINGS_FILE} in the home."
            raise UsageError("Officers are not named in the environment.", remedy=remedy)
        kept = HomeSettings.of(Warehouse(asked.home)).said()
        return cls(**said, **{name: value for name, value in kept.items() if name not in asked.model_fields_set})

    @property
    def sources_directory(self) -> Path:
        """Where source declarations are read from.

        Raises:
            UsageError: The home is not on this machine, and no directory was named.
        """
        return self.sources or self._in_home("sources")

    @property
    def requests_directory(self) -> Path:
        """Where snapshot requests are read from.

        Raises:
            UsageError: The home is not on this machine, and no directory was named.
        """
        return self.requests or self._in_home("requests")

    @property
    def profiles_directory(self) -> Path | None:
        """Where profiles of one's own are read from, if there are any: none ship with a home that is elsewhere."""
        if self.redaction_profiles is not None or not Warehouse(self.home).is_local:
            return self.redaction_profiles
        return self._in_home("redaction_profiles")

    def _in_home(self, name: str) -> Path:
        warehouse = Warehouse(self.home)
        if not warehouse.is_local:
            remedy = f"Name the directory of {name} in {SETTINGS_FILE} or with LINEWEIGHT_{name.upper()}."
            raise UsageError(f"{warehouse} is not on this machine.", remedy=remedy)
        return warehouse.local_path(name)
