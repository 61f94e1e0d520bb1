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
from lineage.keys.vault import Vault
from lineage.manifest import Shard, SnapshotManifest, inconsistencies, parse_manifest, snapshot_root, tenant_roots
from lineage.retention import Removal, is_note, read_notes
from lineage.snapshot import MANIFEST_FILE, ROOT, STATEMENT_FILE, VERSION, Snapshot
from lineage.statement import SNAPSHOT_PREDICATE, Opened, TrustedKey, open_envelope, snapshot_statement
from lineage.tlog.entry import LogEntry
from lineage.verifying.activation import verify_activation
from lineage.verifying.asked import gates_passed, verify_inputs, verify_request
from lineage.verifying.decisions import require_decisions
from lineage.verifying.depth import Level
from lineage.verifying.leaves import verify_leaves
from lineage.verifying.links import Chain, Link, require
from lineage.verifying.logged import verify_logged
from lineage.verifying.sample import Place, drawn_places, verify_sample
from lineage.verifying.scope import Scope
from lineage.warehouse import Warehouse
from policies.document import Policy, load_policy
from policies.vocabulary import covers

NO_KEYS = "Content: without keys nobody looked whether the shards hold the records that the leaves stand for."
NO_FACTS = "Facts: what the decisions rest on was not drawn from the ledgers and the logs again."
NO_CLOCK = "Time: whether the lease has run out, or somebody withdrew since, was not asked."
NO_LIMITS = "Retention: that the time of what was removed was over is the word of whoever signed the note."
NOT_OPENED = "Content: it is decrypted and compared where every leaf is looked at (--full)."
LEFT_OUT = "Content: {} files of encrypted records are not here, as the bundle says; nobody looked at them."
PROVED_DIRECTORIES = ("shards/", "leaves/")


def verify_snapshot(chain: Chain, directory: Path, scope: Scope, places: Sequence[Place] | None = None) -> None:
    """Verify a snapshot's directory link by link, noting each in the chain.

    Args:
        chain: Collects the checks.
        directory: The snapshot's.
        scope: What is trusted, what was brought, and how far to go.
        places: Shard and row of the records to show, where a model drew them; else the snapshot draws its own.

    Raises:
        BrokenLinkError: A link does not hold; it is the last of the chain.
    """
    for sentence in (NO_FACTS, NO_CLOCK):
        chain.passes_over(sentence)
    snapshot = _opened(chain, Warehouse(directory), scope.trusted)
    entry = LogEntry(SNAPSHOT_PREDICATE, snapshot.statement_digest)
    verify_logged(chain, "snapshot's statement", entry, snapshot.key_ids, scope.trusted, scope.log)
    _listing(chain, snapshot, scope)
    _shards(chain, snapshot)
    decided = verify_leaves(chain, snapshot, scope)
    _roots(chain, snapshot.manifest)
    policy = _policy(chain, snapshot, told=decided is not None)
    verify_activation(chain, snapshot, scope.trusted)
    _decisions(chain, snapshot, policy, decided)
    verify_request(chain, snapshot)
    verify_inputs(chain, snapshot)
    _quality(chain, snapshot)
    if scope.depth.level is Level.SAMPLE:
        shown = drawn_places(snapshot, scope.depth) if places is None else places
        verify_sample(chain, snapshot, policy, shown, scope)
    if scope.vault is None:
        chain.passes_over(NO_KEYS)
    elif scope.depth.level is not Level.FULL:
        chain.passes_over(NOT_OPENED)
    else:
        _content(chain, snapshot, scope.vault)


def stated_manifest(data: bytes, opened: Opened) -> SnapshotManifest:
    """Return the manifest that some bytes are, if they are the ones a signed statement names.

    Raises:
        BrokenLinkError: The statement names other bytes.
        ManifestError: They are no manifest.
    """
    named = opened.artifacts.get(MANIFEST_FILE)
    require(named == sha256_hex(data), f"{MANIFEST_FILE}: its bytes are not the ones that were signed.")
    return parse_manifest(data)


def require_place(directory: Path, manifest: SnapshotManifest) -> None:
    """Do nothing unless a snapshot lies where a warehouse keeps another one: an old version under a new one's name.

    Raises:
        BrokenLinkError: It does.
    """
    place = directory.resolve().parts[-3:]
    kept = len(place) == 3 and place[0] == ROOT and VERSION.fullmatch(place[2]) is not None
    require(not kept or "/".join(place) == manifest.directory, f"{'/'.join(place)}: holds {manifest.label}.")


