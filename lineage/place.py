"""Where a deployment keeps its files and its keys: all of a home that training needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from lineage.home_settings import HomeSettings
from lineage.statement import TrustedKey, load_trusted
from lineage.vault import Vault
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
    """

    uri: str
    database_url: str | None = None
    keys: Path | None = None
    seed: int | None = None

    @classmethod
    def at(cls, uri: str, database_url: str | None = None, keys: Path | None = None) -> Self:
        """Return the place of a home: what is given goes before what its ``lineweight.yaml`` says.

        Raises:
            HomeSettingsError: The file holds something that is no setting; every fault is named.
        """
        said = HomeSettings.of(Warehouse(uri))
        return cls(uri, database_url or said.database_url, keys or said.keys)

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
        """Open the key vault, made on first use.

        Raises:
            VaultError: It is damaged, or of another master key or seed.
            UsageError: The warehouse is remote and no directory of keys was named.
        """
        return Vault.open(self.keys_directory, seed=self.seed)

    def held_vault(self) -> Vault | None:
        """Open the key vault if there is one, and make none."""
        return self.vault() if (self.keys_directory / PUBLIC_KEY).is_file() else None

    def trusted(self, paths: Iterable[Path] = ()) -> tuple[TrustedKey, ...]:
        """Return the public keys a reader trusts: those named, or else this deployment's own.

        Raises:
            InputError: A file cannot be read or is no public key, or there is none to trust.
        """
        named = list(paths)
        own = self.keys_directory / PUBLIC_KEY if not named else None
        if own is not None and not own.is_file():
            raise InputError(f"{own}: there is no key to trust.", remedy="Name public keys (PEM) with --trust.")
        return load_trusted(named if own is None else [own])

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
