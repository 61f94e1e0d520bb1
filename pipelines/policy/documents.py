"""Which policy a command means: a file, the one of an id that decides here, or a version of the history.

Nothing is made in a home for being asked: a home that does not exist has no history and no officers, and its
documents are those of the setting ``policies``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.settings import Settings
from policies.document import SUFFIXES, Policy, PolicyError, load_policies, read_policies
from policies.errors import UsageError

if TYPE_CHECKING:
    from lineage.place import Place
    from lineage.policy_versions import PolicyVersion

NAMED = re.compile(r"(?P<id>[a-z0-9][a-z0-9-]{0,62})(@v(?P<version>[1-9][0-9]*))?")


@dataclass(frozen=True)
class PolicyDocuments:
    """The policies that can be named where a home's settings hold."""

    settings: Settings

    def named(self, word: str) -> Policy:
        """Return the policy that a word names.

        Args:
            word: A YAML file; ``ID``, for the version that decides; or ``ID@vN``, for that version of the history.

        Raises:
            PolicyError: The file, or a document of the setting ``policies``, is no policy.
            UsageError: It names none.
        """
        if Path(word).suffix in SUFFIXES:
            return _of_file(Path(word))
        asked = NAMED.fullmatch(word)
        if asked is None:
            raise UsageError(f"{word!r} names no policy.", remedy="Write a file.yaml, an id, or id@v2.")
        if asked["version"] is None:
            return self._deciding(asked["id"])
        return self._version(asked["id"], int(asked["version"]))

    def history(self, policy_id: str) -> "list[PolicyVersion]":
        """Return the versions of a policy that were proposed in this home, in order; none if there are no officers."""
        if not self.settings.officers:
            return []
        from lineage.policy_versions import history

        return history(self._place(), policy_id)

    def _deciding(self, policy_id: str) -> Policy:
        if self.settings.officers:
            from lineage.policy_versions import policies_in_force

            found = {one: active.policy for one, active in policies_in_force(self._place()).items()}
        else:
            found = {policy.policy_id: policy for policy in load_policies(self.settings.policies)}
        return _known(found, policy_id)

    def _version(self, policy_id: str, version: int) -> Policy:
        found = {f"{policy_id}@v{one.version}": one.policy for one in self.history(policy_id) if not one.fault}
        if not self.settings.officers:
            found = {f"{one.policy_id}@v{one.version}": one for one in load_policies(self.settings.policies)}
        return _known(found, f"{policy_id}@v{version}")

    def _place(self) -> "Place":
        from lineage.place import Place

        said = self.settings
        return Place(said.home, said.database_url, said.keys, seed=said.seed, named_officers=said.officers)


def _of_file(path: Path) -> Policy:
    read = read_policies([path])
    if read.faults:
        raise PolicyError(read.faults)
    (policy,) = read.policies.values()
    return policy


def _known(found: dict[str, Policy], name: str) -> Policy:
    if name not in found:
        raise UsageError(f"There is no policy {name}.", remedy=f"Known: {_listed(found)}.")
    return found[name]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
