"""What an auditor is given of people beside the evidence: consent events by receipt, and openings of commitments.

``consents.jsonl`` holds consent events, one canonical JSON document a line; the SHA-256 of a line is the receipt that
leaves name. ``openings.jsonl`` holds for some people ``tenant``, ``data_subject_id`` and ``salt`` (hexadecimal): who a
commitment in the leaves stands for. Both name pseudonyms and no more.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lineage.canonical import canonical_json, sha256_hex
from lineage.leaf import data_subject_commitment
from policies.consent import VALID, ConsentEvent
from policies.errors import InputError

CONSENTS_FILE = "consents.jsonl"
OPENINGS_FILE = "openings.jsonl"


@dataclass(frozen=True, slots=True)
class Opening:
    """Who a commitment stands for: the salt it is keyed with, 32 bytes."""

    tenant: str
    data_subject_id: str
    salt: bytes

    @property
    def commitment(self) -> bytes:
        """The commitment that stands in leaves for the person, 32 bytes."""
        return data_subject_commitment(self.salt, self.tenant, self.data_subject_id)

    def line(self) -> bytes:
        """Return the opening as a line of ``openings.jsonl``."""
        said = {"tenant": self.tenant, "data_subject_id": self.data_subject_id, "salt": self.salt.hex()}
        return canonical_json(said) + b"\n"


@dataclass(frozen=True)
class Receipts:
    """Consent events by receipt (hexadecimal), and openings by commitment.

    Attributes:
        given: Whether events were brought at all; where not, receipts are not looked up.
    """

    events: Mapping[str, ConsentEvent] = field(default_factory=dict)
    openings: Mapping[bytes, Opening] = field(default_factory=dict)
    given: bool = False

    def refusals_of(self, event: ConsentEvent) -> Sequence[ConsentEvent]:
        """Return the events by which the person of an event did not consent, with the same tenant."""
        return self._refusals.get((event.tenant, event.data_subject_id), ())

    @cached_property
    def _refusals(self) -> Mapping[tuple[str, str], Sequence[ConsentEvent]]:
        found: dict[tuple[str, str], list[ConsentEvent]] = {}
        for event in self.events.values():
            if event.state not in VALID:
                found.setdefault((event.tenant, event.data_subject_id), []).append(event)
        return found


NO_RECEIPTS = Receipts()


def consent_lines(events: Iterable[ConsentEvent]) -> bytes:
    """Return consent events as ``consents.jsonl``, in order of receipt, each once."""
    lines = {event.receipt(): canonical_json(event.document()) + b"\n" for event in events}
    return b"".join(lines[receipt] for receipt in sorted(lines))


def read_receipts(consents: Path | None, openings: Path | None = None) -> Receipts:
    """Read what an auditor was given; a file that is not there holds nothing.

    Raises:
        InputError: A line is no consent event in canonical form, or no opening; the message names file and line.
    """
    events = {} if consents is None else {sha256_hex(line): _event(line, place) for place, line in _lines(consents)}
    opened = [] if openings is None else [_opening(line, place) for place, line in _lines(openings)]
    return Receipts(events, {one.commitment: one for one in opened}, given=consents is not None)


def _lines(path: Path) -> list[tuple[str, bytes]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read.") from error
    return [(f"{path.name}, line {number}", line) for number, line in enumerate(data.split(b"\n"), 1) if line]


def _event(line: bytes, place: str) -> ConsentEvent:
    try:
        event = ConsentEvent.model_validate_json(line)
    except ValidationError as error:
        raise InputError(f"{place}: is no consent event.") from error
    if canonical_json(event.document()) != line:
        raise InputError(f"{place}: is not a consent event in canonical form.")
    return event


def _opening(line: bytes, place: str) -> Opening:
    try:
        said: Any = json.loads(line)
        opening = Opening(str(said["tenant"]), str(said["data_subject_id"]), bytes.fromhex(said["salt"]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{place}: is no opening of a commitment.") from error
    if opening.line() != line + b"\n":
        raise InputError(f"{place}: is not an opening in canonical form.")
    return opening
