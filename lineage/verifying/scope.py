"""What a verifier trusts, what an auditor brings beside the files, and how far to go: one value for all links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lineage.keys.vault import Vault
from lineage.proving.receipts import NO_RECEIPTS, Receipts
from lineage.statement import TrustedKey
from lineage.verifying.depth import FULL, Depth
from lineage.verifying.logged import LogEvidence


@dataclass(frozen=True)
class Scope:
    """What a verification goes by.

    Attributes:
        trusted: The keys that may have signed.
        vault: Keys, to look at the encrypted content too.
        log: Proofs that statements are in the transparency log, and checkpoints that were published.
        receipts: Consent events that leaves rest on, and openings of commitments.
        depth: How far to go.
        left_out: Files that a bundle says it does not hold: SHA-256 by path, relative to the snapshot or model.
    """

    trusted: Sequence[TrustedKey]
    vault: Vault | None = None
    log: LogEvidence = field(default_factory=LogEvidence)
    receipts: Receipts = NO_RECEIPTS
    depth: Depth = FULL
    left_out: Mapping[str, str] = field(default_factory=dict)
