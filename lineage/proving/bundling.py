"""Gathering what proves one artifact: its signed files, the consents it rests on, and its place in the log."""

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from lineage import training_statement as training
from lineage.consumption import places, rows_drawn
from lineage.home import Home
from lineage.keys.rotation import ROOT as ROTATIONS
from lineage.leaf import NO_CONSENT_RECEIPT
from lineage.models import Model, open_model
from lineage.proving.bundle import Contents, Source, write_bundle
from lineage.proving.receipts import CONSENTS_FILE, OPENINGS_FILE, Opening, consent_lines
from lineage.snapshot import Snapshot
from lineage.statement import TrustedKey
from lineage.tlog.log import TransparencyLog
from lineage.verifying.depth import Depth, Level
from lineage.verifying.sample import Place, drawn_places
from lineage.warehouse import Warehouse
from policies.errors import UsageError


def bundle(
    home: Home,
    artifact: str,
    trusted: Sequence[TrustedKey],
    to: Path,
    *,
    depth: Depth,
    weights: bool = False,
    content: bool = False,
) -> Contents:
    """Write everything that proves a snapshot or a model into one file.

    Args:
        home: Where it is.
        artifact: Its directory in the warehouse.
        trusted: The keys that may have signed.
        to: Where the bundle goes.
        depth: A sample that an auditor asked for: of its records people's commitments are opened.
        weights: Put the weights of a model in too.
        content: Put the encrypted records in too.

    Returns:
        What the bundle holds.

    Raises:
        LineweightError: Something of it does not verify, or the place cannot be written.
    """
    warehouse = home.warehouse
    model = open_model(warehouse, artifact, trusted) if artifact.startswith("models/") else None
    label = artifact.removeprefix("snapshots/").replace("/v", "@v") if model is None else model.snapshot
    snapshot = Snapshot.open(warehouse, _directory_of(label), trusted)
    if model is not None and model.snapshot_digest != snapshot.manifest_digest:
        raise UsageError(f"{snapshot.directory} is another snapshot than the one trained on.", remedy="Restore that.")
    left_out = {} if content else _content(snapshot)
    left_out |= {} if model is None or weights else _weights(model)
    directories = [snapshot.directory] + ([] if model is None else [model.directory])
    paths = [path for directory in directories for path in warehouse.files(directory) if path not in left_out]
    paths += warehouse.files(ROTATIONS)
    there = {path for directory in directories for path in warehouse.files(directory)}
    files: dict[str, Source] = {path: _from(warehouse, path) for path in paths}
    files |= {path: _held(data) for path, data in _added(home, snapshot, model, depth).items()}
    return write_bundle(artifact, files, {path: left_out[path] for path in sorted(set(left_out) & there)}, to)


def _directory_of(label: str) -> str:
    name, _, version = label.partition("@")
    return f"snapshots/{name}/{version}"


def _content(snapshot: Snapshot) -> dict[str, str]:
    return {f"{snapshot.directory}/{shard.path}": shard.sha256 for shard in snapshot.manifest.shards}


def _weights(model: Model) -> dict[str, str]:
    stated = training.stated_weights(model.opened.artifacts)
    return {f"{model.directory}/{name}": sha256 for name, sha256 in stated.items()}


def _from(warehouse: Warehouse, path: str) -> Source:
    def opens() -> IO[bytes]:
        return warehouse.open(path)  # type: ignore[no-any-return]

    return opens


def _held(data: bytes) -> Source:
    return lambda: io.BytesIO(data)


def _added(home: Home, snapshot: Snapshot, model: Model | None, depth: Depth) -> Mapping[str, bytes]:
    """Return what lies in no file of the home: consents, openings and proofs from the log."""
    receipts: set[str] = set()
    for index in range(len(snapshot.manifest.shards)):
        receipts |= {one.hex() for one in pc.unique(snapshot.leaves_file(index)["consent_receipt"]).to_pylist()}
    added = {CONSENTS_FILE: _consents(home, snapshot, receipts - {NO_CONSENT_RECEIPT.hex()})}
    if depth.level is Level.SAMPLE:
        root = "" if model is None else training.consumption(model.opened.predicate).root
        shown = drawn_places(snapshot, depth) if model is None else places(rows_drawn(model.consumed, depth, root))
        added[OPENINGS_FILE] = b"".join(_openings(home, snapshot, shown))
    statements = [snapshot.statement_digest] + ([] if model is None else [model.opened.statement_digest])
    return added | _proofs(home, statements)


def _consents(home: Home, snapshot: Snapshot, receipts: set[str]) -> bytes:
    """Return the events that leaves rest on, and whatever else these people had said by then."""
    ledger, known_at = home.ledger(), snapshot.manifest.as_of.recorded_at
    grounds = ledger.consents_by_receipt(receipts)
    people = pa.array(sorted({event.data_subject_id for event in grounds.values()}), pa.string())
    said = ledger.consent_table(known_at)
    theirs = said.filter(pc.is_in(said["data_subject_id"], people))["receipt"]
    others = ledger.consents_by_receipt(one.hex() for one in theirs.to_pylist())
    return consent_lines((grounds | others).values())


def _openings(home: Home, snapshot: Snapshot, drawn: Iterable[Place]) -> list[bytes]:
    """Return who the commitments of some records stand for, a line a person; of erased people nothing is left."""
    vault, lines = home.vault(), set()
    for index, together in groupby(drawn, key=itemgetter(0)):
        shard = snapshot.manifest.shards[index]
        written_by = snapshot.shard(index, vault, columns=["data_subject_id"])["data_subject_id"]
        people = pc.unique(written_by.take([row for _, row in together])).to_pylist()
        salts = vault.known_salts(shard.tenant, people)
        lines |= {Opening(shard.tenant, person, salt).line() for person, salt in salts.items()}
    return sorted(lines)


def _proofs(home: Home, statements: Sequence[str]) -> dict[str, bytes]:
    """Return the proof of each statement that the log has; where nothing was logged, none."""
    log = TransparencyLog(home.ledger(), home.vault())
    logged = {row.entry.statement for row in log.rows()}
    return {f"log/{one}.tlog-proof": log.prove(one).written() for one in statements if one in logged}
