"""What was found out about texts, remembered by their digest and bounded in bytes."""

import hashlib

from pipelines.redaction.outcome import Outcome

Key = bytes


def key_of(tenant: str, field: str, text: str) -> Key:
    """Return the key under which what became of a text is remembered: 32 bytes of BLAKE2b.

    Tenants share nothing: the same text of two tenants has two keys.
    """
    hasher = hashlib.blake2b(f"{len(tenant)}:{tenant}{len(field)}:{field}".encode(), digest_size=32)
    hasher.update(text.encode("utf-8", "surrogatepass"))
    return hasher.digest()


class Cache:
    """Remembers outcomes in two generations, within a bound.

    When the younger generation has reached half the bound it becomes the older one, and the older one is forgotten.
    What is asked for stays young: of a session that resends its history, everything but what nobody asks for again.
    Neither the order of texts nor the bound changes what is found, only how often it is looked for.

    Args:
        bound_bytes: What is remembered at most, by :attr:`Outcome.size`; 0 remembers nothing.
    """

    def __init__(self, bound_bytes: int) -> None:
        self._half = bound_bytes // 2
        self._young: dict[Key, Outcome] = {}
        self._old: dict[Key, Outcome] = {}
        self._young_bytes = 0

    def get(self, key: Key) -> Outcome | None:
        """Return what is remembered under a key."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: Key, outcome: Outcome) -> None:
        """Remember an outcome; one that is larger than half the bound is not."""
        if outcome.size > self._half:
            return
        if self._young_bytes + outcome.size > self._half:
            self._old, self._young, self._young_bytes = self._young, {}, 0
        self._young[key] = outcome
        self._young_bytes += outcome.size
