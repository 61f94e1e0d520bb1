"""The signing key of a vault, the rotations that led to it, and how one key takes another one's place.

::

    signing.key                      the private key, wrapped
    signing.pub                      its public half
    rotations/<nnnnn>.dsse.json      every rotation, from the first; the copies in warehouses are made from these
    signing.key.next                 while a rotation is prepared: the key to come
    signing.key.old                  while a rotation is carried out: the key that goes

A rotation is decided at one point: when its signed statement stands in ``rotations/``. Before, the vault opens with the
old key, and what was prepared is used by the next attempt. After, whoever opens the vault carries it out: the new file
is moved into place, its public half is written, and the old file is overwritten before it goes. Each step can be
repeated, so a process may die between any two. Only one at a time carries out; others wait for the lock.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lineage.dsse import TrustedKey
from lineage.keys.files import (
    ANYONE_READS,
    VaultError,
    create_once,
    destroy_file,
    read_secret,
    replace_file,
    unwrap,
    wrap,
)
from lineage.keys.rotation import ROOT as ROTATIONS
from lineage.keys.rotation import SUFFIX, SignedRotation, chain_keys, rotation_chain

KEY, PUBLIC = "signing.key", "signing.pub"
NEXT, OLD = "signing.key.next", "signing.key.old"
USE = "signing"
"""What the wrapped files say that they are for."""


class PrivateKey:
    """An Ed25519 private key that signs: a `lineage.dsse.Signer`."""

    def __init__(self, raw: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(raw)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = TrustedKey(public)
        self.key_id = hashlib.sha256(public).hexdigest()

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature (RFC 8032) of ``data``, 64 bytes."""
        return self._private.sign(data)


class SigningKeys:
    """The signing key in a vault's directory, and those that it followed."""

    def __init__(self, directory: Path, master: bytes) -> None:
        self._directory = directory
        self._master = master
        self._load()

    @property
    def keys(self) -> tuple[TrustedKey, ...]:
        """The public keys from the first to the one that signs, each with its own time."""
        return chain_keys(self.rotations) or (self.current.public,)

    def refresh(self) -> None:
        """Take up the key that is there now: another process may have rotated it."""
        if self._stamp() not in (None, self._seen):
            self._load()

    def prepare(self, raw: bytes) -> PrivateKey:
        """Return the key that is to take this one's place, stored already; one left by an attempt that died is taken.

        Args:
            raw: 32 bytes for it, where there is none.
        """
        if not (self._directory / NEXT).exists():
            create_once(self._directory / NEXT, wrap(self._master, raw, USE))
        return self._opened(NEXT)

    def rotate(self, rotation: SignedRotation) -> None:
        """Put the prepared key in this one's place, and destroy this one.

        Raises:
            VaultError: The rotation is not from this key to the prepared one, or another one came first.
        """
        said, place = rotation.said, self._directory / rotation.path
        self.refresh()
        prepared = self._opened(NEXT).key_id if (self._directory / NEXT).exists() else ""
        expected = (len(self.rotations) + 1, self.current.key_id, prepared)
        if (said.number, said.old_key.key_id, said.new_key.key_id) != expected:
            raise VaultError(f"{place}: this rotation is not of the key that signs here.", remedy="Rotate again.")
        rotation_chain({one.name: one.envelope for one in (*self.rotations, rotation)})
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if not create_once(place, rotation.envelope):
            raise VaultError(f"{place}: another rotation came first.", remedy="`lineweight key list` shows it.")
        self._load()

    def _load(self) -> None:
        self.rotations = self._read_rotations()
        if self.rotations:
            self._carry_out(self.rotations[-1])
        seen = self._stamp()
        self.current = self._opened(KEY)
        path, pem = self._directory / PUBLIC, self.current.public.pem
        made = not path.exists() and create_once(path, pem, ANYONE_READS)
        if not made and path.read_bytes() != pem:
            if len(self._read_rotations()) == len(self.rotations):
                raise VaultError(f"{path}: is not the public half of {KEY}.")
            self._load()  # another process rotated the key while this one was reading it
        else:
            self._seen = seen or self._stamp()

    def _read_rotations(self) -> tuple[SignedRotation, ...]:
        found = sorted((self._directory / ROTATIONS).glob(f"*{SUFFIX}"))
        return rotation_chain({f"{ROTATIONS}/{path.name}": read_secret(path) for path in found})

    def _carry_out(self, rotation: SignedRotation) -> None:
        """Do whatever of a decided rotation was not done yet."""
        new = rotation.said.new_key.trusted
        old_file, public = self._directory / OLD, self._directory / PUBLIC
        former = rotation.said.old_key.trusted.pem

        def names_the_old_key() -> bool:
            return public.exists() and public.read_bytes() == former

        if self._opened(KEY).key_id == new.key_id and not old_file.exists() and not names_the_old_key():
            return
        with self._alone():
            if self._opened(KEY).key_id != new.key_id:
                self._require_next(new.key_id)
                with contextlib.suppress(FileExistsError):
                    os.link(self._directory / KEY, old_file)
                replace_file(self._directory / NEXT, self._directory / KEY)
            if names_the_old_key():
                staging = self._directory / f"{PUBLIC}.next"
                staging.unlink(missing_ok=True)
                create_once(staging, new.pem, ANYONE_READS)
                replace_file(staging, public)
            destroy_file(old_file)

    def _require_next(self, key_id: str) -> None:
        if not (self._directory / NEXT).exists() or self._opened(NEXT).key_id != key_id:
            raise VaultError(f"{self._directory / KEY}: is not the key of the newest rotation, nor is it at hand.")

    def _opened(self, name: str) -> PrivateKey:
        path = self._directory / name
        return PrivateKey(unwrap(self._master, read_secret(path), USE, str(path)))

    def _stamp(self) -> tuple[int, int] | None:
        try:
            told = (self._directory / PUBLIC).stat()
        except FileNotFoundError:
            return None
        return told.st_ino, told.st_mtime_ns

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold a lock on the vault's directory; it goes with the process, so none is left behind."""
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
