"""The links of a chain of evidence, and the report on which of them hold."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policies.errors import LineweightError


class Link(StrEnum):
    """What is verified, in the order it is; stored in reports, so members are never renamed."""

    ARTIFACT = "artifact"
    BUNDLE = "bundle"
    SIGNATURE = "signature"
    LOG = "transparency log"
    # A model.
    WEIGHTS = "weights"
    HEADER = "weights header"
    FILES = "model files"
    RECIPE = "recipe"
    CONSUMPTION = "consumption ledger"
    COPIES = "snapshot copies"
    TICKET = "release ticket"
    REVOCATIONS = "revocations"
    MODEL_SIGNATURE = "model signature"
    SUBSET = "consumption ⊆ snapshot"
    # A snapshot.
    MANIFEST = "manifest"
    STATEMENT = "statement ↔ manifest"
    RETENTION = "retention"
    LISTING = "file listing"
    SHARDS = "shard files"
    LEAVES_FILES = "leaves files"
    LEAVES = "leaves"
    SHARD_ROOTS = "shard roots"
    TENANTS = "leaves ↔ tenant"
    DATA_SUBJECTS = "data subjects"
    CONSENTS = "consent receipts"
    TENANT_ROOTS = "tenant roots"
    SNAPSHOT_ROOT = "snapshot root"
    COUNTS = "counts"
    POLICY = "policy"
    ACTIVATION = "activation"
    DECISIONS = "decisions"
    REQUEST = "request"
    INPUTS = "inputs"
    QUALITY = "quality"
    CONTENT = "content"
    SAMPLE = "sample"


class BrokenLinkError(LineweightError):
    """A link of the chain does not hold."""

    remedy = "Fetch the artifact again from where it was published; if it is the same there, do not use it."


@dataclass(frozen=True, slots=True)
class Check:
    """One link that was looked at: its name, whether it holds, and what was compared or what is wrong."""

    link: str
    verified: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was verified of an artifact, up to the first link that does not hold.

    Attributes:
        artifact: The path that was given.
        checks: The links in order; only the last can be broken.
        not_checked: What nobody looked at, in sentences.
        sampled: The records that were drawn, each with its whole chain.
    """

    artifact: str
    checks: tuple[Check, ...]
    not_checked: tuple[str, ...]
    sampled: tuple[dict[str, Any], ...] = ()

    @property
    def verified(self) -> bool:
        """Whether something was looked at, and all of it holds."""
        return bool(self.checks) and all(check.verified for check in self.checks)

    @property
    def broken(self) -> Check | None:
        """The first link that does not hold."""
        return next((check for check in self.checks if not check.verified), None)

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return {
            "artifact": self.artifact,
            "verified": self.verified,
            "broken_link": self.broken.link if self.broken else None,
            "checks": [
                {"link": check.link, "verified": check.verified, "detail": check.detail} for check in self.checks
            ],
            "not_checked": list(self.not_checked),
            **({"sampled": list(self.sampled)} if self.sampled else {}),
        }


class Chain:
    """Collects the checks of one verification. The first broken link ends it."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.not_checked: list[str] = []
        self.sampled: list[dict[str, Any]] = []
        self._within = ""

    def holds(self, link: Link, detail: str) -> None:
        """Note that a link was looked at and holds."""
        self.checks.append(Check(self._within + link, True, detail))

    def passes_over(self, sentence: str) -> None:
        """Note what is not looked at."""
        if sentence not in self.not_checked:
            self.not_checked.append(sentence)

    @contextlib.contextmanager
    def testing(self, link: Link) -> Iterator[None]:
        """Look at (a part of) a link: an error on purpose inside the block breaks it.

        Raises:
            BrokenLinkError: The link does not hold; it has been noted.
        """
        try:
            yield
        except LineweightError as error:
            self.checks.append(Check(self._within + link, False, str(error)))
            self.passes_over(f"Whatever follows the broken link '{self._within + link}' was not looked at.")
            raise BrokenLinkError(f"{self._within + link}: {error}") from error

    @contextlib.contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Put the name of another artifact before the links in the block: ``snapshot: leaves``."""
        before, self._within = self._within, f"{self._within}{name}: "
        try:
            yield
        finally:
            self._within = before

    def report(self, artifact: str) -> Report:
        """Return what was found."""
        return Report(artifact, tuple(self.checks), tuple(self.not_checked), tuple(self.sampled))


def require(kept: bool, fault: str) -> None:
    """Do nothing if ``kept``.

    Raises:
        BrokenLinkError: It is not; the message is ``fault``.
    """
    if not kept:
        raise BrokenLinkError(fault)
