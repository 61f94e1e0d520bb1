"""One model: from its weights to the records it read, and to the consents and the policy they rest on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage import training_statement as training
from lineage.leaf import NO_CONSENT_RECEIPT
from lineage.ledger.store import Ledger
from lineage.models import Model, NotVerifiedError, open_model
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.trace.evidence import consent_document
from lineage.trace.words import Words
from lineage.verifying.consents import NO_LEDGER
from lineage.verifying.verify import verify_path
from lineage.warehouse import Warehouse
from policies.consent import VALID, ConsentEvent
from policies.errors import UsageError

LEAF_COLUMNS = ("source_batch_digest", "consent_receipt")
Person = tuple[str, str]  # tenant, data_subject_id


def trace_model(
    path: Path,
    ledger: Ledger,
    trusted: Sequence[TrustedKey],
    at: datetime,
    *,
    snapshot: Path | None = None,
) -> dict[str, Any]:
    """Answer what a model learned from, on what grounds, and which of these stand today.

    The whole chain is verified first: weights, consumption ledger, snapshot and its leaves.

    Args:
        path: The model's directory, or a ``.safetensors`` file in it.
        ledger: Holds the consents and the landed batches.
        trusted: The keys that may have signed.
        at: The instant for which consents are asked about today, UTC.
        snapshot: The snapshot's directory, if it is not in the same warehouse as the model.

    Returns:
        A JSON document; records are counted, not listed.

    Raises:
        NotVerifiedError: A link of the chain is broken; the message names it.
        UsageError: There is no model at ``path``.
    """
    directory = path if path.is_dir() else path.parent
    report = verify_path(path, trusted, snapshot=snapshot)
    if report.broken is not None:
        raise NotVerifiedError(f"{path}: {report.broken.link}: {report.broken.detail}")
    model = _opened(directory.resolve(), trusted)
    place = (snapshot or directory / "../../.." / _snapshot_directory(model)).resolve()
    trained_on = Snapshot.open(Warehouse(place), "", trusted)
    rows = _joined(model, trained_on)
    receipts = {digest.hex() for digest in pc.unique(rows["consent_receipt"]).to_pylist()}
    events = ledger.consents_by_receipt(receipts)
    manifest, batches = trained_on.manifest, _by_batch(rows, ledger)
    return {
        **model.document(),
        "weights": training.stated_weights(model.opened.artifacts),
        "statement_digest": model.opened.statement_digest,
        "signed_by": list(model.opened.key_ids),
        "checks": len(report.checks),
        "purpose": manifest.purpose,
        "policy": {name: getattr(manifest.policy, name) for name in ("policy_id", "version", "digest")},
        "decided_for": manifest.as_of.model_dump(mode="json"),
        "records": pc.count_distinct(rows["record_id"]).as_py(),
        "readings": rows.num_rows,
        "tokens": pc.sum(rows["n_tokens"]).as_py() or 0,
        "optimizer_steps": (pc.max(model.consumed["optimizer_step"]).as_py() or 0) + 1,
        "skipped": model.consumed.num_rows - model.read.num_rows,
        "by_source": _by_source(batches),
        "batches": batches,
        "grounds": _grounds(rows, events),
        "consent_today": _today(rows, events, ledger, manifest.purpose, at),
        "asked_at": at.isoformat(),
        "not_checked": [sentence for sentence in report.not_checked if sentence != NO_LEDGER],
    }


def _opened(directory: Path, trusted: Sequence[TrustedKey]) -> Model:
    if len(directory.parts) < 3:
        raise UsageError(f"{directory}: is not a model's directory.")
    root, (name, run) = directory.parent.parent, directory.parts[-2:]
    return open_model(Warehouse(root), f"{name}/{run}", trusted)


def _snapshot_directory(model: Model) -> str:
    name, _, version = model.snapshot.partition("@")
    return f"snapshots/{name}/{version}"


def _joined(model: Model, snapshot: Snapshot) -> pa.Table:
    """Return the rows read, each with its tenant and with the batch and receipt of its leaf."""
    parts = []
    for index, shard in enumerate(snapshot.manifest.shards):
        rows = model.read.filter(pc.equal(model.read["shard"], index))
        leaves = snapshot.leaves(index).take(rows["row"].combine_chunks())
        for column in LEAF_COLUMNS:
            rows = rows.append_column(column, leaves[column])
        parts.append(rows.append_column("tenant", pa.repeat(pa.scalar(shard.tenant), rows.num_rows)))
    return pa.concat_tables(parts)


def _by_batch(rows: pa.Table, ledger: Ledger) -> list[dict[str, Any]]:
    """Count what was read by tenant and delivered file, as the ledger names them."""
    batches = {batch.batch: batch for batch in ledger.batches()}
    counted = rows.group_by(["tenant", "source_batch_digest"]).aggregate(
        [("record_id", "count_distinct"), ("n_tokens", "sum"), ("optimizer_step", "min"), ("optimizer_step", "max")]
    )
    listed = []
    for row in counted.to_pylist():
        digest = row["source_batch_digest"].hex()
        batch = batches.get(digest)
        listed.append(
            {
                "tenant": row["tenant"],
                "source": batch.source if batch else None,
                "file": batch.file_name if batch else None,
                "batch": digest,
                "records": row["record_id_count_distinct"],
                "tokens": row["n_tokens_sum"],
                "first_step": row["optimizer_step_min"],
                "last_step": row["optimizer_step_max"],
            }
        )
    return sorted(listed, key=lambda entry: (*_whence(entry), entry["file"] or "", entry["batch"]))


def _by_source(batches: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add up by tenant and source what was counted by file."""
    return [
        {
            "tenant": tenant,
            "source": source or None,
            "files": len(files),
            "records": sum(entry["records"] for entry in files),
            "tokens": sum(entry["tokens"] for entry in files),
            "first_step": min(entry["first_step"] for entry in files),
            "last_step": max(entry["last_step"] for entry in files),
        }
        for (tenant, source), files in ((key, list(group)) for key, group in groupby(batches, key=_whence))
    ]


