"""When a statement says it was made, by its kind; and whose signatures count, where keys are valid for a time.

Whoever signs states the time themselves, so a time proves nothing against them. It binds them: a key that was retired
vouches for nothing that is said to be later. No statement states the instant of its signature. A few state the instant
of the act that is signed, which is the same but for moments. The others state what they rest on: what was known at an
instant, a training that finished, a removal that was due. That lies *before* the signature, at any distance, so it is
held against the end of a key's time and not against its beginning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from lineage.dsse import Refusal, SignatureRefusedError, TrustedKey, Validity
from policies.instants import read_instant

OURS = "https://lineweight.dev/attestation"


@dataclass(frozen=True, slots=True)
class TimeField:
    """Where a kind of statement states its time.

    Attributes:
        path: Of the field in the predicate.
        of_the_act: Whether it is the instant of what is signed, and not of what that rests on.
    """

    path: tuple[str, ...]
    of_the_act: bool = False


TIME_FIELDS: Mapping[str, TimeField] = MappingProxyType(
    {
        f"{OURS}/snapshot/v1": TimeField(("as_of", "recorded_at")),
        f"{OURS}/retention/v1": TimeField(("removed_at",)),
        f"{OURS}/policy-activation/v1": TimeField(("proposed_at",)),
        f"{OURS}/release-ticket/v1": TimeField(("decided_at",), of_the_act=True),
        f"{OURS}/revocations/v1": TimeField(("as_of", "recorded_at")),
        "https://slsa.dev/provenance/v1": TimeField(("runDetails", "metadata", "finishedOn")),
        f"{OURS}/evaluation/v1": TimeField(("evaluated_at",)),
        f"{OURS}/erasure/v1": TimeField(("done_at",)),
        f"{OURS}/certificate/v1": TimeField(("at",)),
        f"{OURS}/key-rotation/v1": TimeField(("retired_at",), of_the_act=True),
    }
)
"""By ``predicateType``. A kind that is not here is refused under a key that is valid for a time."""


@dataclass(frozen=True, slots=True)
class StatedTime:
    """When a statement says it was made.

    Attributes:
        at: UTC.
        of_the_act: Whether it was signed then, or at any time after.
    """

    at: datetime
    of_the_act: bool

    def within(self, validity: Validity) -> bool:
        """Return whether a key of this validity may have signed it."""
        begun = validity.from_at is None or not self.of_the_act or self.at >= validity.from_at
        return begun and (validity.until_at is None or self.at <= validity.until_at)


def stated_time(statement: Mapping[str, Any]) -> StatedTime | None:
    """Return when an in-toto statement says it was made, or ``None`` where it does not say, or its kind is unknown."""
    field = TIME_FIELDS.get(str(statement.get("predicateType")))
    if field is None:
        return None
    found: Any = statement.get("predicate")
    for name in field.path:
        found = found.get(name) if isinstance(found, Mapping) else None
    try:
        return StatedTime(read_instant(found), field.of_the_act)
    except ValueError:
        return None


def valid_signers(
    statement: Mapping[str, Any], key_ids: Sequence[str], trusted: Sequence[TrustedKey]
) -> tuple[str, ...]:
    """Return those of the keys which signed a statement that were valid when it says it was made.

    Args:
        statement: The in-toto statement.
        key_ids: The trusted keys whose signatures match.
        trusted: The keys a verifier trusts, and for how long; of a key that is there twice, all of it holds.

    Raises:
        SignatureRefusedError: None of them was, or all are valid for a time and the statement does not say when it was
            made.
    """
    said = stated_time(statement)
    outside = {
        key.key_id for key in trusted if key.validity.bounded and not (said is not None and said.within(key.validity))
    }
    counted = tuple(key_id for key_id in key_ids if key_id not in outside)
    if not counted:
        raise SignatureRefusedError(Refusal.TIME_UNKNOWN if said is None else Refusal.NOT_VALID_THEN)
    return counted
