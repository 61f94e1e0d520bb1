"""Every figure that a disclosure states, computed in this one place from signed evidence and the ledger.

Columns are counted, never rows one by one; what is counted was verified before. The code here makes the figures, the
SQL of `lineage.exports.asking` finds them again without it.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pyarrow.compute as pc

from lineage.canonical import canonical_json
from lineage.exports.asking import BY_NAME, ModelQueries, SnapshotQueries
from lineage.exports.content import Content
from lineage.exports.counting import by_fact, by_source, grounds, once, receipts, together
from lineage.exports.figure import Evidence, Figure, Figures
from lineage.exports.opening import OpenedModel, OpenedSnapshot
from lineage.leaf import NO_CONSENT_RECEIPT
from lineage.ledger.store import Ledger
from lineage.manifest import SnapshotManifest
from lineage.snapshot import SnapshotError
from lineage.training_statement import dependencies, stated_weights

BASE_MODEL = "base-model"
TRAINED_BY = "trained_by"  # names a team or a person

FACTS = {
    "legal_basis": "legal basis",
    "jurisdiction": "jurisdiction of the person (ISO 3166)",
    "age_band": "age band of the person",
    "consent_at_use": "state of the consent when the snapshot was decided",
    "consent_at_collection": "state of the consent when the record was collected",
    "tenant_scope": "what the customer's agreement allows",
    "licence": "use that the source's licence allows",
}
"""The facts of a decision by which records are counted, and what each is."""

OF_PEOPLE = ("jurisdiction", "age_band")
"""Facts that say something of a person: what is said of very few is counted together."""

FEWEST_PEOPLE = 5
"""Of fewer people than this a disclosure does not say where they are or how old.

