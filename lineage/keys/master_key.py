"""Where a vault's keys begin: the master key, and in demonstrations the number all keys derive from."""

import os
import re
from pathlib import Path

from lineage.keys.files import KEY_BYTES, VaultError, create_once, derived, read_secret

MASTER_KEY_VARIABLE = "LINEWEIGHT_MASTER_KEY"
SEED_FILE = "derived-from-seed"
SEED_WARNING = "Every key here is a function of this number: for demonstrations, never for people."


def known_seed(directory: Path, seed: int | None, begun: bool) -> int | None:
    """Return the number the vault's keys are derived from, or ``None`` when they are random.

    Args:
        directory: The vault's directory.
        seed: The number the caller gives; noted in a file of its own before any key is made.
        begun: Whether the vault stood before.

    Raises:
        VaultError: The vault is derived from another number, or from none.
    """
    path = directory / SEED_FILE
    begun = begun or (directory / "master.key").exists()
    if seed is not None and not path.exists():
        if begun:
            raise VaultError(f"{path}: is missing: this vault was not derived from a seed.", remedy="Give no seed.")
        create_once(path, f"{seed}\n{SEED_WARNING}\n".encode())
    if not path.exists():
        return None
    first = read_secret(path).partition(b"\n")[0]
    if not re.fullmatch(rb"-?\d+", first):
        raise VaultError(f"{path}: does not begin with a number.")
    if seed is not None and seed != int(first):
        raise VaultError(f"{path}: this vault was derived from another seed.", remedy="Give the seed it was made with.")
    return int(first)


def master_key(directory: Path, seed: int | None, begun: bool) -> bytes:
    """Return the 32 bytes that wrap every other key: from the environment, or from ``master.key``.

    Raises:
        VaultError: It is missing, of a wrong length, or not the one that the seed gives.
    """
    supplied = os.environ.get(MASTER_KEY_VARIABLE)
    if supplied is not None:
        if not re.fullmatch(r"[0-9a-fA-F]{64}", supplied):
            raise VaultError(f"{MASTER_KEY_VARIABLE} is not 64 hexadecimal digits.", remedy="Supply 32 bytes as hex.")
        return bytes.fromhex(supplied)
    path = directory / "master.key"
    if not path.exists():
        if begun:
            raise VaultError(f"{path}: the key file is missing.", remedy=f"Restore it, or set {MASTER_KEY_VARIABLE}.")
        create_once(path, os.urandom(KEY_BYTES) if seed is None else derived(str(seed).encode(), "master"))
    master = read_secret(path)
    if len(master) != KEY_BYTES:
        raise VaultError(f"{path}: does not hold {KEY_BYTES} bytes.")
    if seed is not None and master != derived(str(seed).encode(), "master"):
        raise VaultError(f"{path}: is not the key that {SEED_FILE} gives.")
    return master
