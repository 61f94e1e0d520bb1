"""The training statement: which weights came from which snapshot, recipe and code (SLSA provenance v1).

Specification: https://slsa.dev/spec/v1.0/provenance. The weights are the artifacts; the snapshot, its
signed statement, the policy, the release ticket, the revocation feeds, the base model, the tokenizer and the
code are resolved dependencies; the consumption ledger is a byproduct. A file cannot hold its own digest, so
the header of the weights holds the digest of the *predicate*, which does not name them, and the statement
ties the two together. For the same reason the OpenSSF model-signing root is an artifact and not in the predicate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lineage.canonical import digest_of, rfc3339
from lineage.manifest import SnapshotManifest
from lineage.model_signing import ROOT, SIGNATURE_FILE
from lineage.statement import statement_of
from policies.errors import LineweightError

TRAINING_PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://lineweight.dev/training/sft/v1"
SNAPSHOT = "snapshot"
SNAPSHOT_STATEMENT = "snapshot-statement"
POLICY = "policy"
CONSUMPTION = "consumption"
FILE = "file"
_MOST_DIGITS = 15


class TrainingStatementError(LineweightError):
    """A training statement does not say what one must say."""

    remedy = "The statement was not made by Lineweight, or by a version that says less: train again."


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something the training took in: a base model, a tokenizer, code.

    Attributes:
        name: Its part in the training, such as ``base-model``.
        uri: Where it comes from.
        sha256: Its digest, in hexadecimal.
        annotations: What else there is to say, as text.
    """

    name: str
    uri: str
    sha256: str
    annotations: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the in-toto resource descriptor."""
        described = {"name": self.name, "uri": self.uri, "digest": {"sha256": self.sha256}}
        return {**described, "annotations": dict(self.annotations)} if self.annotations else described


@dataclass(frozen=True, slots=True)
class Consumption:
    """The consumption ledger: path in the model's directory, SHA-256 of the file, Merkle root, rows."""

    path: str
    sha256: str
    root: str
    rows: int


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One run of training, as far as it can be stated before the weights are written.

    Attributes:
        run: The run's id.
        builder: URI of what trained.
        recipe: All that was asked for: what ``recipe.json`` holds.
        internal: What it ran with: threads, library versions, the digest of the plan.
        snapshot: The manifest trained on.
        snapshot_statement_digest: Of the signed statement about it (`Opened.statement_digest`).
        dependencies: Base model, tokenizer, code.
        consumption: What was read.
        started_at: UTC.
        finished_at: UTC.
        files: SHA-256 by path of further files in the model's directory, such as ``config.json``.
    """

    run: str
    builder: str
    recipe: Mapping[str, Any]
    internal: Mapping[str, Any]
    snapshot: SnapshotManifest
    snapshot_statement_digest: str
    dependencies: tuple[Dependency, ...]
    consumption: Consumption
    started_at: datetime
    finished_at: datetime
    files: Mapping[str, str] = field(default_factory=dict)


def training_predicate(run: TrainingRun) -> dict[str, Any]:
    """Return the SLSA provenance of a run; it does not name the weights."""
    taken_in = (*_snapshot_dependencies(run), *run.dependencies)
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": dict(run.recipe),
            "internalParameters": dict(run.internal),
            "resolvedDependencies": [dependency.document() for dependency in taken_in],
        },
        "runDetails": {
            "builder": {"id": run.builder},
            "metadata": {
                "invocationId": run.run,
                "startedOn": rfc3339(run.started_at),
                "finishedOn": rfc3339(run.finished_at),
            },
            "byproducts": _byproducts(run),
        },
    }


def training_statement(predicate: Mapping[str, Any], artifacts: Mapping[str, str]) -> dict[str, Any]:
    """Return the statement to sign.

    Args:
        predicate: What `training_predicate` gave, the same that the weights' header was made from.
        artifacts: SHA-256 of each ``*.safetensors`` file, by its name, of ``model.sig``, and the root it signs.
    """
    return statement_of(artifacts, TRAINING_PREDICATE, predicate)


def stated_weights(artifacts: Mapping[str, str]) -> dict[str, str]:
    """Return the files of weights among the artifacts of a training statement, SHA-256 by name."""
    return {name: sha256 for name, sha256 in artifacts.items() if name not in (SIGNATURE_FILE, ROOT)}


def stated_tensors(predicate: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of the tensors of each file of weights, without its header, by name.

    Raises:
        TrainingStatementError: The predicate does not say.
    """
    stated = _at(predicate, "buildDefinition", "internalParameters", "tensors")
    if not isinstance(stated, Mapping):
        raise TrainingStatementError("The training statement does not say what the tensors are.")
    return {str(name): str(sha256) for name, sha256 in stated.items()}


