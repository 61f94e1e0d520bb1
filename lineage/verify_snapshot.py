"""Is this snapshot the one that was signed, and does it hold together?

Without keys: signature → manifest → files → leaves → roots → counts → policy → activation →
decisions → request → inputs.
With a vault also: content → record commitment → leaf, which shows that the encrypted shards hold what the
leaves stand for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lineage import leaf
from lineage.canonical import digest_of, sha256_hex
from lineage.links import Chain, Link, require
from lineage.manifest import Shard, SnapshotManifest, inconsistencies, parse_manifest, snapshot_root, tenant_roots
from lineage.retention import Removal, is_note, read_notes
from lineage.snapshot import MANIFEST_FILE, STATEMENT_FILE, Snapshot, require_leaves, require_root
from lineage.statement import SNAPSHOT_PREDICATE, Opened, TrustedKey, open_envelope, snapshot_statement
from lineage.tlog.entry import LogEntry
from lineage.vault import Vault
from lineage.verify_activation import verify_activation
from lineage.verify_asked import verify_inputs, verify_request
from lineage.verify_decisions import require_decisions
from lineage.verify_log import LogEvidence, verify_logged
from lineage.warehouse import Warehouse
from policies.document import Policy, load_policy

NO_KEYS = "Content: without keys nobody looked whether the shards hold the records that the leaves stand for."
NO_LEDGER = "Consent: the receipts in the leaves were not looked up in a ledger."
NO_FACTS = "Facts: what the decisions rest on was not drawn from the ledgers and the logs again."
NO_CLOCK = "Time: whether the lease has run out, or somebody withdrew since, was not asked."
PROVED_DIRECTORIES = ("shards/", "leaves/")


def verify_snapshot(
    chain: Chain, directory: Path, trusted: Sequence[TrustedKey], vault: Vault | None, log: LogEvidence
) -> SnapshotManifest:
    """Verify a snapshot's directory link by link, noting each in the chain.

    Args:
        chain: Collects the checks.
        directory: The snapshot's.
        trusted: The keys that may have signed.
        vault: To look at the content too.
        log: What was brought of the transparency log.

    Raises:
        BrokenLinkError: A link does not hold; it is the last of the chain.
    """
    for sentence in (NO_LEDGER, NO_FACTS, NO_CLOCK):
        chain.passes_over(sentence)
    warehouse = Warehouse(directory)
    snapshot = _opened(chain, warehouse, trusted)
    manifest = snapshot.manifest
    verify_logged(chain, "snapshot's statement", LogEntry(SNAPSHOT_PREDICATE, snapshot.statement_digest), trusted, log)
    _listing(chain, snapshot)
    _shards(chain, snapshot)
    decided = _leaves(chain, snapshot)
    _roots(chain, manifest)
    policy = _policy(chain, snapshot)
    verify_activation(chain, snapshot, trusted)
    _decisions(chain, snapshot, policy, decided)
    verify_request(chain, snapshot)
    verify_inputs(chain, snapshot)
    _quality(chain, snapshot)
    if vault is None:
        chain.passes_over(NO_KEYS)
    else:
        _content(chain, snapshot, vault)
    return manifest


def stated_manifest(data: bytes, opened: Opened) -> SnapshotManifest:
    """Return the manifest that some bytes are, if they are the ones a signed statement names.

    Raises:
        BrokenLinkError: The statement names other bytes.
        ManifestError: They are no manifest.
    """
    named = opened.artifacts.get(MANIFEST_FILE)
    require(named == sha256_hex(data), f"{MANIFEST_FILE}: its bytes are not the ones that were signed.")
    return parse_manifest(data)


def _opened(chain: Chain, warehouse: Warehouse, trusted: Sequence[TrustedKey]) -> Snapshot:
    with chain.testing(Link.SIGNATURE):
        opened = open_envelope(warehouse.read(STATEMENT_FILE), trusted)
    chain.holds(Link.SIGNATURE, f"signed by {', '.join(key[:16] for key in opened.key_ids)}")
    with chain.testing(Link.MANIFEST):
        manifest = stated_manifest(warehouse.read(MANIFEST_FILE), opened)
    chain.holds(Link.MANIFEST, f"{manifest.label}, sha256 {manifest.digest()}")
    with chain.testing(Link.STATEMENT):
        same = opened.statement == snapshot_statement(manifest, manifest.digest())
        require(same, "The statement does not say what the manifest says.")
    chain.holds(Link.STATEMENT, f"{len(opened.artifacts)} artifacts and all fields agree")
    return Snapshot(warehouse, "", manifest, opened, _removed(chain, warehouse, manifest, trusted))


def _removed(
    chain: Chain, warehouse: Warehouse, manifest: SnapshotManifest, trusted: Sequence[TrustedKey]
) -> Mapping[str, Removal]:
    """Return what was removed under retention; without a signed note nothing was, and a missing file is missing."""
    with chain.testing(Link.RETENTION):
        removed = read_notes(warehouse, "", manifest, trusted)
    if removed:
        chain.holds(Link.RETENTION, "; ".join(removed[path].sentence for path in sorted(removed)))
    return removed


def _listing(chain: Chain, snapshot: Snapshot) -> None:
    named = {path for shard in snapshot.manifest.shards for path in (shard.path, shard.leaves_path)}
    with chain.testing(Link.LISTING):
        found = set(snapshot.files())
        missing = sorted(named - found - set(snapshot.removed))
        extra = sorted(path for path in found - named if path.startswith(PROVED_DIRECTORIES))
        require(not missing, f"{', '.join(missing)}: named by the manifest, and missing.")
        require(not extra, f"{', '.join(extra)}: here, and not named by the manifest.")
    gone = len(named - found)
    told = "none missing" if not gone else f"{gone} removed under retention"
    chain.holds(Link.LISTING, f"{len(named)} files of shards and leaves, {told}, none added")
    manifest = snapshot.manifest
    attached = {file.path for file in manifest.attached}
    notes = {path for path in found if is_note(path)}
    others = sorted(found - named - attached - notes - {MANIFEST_FILE, STATEMENT_FILE})
    if others:
        chain.passes_over(f"Files that the statement does not name: {', '.join(others)}.")


def _shards(chain: Chain, snapshot: Snapshot) -> None:
    standing = _standing(snapshot)
    total = 0
    for shard in standing:
        with chain.testing(Link.SHARDS):
            data = snapshot.file(shard.path, shard.sha256)
            require(len(data) == shard.bytes, f"{shard.path}: has not the size the manifest says.")
        total += len(data)
    chain.holds(Link.SHARDS, f"{len(standing)} files, {total:,} bytes, each as signed")
    for shard in standing:
        if shard.path in snapshot.removed:
            chain.passes_over(f"Retention: {shard.path} has to go, and is still here.")


def _standing(snapshot: Snapshot) -> list[Shard]:
    """Return the shards whose files are to be looked at: all but those removed under retention."""
    found = set(snapshot.files())
    return [shard for shard in snapshot.manifest.shards if shard.path in found or shard.path not in snapshot.removed]


def _leaves(chain: Chain, snapshot: Snapshot) -> Counter[bytes]:
    """Verify the leaves file by file, and count how many name each decision."""
    manifest, decided = snapshot.manifest, Counter[bytes]()
    for index, shard in enumerate(manifest.shards):
        with chain.testing(Link.LEAVES_FILES):
            table = snapshot.leaves_file(index)
            require(table.num_rows == shard.rows, f"{shard.leaves_path}: has not the rows the manifest says.")
        with chain.testing(Link.LEAVES):
            require_leaves(table, shard.leaves_path)
        with chain.testing(Link.SHARD_ROOTS):
            require_root(table, shard.root, shard.leaves_path)
        with chain.testing(Link.TENANTS):
            _require_everywhere(table, "tenant_commitment", leaf.tenant_commitment(shard.tenant), shard)
        with chain.testing(Link.POLICY):
            _require_everywhere(table, "policy_digest", bytes.fromhex(manifest.policy.digest), shard)
        decided.update(table["decision_digest"].to_pylist())
    chain.holds(Link.LEAVES_FILES, f"{len(manifest.shards)} files, each as signed")
    chain.holds(Link.LEAVES, f"{manifest.rows:,} leaves recomputed from their digests")
    chain.holds(Link.SHARD_ROOTS, f"{len(manifest.shards)} recomputed")
    chain.holds(Link.TENANTS, f"every leaf is of its shard's tenant: {', '.join(sorted(manifest.tenant_roots))}")

    return decided


def _require_everywhere(table: pa.Table, column: str, digest: bytes, shard: Shard) -> None:
    same = pc.all(pc.equal(table[column], pa.scalar(digest, leaf.DIGEST)), min_count=0).as_py()
    require(bool(same), f"{shard.leaves_path}: a {column} is another one than the manifest's.")


def _roots(chain: Chain, manifest: SnapshotManifest) -> None:
    with chain.testing(Link.TENANT_ROOTS):
        require(manifest.tenant_roots == tenant_roots(manifest.shards), "A tenant's root is not that of its shards.")
    chain.holds(Link.TENANT_ROOTS, f"{len(manifest.tenant_roots)} recomputed")
    with chain.testing(Link.SNAPSHOT_ROOT):
        roots = [shard.root for shard in manifest.shards]
        require(manifest.root == snapshot_root(roots), "The snapshot's root is not that of its shards.")
    chain.holds(Link.SNAPSHOT_ROOT, manifest.root)
    with chain.testing(Link.COUNTS):
        faults = inconsistencies(manifest)
        require(not faults, f"{'; '.join(faults)}.")
    counts = manifest.counts
    chain.holds(
        Link.COUNTS,
        f"{counts.considered:,} considered = {counts.permitted:,} permitted + {counts.denied:,} denied "
        f"+ {counts.quarantined:,} quarantined",
    )


def _policy(chain: Chain, snapshot: Snapshot) -> Policy:
    stated = snapshot.manifest.policy
    with chain.testing(Link.POLICY):
        policy = load_policy(snapshot.file(stated.path, stated.sha256), stated.path)
        same = (policy.policy_id, policy.version) == (stated.policy_id, stated.version)
        require(same, f"{stated.path}: is another policy, or another version, than the manifest names.")
        require(digest_of(policy.document()) == stated.digest, f"{stated.path}: its digest is not the manifest's.")
    chain.holds(Link.POLICY, f"{stated.policy_id} version {stated.version}, and every leaf names it")
    return policy


def _decisions(chain: Chain, snapshot: Snapshot, policy: Policy, decided: Counter[bytes]) -> None:
    stated = snapshot.manifest.decisions
    with chain.testing(Link.DECISIONS):
        data = snapshot.file(stated.path, stated.sha256)
        count = require_decisions(data, stated.path, policy, decided)
    chain.holds(Link.DECISIONS, f"{count:,} distinct decisions made again; every record in the leaves was permitted")


def _quality(chain: Chain, snapshot: Snapshot) -> None:
    stated = snapshot.manifest.quality
    with chain.testing(Link.QUALITY):
        snapshot.file(stated.path, stated.sha256)
        require(stated.success, f"{stated.path}: a quality gate failed.")
    chain.holds(Link.QUALITY, "results as signed; all gates passed")


def _content(chain: Chain, snapshot: Snapshot, vault: Vault) -> None:
    rows = 0
    for index, shard in enumerate(snapshot.manifest.shards):
        if shard.path in snapshot.removed:
            chain.passes_over(f"Content: of {shard.path} nobody can look at it again; its leaves stand.")
            continue
        with chain.testing(Link.CONTENT):
            records, leaves = snapshot.shard(index, vault), snapshot.leaves_file(index)
            rows += _require_content(chain, records, leaves, shard, vault)
    chain.holds(Link.CONTENT, f"{rows:,} records decrypted, each is what its leaf stands for")


def _require_content(chain: Chain, records: pa.Table, leaves: pa.Table, shard: Shard, vault: Vault) -> int:
    """Return how many records of a shard are what their leaves stand for: all but those of people who were erased.

    Raises:
        BrokenLinkError: One is not, or its salt is missing and was not destroyed.
    """
    same_rows = records["record_id"].to_pylist() == leaves["record_id"].to_pylist()
    require(same_rows, f"{shard.path}: its records are not those of its leaves, row for row.")
    require(set(records["tenant"].to_pylist()) <= {shard.tenant}, f"{shard.path}: holds records of another tenant.")
    batches = [bytes.fromhex(batch) for batch in records["batch"].to_pylist()]
    _require_column(leaves, "source_batch_digest", batches, shard)
    people = sorted(set(records["data_subject_id"].drop_null().to_pylist()))
    salts, erased = vault.known_salts(shard.tenant, people), vault.destroyed(shard.tenant, people)
    gone = pc.is_in(records["data_subject_id"], pa.array(sorted(set(erased) - set(salts)), pa.string()))
    if lost := pc.sum(gone).as_py():
        chain.passes_over(f"Content: {lost} records of {shard.path} are of people whose salt was destroyed.")
    kept, standing = records.filter(pc.invert(gone)), leaves.filter(pc.invert(gone))
    written_by = kept["data_subject_id"].to_pylist()
    require(all(person in salts for person in written_by), f"{shard.path}: a record's salt is not in the vault.")
    digests = zip(written_by, leaf.record_digests(kept), strict=True)
    records_of = [leaf.record_commitment(salts[person], digest) for person, digest in digests]
    _require_column(standing, "record_commitment", records_of, shard)
    people_of = [leaf.data_subject_commitment(salts[person], shard.tenant, person) for person in written_by]
    _require_column(standing, "data_subject_commitment", people_of, shard)
    return kept.num_rows


def _require_column(leaves: pa.Table, column: str, values: list[bytes], shard: Shard) -> None:
    require(leaves[column].to_pylist() == values, f"{shard.path}: a {column} is not that of its record.")