def _whence(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["tenant"], entry["source"] or ""


def _grounds(rows: pa.Table, events: Mapping[str, ConsentEvent]) -> list[dict[str, Any]]:
    """Count records and people by what the consent that decided says; a receipt the ledger lacks is told."""
    records: dict[tuple[str, str, str], int] = defaultdict(int)
    people: dict[tuple[str, str, str], set[Person]] = defaultdict(set)
    for receipt, number in _records_by_receipt(rows).items():
        event = events.get(receipt)
        if event is None:
            ground = ("not consent" if receipt == NO_CONSENT_RECEIPT.hex() else "receipt not in this ledger", "", "")
        else:
            said = consent_document(event)
            ground = (said["legal_basis"], said["state"], said["notice"])
            people[ground].add((event.tenant, event.data_subject_id))
        records[ground] += number
    return [
        {"legal_basis": basis, "state": state, "notice": notice, "records": records[key], "people": len(people[key])}
        for key in sorted(records)
        for basis, state, notice in [key]
    ]


def _today(
    rows: pa.Table, events: Mapping[str, ConsentEvent], ledger: Ledger, purpose: str, at: datetime
) -> list[dict[str, Any]]:
    """Count records and people by the status that their consent has at an instant, under all their ids."""
    words = {tenant: _words(ledger, tenant, at) for tenant in sorted({event.tenant for event in events.values()})}
    records: dict[str, int] = defaultdict(int)
    people: dict[str, set[Person]] = defaultdict(set)
    for receipt, number in _records_by_receipt(rows).items():
        event = events.get(receipt)
        if event is None:
            continue
        said = words[event.tenant]
        status = said.consent(event.data_subject_id, purpose, at, at).status
        records[status] += number
        people[status].add((event.tenant, min(said.ids_of(event.data_subject_id, at))))
    return [
        {"status": status, "permits": status in VALID, "records": records[status], "people": len(people[status])}
        for status in sorted(records)
    ]


def _words(ledger: Ledger, tenant: str, at: datetime) -> Words:
    return Words(tenant, ledger.consents(tenant=tenant, known_at=at), ledger.links(tenant=tenant, known_at=at), ())


def _records_by_receipt(rows: pa.Table) -> dict[str, int]:
    counted = rows.group_by("consent_receipt").aggregate([("record_id", "count_distinct")]).to_pylist()
    return {row["consent_receipt"].hex(): row["record_id_count_distinct"] for row in counted}
