"""What a sweep finds: everything it looked at is outlived, or remains, or could not be looked at and is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lineage.canonical import rfc3339
from policies.errors import LineweightError

Remove = Callable[[], None]


class Where(StrEnum):
    """The areas that are swept, in the order of a record's journey."""

    LANDING = "landing"
    GOVERNED = "governed"
    STAGED = "staged"
    SNAPSHOT = "snapshot"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Outlived:
    """Records of one tenant in one file that have outlived their time.

    Attributes:
        place: The file in the warehouse.
        sources: Where the records came from, sorted.
        records: How many have outlived their time.
        along: How many go with them, because the file goes as a whole.
        bytes: Size of the file as it stands.
        since: When the first of them had outlived its time, UTC.
        rule: The limit, in words.
    """

    where: Where
    place: str
    tenant: str
    sources: tuple[str, ...]
    records: int
    along: int
    bytes: int
    since: datetime
    rule: str

    def document(self) -> dict[str, Any]:
        """Return what is printed for machines; times RFC 3339, UTC."""
        return {
            "where": self.where.value,
            "place": self.place,
            "tenant": self.tenant,
            "sources": list(self.sources),
            "records": self.records,
            "along": self.along,
            "bytes": self.bytes,
            "since": rfc3339(self.since),
            "rule": self.rule,
        }


@dataclass
class Remains:
    """What would remain in an area: files, the records in them, and their size."""

    files: int = 0
    records: int = 0
    bytes: int = 0

    def add(self, records: int, size: int) -> None:
        """Count one file."""
        self.files += 1
        self.records += records
        self.bytes += size


@dataclass
class Found:
    """What was found in one area.

    Attributes:
        outlived: By file.
        removals: What takes it away; each can be cut short anywhere and done again.
        remains: What would be left.
        unread: What could not be looked at, and why; nothing of it is removed.
    """

    where: Where
    outlived: list[Outlived] = field(default_factory=list)
    removals: list[Remove] = field(default_factory=list)
    remains: Remains = field(default_factory=Remains)
    unread: list[dict[str, str]] = field(default_factory=list)

    def tell(self, place: str, error: LineweightError) -> None:
        """Note what could not be looked at."""
        self.unread.append({"where": self.where.value, "place": place, "why": f"{error} {error.remedy}"})
