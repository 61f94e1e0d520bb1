"""The key vault: every key of a deployment, in one directory.

::

    keys/
    ├── master.key           32 random bytes, unless LINEWEIGHT_MASTER_KEY (hex) supplies them
    ├── derived-from-seed    only in demonstrations: the number every key here is a function of
    ├── signing.key          Ed25519 private key, wrapped by the master key
    ├── signing.pub          its public half, for verifiers
    ├── rotations/<n>.dsse.json  when a signing key took another one's place, signed by both
    ├── model-signing.key    P-256 private key, wrapped by the master key; made when the first model is signed
    ├── model-signing.pub    its public half, for the model-signing tool
    ├── salts.db             one wrapped salt a person; where one was destroyed, when
    └── tenants/<tenant>.key 32 bytes each, wrapped by the master key

All other keys of a tenant (identity, files, surrogates, salts) are derived from its one key with
HKDF-SHA-256: where that file is destroyed, nothing of the tenant opens again.
"""

import hmac
import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lineage.dsse import TrustedKey
from lineage.keys.files import (
    ANYONE_READS,
    KEY_BYTES,
    VaultError,
    create_once,
    derived,
    read_secret,
    unwrap,
    wrap,
)
from lineage.keys.master_key import known_seed, master_key
from lineage.keys.rotation import SignedRotation
from lineage.keys.salts import SaltStore
from lineage.keys.signing_key import PrivateKey, SigningKeys

TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
PSEUDONYM = re.compile(r"ds_[0-9a-f]{32}")


class KeyUnavailableError(VaultError):
    """Content is encrypted under a key that this vault does not hold."""

    remedy = "Use the vault of the deployment that landed this tenant's records."


class SaltDestroyedError(VaultError):
    """A salt was asked for of a person whose salt was destroyed: nothing of theirs may be published again."""

    remedy = "Remove what is left of the person's records before anything is published from them."


