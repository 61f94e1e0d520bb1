"""Where a deployment keeps its files and its keys: all of a home that training needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from lineage.home_settings import HomeSettings
from lineage.keys.rotation import rotations_in, trusted_over_rotations
from lineage.keys.vault import Vault
from lineage.officers import Duty, NamedOfficer, Officers
from lineage.statement import TrustedKey, load_trusted
from lineage.warehouse import Warehouse
from policies.errors import InputError, UsageError

KEYS_DIRECTORY = "keys"
PUBLIC_KEY = "signing.pub"


@dataclass(frozen=True)
class Place:
    """Opens files and keys; nothing is read before it is asked for.

    Attributes:
        uri: Root of the warehouse: a path, or a URI such as ``s3://bucket/prefix``.
        database_url: SQLAlchemy URL of the ledger; SQLite in the warehouse if not given.
        keys: Directory of the key vault; ``keys`` in the warehouse if not given.
        seed: Derive all keys from this number; for demonstrations only.
        named_officers: The officers that the settings name; none if not given.
    """

    uri: str
    database_url: str | None = None
    keys: Path | None = None
    seed: int | None = None
    named_officers: Mapping[str, NamedOfficer] = field(default_factory=dict, hash=False)

    @classmethod
    def at(cls, uri: str, database_url: str | None = None, keys: Path | None = None) -> Self:
        """Return the place of a home: what is given goes before what its ``lineweight.yaml`` says.

        Raises:
            HomeSettingsError: The file holds something that is no setting; every fault is named.
        """
        said = HomeSettings.of(Warehouse(uri))
        return cls(uri, database_url or said.database_url, keys or said.keys, named_officers=said.officers or {})

    @cached_property
    def warehouse(self) -> Warehouse:
        """The files."""
        return Warehouse(self.uri)

    @property
    def keys_directory(self) -> Path:
        """Where the key vault is, or will be.

        Raises:
            UsageError: The warehouse is remote and no directory of keys was named.
        """
        if self.keys is not None:
            return Path(self.keys)
        return self.beside(KEYS_DIRECTORY, "--keys or LINEWEIGHT_KEYS: name the directory of the key vault")

    def vault(self) -> Vault:
        """Open the key vault, made on first use; rotations of its key that the warehouse lacks are put there.

        Raises:
            VaultError: It is damaged, or of another master key or seed.
            UsageError: The warehouse is remote and no directory of keys was named.
        """
        vault = Vault.open(self.keys_directory, seed=self.seed)
        for rotation in vault.rotations:
            if not self.warehouse.exists(rotation.path):
                self.warehouse.write(rotation.path, rotation.envelope)
        return vault

    def held_vault(self) -> Vault | None:
        """Open the key vault if there is one, and make none."""
        return self.vault() if (self.keys_directory / PUBLIC_KEY).is_file() else None

    @cached_property
    def officers(self) -> Officers:
        """Who may put a policy in force and release a snapshot; nobody, where the settings name nobody.

        Raises:
            OfficersError: A key cannot be read, or is not one person's alone; every fault at once.
        """
        if not self.named_officers:
            return Officers()
        return Officers.read(self.named_officers, *self._own_key())

    def trusted(self, paths: Iterable[Path] = ()) -> tuple[TrustedKey, ...]:
        """Return the public keys a reader trusts: those named, or else this deployment's own and its officers'.

        The rotations in the warehouse are followed: with one of the deployment's keys all are trusted, each for its
        own time.

        Raises:
            InputError: A file cannot be read or is no public key, or there is none to trust.
            OfficersError: The officers' keys cannot all be known.
            RotationError: The rotations make no chain.
        """
        named = list(paths)
        if named:
            return trusted_over_rotations(load_trusted(named), rotations_in(self.warehouse))
        return (*self.own_keys(), *self.officers.keys)

    def own_keys(self) -> tuple[TrustedKey, ...]:
        """Return the public keys of the deployment itself, from the first to the newest, each with its own time.

        Raises:
            InputError: There is none here.
            RotationError: The rotations in the warehouse make no chain.
        """
        own = trusted_over_rotations(self._own_key(), rotations_in(self.warehouse))
        if not own:
            message = f"{self.keys_directory / PUBLIC_KEY}: there is no key to trust."
            raise InputError(message, remedy="Name public keys (PEM) with --trust.")
        return own

    def releasers(self) -> tuple[TrustedKey, ...]:
        """Return the keys that release a snapshot: officers' of that duty, or the deployment's own without officers.

        Raises:
            InputError: There is neither an officer nor a key of the deployment.
            OfficersError: The officers' keys cannot all be known.
        """
        return self.officers.holders(Duty.APPROVE_RELEASES) if self.officers else self.trusted()

    def _own_key(self) -> tuple[TrustedKey, ...]:
        """Return the deployment's own public key, if it has one here."""
        path = self.keys_directory / PUBLIC_KEY
        return load_trusted([path]) if path.is_file() else ()

    def require(self) -> Self:
        """Return the place, if something is kept there.

        Raises:
            UsageError: The directory does not exist.
        """
        if self.warehouse.is_local and not self.warehouse.local_path().is_dir():
            raise UsageError(f"{self.uri}: there is no such home.", remedy="Name it with --home or LINEWEIGHT_HOME.")
        return self

    def beside(self, name: str, needed: str) -> Path:
        """Return a place at the root of the warehouse, for what cannot be kept elsewhere than on this machine.

        Raises:
            UsageError: The warehouse is remote; ``needed`` is the remedy.
        """
        if not self.warehouse.is_local:
            raise UsageError(f"{self.warehouse} is not on this machine.", remedy=f"{needed}.")
        return self.warehouse.local_path(name)
