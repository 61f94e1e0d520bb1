"""Rotating a deployment's signing key: what has to hold before, in which order, and what the keys of a home are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lineage.canonical import rfc3339
from lineage.dsse import TrustedKey, Validity
from lineage.keys.rotation import (
    LogThen,
    NamedKey,
    Rotation,
    SignedRotation,
    rotation_chain,
    rotations_in,
    sign_rotation,
)
from lineage.place import Place
from lineage.tlog.entry import signed_files
from lineage.tlog.log import TransparencyLog, enter_statements
from policies.errors import LineweightError

if TYPE_CHECKING:
    from lineage.home import Home
    from lineage.ledger.log_book import Row


class NotRotatedError(LineweightError):
    """The key was not rotated: something that it signed would not be trusted any more. Nothing was changed."""

    remedy = "Wait until nothing is being signed, and rotate again."


def rotate_key(home: "Home", because: str, now: datetime) -> SignedRotation:
    """Put a new signing key in the place of a home's own, and destroy the old one.

    First everything that was signed is entered in the log, and the log is held still: its size is the line between the
    two keys. Then the vault decides, and only after that the rotation is written into the warehouse and entered in the
    log. A process that dies in between leaves that to whoever opens the vault next.

    Args:
        home: The deployment; its ledger must be at hand.
        because: Why, in words.
        now: UTC.

    Raises:
        NotRotatedError: Something signed is not in the log, or says that it was made after ``now``.
        LogForkedError: What stands in the log is not what was signed.
        VaultError: The vault is damaged, or another rotation came first.
    """
    vault = home.vault()
    log = TransparencyLog(home.ledger(), vault)
    log.enter(list(signed_files(home.warehouse, home.trusted())), now)
    with log.held() as (rows, head):
        _require_all_kept(home, log.key.key, rows, now)
        chain, new = vault.rotations, vault.next_key()
        said = Rotation(
            number=len(chain) + 1,
            previous=chain[-1].digest if chain else None,
            retired_at=now,
            old_key=NamedKey.of(log.key.key),
            new_key=NamedKey.of(new.public),
            log=LogThen(origin=head.origin, size=head.size, root=head.root.hex()),
            because=because,
        )
        rotation = sign_rotation(said, vault, new)
        vault.rotate(rotation)
    enter_statements(home, now)
    return rotation


def listed_keys(place: Place) -> dict[str, Any]:
    """Return the signing keys of a deployment as a JSON document, from the first to the one that signs now.

    Needs no vault: the rotations in the warehouse, and the public key. Of a key that was never rotated that one alone.

    Raises:
        RotationError: The rotations make no chain.
        InputError: There is no public key.
    """
    keys, chain = place.own_keys(), rotation_chain(rotations_in(place.warehouse))
    reasons = {rotation.said.old_key.key_id: rotation.said.because for rotation in chain}
    told = [
        {
            "key": key.key_id,
            "state": "retired" if key.validity.until_at else "current",
            "from_at": _instant(key.validity.from_at),
            "until_at": _instant(key.validity.until_at),
            "log_entries": key.validity.log_size,
            "because": reasons.get(key.key_id),
        }
        for key in keys
    ]
    return {"log": keys[-1].log, "keys": told}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def _require_all_kept(home: "Home", own: TrustedKey, rows: "Sequence[Row]", now: datetime) -> None:
    """Do nothing if all that the key signed is in the log, and will be trusted when the key is retired.

    Raises:
        NotRotatedError: Something is not, or will not be.
    """
    logged = {row.entry.statement for row in rows}
    ends = replace(own, validity=Validity(from_at=own.validity.from_at, until_at=now, log=own.log))
    retired = [ends if key.key_id == own.key_id else key for key in home.trusted()]
    trusted_then = {found.path for found in signed_files(home.warehouse, retired) if found.entry is not None}
    for found in signed_files(home.warehouse, home.trusted()):
        if found.entry is None:
            continue
        if found.entry.statement not in logged:
            raise NotRotatedError(f"{found.path}: was signed meanwhile, and is not in the log.")
        if found.path not in trusted_then:
            remedy = "A retired key vouches for nothing that says it is later: wait until then, or set `as_of` back."
            raise NotRotatedError(f"{found.path}: says that it was made after {rfc3339(now)}.", remedy=remedy)