class Vault:
    """The keys of one deployment. `open` makes or opens one; a pickled vault re-opens its directory."""

    def __init__(self, directory: Path, master: bytes, seed: int | None) -> None:
        self.directory = directory
        self._master = master
        self._seed = seed
        self._tenants: dict[str, bytes] = {}
        self._salts = SaltStore(directory / "salts.db")
        self._make_signing_key()
        self._signing = SigningKeys(directory, master)

    @classmethod
    def open(cls, directory: Path, *, seed: int | None = None) -> "Vault":
        """Open the vault in a directory, and make one on first use.

        Args:
            directory: Where the keys are kept; made with mode 0700.
            seed: Derive every key from this number instead of from the system's randomness. Whoever
                knows the number knows the keys; manifests say so (``keys: derived-from-seed``).

        Raises:
            VaultError: A file of the vault is missing, damaged, of another master key or seed, or readable
                by others; the message names it.
        """
        directory = Path(directory).expanduser().resolve()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        begun = (directory / "signing.key").exists()
        known = known_seed(directory, seed, begun)
        return cls(directory, master_key(directory, known, begun), known)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to a worker as the directory alone: no key leaves this process."""
        return Vault.open, (self.directory,)

    @property
    def derived_from_seed(self) -> bool:
        """Whether every key is a function of a number that may be known."""
        return self._seed is not None

    @property
    def key_id(self) -> str:
        """SHA-256 of the raw public signing key, in hexadecimal; if another process rotated it, of the new one."""
        self._signing.refresh()
        return self._signing.current.key_id

    @property
    def public_key_pem(self) -> bytes:
        """The public signing key, PEM (SubjectPublicKeyInfo); if another process rotated it, the new one."""
        self._signing.refresh()
        return self._signing.current.public.pem

    @property
    def signing_keys(self) -> tuple[TrustedKey, ...]:
        """The public keys that signed here, from the first to the one that does now, each with its own time."""
        self._signing.refresh()
        return self._signing.keys

    @property
    def rotations(self) -> tuple[SignedRotation, ...]:
        """Every rotation of the signing key, from the first."""
        self._signing.refresh()
        return self._signing.rotations

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature (RFC 8032) of ``data``, 64 bytes, by the key last named by ``key_id``."""
        return self._signing.current.sign(data)

    def next_key(self) -> PrivateKey:
        """Return the key that can take the signing key's place, made on first use; nothing changes yet."""
        return self._signing.prepare(self._entropy("signing", str(len(self.rotations) + 1)))

    def rotate(self, rotation: SignedRotation) -> None:
        """Put `next_key` in the signing key's place, as both said, and destroy the old one.

        Raises:
            VaultError: The rotation is of other keys, or another one came first.
            RotationError: It does not follow the rotations before.
        """
        self._signing.rotate(rotation)

    def model_signing_key(self) -> ec.EllipticCurvePrivateKey:
        """Return the P-256 key that signs models for the ``model-signing`` tool, made on first use.

        Raises:
            VaultError: Its file is damaged, or its public half is not beside it.
        """
        path, curve = self.directory / "model-signing.key", ec.SECP256R1()
        if not path.exists():
            drawn = self._entropy("model signing", "high") + self._entropy("model signing", "low")
            scalar = 1 + int.from_bytes(drawn, "big") % (curve.group_order - 1)  # FIPS 186-5, A.2.1
            create_once(path, wrap(self._master, scalar.to_bytes(KEY_BYTES, "big"), "model signing"))
        scalar = int.from_bytes(unwrap(self._master, read_secret(path), "model signing", str(path)), "big")
        key = ec.derive_private_key(scalar, curve)
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        public = self.directory / "model-signing.pub"
        if not create_once(public, pem, ANYONE_READS) and public.read_bytes() != pem:
            raise VaultError(f"{public}: is not the public half of {path.name}.")
        return key

    def has_tenant(self, tenant: str) -> bool:
        """Return whether this vault holds the tenant's key."""
        return self._tenant_file(tenant).exists()

    def data_subject_id(self, tenant: str, product_id: str, *, create: bool = True) -> str:
        """Return the pseudonym of a person: ``ds_`` and 32 hex digits, different in every tenant.

        Args:
            tenant: The customer the person belongs to.
            product_id: The product's own id of the person; a pseudonym is returned as it is.
            create: Make the tenant's key if there is none, as landing and the ledger's import do.

        Raises:
            VaultError: The id is empty: nobody is named.
            KeyUnavailableError: There is no key of the tenant and ``create`` is false.
        """
        if PSEUDONYM.fullmatch(product_id):
            return product_id
        if not product_id:
            remedy = "Leave the person out where the log is silent."
            raise VaultError("An empty id names no person.", remedy=remedy)
        key = derived(self._tenant_key(tenant, create), "identity")
        return "ds_" + hmac.digest(key, product_id.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    def file_key(self, tenant: str, aad: str, *, create: bool = False) -> bytes:
        """Return the 32-byte key of one file, a function of the tenant's key and the file's logical name.

        Raises:
            KeyUnavailableError: There is no key of the tenant and ``create`` is false.
        """
        return derived(self._tenant_key(tenant, create), "file", aad)

    def surrogate_key(self, tenant: str) -> bytes:
        """Return the 32-byte key that the tenant's surrogates in redacted text are made with.

        Raises:
            KeyUnavailableError: There is no key of the tenant.
        """
        return derived(self._tenant_key(tenant, create=False), "surrogate")

    def salts(self, tenant: str, ids: Sequence[str]) -> dict[str, bytes]:
        """Return the salt (32 random bytes) of each person, made on first use.

        Raises:
            KeyUnavailableError: There is no key of the tenant.
            SaltDestroyedError: The salt of one was destroyed: no other one takes its place.
        """
        lookups = self._lookups(tenant, ids)
        missing = set(lookups.values()) - set(self._salts.stored(tenant, list(lookups.values())))
        key = self._salt_key(tenant)
        fresh = {
            lookup: wrap(key, self._entropy("salt", tenant, data_subject_id), lookup.hex())
            for data_subject_id, lookup in lookups.items()
            if lookup in missing
        }
        if fresh:
            self._salts.add(tenant, fresh)
        found = self._opened_salts(tenant, lookups)
        if len(found) < len(lookups):
            raise SaltDestroyedError(self._told_destroyed(tenant, sorted(set(lookups) - set(found))))
        return found

    def destroy_salts(self, tenant: str, ids: Sequence[str], at: datetime) -> int:
        """Destroy the salts of people for good, so that no commitment in a leaf can be opened as theirs again.

        A tombstone stays, also for whom no salt was ever made: a keyed hash of the id, and when. In a vault that is
        derived from a seed whoever knows the number can compute the salt again.

        Args:
            tenant: The customer the people belong to.
            ids: Their pseudonyms.
            at: When, UTC; where a salt was destroyed before, that time stands.

        Returns:
            How many salts stood.

        Raises:
            KeyUnavailableError: There is no key of the tenant.
            VaultError: The store of salts is damaged, or in use by others that do not let go.
        """
        return self._salts.destroy(tenant, list(self._lookups(tenant, ids).values()), at)

    def destroyed(self, tenant: str, ids: Sequence[str]) -> dict[str, datetime]:
        """Return when the salts of people were destroyed, UTC; whose were not is left out.

        Raises:
            KeyUnavailableError: There is no key of the tenant.
        """
        lookups = self._lookups(tenant, ids)
        found = self._salts.destroyed(tenant, list(lookups.values()))
        return {person: found[lookup] for person, lookup in lookups.items() if lookup in found}

    def salt(self, tenant: str, data_subject_id: str) -> bytes | None:
        """Return the salt of one person, or ``None`` where there is none (never made, or destroyed)."""
        return self.known_salts(tenant, [data_subject_id]).get(data_subject_id)

    def known_salts(self, tenant: str, ids: Sequence[str]) -> dict[str, bytes]:
        """Return the salts that stand, and make none."""
        return self._opened_salts(tenant, self._lookups(tenant, ids))

    def _lookups(self, tenant: str, ids: Sequence[str]) -> dict[str, bytes]:
        key = derived(self._tenant_key(tenant, create=False), "salt lookup")
        return {person: hmac.digest(key, person.encode(), "sha256") for person in ids}

    def _opened_salts(self, tenant: str, lookups: dict[str, bytes]) -> dict[str, bytes]:
        wrapped = self._salts.stored(tenant, list(lookups.values()))
        key, place = self._salt_key(tenant), str(self.directory / "salts.db")
        return {
            person: unwrap(key, wrapped[lookup], lookup.hex(), place)
            for person, lookup in lookups.items()
            if lookup in wrapped
        }

    def _told_destroyed(self, tenant: str, missing: Sequence[str]) -> str:
        when = self.destroyed(tenant, missing)
        on = ", ".join(f"{person} on {when[person].date()}" for person in missing if person in when)
        return f"Tenant {tenant}: the salt of a person was destroyed: {on or 'just now'}."

    def _salt_key(self, tenant: str) -> bytes:
        return derived(self._tenant_key(tenant, create=False), "salt wrap")

    def _tenant_file(self, tenant: str) -> Path:
        if not TENANT.fullmatch(tenant):
            remedy = "Name a tenant by lower-case letters, digits and '-', 63 at most."
            raise VaultError("A key was asked for of what is not a tenant's name.", remedy=remedy)
        return self.directory / "tenants" / f"{tenant}.key"

    def _tenant_key(self, tenant: str, create: bool) -> bytes:
        if tenant in self._tenants:
            return self._tenants[tenant]
        path = self._tenant_file(tenant)
        if not path.exists():
            if not create:
                raise KeyUnavailableError(f"There is no key of tenant {tenant} in this vault.")
            path.parent.mkdir(mode=0o700, exist_ok=True)
            create_once(path, wrap(self._master, self._entropy("tenant", tenant), f"tenant {tenant}"))
        self._tenants[tenant] = unwrap(self._master, read_secret(path), f"tenant {tenant}", str(path))
        return self._tenants[tenant]

    def _make_signing_key(self) -> None:
        """Make the signing key on first use; it is made last, so a vault that has one is complete."""
        path = self.directory / "signing.key"
        made_before = (self.directory / "signing.pub").exists() or (self.directory / "tenants").exists()
        if not path.exists():
            if made_before:
                raise VaultError(f"{path}: the key file is missing.")
            self._salts.create()
            create_once(path, wrap(self._master, self._entropy("signing"), "signing"))

    def _entropy(self, *label: str) -> bytes:
        return os.urandom(KEY_BYTES) if self._seed is None else derived(str(self._seed).encode(), *label)
