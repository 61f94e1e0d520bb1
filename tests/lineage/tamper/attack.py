"""An attack: who does what to the evidence, and which link has to refuse it, both ways in."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from lineage.proving.bundle import write_bundle
from lineage.proving.receipts import read_receipts
from lineage.verifying.bundle import verify_bundle
from lineage.verifying.depth import FULL, Depth
from lineage.verifying.links import Report
from lineage.verifying.logged import LogEvidence
from lineage.verifying.scope import Scope
from lineage.verifying.verify import verify_within
from policies.errors import LineweightError
from tests.lineage.tamper.forger import MODEL, Forger
from tests.lineage.tamper.world import Genuine, take_home

DIRECTORY, BUNDLE = "directory", "bundle"
NOT_BUNDLED = "(nothing can be bundled)"
"""Where the deployment's own tool stops: what lies there contradicts itself."""

UNREADABLE = "(cannot be read)"
"""Where an auditor's own tool stops before the first link: what was brought beside the files is malformed."""


class Attacker(StrEnum):
    """What somebody has."""

    FILES = "the files"
    KEY = "the deployment's key"
    DATABASE = "ledger and log"


@dataclass(frozen=True)
class Copy:
    """A copy of what was taken home, to do harm to."""

    tree: Path
    genuine: Genuine

    def path(self, path: str) -> Path:
        return self.tree / path

    def read(self, path: str) -> bytes:
        return (self.tree / path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / path).write_bytes(data)

    def remove(self, path: str) -> None:
        (self.tree / path).unlink()

    def forger(self) -> Forger:
        """Somebody with the deployment's key. What was logged before is no proof of what they sign, and goes."""
        for proof in self.tree.glob("log/*.tlog-proof"):
            proof.unlink()
        return Forger(self.tree, self.genuine.vault)


Change = Callable[[Copy], object]


@dataclass(frozen=True)
class Attack:
    """One way to deceive.

    Attributes:
        name: What is done, as the table tells it.
        attacker: Who does it.
        change: Does it.
        link: Where both ways in have to refuse it.
        untold: Or, where nobody could see it in the files: how the sentence begins that verification prints.
        directory: Where the directory is refused, if elsewhere than the bundle.
        artifact: What is verified.
        depth: How far.
        with_keys: Whether the auditor has the vault.
        left_out: What the bundle says it leaves out: SHA-256 by path.
        archive: What is done to the bundle once it is packed; such an attack has no directory.
        home: What is done to the deployment's home before anything is taken from it.
        published: Whether the auditor has what was published of the log.
    """

    name: str
    attacker: Attacker
    change: Change
    link: str = ""
    untold: str = ""
    directory: str = ""
    artifact: str = MODEL
    depth: Depth = FULL
    with_keys: bool = False
    left_out: Mapping[str, str] = field(default_factory=dict)
    archive: Callable[[Path, Copy], object] | None = None
    home: Callable[[Path], object] | None = None
    published: bool = True


@dataclass(frozen=True)
class Outcome:
    """What verification said: the link that was refused, empty where none was, and what was not looked at."""

    refused: str
    said: str
    not_checked: tuple[str, ...] = ()

    @classmethod
    def of(cls, report: Report) -> "Outcome":
        broken = report.broken
        if report.verified:
            return cls("", "", report.not_checked)
        return cls("nothing" if broken is None else broken.link, "" if broken is None else broken.detail)


def by_directory(copy: Copy, attack: Attack) -> Outcome:
    """Verify the files where they lie."""
    proofs = sorted(copy.tree.glob("log/*.tlog-proof"))
    consents, openings = (copy.tree / name for name in ("consents.jsonl", "openings.jsonl"))
    try:
        log = LogEvidence.read(proofs, _published(copy, attack))
        receipts = read_receipts(consents if consents.exists() else None, openings if openings.exists() else None)
    except LineweightError as error:
        return Outcome(UNREADABLE, str(error))
    vault = copy.genuine.vault if attack.with_keys else None
    scope = Scope(copy.genuine.trusted, vault, log, receipts, attack.depth)
    return Outcome.of(verify_within(copy.tree / attack.artifact, scope))


def by_bundle(copy: Copy, attack: Attack) -> Outcome:
    """Verify a bundle of the files, whose ``bundle.json`` lists them as they are."""
    path = packed(copy, attack)
    if attack.archive is not None:
        attack.archive(path, copy)
    return of_bundle(path, copy, attack)


def packed(copy: Copy, attack: Attack) -> Path:
    """Put the files into a bundle as the product writes it."""
    files = {path.relative_to(copy.tree).as_posix(): path for path in copy.tree.rglob("*") if path.is_file()}
    if attack.artifact != MODEL:
        files = {path: file for path, file in files.items() if not path.startswith("models/")}
    to = copy.tree.parent / "taken.bundle"
    write_bundle(
        attack.artifact, {path: lambda file=file: file.open("rb") for path, file in files.items()}, attack.left_out, to
    )
    return to


def of_bundle(path: Path, copy: Copy, attack: Attack) -> Outcome:
    """Verify a bundle."""
    vault = copy.genuine.vault if attack.with_keys else None
    scope = Scope(copy.genuine.trusted, vault, depth=attack.depth)
    return Outcome.of(verify_bundle(path, scope, published=_published(copy, attack)))


def _published(copy: Copy, attack: Attack) -> list[Path]:
    """Return where the log was published; held against nothing where no proof was brought, so not given then."""
    return [copy.genuine.published] if attack.published and any(copy.tree.glob("log/*.tlog-proof")) else []


def done(attack: Attack, copy: Copy) -> dict[str, Outcome]:
    """Do what an attack does, and return what verification says of it, by way in."""
    if attack.home is not None:
        home = copy.tree.parent / "home"
        shutil.copytree(copy.genuine.home, home)
        attack.home(home)
        shutil.rmtree(copy.tree)
        try:
            take_home(copy.genuine, home, copy.tree)
        except LineweightError as error:
            refused = Outcome(NOT_BUNDLED, str(error))
            return {DIRECTORY: refused, BUNDLE: refused}
    attack.change(copy)
    ways = {DIRECTORY: by_directory} if attack.archive is None else {}
    return {name: way(copy, attack) for name, way in {**ways, BUNDLE: by_bundle}.items()}
