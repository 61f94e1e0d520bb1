"""What of one person's records was used although they had said no: the rule of `trace late`, for one person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from lineage.trace.evidence import Evidence
from lineage.trace.news import News
from lineage.trace.uses import Told, people_turned, uses_of
from lineage.trace.words import Words

Document = dict[str, Any]


def used_meanwhile(evidence: Evidence, words: Words, held: Sequence[Mapping[str, Any]], at: datetime) -> list[Document]:
    """Return what was used although of a refusal, told apart by what was known; the worst first.

    Args:
        evidence: The snapshots and models.
        words: What the person said, and everyone.
        held: For each ``snapshot`` with records of the person, by its label, their ``ids`` by the person's id.
        at: The state of our knowledge, UTC.
    """
    by_label = {snapshot.manifest.label: snapshot for snapshot in evidence.snapshots}
    told = Told()
    for entry in held:
        snapshot = by_label[entry["snapshot"]]
        by_person = {one: pa.array(ids, pa.string()) for one, ids in entry["ids"].items() if ids}
        uses = uses_of(evidence, snapshot, at)
        for use in uses:
            use.hits.extend(people_turned(words, snapshot.manifest.purpose, use.reading, by_person, at))
        told.add(snapshot, uses)
    return sorted((_document(news) for news in told.by_key.values()), key=_order)


def _document(news: News) -> Document:
    told = news.document(["snapshots", "after", "before"])
    return {
        **news.said,
        "snapshots": [one["snapshot"] for one in news.snapshots],
        "models": [f"{model['model']}/{model['run']}" for model in news.before],
        "models_after_it_was_known": [f"{model['model']}/{model['run']}" for model in news.after],
        "records": told["records"],
    }


def _order(told: Document) -> tuple[bool, str, str]:
    return not told["models_after_it_was_known"], told["known_at"] or "", told["event_id"] or ""