def _opened(chain: Chain, warehouse: Warehouse, trusted: Sequence[TrustedKey]) -> Snapshot:
    with chain.testing(Link.SIGNATURE):
        opened = open_envelope(warehouse.read(STATEMENT_FILE), trusted)
    chain.holds(Link.SIGNATURE, f"signed by {', '.join(key[:16] for key in opened.key_ids)}")
    with chain.testing(Link.MANIFEST):
        manifest = stated_manifest(warehouse.read(MANIFEST_FILE), opened)
        require_place(warehouse.local_path(), manifest)
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
        chain.passes_over(NO_LIMITS)
        chain.holds(Link.RETENTION, "; ".join(removed[path].sentence for path in sorted(removed)))
    return removed


def _listing(chain: Chain, snapshot: Snapshot, scope: Scope) -> None:
    content = {shard.path: shard.sha256 for shard in snapshot.manifest.shards}
    left_out = {path for path, sha256 in content.items() if scope.left_out.get(path) == sha256}
    named = {path for shard in snapshot.manifest.shards for path in (shard.path, shard.leaves_path)}
    with chain.testing(Link.LISTING):
        found = set(snapshot.files())
        missing = sorted(named - found - set(snapshot.removed) - left_out)
        extra = sorted(path for path in found - named if path.startswith(PROVED_DIRECTORIES))
        require(not missing, f"{', '.join(missing)}: named by the manifest, and missing.")
        require(not extra, f"{', '.join(extra)}: here, and not named by the manifest.")
    if absent := left_out - found:
        chain.passes_over(LEFT_OUT.format(len(absent)))
    gone = len(named - found - left_out)
    told = "none missing" if not gone else f"{gone} removed under retention"
    chain.holds(Link.LISTING, f"{len(named)} files of shards and leaves, {told}, none added")
    manifest = snapshot.manifest
    attached = {file.path for file in manifest.attached}
    notes = {path for path in found if is_note(path)}
    others = sorted((found | set(snapshot.unfinished())) - named - attached - notes - {MANIFEST_FILE, STATEMENT_FILE})
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
    """Return the shards whose files are here; that none is missing which should be was looked at before."""
    found = set(snapshot.files())
    return [shard for shard in snapshot.manifest.shards if shard.path in found]


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


def _policy(chain: Chain, snapshot: Snapshot, *, told: bool) -> Policy:
    stated = snapshot.manifest.policy
    with chain.testing(Link.POLICY):
        policy = load_policy(snapshot.file(stated.path, stated.sha256), stated.path)
        same = (policy.policy_id, policy.version) == (stated.policy_id, stated.version)
        require(same, f"{stated.path}: is another policy, or another version, than the manifest names.")
        require(digest_of(policy.document()) == stated.digest, f"{stated.path}: its digest is not the manifest's.")
        purpose = snapshot.manifest.purpose
        covered = covers(policy.purpose, purpose)
        require(covered, f"{stated.path}: is for {policy.purpose}, and the snapshot for {purpose}.")
        profile = snapshot.manifest.redaction.profile
        wanted = f"{stated.path}: asks for the redaction profile {policy.redaction_profile}, and {profile} was used."
        require(policy.redaction_profile == profile, wanted)
    everywhere = ", and every leaf names it" if told else ""
    chain.holds(Link.POLICY, f"{stated.policy_id} version {stated.version}{everywhere}")
    return policy


def _decisions(chain: Chain, snapshot: Snapshot, policy: Policy, decided: Counter[bytes] | None) -> None:
    stated = snapshot.manifest.decisions
    with chain.testing(Link.DECISIONS):
        data = snapshot.file(stated.path, stated.sha256)
        if decided is None:
            chain.holds(Link.DECISIONS, f"{stated.path} as signed")
            return
        count = require_decisions(data, stated.path, policy, decided, snapshot.manifest.counts.denied_by_reason)
    chain.holds(Link.DECISIONS, f"{count:,} distinct decisions made again; every record in the leaves was permitted")


def _quality(chain: Chain, snapshot: Snapshot) -> None:
    stated = snapshot.manifest.quality
    with chain.testing(Link.QUALITY):
        passed = gates_passed(snapshot.file(stated.path, stated.sha256), stated.path)
        require(stated.success and passed, f"{stated.path}: a quality gate failed.")
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
    return int(kept.num_rows)


def _require_column(leaves: pa.Table, column: str, values: list[bytes], shard: Shard) -> None:
    require(leaves[column].to_pylist() == values, f"{shard.path}: a {column} is not that of its record.")
