"""Officers: the people of a deployment who may put a policy in force or release a snapshot, and their keys.

``lineweight.yaml`` names them, with their public keys and what each may do::

    officers:
      maria: {key: officers/maria.pub, may: [author-policies, approve-releases]}
      jonas: {key: officers/jonas.pub, may: [approve-policies, approve-releases]}

Their private keys are theirs: the deployment never holds one, so no pipeline can sign in their name. A person
whose name is taken out is trusted no longer, also for what they signed before.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lineage.dsse import TrustedKey
from policies.errors import InputError
from policies.strict_yaml import DocumentError


class Duty(StrEnum):
    """What an officer may do; written in settings, so members are never renamed."""

    AUTHOR_POLICIES = "author-policies"
    APPROVE_POLICIES = "approve-policies"
    APPROVE_RELEASES = "approve-releases"


class OfficersError(DocumentError):
    """The officers that a home names cannot all be known; the message lists every fault."""

    remedy = "Correct `officers` in the home's lineweight.yaml; `lineweight officer new` makes a pair of keys."


def _once_each(duties: tuple[Duty, ...]) -> tuple[Duty, ...]:
    if len(set(duties)) < len(duties):
        raise ValueError("names a duty twice")
    return duties


class NamedOfficer(BaseModel):
    """An officer as settings name them: where the public key (PEM) is, and the duties that are theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Path
    may: Annotated[tuple[Duty, ...], Field(min_length=1), AfterValidator(_once_each)]


OfficerName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


@dataclass(frozen=True, slots=True)
class Officer:
    """A person, the one key that is theirs, and what they may do."""

    name: str
    key: TrustedKey
    may: frozenset[Duty]


@dataclass(frozen=True, slots=True)
class Officers:
    """All officers of a deployment, by name; falsy where there is none, and the deployment acts alone."""

    people: tuple[Officer, ...] = ()

    @classmethod
    def read(cls, named: Mapping[str, NamedOfficer], own: TrustedKey | None = None) -> "Officers":
        """Read the public keys of the officers that settings name.

        Args:
            named: By name.
            own: The deployment's own key, which nobody's may be: a pipeline would sign for a person.

        Raises:
            OfficersError: A key cannot be read, is the deployment's own, or is two people's; every fault at once.
        """
        people, faults = [], []
        for name, said in sorted(named.items()):
            try:
                people.append(Officer(name, _read(said.key), frozenset(said.may)))
            except InputError as error:
                faults.append(f"officers.{name}.key: {error}")
        faults += _shared(people, own)
        if faults:
            raise OfficersError(tuple(faults))
        return cls(tuple(people))

    def __bool__(self) -> bool:
        return bool(self.people)

    @property
    def keys(self) -> tuple[TrustedKey, ...]:
        """The keys of all officers."""
        return tuple(officer.key for officer in self.people)

    def holders(self, duty: Duty) -> tuple[TrustedKey, ...]:
        """Return the keys of those who have a duty."""
        return tuple(officer.key for officer in self.people if duty in officer.may)

    def names(self, duty: Duty) -> tuple[str, ...]:
        """Return the names of those who have a duty."""
        return tuple(officer.name for officer in self.people if duty in officer.may)

    def name_of(self, key_id: str) -> str | None:
        """Return whose key has an id, or ``None`` if it is no officer's."""
        return next((officer.name for officer in self.people if officer.key.key_id == key_id), None)

    def has_duty(self, key_id: str, duty: Duty) -> bool:
        """Return whether the owner of a key has a duty."""
        return any(officer.key.key_id == key_id and duty in officer.may for officer in self.people)


def _read(path: Path) -> TrustedKey:
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read.") from error
    return TrustedKey.from_pem(pem, str(path))


def _shared(people: list[Officer], own: TrustedKey | None) -> list[str]:
    """Return a fault for each key that is not one person's alone."""
    names = defaultdict(list)
    for officer in people:
        names[officer.key.key_id].append(officer.name)
    faults = [f"officers: {' and '.join(same)} have the same key" for same in names.values() if len(same) > 1]
    if own is not None:
        faults += [f"officers.{name}.key: is the deployment's own key" for name in names.get(own.key_id, [])]
    return faults
