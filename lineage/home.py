"""A deployment's home: where its files, its ledger and its keys are."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.statement import TrustedKey, load_trusted
from lineage.vault import Vault
from lineage.warehouse import Warehouse
from policies.errors import InputError, UsageError

if TYPE_CHECKING:
    from lineage.ledger.store import Ledger

DATABASE_FILE = "ledger.db"
KEYS_DIRECTORY = "keys"
PUBLIC_KEY = "signing.pub"


@dataclass(frozen=True)
class Home:
    """Opens what a deployment keeps; nothing is read before it is asked for.

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
        return self._beside(KEYS_DIRECTORY, "--keys or LINEWEIGHT_KEYS: name the directory of the key vault")

    def ledger(self) -> "Ledger":
        """Open the ledger; an SQLite one is made on first use.

        Raises:
            LedgerError: The database cannot be opened.
            UsageError: The warehouse is remote and no database was named.
        """
        from lineage.ledger.store import Ledger  # SQLAlchemy; training opens a home without it

        if self.database_url is not None:
            return Ledger.open(self.database_url)
        needed = "--database-url or LINEWEIGHT_DATABASE_URL: name the ledger's database"
        path = self._beside(DATABASE_FILE, needed)
        path.parent.mkdir(parents=True, exist_ok=True)
        return Ledger.open(f"sqlite:///{path}")

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

    def require(self) -> "Home":
        """Return the home, if something is kept there.

        Raises:
            UsageError: The directory does not exist.
        """
        if "://" not in self.uri and not Path(self.uri).expanduser().is_dir():
            raise UsageError(f"{self.uri}: there is no such home.", remedy="Name it with --home or LINEWEIGHT_HOME.")
        return self

    def _beside(self, name: str, needed: str) -> Path:
        if "://" in self.uri:
            raise UsageError(f"{self.uri} is not on this machine.", remedy=f"{needed}.")
        return self.warehouse.local_path(name)
