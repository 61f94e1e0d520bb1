"""A home in which things are signed, with a clock of its own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lineage.canonical import sha256_hex
from lineage.home import Home
from lineage.keys.vault import Vault
from lineage.statement import sign_statement, statement_of
from lineage.tlog.log import TransparencyLog, enter_statements

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KIND = "https://lineweight.dev/attestation/release-ticket/v1"


@dataclass
class Signing:
    """A home, its own clock, and what was signed in it."""

    home: Home
    now: datetime = NOON
    paths: list[str] = field(default_factory=list)

    def signs(self, name: str, *, room: str = "releases", by: Vault | None = None) -> str:
        """Sign a statement about ``name`` and return its path."""
        statement = statement_of({name: sha256_hex(name.encode())}, KIND, {"about": name})
        path = f"{room}/{name}.dsse.json"
        self.home.warehouse.write(path, sign_statement(statement, [by or self.home.vault()]))
        self.paths.append(path)
        return path

    def enters(self) -> int:
        self.now += timedelta(minutes=1)
        return enter_statements(self.home, self.now)

    @property
    def log(self) -> TransparencyLog:
        return TransparencyLog(self.home.ledger(), self.home.vault())

    @property
    def database(self) -> Path:
        return self.home.warehouse.local_path("ledger.db")
