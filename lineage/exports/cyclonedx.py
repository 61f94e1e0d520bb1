"""A model's bill of materials: CycloneDX 1.6, with a model card (an ML-BOM).

Specification: https://cyclonedx.org/docs/1.6/json/. It lists what the signed training statement names: weights, data,
base model, tokenizer, code and libraries, each with its digest, and the evidence, which lies in the model's directory.
What nobody stated is left out: the licence of the weights, above all. Nothing in it depends on when it is written; its
time is that at which training ended.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lineage.code_version import code_version
from lineage.exports.figure import Figures
from lineage.exports.opening import OpenedModel
from lineage.manifest import SnapshotManifest
from lineage.model_signing import ROOT, SIGNATURE_FILE
from lineage.models import NotVerifiedError
from lineage.training_admission import TICKET_FILE
from lineage.training_statement import Dependency, consumption, dependencies, dependency, stated_files, stated_weights
from lineage.verifying.model import RECIPE_FILE, TRAINING_FILE

Json = dict[str, Any]

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
PREFIX = "lineweight:"
CONFIG_FILE = "config.json"
UNKNOWN = "unknown"
# Evidence in a model's directory: what kind of reference it is, and what it says.
EVIDENCE = {
    TRAINING_FILE: ("attestation", "Signed statement of the training (in-toto, SLSA provenance v1)."),
    "snapshot/statement.dsse.json": ("attestation", "Signed statement of the snapshot trained on (in-toto)."),
    TICKET_FILE: ("attestation", "Signed release of the snapshot for training."),
    SIGNATURE_FILE: ("digital-signature", "Signature over the model's files (OpenSSF model-signing v1.0)."),
    RECIPE_FILE: ("configuration", "All that was asked of the training."),
}
CONSUMPTION = ("evidence", "Consumption ledger: every record read, in order, by its leaf.")
ON_MODEL = ("records_read", "readings", "tokens_read", "optimizer_steps", "trained_on")
ON_DATA = (
    "records", "people", "sources", "purpose", "pool", "policy", "policy_version", "policy_digest", "decided_for",
    "redaction_profile", "redaction_engine", "redaction_digest", "least_share_found", "root", "lease_expires_at",
)  # fmt: skip


def bill_of_materials(trained: OpenedModel, directory: Path, figures: Figures) -> Json:
    """Return the bill of a model.

    Args:
        trained: The model and its snapshot; every link was verified.
        directory: The model's, or one of its files.
        figures: Of the model (`lineage.exports.figures.model_figures`).

    Raises:
        NotVerifiedError: A file is not the one that was signed, though it was when the model was verified.
    """
    place = directory if directory.is_dir() else directory.parent
    statement = trained.model.opened
    model = _model(trained, place, figures)
    parts = [_data(trained, figures), *_code(trained)]
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{PREFIX}{statement.statement_digest}')}",
        "version": 1,
        "metadata": {
            "timestamp": trained.model.document()["finished_at"],
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "lineweight", "version": code_version()}]},
            "component": model,
        },
        "components": parts,
        "dependencies": [
            {"ref": model["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]},
            *({"ref": part["bom-ref"]} for part in parts),
        ],
    }


def _model(trained: OpenedModel, place: Path, figures: Figures) -> Json:
    """Return the component that the bill is of: the weights as they were signed."""
    statement = trained.model.opened
    weights = stated_weights(statement.artifacts)
    tokenizers = dependencies(statement.predicate, "tokenizer")
    files = {**weights, **{one.uri.removeprefix("file:"): one.sha256 for one in tokenizers}}
    single = {"hashes": _sha256(next(iter(weights.values())))} if len(weights) == 1 else {}
    root = [(ROOT, statement.artifacts[ROOT])] if ROOT in statement.artifacts else []
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{trained.label}",
        "name": trained.model.name,
        "version": trained.model.run,
        **single,
        "components": [
            {"type": "file", "bom-ref": f"file:{trained.label}/{name}", "name": name, "hashes": _sha256(files[name])}
            for name in sorted(files)
        ],
        "pedigree": {"ancestors": [_ancestor(dependency(statement.predicate, "base-model"))]},
        "externalReferences": list(_evidence(trained, place)),
        "modelCard": _card(trained, place, figures),
        "properties": _properties([("statement", statement.statement_digest), *root]),
    }


def _ancestor(base: Dependency) -> Json:
    """Return the base model: its name, and the digest that the statement gives it."""
    name = base.uri.removeprefix("model:")
    return {"type": "machine-learning-model", "bom-ref": base.uri, "name": name, "hashes": _sha256(base.sha256)}


def _card(trained: OpenedModel, place: Path, figures: Figures) -> Json:
    """Return the model card: how and from what it was made. Supervised fine-tuning, as the statement's type says."""
    parameters = {
        "approach": {"type": "supervised"},
        "task": "text-generation",
        **_architecture(trained, place),
        "datasets": [{"ref": _data_ref(trained.snapshot.snapshot.manifest)}],
        "inputs": [{"format": "text"}],
        "outputs": [{"format": "text"}],
    }
    return {"modelParameters": parameters, "properties": _stated(figures, ON_MODEL)}


