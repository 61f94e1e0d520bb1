"""A deployment's home: where its files, its keys and its ledger are."""

from typing import TYPE_CHECKING

from lineage.place import Place

if TYPE_CHECKING:
    from lineage.ledger.store import Ledger

DATABASE_FILE = "ledger.db"


class Home(Place):
    """A place with a ledger."""

    def ledger(self) -> "Ledger":
        """Open the ledger; an SQLite one is made on first use.

        Raises:
            LedgerError: The database cannot be opened.
            UsageError: The warehouse is remote and no database was named.
        """
        from lineage.ledger.store import Ledger  # SQLAlchemy; whoever verifies opens a home without it

        if self.database_url is not None:
            return Ledger.open(self.database_url)
        needed = "--database-url or LINEWEIGHT_DATABASE_URL: name the ledger's database"
        path = self.beside(DATABASE_FILE, needed)
        path.parent.mkdir(parents=True, exist_ok=True)
        return Ledger.open(f"sqlite:///{path}")
