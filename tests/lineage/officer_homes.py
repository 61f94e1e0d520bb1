"""Homes with officers: real keys, real settings, and each officer's private key outside the home."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lineage.home import Home
from lineage.keys.officer_key import OfficerKey, new_officer_key
from lineage.keys.vault import Vault

DUTIES = {
    "maria": ("author-policies", "approve-releases"),
    "jonas": ("approve-policies", "approve-releases"),
    "anna": ("author-policies", "approve-policies"),
}


def officers_settings(directory: Path, duties: Mapping[str, Sequence[str]]) -> str:
    """What lineweight.yaml says of officers whose public keys lie in a directory."""
    lines = [f"  {name}: {{key: {directory}/{name}.pub, may: [{', '.join(may)}]}}\n" for name, may in duties.items()]
    return "officers:\n" + "".join(lines)


class OfficerHome:
    """A home in ``root/home`` whose officers keep their keys in ``root/people``."""

    def __init__(self, root: Path, duties: Mapping[str, Sequence[str]] = DUTIES) -> None:
        self.people = root / "people"
        self.root = root / "home"
        self.root.mkdir(parents=True)
        for name in duties:
            new_officer_key(name, self.people)
        self.name(duties)
        Vault.open(self.root / "keys")

    def name(self, duties: Mapping[str, Sequence[str]]) -> None:
        """Write the settings anew."""
        (self.root / "lineweight.yaml").write_text(officers_settings(self.people, duties), encoding="utf-8")

    @property
    def home(self) -> Home:
        """The home as its settings are now."""
        return Home.at(str(self.root))

    def key(self, name: str) -> OfficerKey:
        """An officer's private key."""
        return OfficerKey.open(self.people / f"{name}.key")
