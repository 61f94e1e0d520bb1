"""What stands in the log for a statement: its digest and what kind of statement it is."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from lineage import merkle
from lineage.canonical import canonical_json
from lineage.dsse import SignatureRefusedError
from lineage.statement import Opened, TrustedKey, open_envelope
from lineage.warehouse import Warehouse

SIGNED = ".dsse.json"
ROOMS = ("policies", "snapshots", "releases", "revocations", "models", "evaluations", "erasures", "rotations")


@dataclass(frozen=True, slots=True, order=True)
class LogEntry:
    """One entry: whoever holds the statement can make it, and nothing of the statement can be read from it.

    Attributes:
        predicate_type: What kind of statement it is.
        statement: SHA-256 of the statement's canonical bytes, in hexadecimal.
    """

    predicate_type: str
    statement: str

    @classmethod
    def of(cls, opened: Opened) -> "LogEntry":
        """Return the entry of a statement whose signature was verified."""
        return cls(str(opened.statement["predicateType"]), opened.statement_digest)

    def data(self) -> bytes:
        """Return the entry's bytes: canonical JSON of ``predicateType`` and ``statement``."""
        return canonical_json({"predicateType": self.predicate_type, "statement": self.statement})

    def leaf(self) -> bytes:
        """Return its RFC 9162 leaf hash, 32 bytes."""
        return merkle.leaf_hash(self.data())


@dataclass(frozen=True, slots=True)
class Found:
    """A signed file of a warehouse: its entry, or why it has none.

    Attributes:
        path: In the warehouse.
        entry: ``None`` where no trusted key signed it.
        refusal: Why, then.
    """

    path: str
    entry: LogEntry | None
    refusal: str = ""


def signed_files(
    warehouse: Warehouse, trusted: Sequence[TrustedKey], but: Container[str] = frozenset()
) -> Iterator[Found]:
    """Yield every signed statement of a warehouse, in order of room and path; copies come again.

    Args:
        warehouse: Where snapshots, models, policies, tickets and feeds are.
        trusted: The keys that may have signed.
        but: Paths that are not read.
    """
    for room in ROOMS:
        for path in sorted(warehouse.files(room)):
            if path.endswith(SIGNED) and path not in but:
                try:
                    yield Found(path, LogEntry.of(open_envelope(warehouse.read(path), trusted)))
                except SignatureRefusedError as error:
                    yield Found(path, None, error.reason.value)
