"""The whole chain: a question, what is at hand to answer it, and the answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .bundle import Bundle
from .case import Case, Depth
from .consents import events_of, openings_of
from .envelopes import Trust
from .files import PIECE, Files, Folder, Within
from .log import verify_log
from .model import verify_model
from .proofs import verify_proof
from .report import Refused, Report, link, require
from .rotations import extended
from .sample import drawn, verify_sample
from .snapshot import verify_snapshot


@dataclass(frozen=True)
class Question:
    """What is asked: of what, with which keys, and what else was brought."""

    subject: Path
    keys: dict[str, Ed25519PublicKey]
    bundle: Path | None = None
    published: Path | None = None
    statement: Path | None = None
    depth: Depth = field(default_factory=Depth)


def verify(question: Question) -> tuple[Report, Refused | None]:
    """Answer a question: the links that hold, and the one that does not."""
    report = Report()
    try:
        with link("signature"):
            require(bool(question.keys), "no-trusted-key: no key is trusted, so nothing is signed")
        _verify(question, report)
    except Refused as refused:
        return report, refused
    finally:
        report.skip("Facts and consents: that they are what people did and said is the deployment's word.")
        report.skip("What came later: a withdrawal, a refusal or a newer policy after what is at hand.")
        report.skip("Time: instants are the signer's word, unless a published checkpoint bounds them.")
    return report, None


def _verify(question: Question, report: Report) -> None:
    trust = Trust(question.keys)
    if question.statement is not None:
        with link("artifact"):
            data, envelope = (Folder(one.parent).read(one.name) for one in (question.subject, question.statement))
        verify_proof(data, envelope, trust_with(trust, home_of(question.statement.parent)[0]), report)
        return
    home, place, found = at_hand(question, report)
    with report.link("keys") as told:
        trust = trust_with(trust, home)
        told.append(f"{len(question.keys)} trusted, {len(trust.keys) - len(question.keys)} more by rotations")
    case = Case(home, trust, question.depth, report)
    with link("consent receipts"):
        case.events = events_of(home)
    with link("sample"):
        case.openings = openings_of(home)
    files = Within(home, place) if place else home
    if found is not None or files.has("training.dsse.json"):
        verify_model(case, files, place, found)
    else:
        snapshot = verify_snapshot(case, files, place)
        if question.depth.kind == "sample":
            depth, rows = question.depth, snapshot.manifest["rows"]
            places = drawn(depth.seed, snapshot.manifest["root"], rows, depth.records)
            verify_sample(case, snapshot, list(placed(places, snapshot.shards)), f"{rows} records")
    verify_log(case, question.published)


def placed(places: list[int], shards: list[dict[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield the shard and row of places, which count through the shards in order."""
    start = 0
    for index, shard in enumerate(shards):
        yield from ((index, place - start) for place in places if start <= place < start + shard["rows"])
        start += shard["rows"]


def at_hand(question: Question, report: Report) -> tuple[Files, str, Path | None]:
    """Return the files at hand, the directory in them that is asked about, and weights that were found elsewhere."""
    subject = question.subject
    with report.link("artifact") as told:
        if subject.is_dir():
            home, place = home_of(subject)
            files = Within(home, place) if place else home
            here = [name for name in ("training.dsse.json", "statement.dsse.json") if files.has(name)]
            require(bool(here), "no signed statement lies there: it is no snapshot and no model")
            told.append(place or "a directory")
            return home, place, None
        found = subject if question.bundle is not None else None
        with (question.bundle or subject).open("rb") as stream:
            zipped = stream.read(2) == b"PK"
        require(zipped, "it is no bundle; a file of weights is held against --bundle, a proof against --statement")
        told.append("weights that were found" if found else "a bundle")
    with report.link("bundle") as told:
        bundle = Bundle(question.bundle or subject)
        require(found is None or bundle.artifact.startswith("models/"), "the bundle is of no model")
        told.append(f"{len(bundle.sizes)} files of {bundle.artifact}, {len(bundle.left_out)} left out")
    return bundle, bundle.artifact, found


def home_of(folder: Path) -> tuple[Files, str]:
    """Return the home that a snapshot's or model's directory lies in, and where; or the directory alone."""
    parts = folder.resolve().parts
    if len(parts) > 3 and parts[-3] in ("snapshots", "models"):
        return Folder(folder.resolve().parents[2]), "/".join(parts[-3:])
    return Folder(folder.resolve()), ""


def trust_with(trust: Trust, home: Files) -> Trust:
    """Return the trust that the rotations at hand give."""
    with link("keys"):
        folder = Within(home, "rotations")
        names = [name for name in folder.names() if name.endswith(".dsse.json")]
        return extended(trust, {name: folder.read(name, PIECE) for name in names})
