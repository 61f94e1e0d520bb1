"""Policy documents: what a compliance officer writes, read strictly into frozen models.

Deny wins over permit, and what nothing permits is denied. Every fault of every file is reported at once,
each by its file and path; what concerns several rules together is checked once each is sound by itself.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from policies.reason import Reason
from policies.rule import Case, OneOf, Rule, StrictModel
from policies.strict_yaml import MAX_BYTES, DocumentError, read_document
from policies.vocabulary import PURPOSES, EventId, Slug, known_purpose

SUFFIXES = (".yaml", ".yml")
DOCUMENTS = Path(__file__).parent / "documents"
"""The documents that ship with Lineweight."""


Purpose = Annotated[
    StrictStr, AfterValidator(known_purpose), WithJsonSchema({"type": "string", "enum": sorted(PURPOSES)})
]


class PolicyError(DocumentError):
    """A policy document, or a directory of them, cannot be used."""

    remedy = "Correct each place named; `lineweight policy check` checks all documents at once."


class Policy(StrictModel):
    """Who may use which records for one purpose.

    Attributes:
        version: Rises whenever the content changes.
        retain_days: Records older than this are denied; an agreement can only shorten it.
        redaction_profile: The profile that records are redacted with before anybody reads them.
        notices: The versions of notices whose answers count, by notice; rules speak of them as ``notice``.
        commercial: Whether what is made of the records is used commercially.
    """

    policy_id: Slug
    version: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    purpose: Purpose
    retain_days: Annotated[StrictInt, Field(gt=0, le=36_500)]
    redaction_profile: Slug
    commercial: StrictBool = True
    notices: dict[EventId, OneOf[StrictStr]] = Field(default_factory=dict)
    deny: tuple[Rule, ...]
    permit: tuple[Rule, ...]
    cases: tuple[Case, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules in the order in which they are tried."""
        return self.deny + self.permit

    @model_validator(mode="after")
    def _parts_agree(self) -> "Policy":
        if faults := list(_disagreements(self)):
            raise ValidationError.from_exception_data("Policy", faults, hide_input=True)
        return self

    def document(self) -> dict[str, Any]:
        """Return the policy as JSON can carry it; its canonical bytes have the policy's digest."""
        return self.model_dump(mode="json", exclude_none=True)


def _disagreements(policy: Policy) -> Iterator[InitErrorDetails]:
    uses = Counter(rule.id for rule in policy.rules)
    for kind, rules in (("deny", policy.deny), ("permit", policy.permit)):
        for place, rule in enumerate(rules):
            if uses[rule.id] > 1:
                yield _fault((kind, place, "id"), "another rule has the same id")
            if rule.id in set(Reason):
                yield _fault((kind, place, "id"), "a reason of Lineweight's own; choose another id")
    for kind, rules in (("deny", policy.deny), ("permit", policy.permit)):
        for place, rule in enumerate(rules):
            if rule.when.notice is not None and not policy.notices:
                yield _fault((kind, place, "when", "notice"), "the document lists no notices")
    names = Counter(case.name for case in policy.cases)
    for place, case in enumerate(policy.cases):
        if names[case.name] > 1:
            yield _fault(("cases", place, "name"), "another case has the same name")
        if case.expect.reason not in {*Reason, *(rule.id for rule in policy.deny)}:
            yield _fault(("cases", place, "expect", "reason"), "neither a reason nor the id of a deny rule")


def _fault(path: tuple[str | int, ...], message: str) -> InitErrorDetails:
    # The message is ours and fixed; braces in it would be taken for places to fill in.
    return InitErrorDetails(type=PydanticCustomError("policy", message), loc=path, input=None)


def load_policy(data: bytes, name: str) -> Policy:
    """Read one policy document.

    Args:
        data: The file's bytes: strict YAML in UTF-8, at most 1 MB.
        name: What to call the file in messages.

    Raises:
        PolicyError: The document is not a policy; all its faults at once, each as ``file: path: message``.
    """
    try:
        return read_document(data, name, Policy)
    except DocumentError as error:
        raise PolicyError(error.faults) from error


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """What was read from files.

    Attributes:
        policies: Sound documents by the name of their file, in order of policy id.
        faults: Every fault of the others, each as ``file: path: message``.
    """

    policies: dict[str, Policy]
    faults: tuple[str, ...]


def read_policies(paths: Iterable[Path]) -> PolicyFiles:
    """Read policy documents, going on where one cannot be used.

    Args:
        paths: Files, and directories whose ``*.yaml`` and ``*.yml`` are read.
    """
    faults: list[str] = []
    found: dict[str, Policy] = {}
    first: dict[str, str] = {}
    for name, path in _files(paths, faults):
        try:
            policy = load_policy(_read(path, name), name)
        except PolicyError as error:
            faults += error.faults
            continue
        if first.setdefault(policy.policy_id, name) != name:
            faults.append(f"{name}: policy_id: {first[policy.policy_id]} has the same one")
        found[name] = policy
    return PolicyFiles(dict(sorted(found.items(), key=lambda item: item[1].policy_id)), tuple(faults))


def load_policies(directory: Path) -> tuple[Policy, ...]:
    """Read every ``*.yaml`` and ``*.yml`` of a directory, in order of policy id.

    Raises:
        PolicyError: A document is not a policy, two have one id, or there is none: without a policy
            nothing could be decided. All faults of all files at once.
    """
    read = read_policies([directory])
    if read.faults:
        raise PolicyError(read.faults)
    return tuple(read.policies.values())


def _files(paths: Iterable[Path], faults: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield the name and place of every file; a directory is named in the faults if it holds none."""
    for given in paths:
        if given.suffix in SUFFIXES and not given.is_dir():
            yield str(given), given
            continue
        inside = sorted(path for path in given.glob("*") if path.suffix in SUFFIXES)
        if not inside:
            faults.append(f"{given.name}: directory: holds no policy document")
        yield from ((path.name, path) for path in inside)


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError((f"{name}: file: cannot be read",)) from error
