"""Uses of records, and the news that concerns them: what `trace person` and `trace late` tell by one rule."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import rfc3339
from lineage.models import Model
from lineage.snapshot import Snapshot
from lineage.trace.evidence import Evidence
from lineage.trace.news import Key, News, of_person
from lineage.trace.turning import Reading, When, person_turned
from lineage.trace.words import Words
from policies.consent import EVERYONE

Document = dict[str, Any]


@dataclass(frozen=True)
class Hit:
    """Records that one piece of news concerns in one use; a person is named where it concerns theirs alone."""

    key: Key
    news: News
    when: When
    person: str | None
    record_ids: pa.Array


@dataclass(frozen=True)
class Use:
    """A use of a snapshot's records, by the snapshot itself or by a model, and what of them news concerns."""

    model: Model | None
    reading: Reading
    hits: list[Hit] = field(default_factory=list)


def uses_of(evidence: Evidence, snapshot: Snapshot, at: datetime) -> list[Use]:
    """Return the uses of a snapshot that were begun at an instant (UTC): its own, and the models trained on it."""
    trained = [model for model in evidence.models if model.snapshot_digest == snapshot.manifest_digest]
    uses = [Use(model, Reading.of(snapshot.manifest, model)) for model in (None, *trained)]
    return [use for use in uses if use.reading.begun(at)]


def people_turned(
    words: Words, purpose: str, reading: Reading, by_person: Mapping[str, pa.Array], at: datetime
) -> Iterator[Hit]:
    """Yield what of a use a person's word no longer bore, as known at an instant (UTC).

    Args:
        words: What the people said.
        purpose: Of the snapshot.
        reading: The use.
        by_person: Record ids by the id of a person who wrote them or takes part; under ``EVERYONE`` those of
            anybody who said nothing that could be news.
        at: The state of our knowledge, UTC.
    """
    for person, record_ids in sorted(by_person.items()):
        turned = person_turned(words, person, purpose, reading, at)
        if turned is not None:
            when, period = turned
            key, news = of_person(words, person, period, at)
            named = None if person == EVERYONE else min(words.ids_of(person, at))
            yield Hit(key, news, when, named, record_ids)


@dataclass
class Told:
    """What is told, by what makes it news; each is told once, however many uses it concerns."""

    by_key: dict[Key, News] = field(default_factory=dict)

    def add(self, snapshot: Snapshot, uses: Iterable[Use]) -> None:
        """Note the uses of a snapshot under the news that concern them."""
        for use in uses:
            hits = use.hits if use.model is None else _read(use.model, use.hits)
            for hit in hits:
                news = self.by_key.setdefault(hit.key, hit.news)
                news.known_at = min(news.known_at, hit.news.known_at)
                news.people.update([hit.person] if hit.person else [])
            merged = _merged(hits)
            if use.model is None:
                for (key, _), record_ids in merged.items():
                    self.by_key[key].snapshots.append(_snapshot_entry(snapshot, record_ids))
            else:
                for (key, when), entry in zip(merged, _readings(use.model, list(merged.values())), strict=True):
                    self.by_key[key].add_model(entry, when)


def _read(model: Model, hits: Sequence[Hit]) -> list[Hit]:
    """Return of some hits what a model read of them, leaving out those of which it read nothing."""
    ids = pa.chunked_array([hit.record_ids for hit in hits], pa.string())
    read = pc.is_in(ids, pc.unique(model.read["record_id"]))
    kept = pa.table({"hit": _numbers([hit.record_ids for hit in hits]), "record_id": ids}).filter(read)
    found = distinct_by(kept, "hit", "record_id")
    return [replace(hits[number], record_ids=found[number]) for number in sorted(found)]


def distinct_by(table: pa.Table, key: str, column: str) -> dict[int, pa.Array]:
    """Return the distinct values of one column by the values of another."""
    grouped = table.group_by(key).aggregate([(column, "distinct")])
    listed = grouped[f"{column}_distinct"].combine_chunks()
    return {number: listed[place].values for place, number in enumerate(grouped[key].to_pylist())}


def _merged(hits: Iterable[Hit]) -> dict[tuple[Key, When], pa.Array]:
    """Return the records of hits by news and by when it was known; a record that two people share is one."""
    found: dict[tuple[Key, When], list[pa.Array]] = {}
    for hit in hits:
        found.setdefault((hit.key, hit.when), []).append(hit.record_ids)
    return {key: pc.unique(pa.chunked_array(arrays, pa.string())) for key, arrays in found.items()}


def _readings(model: Model, lists: Sequence[pa.Array]) -> list[Document]:
    """Return for each of some lists of records, all of them read, how often and in which steps a model read them."""
    wanted = pa.table({"list": _numbers(lists), "record_id": pa.chunked_array(lists, pa.string())})
    read = model.read.select(["record_id", "optimizer_step", "n_tokens"]).join(wanted, "record_id", join_type="inner")
    counted = read.group_by("list").aggregate(
        [("record_id", "count"), ("n_tokens", "sum"), ("optimizer_step", "min"), ("optimizer_step", "max")]
    )
    names = {"record_id_count": "readings", "n_tokens_sum": "tokens"}
    names |= {"optimizer_step_min": "first_step", "optimizer_step_max": "last_step"}
    by_list = {row["list"]: {told: row[name] for name, told in names.items()} for row in counted.to_pylist()}
    return [
        {**model.document(), "records": len(ids), **by_list[number], "record_ids": sorted(ids.to_pylist())}
        for number, ids in enumerate(lists)
    ]


def _numbers(lists: Sequence[pa.Array]) -> pa.Array:
    """Return the number of its list for each entry of some lists laid end to end."""
    return pa.array(np.repeat(np.arange(len(lists)), [len(one) for one in lists]), pa.int64())


def _snapshot_entry(snapshot: Snapshot, record_ids: pa.Array) -> Document:
    return {
        "snapshot": snapshot.manifest.label,
        "decided_for": rfc3339(snapshot.manifest.as_of.effective_at),
        "records": len(record_ids),
        "record_ids": sorted(record_ids.to_pylist()),
    }
