"""Attacks on manifests, statements and envelopes: what is signed, by whom, and how it is spelled."""

import base64
import json
from collections.abc import Callable
from typing import Any

from lineage.canonical import canonical_json
from lineage.verifying.depth import Depth
from tests.lineage.tamper.attack import Attack, Attacker, Copy
from tests.lineage.tamper.forger import MODEL, SNAPSHOT, Document
from tests.lineage.tamper.touching import document, flip, forged, put, remove, retrained, spare, statement, swap_text

FILES, KEY = Attacker.FILES, Attacker.KEY
TRAINING, SIGNED, COPY = (
    f"{MODEL}/training.dsse.json",
    f"{SNAPSHOT}/statement.dsse.json",
    f"{MODEL}/snapshot/statement.dsse.json",
)
MANIFEST = f"{SNAPSHOT}/manifest.json"
TICKET = f"{MODEL}/ticket.dsse.json"
ENVELOPES = {"training statement": (TRAINING, MODEL), "snapshot's statement": (SIGNED, SNAPSHOT)}


def _envelope(path: str, change: Callable[[Document], object]) -> Callable[[Copy], object]:
    return document(path, change)


def _unused_bits(text: str) -> str:
    """The same bytes in another spelling of base64."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    end = len(text.rstrip("="))
    return text[: end - 1] + letters[letters.index(text[end - 1]) | 1] + text[end:]


def _bad_beside(said: Document) -> None:
    first = said["signatures"][0]
    said["signatures"].append({"keyid": first["keyid"], "sig": base64.b64encode(bytes(64)).decode()})


def _unknown_alone(said: Document) -> None:
    said["signatures"][0]["keyid"] = "0" * 64


def _spelled(spell: Callable[[Document], bytes]) -> Callable[[Copy], object]:
    """A manifest in another spelling, signed as it is."""

    def change(copy: Copy) -> None:
        forger = copy.forger()
        forger.save_spelled(spell(forger.manifest))

    return change


def _with(name: str, value: Any) -> Callable[[Document], bytes]:
    return lambda said: canonical_json({**said, name: value})


def _without(name: str) -> Callable[[Document], bytes]:
    return lambda said: canonical_json({key: value for key, value in said.items() if key != name})


def _twice(said: Document) -> bytes:
    return canonical_json(said).replace(b'"rows":10,', b'"rows":10,"rows":10,', 1)


def _rollback(copy: Copy) -> None:
    """Version 2 is served under the name of version 1."""
    for path, data in copy.genuine.spare.items():
        if path.startswith("snapshots/demo/v2/"):
            copy.write(path.replace("v2", "v1", 1), data)


def _empty_trust(copy: Copy) -> None:
    object.__setattr__(copy, "genuine", _Nobody(copy.genuine))


class _Nobody:
    """What an auditor has who trusts nobody."""

    def __init__(self, genuine: Any) -> None:
        self._genuine = genuine
        self.trusted = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._genuine, name)


def _envelopes() -> list[Attack]:
    found = []
    for told, (path, artifact) in ENVELOPES.items():
        changes: dict[str, Callable[[Copy], object]] = {
            "has a byte of its payload changed": flip(path, 40),
            "has no signature": _envelope(path, lambda said: said.update(signatures=[])),
            "has a signature without a key id": _envelope(path, lambda said: said["signatures"][0].pop("keyid")),
            "has a signature with an empty key id": _envelope(
                path, lambda said: said["signatures"][0].update(keyid="")
            ),
            "has a signature by an unknown key id alone": _envelope(path, _unknown_alone),
            "has two signatures, and one is bad": _envelope(path, _bad_beside),
            "has another payload type": _envelope(path, lambda said: said.update(payloadType="text/plain")),
            "has white space in its base64": _envelope(path, lambda said: said.update(payload=said["payload"] + "\n")),
            "has a signature in another spelling of base64": _envelope(
                path, lambda said: said["signatures"][0].update(sig=_unused_bits(said["signatures"][0]["sig"]))
            ),
            "has a signature cut short": _envelope(
                path, lambda said: said["signatures"][0].update(sig=said["signatures"][0]["sig"][:80])
            ),
            "is signed anew by a key that nobody trusts": statement(path, lambda said: None, "stranger"),
            "is no JSON": put(path, b"\xff\xfe"),
            "is removed": remove(path),
        }
        for what, change in changes.items():
            found.append(Attack(f"the {told} {what}", FILES, change, "signature", artifact=artifact))
    return found


ATTACKS = (
    *_envelopes(),
    Attack("the auditor trusts no key", FILES, _empty_trust, "signature"),
    Attack("the copy of the snapshot's statement is signed by nobody who is trusted", FILES,
           statement(COPY, lambda said: None, "stranger"), "snapshot copies"),
    Attack("the copy of the manifest is another version's", FILES,
           spare(f"{MODEL}/snapshot/manifest.json", "snapshots/demo/v2/manifest.json"), "snapshot copies"),
    # One kind in the place of another.
    Attack("the snapshot's statement in the place of the training statement", FILES,
           lambda copy: copy.write(TRAINING, copy.read(SIGNED)), "signature"),
    Attack("the training statement in the place of the snapshot's", FILES,
           lambda copy: copy.write(SIGNED, copy.read(TRAINING)), "manifest", artifact=SNAPSHOT),
    Attack("a ticket in the place of the snapshot's statement", FILES,
           lambda copy: copy.write(SIGNED, copy.read(TICKET)), "statement ↔ manifest", artifact=SNAPSHOT),
    Attack("a revocation feed in the place of the ticket", FILES,
           lambda copy: copy.write(TICKET, copy.read(f"{MODEL}/revocations/00001.dsse.json")), "release ticket"),
    # Versions.
    Attack("another version of the snapshot in the place of the one trained on", FILES, _rollback,
           "consumption ⊆ snapshot"),
    Attack("another version of the snapshot in the place of the one trained on, looked at in haste", FILES,
           _rollback, "consumption ⊆ snapshot", depth=Depth.asked(fast=True)),
    Attack("another version of the snapshot under its name", FILES, _rollback, "manifest", artifact=SNAPSHOT),
    # The manifest.
    Attack("a byte of the manifest is changed", FILES, swap_text(MANIFEST, b'"seed":7', b'"seed":8'), "manifest",
           artifact=SNAPSHOT),
    Attack("the manifest has a field more", KEY, _spelled(_with("more", 1)), "manifest", artifact=SNAPSHOT),
    Attack("the manifest has a field less", KEY, _spelled(_without("seed")), "manifest", artifact=SNAPSHOT),
    Attack("the manifest is spelled with spaces", KEY, _spelled(lambda said: json.dumps(said).encode()), "manifest",
           artifact=SNAPSHOT),
    Attack("the manifest says a field twice", KEY, _spelled(_twice), "manifest", artifact=SNAPSHOT),
    Attack("the manifest says a number as text", KEY, _spelled(_with("seed", "7")), "manifest", artifact=SNAPSHOT),
    Attack("the manifest names a file outside of the snapshot", KEY,
           _spelled(lambda said: canonical_json({**said, "quality": {**said["quality"], "path": "../../keys"}})),
           "manifest", artifact=SNAPSHOT),
    Attack("a first version names a version before it", KEY,
           forged(lambda forger: forger.manifest.update(parent="0" * 64)), "counts", artifact=SNAPSHOT),
    Attack("the statement says another root than the manifest", KEY,
           statement(SIGNED, lambda said: said["predicate"].update(root="0" * 64)), "statement ↔ manifest",
           artifact=SNAPSHOT),
    Attack("the statement is about a file less", KEY, statement(SIGNED, lambda said: said["subject"].pop()),
           "statement ↔ manifest", artifact=SNAPSHOT),
    # The training statement.
    Attack("the recipe asks for another snapshot than was trained on", KEY,
           retrained(lambda forger: forger.recipe.update(snapshot="other@v1")),
           "snapshot copies"),
    Attack("the training statement calls the policy by another version", KEY,
           retrained(lambda forger: forger.dependency("policy").update(uri="policy:model-training@v2")),
           "snapshot copies"),
    Attack("the training statement names another snapshot", KEY,
           statement(TRAINING, lambda said: said["predicate"]["buildDefinition"]["resolvedDependencies"][0].update(
               digest={"sha256": "0" * 64})), "weights header"),
)  # fmt: skip
