"""Small harms that many attacks are made of."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage import leaf
from lineage.canonical import canonical_json, sha256_hex
from lineage.evidence_table import read_table, table_bytes
from tests.lineage.tamper.attack import Change, Copy
from tests.lineage.tamper.forger import Document, Forger


def flip(path: str, place: int | None = None) -> Change:
    """One bit in one byte, in the middle if not said."""

    def change(copy: Copy) -> None:
        data = bytearray(copy.read(path))
        data[len(data) // 2 if place is None else place] ^= 1
        copy.write(path, bytes(data))

    return change


def swap_text(path: str, old: bytes, new: bytes, times: int = 1) -> Change:
    """One text for another, where it stands first."""

    def change(copy: Copy) -> None:
        data = copy.read(path)
        assert old in data
        copy.write(path, data.replace(old, new, times))

    return change


def remove(path: str) -> Change:
    return lambda copy: copy.remove(path)


def put(path: str, data: bytes) -> Change:
    return lambda copy: copy.write(path, data)


def spare(path: str, name: str) -> Change:
    """A genuine file of something else in a file's place."""
    return lambda copy: copy.write(path, copy.genuine.spare[name])


def document(path: str, change: Callable[[Any], object]) -> Change:
    """Another JSON document in the place of one, canonical again."""

    def changed(copy: Copy) -> None:
        said = json.loads(copy.read(path))
        change(said)
        copy.write(path, canonical_json(said))

    return changed


def table(path: str, schema: pa.Schema, change: Callable[[list[Document]], object]) -> Change:
    """Other rows in an evidence table."""

    def changed(copy: Copy) -> None:
        rows = read_table(copy.read(path), schema, path).to_pylist()
        change(rows)
        copy.write(path, table_bytes(pa.Table.from_pylist(rows, schema=schema), schema))

    return changed


def forged(change: Callable[[Forger], object]) -> Change:
    """A change by somebody with the deployment's key, who signs snapshot and model anew."""

    def changed(copy: Copy) -> None:
        forger = copy.forger()
        change(forger)
        forger.save()

    return changed


def retrained(change: Callable[[Forger], object]) -> Change:
    """A change to the model alone, signed anew by the deployment's key."""

    def changed(copy: Copy) -> None:
        forger = copy.forger()
        change(forger)
        forger.save_model()

    return changed


def ledger(change: Callable[[list[Document]], object]) -> Change:
    """Other rows in the consumption ledger, signed anew by the deployment's key."""
    return retrained(lambda forger: forger.change_ledger(change))


def leaves(change: Callable[[list[Document]], object], *, sealed: bool = True) -> Callable[[Forger], None]:
    """Other rows in the leaves of the first shard, for `forged`."""

    def changed(forger: Forger) -> None:
        rows = forger.leaves(0).to_pylist()
        change(rows)
        forger.put_leaves(0, pa.Table.from_pylist(rows, schema=leaf.LEAF_SCHEMA), sealed=sealed)

    return changed


def manifest(**changes: Any) -> Change:
    """Other fields in the manifest, signed anew by the deployment's key."""
    return forged(lambda forger: forger.manifest.update(changes))


def statement(path: str, change: Callable[[Document], object], signer: str = "") -> Change:
    """Another statement under the deployment's key, or under a stranger's."""

    def changed(copy: Copy) -> None:
        forger = Forger(copy.tree, copy.genuine.stranger if signer == "stranger" else copy.genuine.vault)
        forger.sign_again(path, change)

    return changed


def both(*changes: Change) -> Change:
    """One change after the other."""

    def changed(copy: Copy) -> None:
        for change in changes:
            change(copy)

    return changed


def repacked(path: Path, change: Callable[[dict[str, bytes], Document], object]) -> Path:
    """Change members of a bundle and what it says of itself; lists nothing anew."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(held.pop("bundle.json"))
    change(held, said)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bundle.json", canonical_json(said))
        for name, data in held.items():
            archive.writestr(name, data)
    return path


def listed(said: Document, path: str, data: bytes) -> None:
    """List a member in what a bundle says of itself."""
    said["files"] = [one for one in said["files"] if one["path"] != path]
    said["files"].append({"path": path, "sha256": sha256_hex(data), "bytes": len(data)})
    said["files"].sort(key=lambda one: one["path"])
