"""The signature for the model-signing tool: the list that it signs is of these files."""

from .canonical import MOST_IN_A_DOCUMENT, from_base64, parsed, sha256_hex
from .case import Case
from .report import require
from .shapes import closed, digest, holds, listed, one_of, path, text
from .training import Model

RESOURCES = listed(closed(algorithm=one_of("sha256"), digest=digest, name=path), 1)


def verify_model_signature(case: Case, model: Model) -> None:
    """Link ``model signature``: the list that another tool signs is of these files."""
    stated = model.statement.artifacts
    with case.report.link("model signature") as told:
        if "model.sig" not in stated:
            told.append("none")
            return
        bundle = parsed(model.files.signed("model.sig", stated["model.sig"], MOST_IN_A_DOCUMENT), "model.sig")
        holds(dsseEnvelope=holds(payload=text))(bundle, "model.sig")
        payload = parsed(from_base64(bundle["dsseEnvelope"]["payload"], "model.sig"), "model.sig")
        holds(predicate=holds(resources=RESOURCES))(payload, "model.sig")
        files = {one["name"]: one["digest"] for one in payload["predicate"]["resources"]}
        require(len(files) == len(payload["predicate"]["resources"]), "model.sig lists a file twice")
        in_order = sorted(files, key=lambda name: name.split("/"))
        root = sha256_hex(b"".join(bytes.fromhex(files[name]) for name in in_order))
        require(root == stated["model-signing-root"], "model.sig lists other files than the training statement says")
        known = dict(model.weights)
        for one in model.byproducts("file") + model.byproducts("consumption"):
            known[one["annotations"]["path"]] = one["digest"]["sha256"]
        require(known.items() <= files.items(), "model.sig does not list every file as the training statement does")
        for name in files.keys() - known.keys():
            require(model.files.hashed(name)[0] == files[name], f"{name} is not the file that model.sig lists")
        told.append(f"{len(files)} files")
    case.report.skip("model.sig: its own signature; the model-signing tool verifies it with keys/model-signing.pub.")
