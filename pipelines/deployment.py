"""A deployment: settings turned into the things a stage needs, each made when it is first asked for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from lineage.activation import ActivePolicy
from lineage.home import Home
from lineage.keys.vault import Vault
from lineage.ledger.store import Ledger
from lineage.snapshot_request import SnapshotRequest
from lineage.warehouse import Warehouse
from pipelines.facts import AsOf, Known
from pipelines.landing.land import LandUnit, land_units
from pipelines.policy.activation import active_policies
from pipelines.settings import Settings
from pipelines.snapshots.request import load_requests
from pipelines.sources.declaration import SourceDeclaration, load_declarations
from policies.document import Policy
from policies.errors import UsageError

Declared = TypeVar("Declared")


@dataclass(frozen=True)
class Deployment:
    """Everything a stage needs, made from settings when first asked for."""

    settings: Settings

    @cached_property
    def home(self) -> Home:
        """Warehouse, ledger and vault of this deployment."""
        said = self.settings
        return Home(said.home, said.database_url, said.keys, seed=said.seed, named_officers=said.officers)

    @cached_property
    def warehouse(self) -> Warehouse:
        """Where records, snapshots and models are kept."""
        return self.home.warehouse

    @cached_property
    def vault(self) -> Vault:
        """The keys."""
        return self.home.vault()

    @cached_property
    def ledger(self) -> Ledger:
        """Consents, agreements, and what was made."""
        return self.home.ledger()

    @cached_property
    def declared(self) -> dict[Path, SourceDeclaration]:
        """Declared sources, by the file that declares each; none where there is no directory of them."""
        directory = self.settings.sources_directory
        return load_declarations(directory) if directory.is_dir() else {}

    @property
    def declarations(self) -> dict[str, SourceDeclaration]:
        """Declared sources, by name."""
        return {declaration.source: declaration for declaration in self.declared.values()}

    @cached_property
    def requests(self) -> dict[str, SnapshotRequest]:
        """Snapshot requests, by name."""
        return load_requests(self.settings.requests_directory)

    @property
    def policies(self) -> dict[str, Policy]:
        """Policies in force, by id."""
        return {policy_id: active.policy for policy_id, active in self.in_force.items()}

    @cached_property
    def in_force(self) -> dict[str, ActivePolicy]:
        """Policies in force, by id, each with what put it in force.

        Where there are officers, the versions that two of them signed; else the documents as they stand.

        Raises:
            LineweightError: A version in force does not verify, or is gone; a document is no policy; a policy's
                golden cases fail, or leave a rule untested.
        """
        return active_policies(self.home, self.settings.policies)

    def declaration(self, source: str) -> SourceDeclaration:
        """Return a declared source.

        Raises:
            UsageError: No declaration names it.
        """
        return _named(self.declarations, source, "declared source")

    def land_units(self, source: str) -> list[LandUnit]:
        """Return a unit for every log file that a source's declaration names now.

        Raises:
            UsageError: No declaration names the source.
        """
        declared = self.declaration(source)
        of_source = {path: one for path, one in self.declared.items() if one is declared}
        return land_units(of_source, self.warehouse, self.vault, datetime.now(UTC), self.settings.landing_days)

    def request(self, name: str) -> SnapshotRequest:
        """Return a snapshot request.

        Raises:
            UsageError: No request names it.
        """
        return _named(self.requests, name, "snapshot request")

    def policy(self, policy_id: str) -> Policy:
        """Return a policy in force.

        Raises:
            UsageError: There is none of that id.
        """
        return _named(self.policies, policy_id, "policy")

    def redaction(self, profile: str, digest: str) -> dict[str, str]:
        """Return what a manifest says of how its records were redacted."""
        return {"profile": profile, "digest": digest, "engine": f"presidio-analyzer {version('presidio-analyzer')}"}

    def as_of(self) -> AsOf:
        """Return the instant decisions are made for: the one set, or the present."""
        at = self.settings.as_of or datetime.now(UTC)
        return AsOf(effective_at=at, recorded_at=at)

    def known(self, as_of: AsOf) -> Known:
        """Return what the ledgers and declarations say, as known at an instant."""
        return Known(
            consents=self.ledger.consent_table(as_of.recorded_at),
            agreements=self.ledger.agreement_table(as_of.recorded_at),
            links=self.ledger.link_table(as_of.recorded_at),
            categories={name: declared.data_categories for name, declared in self.declarations.items()},
            region=self.settings.region,
        )


def _named(known: dict[str, Declared], name: str, what: str) -> Declared:
    if name not in known:
        raise UsageError(f"There is no {what} {name}.", remedy=f"Known: {', '.join(sorted(known)) or 'none'}.")
    return known[name]
