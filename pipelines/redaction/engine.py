"""The redactor: a batch of one tenant's records in, the redacted batch and its findings out.

Fails closed: a record that cannot be searched to its end goes to quarantine, and the run goes on.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import digest_of
from pipelines.redaction import markers
from pipelines.redaction.cache import Cache
from pipelines.redaction.carried import Carried
from pipelines.redaction.carriers.columns import RecordTexts
from pipelines.redaction.carriers.documents import words_of_field
from pipelines.redaction.findings import QUARANTINE_SCHEMA, findings_table
from pipelines.redaction.operators import OPERATORS, Replacer
from pipelines.redaction.outcome import Outcome, QuarantineReason
from pipelines.redaction.profile import RedactionProfile
from pipelines.redaction.recognizers import description
from pipelines.redaction.redacted import Redacted, redacted
from pipelines.redaction.repeating import repeat_names
from pipelines.redaction.rewriting import Rewriting
from pipelines.redaction.searching import Searching
from pipelines.redaction.spans import Span
from pipelines.redaction.tier import DetectorError, Tier
from pipelines.redaction.tiers import shipped_tiers
from policies.errors import LineweightError

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

__all__ = ["Figures", "MixedTenantsError", "QuarantineReason", "Redacted", "Redactor"]

ENGINE_VERSION = "2"
CACHE_BYTES = 256 * 1024 * 1024


class MixedTenantsError(LineweightError):
    """A batch holds records of several tenants, for which no one key is right."""

    remedy = "Redact the records of one tenant at a time."


@dataclass(frozen=True, slots=True)
class Figures:
    """What a redactor has done since it was made.

    Attributes:
        texts: Texts of records, in all their places.
        hits: How many of them had been seen before.
        characters: Code points of the texts.
        searched: Code points that were searched, for they were new.
        seconds: Seconds that each tier took, by its name.
    """

    texts: int
    hits: int
    characters: int
    searched: int
    seconds: Mapping[str, float]


class Redactor:
    """Redacts records under a profile; build one a process, for its models take seconds to load.

    The result is a function of the record, the profile, the versions in :attr:`digest` and the tenant's key: neither
    what was redacted before nor the batch a record comes in changes it.

    Args:
        profile: What to look for and what to put in its place.
        surrogate_key: Returns a tenant's key for surrogates.
        recognizers: Further Presidio recognisers, for entity types the profile names.
        tiers: What finds, in place of the tiers that ship; ``recognizers`` are then not asked.
        cache_bytes: What is remembered of texts at most, in bytes; 0 remembers nothing between batches.
    """

    def __init__(
        self,
        profile: RedactionProfile,
        surrogate_key: Callable[[str], bytes],
        recognizers: Sequence["EntityRecognizer"] = (),
        *,
        tiers: Sequence[Tier] | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._profile = profile
        self._surrogate_key = surrogate_key
        tiers = shipped_tiers(profile, recognizers) if tiers is None else tiers
        self._searching = Searching(tiers, profile)
        self._cache = Cache(cache_bytes)
        self._counts: Counter[str] = Counter()
        self._replacer: tuple[bytes, Replacer] | None = None
        document = {
            "engine": ENGINE_VERSION,
            "language": version("py3langid"),
            "markers": markers.VERSION,
            "operators": OPERATORS,
            "profile": profile.digest,
            "recognizers": [description(one) for one in recognizers],
            "tiers": {tier.name: tier.version for tier in tiers},
        }
        self.digest = digest_of(document)

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
            return Redacted(batch, findings_table([]), [], QUARANTINE_SCHEMA.empty_table())
        texts = RecordTexts(batch)
        return redacted(batch, texts, self._carried(texts, self._rewriting(tenants[0])), self.digest)

    def search(self, texts: Sequence[str], fields: Sequence[str] | None = None) -> list[tuple[Span, ...]]:
        """Return what is found in each of ``n`` texts that stand in no record: disjoint spans, in order.

        Nothing is replaced or remembered, a text that is JSON is searched as it stands, and no language is refused.

        Args:
            texts: Valid Unicode.
            fields: Names of the fields they are the values of; ``""`` where there is none.

        Raises:
            DetectorError: A text could not be searched to its end.
        """
        words = [words_of_field(name) for name in fields or [""] * len(texts)]
        found = []
        segments = list(zip(words, texts, strict=True))
        for place, spans in enumerate(self._searching.find(segments, whatever=True)):
            if isinstance(spans, QuarantineReason):
                raise DetectorError(f"Text {place} was not searched: {spans.value}.")
            found.append(spans)
        return found

    def outcomes(self, tenant: str, texts: Sequence[str | None], fields: Sequence[str]) -> list[Outcome]:
        """Return what becomes of each of ``n`` texts of a tenant that stand in no record.

        Args:
            tenant: Whose key surrogates are made with.
            texts: The texts; ``None`` for one that is no Unicode. The spans of finds count their code points, or those
                of what stands in them where a find says ``within``.
            fields: Names of the fields they are the values of; ``""`` where there is none.
        """
        return self._rewriting(tenant).outcomes(texts, fields)

    def figures(self) -> Figures:
        """Return what was done since the redactor was made."""
        counts, searching = self._counts, self._searching
        hits = counts["texts"] - counts["new"]
        return Figures(counts["texts"], hits, counts["characters"], searching.characters, dict(searching.seconds))

    def _rewriting(self, tenant: str) -> Rewriting:
        key = self._surrogate_key(tenant)
        if self._replacer is None or self._replacer[0] != key:
            self._replacer = key, Replacer(self._profile, key)
        return Rewriting(self._searching, self._replacer[1], self._cache, tenant, self._profile.max_chars)

    def _carried(self, texts: RecordTexts, rewriting: Rewriting) -> list[Carried]:
        """Return what became of all texts of a batch, names that a record repeats included."""
        columns = texts.columns
        distinct = [text for column in columns for text in column.texts]
        outcomes = iter(rewriting.outcomes(distinct, [name for column in columns for name in column.fields]))
        carried = [Carried(column, list(itertools.islice(outcomes, len(column.texts)))) for column in columns]
        for one in carried:
            count, characters = one.counted()
            self._counts.update(texts=count, characters=characters)
        self._counts["new"] += rewriting.new
        repeat_names(carried, rewriting)
        return carried
