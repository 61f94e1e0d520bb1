"""What is asked for, of which governed parts, and what decides it: everything that a selection is a function of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from lineage.keys.vault import Vault
from lineage.snapshot_request import SnapshotRequest
from lineage.warehouse import Warehouse
from pipelines.facts import AsOf, Known
from pipelines.governed import Governed
from policies.document import Policy
from policies.errors import LineweightError
from policies.person_link import PersonLink, representatives


class NothingGovernedError(LineweightError):
    """There is nothing to select from."""

    remedy = "Land and govern the sources first: lineweight land, lineweight govern."


@dataclass(frozen=True)
class Asked:
    """What is asked for, of which parts, and what decides it.

    Attributes:
        request: What is asked for.
        parts: The governed parts of its sources and pool, all redacted by one version.
        known: The ledgers and declarations.
        policy: The policy that decides.
        as_of: The instant decided for.
    """

    request: SnapshotRequest
    parts: tuple[Governed, ...]
    known: Known
    policy: Policy
    as_of: AsOf
    warehouse: Warehouse
    vault: Vault

    @cached_property
    def merged(self) -> Mapping[tuple[str, str], str]:
        """Of ids that are known to be one person, the one that stands for all, by tenant and id."""
        links = (PersonLink.model_construct(**link) for link in self.known.links.to_pylist())
        return representatives(links, self.as_of.recorded_at)

    def required(self) -> Self:
        """Return the same, if there is something to select from.

        Raises:
            NothingGovernedError: No part of the sources and pool was governed.
        """
        if not self.parts:
            raise NothingGovernedError(
                f"{self.request.name}: nothing is governed of {', '.join(self.request.sources)}."
            )
        return self


def ask(
    request: SnapshotRequest,
    parts: Sequence[Governed],
    known: Known,
    policy: Policy,
    as_of: AsOf,
    warehouse: Warehouse,
    vault: Vault,
) -> Asked:
    """Return what is asked of the parts that are of the sources and pool; none, if there are none.

    Raises:
        NothingGovernedError: The parts were redacted by different versions, or with another profile than the
            policy asks for.
    """
    wanted = [part for part in parts if part.source in request.sources and request.tenant in (None, part.tenant)]
    if len({part.redaction for part in wanted}) > 1:
        raise NothingGovernedError(
            f"{request.name}: the records were redacted by different versions of the profile or engine.",
            remedy="Govern the sources again: lineweight govern.",
        )
    if wanted and (profile := wanted[0].profile) != policy.redaction_profile:
        raise NothingGovernedError(
            f"{request.name}: {policy.policy_id} asks for the redaction profile {policy.redaction_profile}, "
            f"and the records were redacted with {profile}.",
            remedy="Set redaction_profile in lineweight.yaml to the policy's, and govern the sources again.",
        )
    ordered = tuple(sorted(wanted, key=lambda part: (part.tenant, part.output)))
    return Asked(request, ordered, known, policy, as_of, warehouse, vault)