def header_metadata(predicate: Mapping[str, Any]) -> dict[str, str]:
    """Return the ``__metadata__`` that every safetensors file of a run carries.

    Raises:
        TrainingStatementError: The predicate does not name a snapshot and what was consumed.
    """
    snapshot = dependency(predicate, SNAPSHOT)
    return {
        "format": "pt",
        "lineweight.snapshot": f"{snapshot_label(predicate)} {snapshot.annotations.get('root', '')}",
        "lineweight.snapshot_statement": dependency(predicate, SNAPSHOT_STATEMENT).sha256,
        "lineweight.consumption_root": consumption(predicate).root,
        "lineweight.predicate": digest_of(dict(predicate)),
        "lineweight.run": run_id(predicate),
    }


def run_id(predicate: Mapping[str, Any]) -> str:
    """Return the id of the run.

    Raises:
        TrainingStatementError: The predicate names none.
    """
    return str(_at(predicate, "runDetails", "metadata", "invocationId"))


def snapshot_label(predicate: Mapping[str, Any]) -> str:
    """Return the snapshot trained on, as ``name@vN``.

    Raises:
        TrainingStatementError: The predicate names none.
    """
    return dependency(predicate, SNAPSHOT).uri.removeprefix("snapshot:")


def dependency(predicate: Mapping[str, Any], name: str) -> Dependency:
    """Return one of the things the training took in.

    Raises:
        TrainingStatementError: The predicate does not name it exactly once.
    """
    found = dependencies(predicate, name)
    if len(found) != 1:
        raise TrainingStatementError(f"The training statement does not name one {name}.")
    return found[0]


def dependencies(predicate: Mapping[str, Any], name: str) -> list[Dependency]:
    """Return all things of one name that the training took in, in order.

    Raises:
        TrainingStatementError: An entry is malformed.
    """
    found = []
    for entry in _named(_at(predicate, "buildDefinition", "resolvedDependencies"), name):
        annotations = entry.get("annotations", {})
        if not isinstance(annotations, Mapping):
            raise TrainingStatementError(f"The training statement's annotations of {name} are malformed.")
        found.append(Dependency(name, str(_at(entry, "uri")), _sha256(entry), dict(annotations)))
    return found


def consumption(predicate: Mapping[str, Any]) -> Consumption:
    """Return what the training read.

    Raises:
        TrainingStatementError: The predicate does not say.
    """
    found = _named(_at(predicate, "runDetails", "byproducts"), CONSUMPTION)
    if len(found) != 1:
        raise TrainingStatementError("The training statement does not name one consumption ledger.")
    path, root, rows = (str(_at(found[0], "annotations", name)) for name in ("path", "root", "rows"))
    if not (rows.isascii() and rows.isdecimal() and len(rows) <= _MOST_DIGITS):
        raise TrainingStatementError("The training statement does not count what was consumed.")
    return Consumption(_inside(path), _sha256(found[0]), root, int(rows))


def stated_files(predicate: Mapping[str, Any]) -> dict[str, str]:
    """Return the further files of the model's directory, SHA-256 by path.

    Raises:
        TrainingStatementError: An entry is malformed.
    """
    found = _named(_at(predicate, "runDetails", "byproducts"), FILE)
    return {_inside(str(_at(entry, "annotations", "path"))): _sha256(entry) for entry in found}


def _snapshot_dependencies(run: TrainingRun) -> tuple[Dependency, ...]:
    manifest, policy = run.snapshot, run.snapshot.policy
    uri = f"snapshot:{manifest.label}"
    return (
        Dependency(SNAPSHOT, uri, manifest.digest(), {"root": manifest.root}),
        Dependency(SNAPSHOT_STATEMENT, uri, run.snapshot_statement_digest),
        Dependency(POLICY, f"policy:{policy.policy_id}@v{policy.version}", policy.digest),
    )


def _byproducts(run: TrainingRun) -> list[dict[str, Any]]:
    read = run.consumption
    annotations = {"path": read.path, "root": read.root, "rows": str(read.rows)}
    ledger = {"name": CONSUMPTION, "digest": {"sha256": read.sha256}, "annotations": annotations}
    files = [
        {"name": FILE, "digest": {"sha256": run.files[path]}, "annotations": {"path": path}}
        for path in sorted(run.files)
    ]
    return [ledger, *files]


def _named(entries: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(entries, list):
        raise TrainingStatementError("The training statement holds no list where one belongs.")
    return [entry for entry in entries if isinstance(entry, dict) and entry.get("name") == name]


def _inside(path: str) -> str:
    """Return a path that leads to a file of the model's directory, and nowhere else."""
    if "\\" in path or not path.isprintable() or any(part in ("", ".", "..") for part in path.split("/")):
        raise TrainingStatementError("The training statement names a file outside of the model's directory.")
    return path


def _sha256(entry: Mapping[str, Any]) -> str:
    return str(_at(entry, "digest", "sha256"))


def _at(document: Any, *path: str) -> Any:
    for name in path:
        if not isinstance(document, Mapping) or name not in document:
            raise TrainingStatementError(f"The training statement does not say {'.'.join(path)}.")
        document = document[name]
    return document
