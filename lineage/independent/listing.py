"""The files of a snapshot: nothing is added, nothing is missing without a ground, and the shards are those signed."""

from .case import Case, Snapshot
from .report import Report, require


def verify_files(case: Case, snapshot: Snapshot) -> None:
    """Links ``file listing`` and ``shard files``: nothing is added, and nothing missing without a ground."""
    files, shards, manifest = snapshot.files, snapshot.shards, snapshot.manifest
    further = [manifest[name] for name in ("request", "policy", "inputs", "decisions", "quality")]
    known = {"manifest.json", "statement.dsse.json", *(one["path"] for one in further)}
    known |= {one["path"] for one in [manifest["policy"]["activation"]] if one is not None}
    with case.report.link("file listing") as told:
        named = {shard[which] for shard in shards for which in ("path", "leaves_path")}
        here, unnamed = set(files.names()), set[str]()
        for name in here - named:
            require(not name.startswith(("shards/", "leaves/")) or is_unfinished(name), "a file was added")
            unnamed |= set() if name in known or name.startswith("retention/") else {name}
        missing = [shard for shard in shards if not files.has(shard["path"])]
        for shard in missing:
            left_out = files.left_out.get(shard["path"]) == shard["sha256"]
            require(left_out or shard["path"] in snapshot.removed, f"{shard['path']} is missing")
        told.append(f"{len(shards) - len(missing)} of {len(shards)} shards are here")
    tell_unnamed(case.report, unnamed)
    with case.report.link("shard files") as told:
        present = [shard for shard in shards if files.has(shard["path"])]
        for shard in present:
            same = files.hashed(shard["path"]) == (shard["sha256"], shard["bytes"])
            require(same, f"{shard['path']} is not the file that was signed")
        told.append(f"{len(present)} files")
    if len(present) < len(shards):
        case.report.skip(f"{len(shards) - len(present)} shards, left out or removed: their bytes.")


def is_unfinished(name: str) -> bool:
    """Whether a file is one that was being written: readers ignore it."""
    return ".staging-" in name.rpartition("/")[2]


def tell_unnamed(report: Report, names: set[str]) -> None:
    """Tell of files that no statement names: they prove nothing."""
    if names:
        report.skip(f"Files that no statement names: {', '.join(sorted(names))}.")
