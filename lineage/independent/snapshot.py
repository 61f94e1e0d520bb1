"""A snapshot, link by link, to the depth asked for."""

from .accounts import verify_accounts
from .canonical import MOST_IN_A_DOCUMENT, document_of, sha256_hex
from .case import Case, Snapshot, signed_by
from .decisions import verify_decisions
from .envelopes import SNAPSHOT
from .files import Files
from .listing import verify_files
from .manifest import MANIFEST, label_of, manifest_of, statement_about
from .policy import verify_policy
from .report import require
from .retention import removed_of
from .walk import verify_leaves


def verify_snapshot(case: Case, files: Files, place: str) -> Snapshot:
    """Verify a snapshot to the depth asked for.

    Args:
        case: What is at hand.
        files: The snapshot's directory.
        place: Where it lies, ``snapshots/<name>/v<k>`` of a home or bundle, or anywhere.
    """
    report = case.report
    with report.link("signature") as told:
        statement = case.verified(files.read("statement.dsse.json"), "statement.dsse.json", SNAPSHOT)
        told.append(signed_by(statement))
    with report.link("manifest") as told:
        data = files.read("manifest.json", MOST_IN_A_DOCUMENT)
        require(statement.artifacts.get("manifest.json") == sha256_hex(data), "manifest.json is not the one signed")
        manifest = document_of(data, "manifest.json")
        MANIFEST(manifest, "manifest.json")
        require_place(place, f"snapshots/{manifest['name']}/v{manifest['version']}")
        told.append(f"{label_of(manifest)}, {manifest['rows']} records for {manifest['purpose']}")
    with report.link("statement ↔ manifest"):
        require(
            statement_about(manifest, data) == statement.payload, "something else was signed than the manifest says"
        )
    with report.link("counts") as told:
        manifest_of(data)
        counts = manifest["counts"]
        told.append(f"{counts['considered']} considered, {counts['denied']} denied, {counts['quarantined']} set aside")
    with report.link("retention") as told:
        removed = removed_of(case, files, manifest, sha256_hex(data))
        told.append(f"{len(removed)} shards removed, as signed" if removed else "nothing was removed")
    snapshot = Snapshot(files, manifest, statement, removed)
    verify_files(case, snapshot)
    verify_policy(case, snapshot)
    verify_decisions(case, snapshot)
    verify_accounts(case, snapshot)
    if case.depth.kind == "full":
        verify_leaves(case, snapshot)
    else:
        report.skip("Leaves, roots from leaves, people and decisions of the records that were not drawn (not --full).")
        with report.link("leaves files") as told:
            for shard in snapshot.shards:
                stated = (shard["leaves_sha256"], files.hashed(shard["leaves_path"])[0])
                require(stated[0] == stated[1], f"{shard['leaves_path']} is not the file that was signed")
            told.append(f"{len(snapshot.shards)} files")
    report.skip("Content: without keys nobody sees that the shards hold what the leaves stand for.")
    return snapshot


def require_place(place: str, named: str) -> None:
    """Refuse what lies in a directory that is named after something else."""
    here, there = place.split("/")[-3:], named.split("/")
    require(len(here) < 3 or here[0] != there[0] or here == there, f"it lies where something else than {named} has to")
