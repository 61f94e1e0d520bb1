"""The training statement of a model: what was built from what, and what came of it."""

from dataclasses import dataclass, field
from typing import Any

from .case import Case, signed_by
from .envelopes import TRAINING, Statement
from .files import Files
from .manifest import PURPOSE, label_of
from .report import require
from .shapes import digest, holds, instant, is_path, listed, mapped, one_of, path, said, text

DEPENDENCY = holds(name=said, digest=holds(sha256=digest))
TRAINED = holds(
    buildDefinition=holds(
        buildType=one_of("https://lineweight.dev/training/sft/v1"),
        externalParameters=holds(snapshot=text, base=text, trained_by=text),
        internalParameters=holds(plan=digest, purpose=PURPOSE, tensors=mapped(path, digest)),
        resolvedDependencies=listed(DEPENDENCY),
    ),
    runDetails=holds(
        builder=holds(id=one_of("https://lineweight.dev/training_jobs/sft")),
        metadata=holds(invocationId=said, startedOn=instant, finishedOn=instant),
        byproducts=listed(holds(name=one_of("consumption", "file"), digest=holds(sha256=digest))),
    ),
)
ONCE = ("snapshot", "snapshot-statement", "policy", "base-model", "tokenizer", "code", "release-ticket")


@dataclass
class Model:
    """A model by its signed training statement, what of it was found, and its consumption ledger."""

    files: Files
    statement: Statement
    weights: dict[str, str] = field(default_factory=dict)
    ledger: Any = None

    @property
    def build(self) -> dict[str, Any]:
        """What was built from what."""
        return dict(self.statement.predicate["buildDefinition"])

    @property
    def run(self) -> dict[str, Any]:
        """When it ran, and what else came of it."""
        return dict(self.statement.predicate["runDetails"])

    def dependency(self, name: str) -> dict[str, Any]:
        """Return what stands once among the dependencies."""
        found = [one for one in self.build["resolvedDependencies"] if one["name"] == name]
        require(len(found) == 1, f"the training statement does not name {name} once")
        annotations = found[0].get("annotations", {})
        mapped(text, text)(annotations, f"the annotations of {name}")
        return {**found[0], "annotations": annotations}

    def byproducts(self, name: str) -> list[dict[str, Any]]:
        """Return byproducts of one name, each with a path that stays inside, none twice."""
        found = [dict(one) for one in self.run["byproducts"] if one["name"] == name]
        for one in found:
            holds(annotations=holds(path=path))(one, name)
            mapped(text, text)(one["annotations"], name)
        require(len({one["annotations"]["path"] for one in found}) == len(found), f"a {name} stands twice")
        return found

    def named(self) -> set[str]:
        """Return the paths of all files that its statement speaks of."""
        names = {"training.dsse.json", "recipe.json", "ticket.dsse.json", "model.sig", *self.weights}
        names |= {"snapshot/manifest.json", "snapshot/statement.dsse.json"}
        names |= {one["annotations"]["path"] for kind in ("file", "consumption") for one in self.byproducts(kind)}
        feeds = (one for one in self.build["resolvedDependencies"] if one["name"] == "revocation-feed")
        return names | {one["annotations"]["path"] for one in feeds}


def verify_training(case: Case, files: Files, place: str) -> Model:
    """Link ``signature`` of a model: the training statement."""
    with case.report.link("signature") as told:
        statement = case.verified(files.read("training.dsse.json"), "training.dsse.json", TRAINING)
        TRAINED(statement.predicate, "training.dsse.json")
        model = Model(files, statement)
        further = {"model.sig", "model-signing-root"}
        model.weights = {name: one for name, one in statement.artifacts.items() if name not in further}
        require(all(is_path(name) and name.endswith(".safetensors") for name in model.weights), "it is about others")
        require(bool(model.weights), "the training statement names no weights")
        require(len(further & statement.artifacts.keys()) != 1, "a model signature without its root, or the reverse")
        run = model.run["metadata"]["invocationId"]
        there = place.split("/")[-3:]
        require(len(there) < 3 or there[0] != "models" or there[2] == run, "it lies where another run has to")
        for name in ONCE:
            model.dependency(name)
        told += [f"run {run}", signed_by(statement)]
    return model


def require_about(statement: Statement, model: Model, manifest: dict[str, Any]) -> None:
    """Refuse a statement that is not about this snapshot's manifest and label."""
    about = {"manifest.json": model.dependency("snapshot")["digest"]["sha256"]}
    require(statement.artifacts == about, "it is about another manifest")
    require(statement.predicate.get("snapshot") == label_of(manifest), "it is about another snapshot")
