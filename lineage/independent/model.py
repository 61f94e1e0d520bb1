"""A model, link by link, and then the snapshot that it was trained on."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .canonical import MOST_IN_A_DOCUMENT
from .case import Case
from .consumption import require_order, require_read, verify_ledger
from .envelopes import SNAPSHOT
from .files import Files, Replaced, Within, hashed
from .listing import tell_unnamed
from .manifest import label_of, manifest_of, statement_about
from .model_signature import verify_model_signature
from .report import link, require
from .revocations import verify_revocations
from .sample import drawn, verify_sample
from .snapshot import verify_snapshot
from .ticket import verify_ticket
from .training import Model, verify_training
from .weights import verify_model_files, verify_weights


def verify_model(case: Case, files: Files, place: str, found: Path | None = None) -> None:
    """Verify a model, and then its snapshot.

    Args:
        case: What is at hand.
        files: The model's directory.
        place: Where it lies, ``models/<name>/<run>`` of a home or bundle, or anywhere.
        found: A file of weights that was found elsewhere, of which it is asked whether it is this model's.
    """
    model = verify_training(case, files, place)
    if found is not None:
        with link("weights"):
            with found.open("rb") as stream:
                stated = hashed(stream)[0]
            names = [name for name, one in model.weights.items() if one == stated]
            require(bool(names), f"{found.name} is not a file of weights that this training statement names")
            model.files = files = Replaced(files, names[0], found)
    verify_weights(case, model)
    verify_model_files(case, model)
    verify_ledger(case, model)
    manifest = verify_copies(case, model)
    with case.report.link("order of reading"):
        train = sum(shard["rows"] for shard in manifest["shards"] if shard["split"] == "train")
        require_order(model.ledger, train)
    with case.report.link("release ticket") as told:
        told.append(verify_ticket(case, model, manifest))
    with case.report.link("revocations") as told:
        told.append(verify_revocations(case, model, manifest))
    verify_model_signature(case, model)
    tell_unnamed(case.report, set(model.files.names()) - model.named())
    case.report.skip("Training: that these steps give these weights is the trainer's signed word.")
    case.report.skip("Base model, tokenizer and code: they are named by digest, and were not compared.")
    verify_read(case, model, manifest)


def verify_copies(case: Case, model: Model) -> dict[str, Any]:
    """Link ``snapshot copies``: the manifest that training read under; return it."""
    with case.report.link("snapshot copies") as told:
        named = model.dependency("snapshot")
        data = model.files.signed("snapshot/manifest.json", named["digest"]["sha256"], MOST_IN_A_DOCUMENT)
        manifest = manifest_of(data, "snapshot/manifest.json")
        name = "snapshot/statement.dsse.json"
        statement = case.verified(model.files.read(name), name, SNAPSHOT)
        require(statement_about(manifest, data) == statement.payload, "the copies are not of each other")
        require(named.get("uri") == f"snapshot:{label_of(manifest)}", "the training statement names another snapshot")
        require(named["annotations"].get("root") == manifest["root"], "it names another root")
        stated = model.dependency("snapshot-statement")["digest"]["sha256"]
        require(stated == statement.digest, "it names another statement of the snapshot")
        require(model.dependency("snapshot-statement").get("uri") == named["uri"], "the statement has another name")
        policy, version = manifest["policy"], f"{manifest['policy']['policy_id']}@v{manifest['policy']['version']}"
        used = model.dependency("policy")
        by_name = (used["digest"]["sha256"], used.get("uri")) == (policy["digest"], f"policy:{version}")
        require(by_name, "it names another policy")
        asked_for = model.build["externalParameters"]["snapshot"]
        require(asked_for in (label_of(manifest), manifest["name"]), "the recipe asks for another snapshot")
        told.append(label_of(manifest))
    return manifest


def verify_read(case: Case, model: Model, manifest: dict[str, Any]) -> None:
    """Link ``consumption ⊆ snapshot``, then the snapshot itself, and the sample of what was read."""
    report = case.report
    place = f"snapshots/{manifest['name']}/v{manifest['version']}"
    files = Within(case.home, place)
    with report.link("consumption ⊆ snapshot") as told:
        require(files.has("manifest.json"), f"the snapshot {label_of(manifest)} is not at hand")
        same = files.hashed("manifest.json")[0] == model.dependency("snapshot")["digest"]["sha256"]
        require(same, f"the snapshot at hand is not the {label_of(manifest)} that was trained on")
        require_read(model.ledger, manifest, files)
        told.append(f"{model.ledger.num_rows} rows")
    report.before = "snapshot: "
    snapshot = verify_snapshot(case, files, place)
    report.before = ""
    if case.depth.kind == "sample":
        trained = model.ledger.filter(pc.is_null(model.ledger.column("skipped_reason")))
        (consumption,) = model.byproducts("consumption")
        places = drawn(case.depth.seed, consumption["annotations"]["root"], trained.num_rows, case.depth.records)
        rows = trained.take(pa.array(places, pa.int64())).select(["shard", "row"])
        shown = sorted({(one["shard"], one["row"]) for one in rows.to_pylist()})
        verify_sample(case, snapshot, shown, f"{trained.num_rows} readings")
