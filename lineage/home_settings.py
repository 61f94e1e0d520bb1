"""What a home says of itself: ``lineweight.yaml`` at the root of its warehouse, read in this one place.

::

    database_url: postgresql+psycopg://lineweight@db.internal/lineweight   # no password: PGPASSFILE, PGPASSWORD
    keys: /etc/lineweight/keys
    sources: declared/sources        # relative to this file, where the home is on this machine
    workers: 8
    region: eu                       # where records are kept
    officers:                        # who may put policies in force and release snapshots: see `lineage.officers`
      maria: {key: officers/maria.pub, may: [author-policies, approve-releases]}

Every command reads the same file by the same model, so a word that one of them does not use is still known
to be a setting, and a word that none of them knows is refused by all.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lineage.officers import NamedOfficer, OfficerName
from lineage.warehouse import Warehouse
from policies.strict_yaml import DocumentError, read_document
from policies.vocabulary import EventId

SETTINGS_FILE = "lineweight.yaml"


class HomeSettingsError(DocumentError):
    """A home's ``lineweight.yaml`` says something that is no setting; the message lists every fault."""

    remedy = f"Correct {SETTINGS_FILE} in the home at the places named."


class HomeSettings(BaseModel):
    """The settings a home may keep; whatever it does not say is ``None``.

    Attributes:
        database_url: The ledger, as an SQLAlchemy URL.
        keys: Directory of the key vault, on this machine.
        sources: Directory of source declarations.
        requests: Directory of snapshot requests.
        policies: Directory of policy documents.
        redaction_profile: Name of the profile records are redacted with.
        redaction_profiles: Directory of redaction profiles of one's own.
        as_of: The instant decisions are made for, UTC.
        workers: Worker processes on this machine.
        rows_per_unit: Landed records in one unit of governing.
        landing_days: Days that raw records are kept after landing.
        runner: Name of the runner of work units.
        region: Where this deployment keeps its records, as agreements name regions.
        officers: Who may put policies in force and release snapshots, by name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str | None = None
    keys: Path | None = None
    sources: Path | None = None
    requests: Path | None = None
    policies: Path | None = None
    redaction_profile: str | None = None
    redaction_profiles: Path | None = None
    as_of: AwareDatetime | None = None
    workers: Annotated[int, Field(ge=1)] | None = None
    rows_per_unit: Annotated[int, Field(ge=1)] | None = None
    landing_days: Annotated[int, Field(ge=1)] | None = None
    runner: str | None = None
    region: EventId | None = None
    officers: dict[OfficerName, NamedOfficer] | None = None

    @classmethod
    def of(cls, warehouse: Warehouse) -> "HomeSettings":
        """Return what the file in a warehouse says, with paths made absolute; nothing, if there is no file.

        Raises:
            HomeSettingsError: The file holds something that is no setting; every fault is named.
        """
        if not warehouse.exists(SETTINGS_FILE):
            return cls()
        try:
            said = read_document(warehouse.read(SETTINGS_FILE), SETTINGS_FILE, cls)
        except DocumentError as error:
            raise HomeSettingsError(error.faults) from error
        return said._beside(warehouse)

    def said(self) -> dict[str, Any]:
        """Return the settings that were said, by name."""
        return self.model_dump(exclude_none=True)

    def _beside(self, warehouse: Warehouse) -> "HomeSettings":
        """Return the settings with every path whole: what is relative lies beside the file."""
        officers = self.officers or {}
        paths = {name: value for name in type(self).model_fields if isinstance(value := getattr(self, name), Path)}
        paths |= {f"officers.{name}.key": officer.key for name, officer in officers.items()}
        relative = sorted(name for name, path in paths.items() if not path.expanduser().is_absolute())
        if relative and not warehouse.is_local:
            faults = (f"{SETTINGS_FILE}: {name}: write a whole path; the home is elsewhere" for name in relative)
            raise HomeSettingsError(tuple(faults))
        base = warehouse.local_path() if warehouse.is_local else Path()
        whole = {name: base / path.expanduser() for name, path in paths.items()}
        told = {
            name: officer.model_copy(update={"key": whole.pop(f"officers.{name}.key")})
            for name, officer in officers.items()
        }
        return self.model_copy(update=whole | ({"officers": told} if told else {}))
