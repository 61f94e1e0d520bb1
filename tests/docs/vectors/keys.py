"""The published test keys: private, and therefore nobody's."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lineage.dsse import TrustedKey


@dataclass(frozen=True)
class PublishedKey:
    """An Ed25519 key made of 32 bytes that anybody may read; a `Signer`."""

    seed: bytes

    @property
    def trusted(self) -> TrustedKey:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return TrustedKey(public.public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def key_id(self) -> str:
        """SHA-256 of the raw public key, in hexadecimal."""
        return self.trusted.key_id

    @property
    def pem(self) -> str:
        """The public key in PEM."""
        return self.trusted.pem.decode()

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature of ``data``."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(data)


FIRST, SECOND, STRANGER, FOURTH = (PublishedKey(bytes(range(start, start + 32))) for start in (0, 32, 64, 96))
