"""What is at hand to verify with, how deep to look, and the snapshot that was found."""

from dataclasses import dataclass, field
from typing import Any

from .canonical import MOST_IN_A_DOCUMENT
from .consents import Events
from .envelopes import Statement, Trust, verified
from .files import Files
from .report import Report


@dataclass(frozen=True)
class Depth:
    """How deep to look: ``fast``, ``full``, or ``sample`` with the number of records and the auditor's word."""

    kind: str = "full"
    records: int = 0
    seed: str = ""


@dataclass
class Case:
    """What is at hand to verify with: files of the home or bundle, keys, the depth, and the report that grows."""

    home: Files
    trust: Trust
    depth: Depth
    report: Report
    events: Events | None = None
    openings: list[dict[str, str]] = field(default_factory=list)
    signatures: dict[str, Statement] = field(default_factory=dict)

    def verified(self, data: bytes, name: str, kind: str) -> Statement:
        """Return a statement, and remember that it was met."""
        statement = verified(data, self.trust, name, kind)
        self.signatures[statement.digest] = statement
        return statement


def signed_by(statement: Statement) -> str:
    """Say who signed."""
    return "signed by " + ", ".join(sorted(key_id[:16] for key_id in statement.signers))


@dataclass
class Snapshot:
    """A snapshot whose manifest is the signed one, and what of it was found."""

    files: Files
    manifest: dict[str, Any]
    statement: Statement
    removed: dict[str, str]
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def shards(self) -> list[dict[str, Any]]:
        """The shards, as the manifest lists them."""
        listed_shards: list[dict[str, Any]] = self.manifest["shards"]
        return listed_shards

    def attached(self, name: str) -> bytes:
        """Return a further file of the manifest."""
        return self.files.signed(self.manifest[name]["path"], self.manifest[name]["sha256"], MOST_IN_A_DOCUMENT)