def _architecture(trained: OpenedModel, place: Path) -> Json:
    """Return what the model's own configuration says it is, as far as it does."""
    sha256 = stated_files(trained.model.opened.predicate).get(CONFIG_FILE)
    if sha256 is None:
        return {}
    data = (place / CONFIG_FILE).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NotVerifiedError(f"{trained.label}: {CONFIG_FILE} is not the file that was signed.")
    said = json.loads(data)
    architectures = said.get("architectures") or [None]
    told = {"architectureFamily": said.get("model_type"), "modelArchitecture": architectures[0]}
    return {name: str(value) for name, value in told.items() if value}


def _evidence(trained: OpenedModel, place: Path) -> Iterable[Json]:
    """Yield the files that prove what the bill says, each with its digest; they lie beside the weights."""
    ledger = consumption(trained.model.opened.predicate).path
    for path, (kind, says) in {**EVIDENCE, ledger: CONSUMPTION}.items():
        if (place / path).is_file():
            sha256 = hashlib.sha256((place / path).read_bytes()).hexdigest()
            yield {"type": kind, "url": path, "comment": says, "hashes": _sha256(sha256)}


def _data(trained: OpenedModel, figures: Figures) -> Json:
    """Return the snapshot trained on, by the digest of its manifest."""
    manifest = trained.snapshot.snapshot.manifest
    return {
        "type": "data",
        "bom-ref": _data_ref(manifest),
        "name": manifest.name,
        "version": f"v{manifest.version}",
        "hashes": _sha256(manifest.digest()),
        **_licences(figures),
        "data": [
            {
                "type": "dataset",
                "name": manifest.label,
                "classification": "personal data, redacted",
                "contents": {"properties": _stated(figures, ON_DATA)},
            }
        ],
        "properties": _properties([("statement", trained.snapshot.snapshot.statement_digest)]),
    }


def _licences(figures: Figures) -> Json:
    """Return the licences of the sources as one expression: each holds for its part, so all do for the whole.

    Where some are unknown, or the records cannot be read, no licence is stated.
    """
    found = figures["by_source_licence"]
    if not found.known or not found.value or UNKNOWN in found.value:
        return {}
    joined = [f"({one})" if " " in one and len(found.value) > 1 else one for one in sorted(found.value)]
    return {"licenses": [{"expression": " AND ".join(joined), "acknowledgement": "declared"}]}


def _code(trained: OpenedModel) -> Iterable[Json]:
    """Yield the code that trained, Python, and its libraries, as the statement names them."""
    predicate = trained.model.opened.predicate
    for code in dependencies(predicate, "code"):
        name, _, version = code.uri.partition("@")
        told = {"name": name, "version": version, "hashes": _sha256(code.sha256)}
        yield {"type": "application", "bom-ref": code.uri, **told}
    internal: Mapping[str, Any] = predicate["buildDefinition"]["internalParameters"]
    if python := internal.get("python"):
        yield {"type": "platform", "bom-ref": f"python@{python}", "name": "python", "version": str(python)}
    for library, release in sorted(internal.get("libraries", {}).items()):
        package = f"pkg:pypi/{library.lower().replace('_', '-')}@{quote(str(release), safe='.')}"
        yield {"type": "library", "bom-ref": package, "name": library, "version": str(release), "purl": package}


def _data_ref(manifest: SnapshotManifest) -> str:
    return f"snapshot:{manifest.label}"


def _stated(figures: Figures, names: Iterable[str]) -> list[Json]:
    """Return figures as properties; what is not known is left out."""
    found = [figures[name] for name in names]
    return _properties((one.name, _text(one.value)) for one in found if one.known)


def _properties(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": f"{PREFIX}{name}", "value": value} for name, value in pairs]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _sha256(digest: str) -> list[Json]:
    return [{"alg": "SHA-256", "content": digest}]
