"""An officer's private key: made once, kept by its owner alone, and used for one signature at a time."""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from lineage.keys.files import ANYONE_READS, create_once, read_secret
from policies.errors import InputError, UsageError

PASSPHRASE_VARIABLE = "LINEWEIGHT_KEY_PASSPHRASE"  # noqa: S105


class OfficerKey:
    """A `lineage.dsse.Signer` over an Ed25519 private key (PKCS #8 in PEM, with a passphrase or without)."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = hashlib.sha256(raw).hexdigest()

    @classmethod
    def open(cls, path: Path) -> "OfficerKey":
        """Open a private key; its passphrase, if it has one, is ``LINEWEIGHT_KEY_PASSPHRASE``.

        Raises:
            VaultError: The file is missing, cannot be read, or others than its owner may read it.
            InputError: It is no Ed25519 private key, or the passphrase is not the right one.
        """
        pem, passphrase = read_secret(path), _passphrase()
        try:
            key = load_pem_private_key(pem, passphrase)
        except TypeError as error:
            # cryptography says which with the same type: none given to a key that has one, or one to a key without.
            fault = "needs its passphrase" if passphrase is None else "has no passphrase, and one was given"
            raise InputError(f"{path}: {fault}.", remedy=f"Set {PASSPHRASE_VARIABLE}, or unset it.") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            message = f"{path}: is not a private key in PEM, or the passphrase is another one."
            raise InputError(message, remedy=f"Name the .key file of an officer; {PASSPHRASE_VARIABLE}.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise InputError(f"{path}: is not an Ed25519 key.", remedy="Make one with `lineweight officer new`.")
        return cls(key)

    @property
    def public_key_pem(self) -> bytes:
        """The public half, PEM (SubjectPublicKeyInfo)."""
        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature (RFC 8032) of ``data``, 64 bytes."""
        return self._private.sign(data)

    def private_key_pem(self, passphrase: bytes | None = None) -> bytes:
        """Return the private half (PKCS #8, PEM), encrypted where there is a passphrase."""
        hidden: KeySerializationEncryption = NoEncryption()
        if passphrase is not None:
            hidden = BestAvailableEncryption(passphrase)
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden)


def new_officer_key(name: str, directory: Path) -> tuple[Path, Path]:
    """Make a pair of keys: ``NAME.key``, which only its owner may read, and ``NAME.pub``, which anybody may.

    The private key is encrypted where ``LINEWEIGHT_KEY_PASSPHRASE`` is set.

    Returns:
        Where the private and the public key are.

    Raises:
        UsageError: One of the files stands already: a key is never replaced by accident.
        InputError: Nothing can be written there.
    """
    key = OfficerKey(Ed25519PrivateKey.generate())
    private, public = directory / f"{name}.key", directory / f"{name}.pub"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = [path for path in (private, public) if path.exists()]
        if there or not create_once(private, key.private_key_pem(_passphrase())):
            raise UsageError(
                f"{(there or [private])[0]}: is there already.", remedy="Name another --out, or remove it."
            )
        create_once(public, key.public_key_pem, ANYONE_READS)
    except OSError as error:
        raise InputError(f"{directory}: no key can be written there.") from error
    return private, public


def _passphrase() -> bytes | None:
    said = os.environ.get(PASSPHRASE_VARIABLE)
    return said.encode() if said else None
