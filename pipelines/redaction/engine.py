"""The redactor: a batch of one tenant's records in, the redacted batch and its findings out.

Fails closed: a record that cannot be searched to its end goes to quarantine, and the run goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from presidio_analyzer import EntityRecognizer

from lineage.canonical import digest_of
from lineage.record import RECORD_SCHEMA
from pipelines.redaction.detector import Detector, DetectorError, PresidioDetector
from pipelines.redaction.findings import QUARANTINE_SCHEMA, Finding, findings_table, redaction_digest
from pipelines.redaction.keyed import telling
from pipelines.redaction.names import is_rare
from pipelines.redaction.operators import Replacer
from pipelines.redaction.profile import RedactionProfile
from pipelines.redaction.spans import Span, disjoint, repeated
from pipelines.redaction.texts import UnreadableTextError, change_attributes, change_messages
from policies.errors import LineweightError

# What a detector of anybody's may raise on a text it cannot take.
_FAULTS = (
    ArithmeticError,
    AttributeError,
    DetectorError,
    LookupError,
    RuntimeError,
    TimeoutError,
    TypeError,
    ValueError,
)
_REMEMBERED = 20_000


class QuarantineReason(StrEnum):
    """Why a record was not redacted. Stored and counted, so members are never renamed."""

    DETECTOR_FAILED = "detector-failed"
    TEXT_TOO_LONG = "text-too-long"
    TEXT_UNREADABLE = "text-unreadable"


class MixedTenantsError(LineweightError):
    """A batch holds records of several tenants, for which no one key is right."""

    remedy = "Redact the records of one tenant at a time."


@dataclass(frozen=True, slots=True)
class Redacted:
    """What became of ``n`` records: those of ``batch`` and those of ``quarantined`` add up to ``n``.

    Attributes:
        batch: ``k`` rows of ``RECORD_SCHEMA`` in the order given.
        findings: Rows of ``FINDING_SCHEMA`` for the records of ``batch``.
        redaction_digests: ``k`` digests of 32 bytes, row for row with ``batch``.
        quarantined: ``n - k`` rows of ``record_id`` and ``reason``, a :class:`QuarantineReason`.
    """

    batch: pa.RecordBatch
    findings: pa.Table
    redaction_digests: list[bytes]
    quarantined: pa.Table


class _TooLongError(Exception):
    """A text is longer than the profile searches."""


@dataclass(slots=True)
class _Record:
    """One record on its way: its texts by place as ``(place, words of the field, text)``."""

    record_id: str
    messages: list[Any]
    attributes: list[Any]
    texts: list[tuple[str, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class Redactor:
    """Redacts records under a profile; build one a process, for its models take seconds to load.

    The result is a function of the record, the profile, the versions in :attr:`digest` and the tenant's key: what was
    redacted before does not change it, nor does the batch a record comes in, as far as the network that finds names
    computes the same in every batch (its sums may differ in the last bit).

    Args:
        profile: What to look for and what to put in its place.
        surrogate_key: Returns a tenant's key for pseudonyms.
        recognizers: Further Presidio recognisers, for entity types the profile names.
        detector: Another engine in place of Presidio; ``recognizers`` are then ignored.
    """

    def __init__(
        self,
        profile: RedactionProfile,
        surrogate_key: Callable[[str], bytes],
        recognizers: Sequence[EntityRecognizer] = (),
        *,
        detector: Detector | None = None,
    ) -> None:
        self._profile = profile
        self._surrogate_key = surrogate_key
        self._detector: Detector = detector or PresidioDetector(profile, recognizers)
        self._found: dict[tuple[str, str, str], tuple[Span, ...]] = {}
        self._tenant: str | None = None
        self.digest = digest_of({"detector": self._detector.version, "profile": profile.digest})

    def redact(self, batch: pa.RecordBatch) -> Redacted:
        """Return the batch without personal data and secrets.

        Args:
            batch: ``n`` rows of ``RECORD_SCHEMA``, all of one tenant.

        Raises:
            MixedTenantsError: The rows belong to several tenants.
        """
        tenants = pc.unique(batch["tenant"]).to_pylist()
        if len(tenants) > 1:
            raise MixedTenantsError("A batch to redact holds records of several tenants.")
        if not tenants:
            return Redacted(batch, findings_table([]), [], pa.Table.from_pylist([], schema=QUARANTINE_SCHEMA))
        self._turn_to(tenants[0])
        replacer = Replacer(self._profile, self._surrogate_key(tenants[0]))
        records, quarantined = self._read(batch)
        self._prepare(records)
        kept: dict[int, _Record] = {}
        for row, record in records.items():
            reason = _attempt(lambda record=record: self._rewrite(record, replacer))  # type: ignore[misc]
            if reason is None:
                kept[row] = record
            else:
                quarantined[row] = reason
        return self._assembled(batch, kept, quarantined)

    def _turn_to(self, tenant: str) -> None:
        """Forget the texts of the tenant before: memory holds one tenant's at a time."""
        if tenant != self._tenant:
            self._found.clear()
            self._detector.forget()
            self._tenant = tenant

    def _read(self, batch: pa.RecordBatch) -> tuple[dict[int, _Record], dict[int, QuarantineReason]]:
        records: dict[int, _Record] = {}
        quarantined: dict[int, QuarantineReason] = {}
        ids = batch["record_id"].to_pylist()
        for row, record_id in enumerate(ids):
            record = _Record(record_id, [], [])
            reason = _attempt(lambda row=row, record=record: self._collect(batch, row, record))  # type: ignore[misc]
            if reason is None:
                records[row] = record
            else:
                quarantined[row] = reason
        return records, quarantined

    def _collect(self, batch: pa.RecordBatch, row: int, record: _Record) -> None:
        record.messages = batch["messages"][row].as_py()
        record.attributes = batch["attributes"][row].as_py()

        def note(place: str, name: str, text: str) -> str:
            if len(text) > self._profile.max_chars:
                raise _TooLongError
            record.texts.append((place, telling(name), text))
            return text

        change_messages(record.messages, note)
        change_attributes(record.attributes, note)

    def _prepare(self, records: dict[int, _Record]) -> None:
        """Let the detector read what is new in one go; if that fails, each text is read, and fails, by itself."""
        texts = (known for record in records.values() for known in record.texts)
        new = {text: None for _, words, text in texts if not self._knows(words, text)}
        _attempt(lambda: self._detector.prepare(new))

    def _knows(self, words: str, text: str) -> bool:
        return (self._tenant or "", words, text) in self._found

    def _spans(self, words: str, text: str) -> tuple[Span, ...]:
        key = (self._tenant or "", words, text)
        spans = self._found.get(key)
        if spans is None:
            spans = self._detector.detect(text, words)
            if len(self._found) >= _REMEMBERED:
                del self._found[next(iter(self._found))]
            self._found[key] = spans
        return spans

    def _rewrite(self, record: _Record, replacer: Replacer) -> None:
        """Replace what stands in the record's texts, and names that tell wherever they stand again."""
        spans = {(place, text): self._spans(words, text) for place, words, text in record.texts}
        names = _telling_names(spans)

        def replace(place: str, name: str, text: str) -> str:
            found = spans.get((place, text))
            if found is None:  # a key was changed before: the place of what it holds is named by the new one
                found = self._spans(telling(name), text)
            again = repeated(names, text, found)
            found = disjoint([*found, *again], text) if again else found
            if not found:
                return text
            changed, ranges = replacer.replace(text, found)
            record.findings += self._findings(record.record_id, place, found, ranges)
            return changed

        record.messages = change_messages(record.messages, replace)
        record.attributes = change_attributes(record.attributes, replace)

    def _findings(
        self, record_id: str, place: str, spans: Sequence[Span], ranges: Sequence[tuple[int, int]]
    ) -> list[Finding]:
        operators = self._profile.entities
        return [
            Finding(record_id, place, *at, s.entity_type, s.detector, s.score, operators[s.entity_type].operator.value)
            for s, at in zip(spans, ranges, strict=True)
        ]

    def _assembled(
        self, batch: pa.RecordBatch, kept: dict[int, _Record], quarantined: dict[int, QuarantineReason]
    ) -> Redacted:
        rows = batch.take(pa.array(sorted(kept), pa.int64()))
        records = [kept[row] for row in sorted(kept)]
        columns = {
            "messages": [record.messages for record in records],
            "attributes": [record.attributes for record in records],
        }
        arrays = [
            pa.array(columns[name], RECORD_SCHEMA.field(name).type) if name in columns else rows[name]
            for name in RECORD_SCHEMA.names
        ]
        ids = batch["record_id"]
        refused = [{"record_id": ids[row].as_py(), "reason": quarantined[row].value} for row in sorted(quarantined)]
        return Redacted(
            batch=pa.RecordBatch.from_arrays(arrays, schema=RECORD_SCHEMA),
            findings=findings_table([finding for record in records for finding in record.findings]),
            redaction_digests=[redaction_digest(self.digest, record.findings) for record in records],
            quarantined=pa.Table.from_pylist(refused, schema=QUARANTINE_SCHEMA),
        )


def _telling_names(spans: dict[tuple[str, str], tuple[Span, ...]]) -> dict[str, str]:
    """Return what a record calls people unmistakably, longest first, and as which entity type it was found.

    These are names of two words or more, and the user of a home directory, who stands again as the owner of a file
    or in the name of a branch.
    """
    names = {
        text[span.start : span.end]: span.entity_type
        for (_, text), found in spans.items()
        for span in found
        if span.entity_type in ("PERSON", "USER_PATH")
    }
    telling = {name: kind for name, kind in names.items() if " " in name or (kind == "USER_PATH" and is_rare(name))}
    return dict(sorted(telling.items(), key=lambda named: (-len(named[0]), named[0])))


def _attempt(step: Callable[[], None]) -> QuarantineReason | None:
    """Run a step on one record and return why it failed, if it did."""
    try:
        step()
    except _TooLongError:
        return QuarantineReason.TEXT_TOO_LONG
    except (UnicodeError, UnreadableTextError):
        return QuarantineReason.TEXT_UNREADABLE
    except _FAULTS:
        return QuarantineReason.DETECTOR_FAILED
    return None
