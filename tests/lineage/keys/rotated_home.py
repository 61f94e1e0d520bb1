"""A home whose signing key is rotated, with a clock of its own, and with the key that somebody stole before."""

import copy
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from lineage.canonical import sha256_hex
from lineage.dsse import Signer, TrustedKey
from lineage.home import Home
from lineage.keys.rotating import rotate_key
from lineage.keys.rotation import LogThen, NamedKey, Rotation, SignedRotation, sign_rotation
from lineage.keys.signing_key import PrivateKey, SigningKeys
from lineage.statement import sign_statement, statement_of
from lineage.ticket import RELEASE_PREDICATE
from lineage.tlog.log import TransparencyLog, enter_statements

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BECAUSE = "once a year"


@dataclass
class RotatedHome:
    """What a deployment does with its key. ``thief`` holds a copy of the key that signs now, and keeps it."""

    home: Home
    now: datetime = NOON

    @classmethod
    def made(cls, directory: Path) -> "RotatedHome":
        made = cls(Home(str(directory / "home")))
        made.home.vault()
        return made

    def copied(self, directory: Path) -> "RotatedHome":
        root = shutil.copytree(self.home.warehouse.local_path(), directory / "home")
        return RotatedHome(Home(str(root)), self.now)

    @property
    def keys(self) -> Path:
        return self.home.keys_directory

    @property
    def own(self) -> TrustedKey:
        return TrustedKey.from_pem(self.home.vault().public_key_pem)

    def thief(self) -> Signer:
        return copy.copy(SigningKeys(self.keys, (self.keys / "master.key").read_bytes()).current)

    def passes(self, days: int = 1) -> None:
        self.now += days * DAY

    def signs(self, name: str, *, by: Signer | None = None, at: datetime | None = None, **said: Any) -> str:
        """Sign a ticket about ``name`` and return its path."""
        path = f"releases/{name}.dsse.json"
        self.home.warehouse.write(path, ticket(name, by or self.home.vault(), at or self.now, **said))
        return path

    def rotates(self) -> SignedRotation:
        self.passes()
        rotation = rotate_key(self.home, BECAUSE, self.now)
        self.passes()
        return rotation

    def enters(self) -> int:
        return enter_statements(self.home, self.now)

    def read(self, path: str) -> bytes:
        return self.home.warehouse.read(path)

    @property
    def log(self) -> TransparencyLog:
        return TransparencyLog(self.home.ledger(), self.home.vault())


def ticket(name: str, by: Signer, at: datetime, *, kind: str = RELEASE_PREDICATE, **said: Any) -> bytes:
    """A signed statement that says when it was decided."""
    predicate = {"decided_at": at.isoformat()} | said
    return sign_statement(statement_of({name: sha256_hex(name.encode())}, kind, predicate), [by])


def private_key(number: int) -> PrivateKey:
    """A key for a chain made by hand."""
    return PrivateKey(bytes([number]) * 32)


def said(number: int, old: PrivateKey, new: PrivateKey, before: SignedRotation | None, **changes: Any) -> Rotation:
    """What the rotation of a chain made by hand says, the first on the day after ``NOON``."""
    origin = before.said.log.origin if before else old.public.log
    document: dict[str, Any] = {
        "number": number,
        "previous": before.digest if before else None,
        "retired_at": NOON + number * DAY,
        "old_key": NamedKey.of(old.public),
        "new_key": NamedKey.of(new.public),
        "log": LogThen(origin=origin, size=number, root=sha256_hex(b"%d" % number)),
        "because": BECAUSE,
    }
    return Rotation.model_validate(document | changes)


def chain(keys: Sequence[PrivateKey]) -> list[SignedRotation]:
    """The rotations from each key to the next one."""
    made: list[SignedRotation] = []
    for number, (old, new) in enumerate(pairwise(keys), 1):
        made.append(sign_rotation(said(number, old, new, made[-1] if made else None), old, new))
    return made


def files(rotations: Sequence[SignedRotation]) -> Mapping[str, bytes]:
    """Envelopes by name."""
    return {f"{place}-{one.path}": one.envelope for place, one in enumerate(rotations)}
