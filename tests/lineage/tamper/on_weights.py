"""Attacks on weights, their header, and the other files of a model."""

import json

from lineage.canonical import canonical_json
from lineage.verifying.model import NOT_REPEATED
from tests.lineage.tamper.attack import Attack, Attacker, Copy
from tests.lineage.tamper.forger import MODEL, WEIGHTS, Forger
from tests.lineage.tamper.touching import document, flip, put, remove, retrained, swap_text

FILES, KEY = Attacker.FILES, Attacker.KEY


def _other_weights(forger: Forger) -> None:
    forger.tensors["head"] = b"\x09\x09\x09\x09"


def _other_tensors_stated(forger: Forger) -> None:
    forger.stated = {"model.safetensors": "0" * 64}


def _other_snapshot_in_header(forger: Forger) -> None:
    forger.metadata["lineweight.snapshot"] = "other@v1 " + "0" * 64


def _unsigned_weights(copy: Copy) -> None:
    copy.write(f"{MODEL}/more.safetensors", copy.read(WEIGHTS))


def _renamed(copy: Copy) -> None:
    copy.write(f"{MODEL}/other.safetensors", copy.read(WEIGHTS))
    copy.remove(WEIGHTS)


def _model_signature_forged(copy: Copy) -> None:
    said = json.loads(copy.read(f"{MODEL}/model.sig"))
    said["dsseEnvelope"]["signatures"][0]["keyid"] = "another"
    copy.write(f"{MODEL}/model.sig", canonical_json(said))


def _without_model_signature(forger: Forger) -> None:
    forger.signs_for_others = False


def _no_weights_stated(copy: Copy) -> None:
    copy.forger().save_model({})


def _recipe(**changes: object) -> object:
    return document(f"{MODEL}/recipe.json", lambda said: said.update(changes))


ATTACKS = (
    Attack("a byte of a weight is changed", FILES, flip(WEIGHTS, -1), "weights"),
    Attack("the names of two tensors are swapped in the header", FILES,
           lambda copy: copy.write(WEIGHTS, copy.read(WEIGHTS).replace(b"embedding", b"head\x00\x00\x00\x00\x00")),
           "weights"),
    Attack("the header names another snapshot", FILES, swap_text(WEIGHTS, b"demo@v1", b"demo@v2"), "weights"),
    Attack("the weights are cut short", FILES, lambda copy: copy.write(WEIGHTS, copy.read(WEIGHTS)[:-1]), "weights"),
    Attack("weights that nobody signed lie beside the signed ones", FILES, _unsigned_weights, "weights"),
    Attack("the weights are renamed", FILES, _renamed, "weights"),
    Attack("the header names another snapshot, and the weights are signed anew", KEY,
           retrained(_other_snapshot_in_header), "weights header"),
    Attack("the weights are not the tensors that were stated before their header was written", KEY,
           retrained(_other_tensors_stated), "weights header"),
    Attack("a training statement that names no weights", KEY, _no_weights_stated, "weights"),
    Attack("a file that the statement names, such as config.json, is changed", FILES,
           put(f"{MODEL}/config.json", b"[]"), "model files"),
    Attack("a file that the statement names is removed", FILES, remove(f"{MODEL}/config.json"), "model files"),
    Attack("a file that nobody named is added to the model", FILES, put(f"{MODEL}/adapter.bin", b"more"),
           untold="Files that the training statement does not name: adapter.bin"),
    Attack("the recipe says another number of steps", FILES, _recipe(steps=3), "recipe"),
    Attack("the recipe says 2.0 for 2", FILES, swap_text(f"{MODEL}/recipe.json", b'"steps":2', b'"steps":2.0'),
           "recipe"),
    Attack("the recipe is spelled with spaces", FILES,
           lambda copy: copy.write(f"{MODEL}/recipe.json", copy.read(f"{MODEL}/recipe.json") + b"\n"), "recipe"),
    Attack("the recipe says something twice", FILES,
           swap_text(f"{MODEL}/recipe.json", b"{", b'{"base":"other",'), "recipe"),
    Attack("model.sig is changed by a byte", FILES, flip(f"{MODEL}/model.sig"), "model signature"),
    Attack("model.sig is of another key", FILES, _model_signature_forged, "model signature"),
    Attack("model.sig is removed", FILES, remove(f"{MODEL}/model.sig"), "model signature"),
    Attack("model.sig is removed, and the training statement signed without it", KEY,
           retrained(_without_model_signature), untold="Model signature: "),
    Attack("other weights in the place of those that were trained, signed anew", KEY, retrained(_other_weights),
           untold=NOT_REPEATED),
)  # fmt: skip