A count of one or two can tell who is meant to somebody who knows the rest. That it is five is our choice.
"""


def snapshot_figures(opened: OpenedSnapshot, ledger: Ledger, content: Content, fewest: int = FEWEST_PEOPLE) -> Figures:
    """Return what can be stated of a snapshot.

    Args:
        opened: The snapshot, verified, its leaves read.
        ledger: Says when files were landed and when the snapshot was recorded.
        content: The few columns that only the records say, or why they cannot be read.
        fewest: What is said of fewer people than this is counted together.

    Raises:
        LineweightError: A file is not the one signed.
    """
    manifest = opened.snapshot.manifest
    evidence = Evidence(
        manifest.label,
        opened.snapshot.manifest_digest,
        manifest.root,
        opened.snapshot.statement_digest,
        opened.snapshot.key_ids,
    )
    return Figures.of(evidence, _of_snapshot(opened, ledger, content, fewest))


def model_figures(opened: OpenedModel, ledger: Ledger, content: Content, fewest: int = FEWEST_PEOPLE) -> Figures:
    """Return what can be stated of a model, and of the snapshot it was trained on; arguments as `snapshot_figures`.

    Raises:
        LineweightError: A file is not the one signed.
    """
    snapshot = opened.snapshot.snapshot
    evidence = Evidence(
        opened.label,
        snapshot.manifest_digest,
        snapshot.manifest.root,
        opened.model.opened.statement_digest,
        opened.model.opened.key_ids,
    )
    figures = [*_of_model(opened, ledger, fewest), *_of_snapshot(opened.snapshot, ledger, content, fewest)]
    return Figures.of(evidence, figures)


def _of_snapshot(opened: OpenedSnapshot, ledger: Ledger, content: Content, fewest: int) -> Iterator[Figure]:
    asked = SnapshotQueries(opened.snapshot.manifest)
    yield from _stated(opened, asked)
    yield from _redaction(opened.snapshot.manifest, asked)
    yield from _counted(opened, asked, fewest)
    yield from _landed(opened, ledger, asked)
    yield from _recorded(opened.snapshot.manifest, ledger, asked)
    yield from _content(content, asked)


def _stated(opened: OpenedSnapshot, asked: SnapshotQueries) -> Iterator[Figure]:
    """Yield what the signed manifest says, field by field."""
    snapshot, manifest = opened.snapshot, opened.snapshot.manifest
    policy, counts = manifest.policy, manifest.counts
    said = [
        ("snapshot_digest", "SHA-256 of the snapshot's manifest", snapshot.manifest_digest, "digest"),
        ("root", "Merkle root over all records", manifest.root, "root"),
        ("signed_by", "keys that signed the snapshot", list(snapshot.key_ids), "signed_by"),
        ("records", "records in the snapshot", manifest.rows, "rows"),
        ("people", "people who wrote them", manifest.data_subjects.count, "data_subjects.count"),
        ("purpose", "what the records may be used for", manifest.purpose, "purpose"),
        ("sources", "sources asked for", list(manifest.sources), "sources"),
        ("pool", "whose records lie together", manifest.pool.kind, "pool.kind"),
        ("decided_for", "instant for which the records were decided", _at(manifest, "effective_at"),
         "as_of.effective_at"),
        ("known_at", "instant up to which the ledgers were heard", _at(manifest, "recorded_at"), "as_of.recorded_at"),
        ("policy", "policy that decided", policy.policy_id, "policy.policy_id"),
        ("policy_version", "version of that policy", policy.version, "policy.version"),
        ("policy_digest", "SHA-256 of that policy", policy.digest, "policy.digest"),
        ("considered", "records considered", counts.considered, "counts.considered"),
        ("denied", "records denied", counts.denied, "counts.denied"),
        ("quarantined", "records set aside because they could not be redacted", counts.quarantined,
         "counts.quarantined"),
        ("denied_by_reason", "records denied, by reason", dict(sorted(counts.denied_by_reason.items())),
         "counts.denied_by_reason"),
        ("quality", "all quality gates passed", manifest.quality.success, "quality.success"),
        ("lease_expires_at", "instant up to which it may be trained on", manifest.document()["lease_expires_at"],
         "lease_expires_at"),
        ("ledger_checkpoint", "Merkle root over the ledger's events heard", manifest.ledger_checkpoint,
         "ledger_checkpoint"),
        ("keys", "where its keys come from", manifest.keys, "keys"),
    ]  # fmt: skip
    yield from (Figure(name, means, value, asked.shown(place)) for name, means, value, place in said)
    yield Figure("tenants", "customers whose people they are of", len(manifest.tenant_roots),
                 asked.of_leaves("count(distinct tenant_commitment)"))  # fmt: skip
    yield Figure("bytes", "bytes of the encrypted files", sum(shard.bytes for shard in manifest.shards),
                 asked.of_shards("sum(s.bytes)"))  # fmt: skip
    split: Counter[str] = Counter()
    for shard in manifest.shards:
        split[shard.split] += shard.rows
    yield Figure("by_split", "records by part", dict(sorted(split.items())),
                 asked.of_shards("s.split, sum(s.rows)", BY_NAME))  # fmt: skip
    yield _revoked(opened, asked)


def _revoked(opened: OpenedSnapshot, asked: SnapshotQueries) -> Figure:
    means, query = "records revoked since, in the newest feed", asked.shown("standing.revoked.records")
    if opened.feed is None:
        return Figure("revoked", means, None, query, "no feed of revocations has been made yet")
    return Figure("revoked", means, len(opened.feed.revoked), query)


def _redaction(manifest: SnapshotManifest, asked: SnapshotQueries) -> Iterator[Figure]:
    """Yield how the text was redacted, and what was measured of what may be left (`lineage.residual`)."""
    redaction, residual = manifest.redaction, manifest.redaction.residual
    place, seen = "redaction.residual.second_detector", residual.second_detector
    yield Figure("redaction_profile", "profile that redacted the text", redaction.profile,
                 asked.shown("redaction.profile"))  # fmt: skip
    yield Figure("redaction_engine", "engine that redacted it", redaction.engine, asked.shown("redaction.engine"))
    yield Figure("redaction_digest", "SHA-256 of profile and engine", redaction.digest,
                 asked.shown("redaction.digest"))  # fmt: skip
    planted = [one for one in (residual.canaries or {}).values() if one.planted]
    why = "" if planted else "nothing was planted to be found when the snapshot was built"
    measured: list[tuple[str, str, Any, str]] = [
        ("canary_types", "types of personal data that were planted", len(planted), "count(*)"),
        ("canaries_planted", "made-up values planted in its texts", sum(one.planted for one in planted),
         "sum(c.planted)"),
        ("canaries_found", "of these, found and replaced", sum(one.found for one in planted), "sum(c.found)"),
        ("least_share_found", "least share found of any type (95 % confidence)",
         min((one.at_least for one in planted), default=None), "min(c.at_least)"),
    ]  # fmt: skip
    for name, means, value, what in measured:
        yield Figure(name, means, None if why else value, asked.of_canaries(what), why)
    read = "" if seen.characters else "no second detector read the text"
    for name, means, value, field in (
        ("second_detector", "second detector that read what is published", seen.detector, "detector"),
        ("second_characters", "characters that it read", seen.characters, "characters"),
        ("second_seen", "what it still saw, by type: values, and at most how many in 10,000 characters (95 %)",
         {kind: one.model_dump() for kind, one in sorted(seen.seen.items())}, "seen"),
    ):  # fmt: skip
        yield Figure(name, means, None if read else value, asked.shown(f"{place}.{field}"), read)


def _counted(opened: OpenedSnapshot, asked: SnapshotQueries, fewest: int) -> Iterator[Figure]:
    """Yield what the leaves count, joined with the decisions and the batches that each names."""
    leaves = opened.leaves
    for fact, means in FACTS.items():
        least = fewest if fact in OF_PEOPLE else 1
        query = asked.by_fact(fact, together(least), least)
        yield Figure(f"by_{fact}", f"records by {means}", by_fact(opened, leaves, fact, least), query)
    yield Figure("by_source", "records by source", by_source(opened, leaves), asked.by_source())
    yield Figure("consents", "statements of consent they rest on", receipts(leaves),
                 asked.of_leaves("count(distinct consent_receipt)",
                                 f"where lower(hex(consent_receipt)) <> '{NO_CONSENT_RECEIPT.hex()}'"))  # fmt: skip
    yield Figure("files", "delivered files they came from", pc.count_distinct(leaves["source_batch_digest"]).as_py(),
                 asked.of_leaves("count(distinct source_batch_digest)"))  # fmt: skip


def _landed(opened: OpenedSnapshot, ledger: Ledger, asked: SnapshotQueries) -> Iterator[Figure]:
    """Yield when the delivered files arrived, as the ledger recorded it; days, UTC."""
    used = {digest.hex() for digest in pc.unique(opened.leaves["source_batch_digest"]).to_pylist()}
    batches = [batch for batch in ledger.batches() if batch.batch in used]
    missing = len(used - {batch.batch for batch in batches})
    why = f"{missing} of {len(used)} delivered files are not in this ledger" if missing or not used else ""
    days = sorted(batch.landed_at.astimezone(UTC).date().isoformat() for batch in batches)
    for name, means, chosen in (("landed_first", "first day on which a file of them arrived", min),
                                ("landed_last", "last day on which a file of them arrived", max)):  # fmt: skip
        query = asked.of_batches(f"strftime({chosen.__name__}(b.landed_at), '%Y-%m-%d')")
        yield Figure(name, means, None if why else chosen(days), query, why)


def _recorded(manifest: SnapshotManifest, ledger: Ledger, asked: SnapshotQueries) -> Iterator[Figure]:
    found = [one for one in ledger.artifacts("snapshot") if one.digest == manifest.digest()]
    day = min((one.recorded_at.astimezone(UTC).date().isoformat() for one in found), default=None)
    yield Figure("recorded_on", "day on which the ledger recorded the snapshot", day,
                 asked.recorded("strftime(min(a.recorded_at), '%Y-%m-%d')"),
                 "" if day else "the ledger at hand has no entry of this snapshot")  # fmt: skip


def _content(content: Content, asked: SnapshotQueries) -> Iterator[Figure]:
    """Yield what only the records themselves say: they are encrypted, so keys are needed."""
    day = "strftime({}(occurred_at at time zone 'UTC'), '%Y-%m-%d')"
    told = [
        ("first_spoken_on", "first day on which a person spoke", content.first_day,
         asked.of_records(day.format("min"))),
        ("last_spoken_on", "last day on which a person spoke", content.last_day,
         asked.of_records(day.format("max"))),
        ("by_source_licence", "records by licence of their source (SPDX)", content.by_licence,
         asked.of_records("source_licence, count(*)", BY_NAME)),
        ("by_outcome", "records by what became of the answer", content.by_outcome,
         asked.of_records("coalesce(outcome.label, 'not observed'), count(*)", BY_NAME)),
        ("answered_by_named_model", "records whose answer the log says an AI model gave", content.answered,
         asked.of_records("count(model)")),
        ("answering_models", "different AI models that the log names", content.models,
         asked.of_records("count(distinct model)")),
    ]  # fmt: skip
    for name, means, value, query in told:
        yield Figure(name, means, value, query, content.unreadable)


def _of_model(opened: OpenedModel, ledger: Ledger, fewest: int) -> Iterator[Figure]:
    asked = ModelQueries(opened.label, opened.consumption_path, SnapshotQueries(opened.snapshot.snapshot.manifest))
    yield from _training(opened, asked)
    yield from _taken_in(opened, asked)
    yield from _read(opened, ledger, asked, fewest)


def _training(opened: OpenedModel, asked: ModelQueries) -> Iterator[Figure]:
    """Yield what the training statement says, and what the consumption ledger adds up to."""
    model, document = opened.model, opened.model.document()
    readings, longest = model.read, once(model.read)
    skipped = Counter(pc.drop_null(model.consumed["skipped_reason"]).to_pylist())
    said = [
        ("weights", "SHA-256 of each file of weights", stated_weights(model.opened.artifacts), "weights"),
        ("training_statement", "SHA-256 of the training statement", model.opened.statement_digest,
         "statement_digest"),
        ("training_signed_by", "keys that signed it", list(model.opened.key_ids), "signed_by"),
        ("trained_on", "snapshot it was trained on", model.snapshot, "snapshot"),
        ("training_started_at", "when training began", document["started_at"], "started_at"),
        ("training_finished_at", "when training ended", document["finished_at"], "finished_at"),
        ("records_read", "records read in training", longest.num_rows, "records"),
        ("readings", "readings, each record once an epoch", readings.num_rows, "readings"),
        ("tokens_read", "tokens read, each reading counted", pc.sum(readings["n_tokens"]).as_py() or 0, "tokens"),
        ("optimizer_steps", "optimizer steps", (pc.max(model.consumed["optimizer_step"]).as_py() or 0) + 1,
         "optimizer_steps"),
    ]  # fmt: skip
    yield from (Figure(name, means, value, asked.traced(place)) for name, means, value, place in said)
    yield Figure("tokens", "tokens of the records read, each record counted once",
                 pc.sum(longest["n_tokens_max"]).as_py() or 0, asked.tokens_once())  # fmt: skip
    yield Figure("skipped", "readings skipped, by reason", dict(sorted(skipped.items())), asked.of_skipped())


def _taken_in(opened: OpenedModel, asked: ModelQueries) -> Iterator[Figure]:
    """Yield what the training began from, and what was asked of it; not who asked."""
    predicate = opened.model.opened.predicate
    base = dependencies(predicate, BASE_MODEL)
    why = "" if len(base) == 1 else "the training statement names no base model"
    for name, means, value, what in (
        ("base_model", "model that the training began from", base[0].uri if base else None, "d->>'uri'"),
        ("base_model_digest", "SHA-256 of it", base[0].sha256 if base else None, "d->'digest'->>'sha256'"),
    ):
        yield Figure(name, means, None if why else value, asked.of_dependencies(what, BASE_MODEL), why)
    recipe = predicate["buildDefinition"]["externalParameters"]
    said = {name: _written(value) for name, value in sorted(recipe.items())
            if value is not None and name != TRAINED_BY}  # fmt: skip
    yield Figure("recipe", "what was asked of the training", said, asked.of_recipe(TRAINED_BY))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json([value]).decode()[1:-1]


def _read(opened: OpenedModel, ledger: Ledger, asked: ModelQueries, fewest: int) -> Iterator[Figure]:
    """Yield on what the records rest that were read: persons, places, grounds and sources."""
    rows = once(opened.model.read).join(opened.snapshot.leaves, "record_id", join_type="inner").combine_chunks()
    if rows.num_rows != pc.count_distinct(opened.model.read["record_id"]).as_py():
        raise SnapshotError(f"{opened.label}: it read records that are not in {opened.model.snapshot}.")
    yield Figure("people_read", "people whose records were read",
                 pc.count_distinct(rows["data_subject_commitment"]).as_py(), asked.people())  # fmt: skip
    for fact, means in FACTS.items():
        least = fewest if fact in OF_PEOPLE else 1
        query = asked.by_fact(fact, together(least), least)
        yield Figure(f"read_by_{fact}", f"records read by {means}", by_fact(opened.snapshot, rows, fact, least), query)
    yield Figure("read_by_source", "records read by source", by_source(opened.snapshot, rows), asked.by_source())
    yield Figure("tokens_by_source", "tokens of the records read by source, each record counted once",
                 by_source(opened.snapshot, rows, "n_tokens_max"), asked.by_source(tokens=True))  # fmt: skip
    yield Figure("grounds", "records and people by the statement of consent they rest on", grounds(rows, ledger),
                 asked.traced("grounds"))  # fmt: skip


def _at(manifest: SnapshotManifest, clock: str) -> str:
    return str(manifest.document()["as_of"][clock])
