"""Do these weights come from where they say?

Signature → weights → header → further files → recipe → consumption ledger → the snapshot's signed copies →
release ticket → revocations → model signature → each record consumed is in the snapshot → the snapshot itself.
Files only: no database, no network.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lineage import training_statement as training
from lineage.canonical import canonical_json, sha256_hex
from lineage.consumption import CONSUMPTION_SCHEMA, consumption_root, fault_in_order, places, rows_drawn
from lineage.evidence_table import read_table
from lineage.manifest import TRAIN, SnapshotManifest
from lineage.model_signing import ROOT
from lineage.snapshot import MANIFEST_FILE, STATEMENT_FILE, Snapshot, require_stated
from lineage.statement import Opened, TrustedKey, open_envelope
from lineage.tlog.entry import LogEntry
from lineage.training_admission import TICKET_FILE, feed_path, feeds_heeded
from lineage.verifying.depth import Level
from lineage.verifying.links import BrokenLinkError, Chain, Link, require
from lineage.verifying.logged import verify_logged
from lineage.verifying.model_signature import verify_model_signature
from lineage.verifying.reading import read, sha256_of
from lineage.verifying.release import verify_revocations, verify_ticket
from lineage.verifying.scope import Scope
from lineage.verifying.snapshot import stated_manifest, verify_snapshot
from lineage.warehouse import Warehouse
from lineage.weights.tensors import tensors_digest

TRAINING_FILE = "training.dsse.json"
RECIPE_FILE = "recipe.json"
WEIGHTS = "*.safetensors"
MODELS = "models"
HEADER_LIMIT_BYTES = 100_000_000
NOT_REPEATED = "Training: it was not run again; that these steps give these weights is the trainer's signed word."
NOT_LOOKED_UP = "Consumption: that each row is a record of the snapshot was not looked up (--full)."
NO_WEIGHTS = "Weights: {} is not here, as the bundle says; name the file itself to have it compared."
NO_ORIGINS = "Base model, tokenizer and code: only named by digest; the originals were not at hand to compare."


def verify_model(chain: Chain, directory: Path, scope: Scope, snapshot: Path | None) -> None:
    """Verify a model's directory link by link, noting each in the chain.

    Args:
        chain: Collects the checks.
        directory: The model's.
        scope: What is trusted, what was brought, and how far to go.
        snapshot: The snapshot's directory, where it is not in the same warehouse as the model.

    Raises:
        BrokenLinkError: A link does not hold; it is the last of the chain.
    """
    trusted = scope.trusted
    for sentence in (NOT_REPEATED, NO_ORIGINS):
        chain.passes_over(sentence)
    opened = _opened(chain, directory, trusted)
    verify_logged(chain, "training statement", LogEntry.of(opened), opened.key_ids, trusted, scope.log)
    _weights(chain, directory, opened, scope)
    _files(chain, directory, opened)
    _recipe(chain, directory, opened)
    consumed = _consumption(chain, directory, opened)
    manifest, signed = _copies(chain, directory, opened, trusted)
    with chain.testing(Link.CONSUMPTION):
        fault = fault_in_order(consumed, manifest.rows_of(TRAIN))
        require(not fault, f"{training.consumption(opened.predicate).path}: {fault}.")
    verify_ticket(chain, directory, opened, manifest, signed, consumed, trusted)
    verify_revocations(chain, directory, opened, manifest, consumed, trusted)
    verify_model_signature(chain, directory, opened)
    place = snapshot or (directory / "../../.." / manifest.directory).resolve()
    trained_on = Snapshot(Warehouse(place), "", manifest, signed)
    _same_snapshot(chain, trained_on, place)
    shown = _drawn_from(chain, consumed, opened, scope)
    if scope.depth.level is Level.FAST:
        chain.passes_over(NOT_LOOKED_UP)
    else:
        _subset(chain, consumed if shown is None else shown, trained_on, place)
    with chain.within("snapshot"):
        verify_snapshot(chain, place, scope, None if shown is None else places(shown))


def _drawn_from(chain: Chain, consumed: pa.Table, opened: Opened, scope: Scope) -> pa.Table | None:
    """Return the rows that a sample draws of those trained on; ``None`` where none is drawn."""
    if scope.depth.level is not Level.SAMPLE:
        return None
    shown = rows_drawn(consumed, scope.depth, training.consumption(opened.predicate).root)
    chain.passes_over(f"Consumption: of {consumed.num_rows:,} rows {shown.num_rows:,} were looked up in the snapshot.")
    return shown


def _opened(chain: Chain, directory: Path, trusted: Sequence[TrustedKey]) -> Opened:
    with chain.testing(Link.SIGNATURE):
        opened = open_envelope(read(directory, TRAINING_FILE), trusted)
        kind = opened.statement["predicateType"]
        require(kind == training.TRAINING_PREDICATE, f"{TRAINING_FILE}: is a statement about something else.")
    chain.holds(Link.SIGNATURE, f"signed by {', '.join(key[:16] for key in opened.key_ids)}")
    return opened


def _weights(chain: Chain, directory: Path, opened: Opened, scope: Scope) -> None:
    stated = training.stated_weights(opened.artifacts)
    with chain.testing(Link.WEIGHTS):
        found = {path.name for path in directory.glob(WEIGHTS)}
        require(bool(stated), "The statement names no weights.")
        if not found and stated.items() <= scope.left_out.items():
            chain.passes_over(NO_WEIGHTS.format(", ".join(sorted(stated))))
            return
        require(found == set(stated), _difference(found, set(stated)))
        for name, sha256 in stated.items():
            require(sha256_of(directory / name) == sha256, f"{name}: its bytes are not the ones that were signed.")
    chain.holds(Link.WEIGHTS, f"{', '.join(sorted(stated))} as signed")
    with chain.testing(Link.HEADER):
        expected = training.header_metadata(opened.predicate)
        for name in stated:
            differing = sorted(_differing(header_of(directory / name), expected))
            require(not differing, f"{name}: {', '.join(differing)} is not what the statement says.")
        tensors = {name: tensors_digest(directory / name) for name in stated}
        same = training.stated_tensors(opened.predicate) == tensors
        require(same, "The tensors are not the ones that were stated before their header was written.")
    chain.holds(Link.HEADER, f"names {expected['lineweight.snapshot'].split()[0]}, run {expected['lineweight.run']}")


def header_of(path: Path) -> dict[str, str]:
    """Return the ``__metadata__`` of a safetensors file.

    Raises:
        BrokenLinkError: The file has no header that can be read.
    """
    try:
        with path.open("rb") as source:
            length = int.from_bytes(source.read(8), "little")
            require(length <= HEADER_LIMIT_BYTES, f"{path.name}: its header is too long.")
            require(length + 8 <= path.stat().st_size, f"{path.name}: its header is longer than the file.")
            metadata = dict(json.loads(source.read(length)).get("__metadata__", {}))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenLinkError(f"{path.name}: is not a safetensors file.") from error
    return {str(name): str(value) for name, value in metadata.items()}


def _files(chain: Chain, directory: Path, opened: Opened) -> None:
    with chain.testing(Link.FILES):
        place, run = directory.resolve().parts[-3:], training.run_id(opened.predicate)
        require(place[0] != MODELS or place[-1] == run, f"{'/'.join(place)}: holds the run {run}.")
        stated = training.stated_files(opened.predicate)
        for path, sha256 in stated.items():
            require(sha256_of(directory / path) == sha256, f"{path}: its bytes are not the ones that were signed.")
        feeds = {feed_path(feed.number) for feed in feeds_heeded(opened.predicate)}
    chain.holds(Link.FILES, f"{len(stated)} as signed")
    covered = {*stated, *opened.artifacts, TRAINING_FILE, RECIPE_FILE, training.consumption(opened.predicate).path}
    covered -= {ROOT}
    covered |= {f"snapshot/{MANIFEST_FILE}", f"snapshot/{STATEMENT_FILE}", TICKET_FILE, *feeds}
    found = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    if found - covered:
        chain.passes_over(f"Files that the training statement does not name: {', '.join(sorted(found - covered))}.")


def _recipe(chain: Chain, directory: Path, opened: Opened) -> None:
    with chain.testing(Link.RECIPE):
        stated = opened.predicate.get("buildDefinition", {}).get("externalParameters")
        same = isinstance(stated, dict) and canonical_json(stated) == read(directory, RECIPE_FILE)
        require(same, f"{RECIPE_FILE}: is not the recipe that was signed, byte for byte.")
    chain.holds(Link.RECIPE, f"{RECIPE_FILE} is the one stated")


def _consumption(chain: Chain, directory: Path, opened: Opened) -> pa.Table:
    with chain.testing(Link.CONSUMPTION):
        stated = training.consumption(opened.predicate)
        data = read(directory, stated.path)
        require(sha256_hex(data) == stated.sha256, f"{stated.path}: its bytes are not the ones that were signed.")
        table = read_table(data, CONSUMPTION_SCHEMA, stated.path)
        require(table.num_rows == stated.rows, f"{stated.path}: has not the rows the statement says.")
        require(consumption_root(table).hex() == stated.root, f"{stated.path}: its root is not the one stated.")
    chain.holds(Link.CONSUMPTION, f"{table.num_rows:,} rows, root recomputed")
    return table


def _copies(
    chain: Chain, directory: Path, opened: Opened, trusted: Sequence[TrustedKey]
) -> tuple[SnapshotManifest, Opened]:
    with chain.testing(Link.COPIES):
        signed = open_envelope(read(directory, f"snapshot/{STATEMENT_FILE}"), trusted)
        manifest = stated_manifest(read(directory, f"snapshot/{MANIFEST_FILE}"), signed)
        require_stated(manifest, signed)
        snapshot = training.dependency(opened.predicate, training.SNAPSHOT)
        statement = training.dependency(opened.predicate, training.SNAPSHOT_STATEMENT)
        policy = training.dependency(opened.predicate, training.POLICY)
        require(snapshot.sha256 == manifest.digest(), "The manifest is not that of the snapshot trained on.")
        require(training.snapshot_label(opened.predicate) == manifest.label, "The snapshot's name is another one.")
        require(snapshot.annotations.get("root") == manifest.root, "The snapshot's root is another one.")
        require(statement.sha256 == signed.statement_digest, "The snapshot's statement is another one.")
        require(policy.sha256 == manifest.policy.digest, "The policy is another one.")
        version = f"policy:{manifest.policy.policy_id}@v{manifest.policy.version}"
        named = (statement.uri, policy.uri) == (snapshot.uri, version)
        require(named, "The snapshot's statement or the policy goes by another name.")
        asked = opened.predicate["buildDefinition"].get("externalParameters", {}).get("snapshot")
        require(asked in (manifest.label, manifest.name), "The recipe asks for another snapshot.")
    chain.holds(Link.COPIES, f"{manifest.label} and its signed statement, by the digests in the training statement")
    return manifest, signed


def _same_snapshot(chain: Chain, snapshot: Snapshot, place: Path) -> None:
    with chain.testing(Link.SUBSET):
        there = (place / MANIFEST_FILE).is_file()
        require(there, f"{snapshot.manifest.label} is not at hand (looked in {place}): name it with --snapshot.")
        same = sha256_hex(read(place, MANIFEST_FILE)) == snapshot.manifest_digest
        require(same, f"{place}: is another snapshot than the one trained on.")


def _subset(chain: Chain, consumed: pa.Table, snapshot: Snapshot, place: Path) -> None:
    """Look up every row consumed, by shard and row, in the leaves of the snapshot trained on."""
    shards = snapshot.manifest.shards
    with chain.testing(Link.SUBSET):
        for index in pc.unique(consumed["shard"]).to_pylist():
            require(0 <= index < len(shards), "A record was consumed from a shard that the snapshot does not have.")
            kept = shards[index].split == TRAIN
            require(kept, f"A record was consumed from the part {shards[index].split}, which is not to be trained on.")
            _require_in_leaves(consumed.filter(pc.equal(consumed["shard"], index)), snapshot.leaves(index))
    records = pc.count_distinct(consumed["record_id"]).as_py()
    chain.holds(Link.SUBSET, f"{records:,} distinct records consumed, each is a leaf of {snapshot.manifest.label}")


def _require_in_leaves(consumed: pa.Table, leaves: pa.Table) -> None:
    rows = consumed["row"]
    inside = pc.and_(pc.greater_equal(rows, 0), pc.less(rows, leaves.num_rows))
    require(bool(pc.all(inside).as_py()), "A record was consumed from a row that its shard does not have.")
    there = leaves.take(rows.combine_chunks())
    for column in ("record_id", "leaf"):
        same = there[column].combine_chunks().equals(consumed[column].combine_chunks())
        require(same, f"A {column} consumed is not the one in the snapshot's leaves.")


def _differing(found: Mapping[str, str], expected: Mapping[str, str]) -> set[str]:
    stated = {name for name in {*found, *expected} if name == "format" or name.startswith("lineweight.")}
    return {name for name in stated if found.get(name) != expected.get(name)}


def _difference(found: set[str], stated: set[str]) -> str:
    extra, missing = sorted(found - stated), sorted(stated - found)
    return f"weights not named by the statement: {extra or 'none'}; named and missing: {missing or 'none'}"
