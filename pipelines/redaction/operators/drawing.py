"""Choices that are a function of a key and a value: what a surrogate is made of."""

import hmac
from collections.abc import Sequence

from lineage.keys.files import derived

KEY_VERSION = 1


def type_key(tenant_key: bytes, entity_type: str, key_version: int = KEY_VERSION) -> bytes:
    """Return the 32-byte key of one type of value (HKDF-SHA-256, RFC 5869).

    Args:
        tenant_key: The tenant's key for surrogates, from the vault.
        entity_type: As profiles name it; a value has unrelated surrogates as two types.
        key_version: Raised where a tenant's surrogates shall become unrelated to those made before.
    """
    return derived(tenant_key, "surrogate", entity_type, f"v{key_version}")


class Draw:
    """An endless row of choices: HMAC-SHA-256 of a counter and the value, eight choices a block.

    Args:
        key: 32 bytes, from :func:`type_key`.
        value: The value in its canonical form.
    """

    def __init__(self, key: bytes, value: str) -> None:
        self._key = key
        self._message = value.encode("utf-8", "surrogatepass")
        self._block = b""
        self._blocks = 0

    def of(self, value: str) -> "Draw":
        """Return a row of its own for a part of the value, the same wherever the part stands."""
        return Draw(self._key, f"part\0{value}")

    def below(self, bound: int) -> int:
        """Return a number from 0 up to, not including, ``bound``, which is at most a million."""
        if not self._block:
            message = self._blocks.to_bytes(4, "big") + self._message
            self._block = hmac.digest(self._key, message, "sha256")
            self._blocks += 1
        drawn, self._block = int.from_bytes(self._block[:4], "big"), self._block[4:]
        return drawn % bound

    def choice(self, choices: Sequence[str]) -> str:
        """Return one of ``choices``."""
        return choices[self.below(len(choices))]

    def text(self, alphabet: str, length: int) -> str:
        """Return ``length`` characters of an alphabet."""
        return "".join(self.choice(alphabet) for _ in range(length))
