"""Attacks on the archive itself: what it lists, what it leaves out, and how it is made."""

import json
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from lineage.canonical import canonical_json, sha256_hex
from lineage.verifying.model import NO_WEIGHTS
from lineage.verifying.snapshot import LEFT_OUT
from tests.lineage.tamper.attack import Attack, Attacker, Copy
from tests.lineage.tamper.forger import LEDGER, MODEL, SNAPSHOT, WEIGHTS, Document
from tests.lineage.tamper.touching import listed, repacked

FILES = Attacker.FILES
ZEROS = f"{MODEL}/zeros.bin"
Held = dict[str, bytes]


def _none(copy: Copy) -> None:
    """Nothing is changed before the files are packed."""


def _repacked(change: Callable[[Held, Document], object]) -> Callable[[Path, Copy], object]:
    return lambda path, copy: repacked(path, change)


def _archive(name: str, change: Callable[[Held, Document], object], link: str = "bundle", untold: str = "") -> Attack:
    return Attack(name, FILES, _none, link, untold, archive=_repacked(change))


def _left_out(*paths: str) -> Callable[[Held, Document], None]:
    """Files go, and the bundle says that it leaves them out."""

    def change(held: Held, said: Document) -> None:
        for path in paths:
            said["left_out"].append({"path": path, "sha256": sha256_hex(held.pop(path))})
        said["files"] = [one for one in said["files"] if one["path"] not in paths]
        said["left_out"].sort(key=lambda one: one["path"])

    return change


def _other_left_out(held: Held, said: Document) -> None:
    path = f"{SNAPSHOT}/shards/000-acme.parquet"
    _left_out(path)(held, said)
    said["left_out"][0]["sha256"] = "0" * 64


def _named(path: str) -> Callable[[Held, Document], None]:
    def change(held: Held, said: Document) -> None:
        held[path] = b"more"
        listed(said, path, b"more")

    return change


def _moved(artifact: str) -> Callable[[Held, Document], None]:
    """Every file of the artifact under another name, and the bundle about that."""

    def change(held: Held, said: Document) -> None:
        for path in [one for one in held if one.startswith(f"{MODEL}/")]:
            held[path.replace(MODEL, artifact, 1)] = held.pop(path)
        for one in said["files"]:
            one["path"] = one["path"].replace(MODEL, artifact, 1)
        said["files"].sort(key=lambda one: one["path"])
        said["artifact"] = artifact

    return change


def _again(name: str, data: bytes) -> Callable[[Path, Copy], None]:
    """A second member of one name."""

    def change(path: Path, copy: Copy) -> None:
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, data)

    return change


def _cut(path: Path, copy: Copy) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _link(path: Path, copy: Copy) -> None:
    """The weights are a symbolic link to the keys of whoever unpacks it."""
    with zipfile.ZipFile(path) as archive:
        held = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in held.items():
            info = zipfile.ZipInfo(name)
            if name == WEIGHTS:
                info.external_attr = 0o120777 << 16
                data = b"../../../keys/signing.pub"
            archive.writestr(info, data)


def _compressed(kind: int) -> Callable[[Path, Copy], None]:
    def change(path: Path, copy: Copy) -> None:
        with zipfile.ZipFile(path) as archive:
            held = {info.filename: archive.read(info) for info in archive.infolist()}
        with zipfile.ZipFile(path, "w", kind) as archive:
            for name, data in held.items():
                archive.writestr(name, data)

    return change


def bomb(path: Path, copy: Copy) -> None:
    """A member that the bundle lists, and the archive claims, to be a terabyte."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(held.pop("bundle.json"))
    said["files"].append({"path": ZEROS, "sha256": "0" * 64, "bytes": 1 << 40})
    said["files"].sort(key=lambda one: one["path"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {"bundle.json": canonical_json(said), **held, ZEROS: b""}.items():
            archive.writestr(name, data)
        archive.getinfo(ZEROS).file_size = 1 << 40


def _claimed(path: Path, copy: Copy) -> None:
    """A member of which the archive says that it unpacks to four gigabytes."""
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(bytes(data))


def _another_member(held: Held, said: Document) -> None:
    held[f"{MODEL}/config.json"] = b"[]"


ATTACKS = (
    _archive("a member that is not listed", lambda held, said: held.update(more=b"")),
    _archive("a member that is listed and not there", lambda held, said: held.pop(f"{MODEL}/config.json")),
    _archive("a member other than it is listed", _another_member),
    Attack("a member twice", FILES, _none, "bundle", archive=_again(f"{MODEL}/config.json", b"[]")),
    Attack("bundle.json twice, the second one long", FILES, _none, "bundle",
           archive=_again("bundle.json", bytes(1 << 20))),
    Attack("a bundle cut short", FILES, _none, "bundle", archive=_cut),
    _archive("a path that leads out of the bundle", _named("../../outside")),
    _archive("an absolute path", _named("/tmp/outside")),
    _archive("a path with a backslash", _named("models\\outside")),
    _archive("a file where a directory has to be", _named(f"{MODEL}/snapshot/manifest.json/more")),
    Attack("a symbolic link in the place of the weights", FILES, _none, "bundle", archive=_link),
    Attack("members compressed by LZMA", FILES, _none, "bundle", archive=_compressed(zipfile.ZIP_LZMA)),
    Attack("a member that would unpack to a terabyte", FILES, _none, "bundle", archive=bomb),
    Attack("a member that claims another size in the archive", FILES, _none, "bundle", archive=_claimed),
    _archive("a bundle about a directory that is no artifact", lambda held, said: said.update(artifact="models/x")),
    _archive("a bundle about an artifact that is not in it",
             lambda held, said: said.update(artifact="models/little/run-9")),
    _archive("a run under another run's name", _moved("models/little/run-2"), "model files"),
    _archive("the leaves are said to be left out", _left_out(f"{SNAPSHOT}/leaves/000-acme.parquet"),
             "consumption ⊆ snapshot"),
    _archive("the manifest is said to be left out", _left_out(f"{SNAPSHOT}/manifest.json"), "consumption ⊆ snapshot"),
    _archive("the snapshot's statement is said to be left out", _left_out(f"{SNAPSHOT}/statement.dsse.json"),
             "snapshot: signature"),
    _archive("the training statement is said to be left out", _left_out(f"{MODEL}/training.dsse.json"), "signature"),
    _archive("the ledger is said to be left out", _left_out(LEDGER), "consumption ledger"),
    _archive("the ticket is said to be left out", _left_out(f"{MODEL}/ticket.dsse.json"), "release ticket"),
    _archive("a feed is said to be left out", _left_out(f"{MODEL}/revocations/00002.dsse.json"), "revocations"),
    _archive("decisions are said to be left out", _left_out(f"{SNAPSHOT}/decisions.json"),
             "snapshot: consent receipts"),
    _archive("a shard is said to be left out that has other bytes", _other_left_out, "snapshot: file listing"),
    _archive("weights are left out", _left_out(WEIGHTS), "", NO_WEIGHTS.split("{}")[0]),
    _archive("a shard is left out", _left_out(f"{SNAPSHOT}/shards/000-acme.parquet"), "", LEFT_OUT.split("{}")[0]),
    _archive("files beside the evidence", _named("readme.txt"), "",
             "Files of the bundle that are no part of its evidence: readme.txt"),
)  # fmt: skip
