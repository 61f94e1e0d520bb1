"""Files that hold keys: created once and whole, readable by their owner alone, wrapped by AES-256-GCM.

A wrapped file is ``LWK1``, a random 12-byte nonce and the ciphertext with its tag; the additional
authenticated data names what the key is for, so that one key file cannot stand in for another.
"""

import contextlib
import os
import stat
import uuid
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from policies.errors import LineweightError

KEY_BYTES = 32
NONCE_BYTES = 12
MAGIC = b"LWK1"
OWNER_ONLY = 0o600
ANYONE_READS = 0o644


class VaultError(LineweightError):
    """The key vault is not as it was left: a file is missing, open to others, damaged or of another key."""

    remedy = "Restore the keys directory from its backup; never delete or edit single files of it."


def derived(secret: bytes, *label: str) -> bytes:
    """Return 32 bytes that are a function of a secret and a label (HKDF-SHA-256, RFC 5869)."""
    info = b"".join(len(part).to_bytes(4, "big") + part for part in (name.encode() for name in label))
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=b"lineweight", info=info).derive(secret)


def wrap(key: bytes, secret: bytes, aad: str) -> bytes:
    """Encrypt a secret under a key for one stated use."""
    nonce = os.urandom(NONCE_BYTES)
    return MAGIC + nonce + AESGCM(key).encrypt(nonce, secret, aad.encode())


def unwrap(key: bytes, wrapped: bytes, aad: str, place: str) -> bytes:
    """Decrypt what `wrap` made.

    Raises:
        VaultError: Another key, another use, or damaged bytes; the message names ``place``.
    """
    body = wrapped.removeprefix(MAGIC)
    if len(wrapped) - len(body) != len(MAGIC) or len(body) <= NONCE_BYTES:
        raise VaultError(f"{place}: is not a key file, or is damaged.")
    try:
        return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], aad.encode())
    except InvalidTag as error:
        message = f"{place}: does not open: it is damaged, or the master key is another one."
        raise VaultError(message, remedy="Give the master key this vault was made with.") from error


def create_once(path: Path, data: bytes, mode: int = OWNER_ONLY) -> bool:
    """Put a whole file at ``path`` unless one stands there; of several at once, one wins.

    Returns:
        Whether this call made the file.
    """
    staging = path.with_name(f".staging-{uuid.uuid4().hex}")
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as sink:
            sink.write(data)
            os.fchmod(sink.fileno(), mode)
            sink.flush()
            os.fsync(sink.fileno())
        os.link(staging, path)
    except FileExistsError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            staging.unlink()
    _flush_directory(path.parent)
    return True


def replace_file(source: Path, path: Path) -> None:
    """Move a whole file over another one: at any moment ``path`` is the one or the other."""
    source.replace(path)
    _flush_directory(path.parent)


def destroy_file(path: Path) -> None:
    """Overwrite a file with zeros, and remove it; nothing happens if there is none.

    What a file system or a disk keeps besides, such as copies it made of blocks, is beyond reach.
    """
    if not path.exists():
        return
    with path.open("r+b") as kept:
        kept.write(bytes(path.stat().st_size))
        kept.flush()
        os.fsync(kept.fileno())
    path.unlink()
    _flush_directory(path.parent)


def read_secret(path: Path) -> bytes:
    """Return a key file's bytes.

    Raises:
        VaultError: It is missing, cannot be read, or others than its owner may read it.
    """
    require_private(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise VaultError(f"{path}: the key file cannot be read.") from error


def require_private(path: Path) -> None:
    """Do nothing if a key file stands and is its owner's alone.

    Raises:
        VaultError: It is missing, or others than its owner may read it.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise VaultError(f"{path}: the key file is missing.") from error
    if stat.S_IMODE(mode) & 0o077:
        raise VaultError(f"{path}: others than its owner may read it.", remedy=f"Run: chmod 600 {path}")


def _flush_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
