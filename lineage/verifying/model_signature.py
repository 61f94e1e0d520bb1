"""Is ``model.sig`` the one that the training statement names, and over the files that lie here?"""

from pathlib import Path

from lineage import training_statement as training
from lineage.canonical import sha256_hex
from lineage.model_signing import IGNORED, ROOT, SIGNATURE_FILE, read_signature
from lineage.statement import Opened
from lineage.verifying.links import Chain, Link, require
from lineage.verifying.reading import read

NO_SIGNATURE = (
    "Model signature: the training statement names no model.sig, so the model-signing tool has nothing to verify."
)
NOT_ITS_KEY = (
    "Model signature: its key was not asked for, only its digest and the files it lists were compared; "
    "the model-signing tool verifies it with keys/model-signing.pub."
)


def verify_model_signature(chain: Chain, directory: Path, opened: Opened) -> None:
    """Verify a model's ``model.sig`` against its training statement; where that names none, that is noted.

    A file that was added to the directory since is refused by the tool. Here it is pointed out, with all files that the
    training statement does not name.

    Args:
        chain: Collects the checks.
        directory: The model's; the files that the training statement names have been compared with it.
        opened: The training statement.

    Raises:
        BrokenLinkError: It is missing or another one, its root is not the one stated, or a file is not as listed.
    """
    stated, root = opened.artifacts.get(SIGNATURE_FILE), opened.artifacts.get(ROOT)
    if stated is None and root is None:
        chain.passes_over(NO_SIGNATURE)
        return
    with chain.testing(Link.MODEL_SIGNATURE):
        data = read(directory, SIGNATURE_FILE)
        require(sha256_hex(data) == stated, f"{SIGNATURE_FILE}: is not the one that was signed for.")
        signed = read_signature(data)
        require(signed.root == root, f"{SIGNATURE_FILE}: its root is not the one stated.")
        known = _compared(opened)
        require(known.items() <= signed.files.items(), f"{SIGNATURE_FILE}: does not cover what was trained.")
        for path in sorted(set(signed.files) - set(known)):
            inside = path not in IGNORED and not Path(path).is_absolute() and ".." not in Path(path).parts
            require(inside, f"{SIGNATURE_FILE}: lists what is no file of a model.")
            same = sha256_hex(read(directory, path)) == signed.files[path]
            require(same, f"{path}: is not as {SIGNATURE_FILE} lists it.")
    chain.holds(Link.MODEL_SIGNATURE, f"{SIGNATURE_FILE} as signed for, its {len(signed.files)} files as it lists them")
    chain.passes_over(NOT_ITS_KEY)


def _compared(opened: Opened) -> dict[str, str]:
    """Return the files whose bytes the training statement gives, SHA-256 by path."""
    consumed = training.consumption(opened.predicate)
    weights, files = training.stated_weights(opened.artifacts), training.stated_files(opened.predicate)
    return {**weights, **files, consumed.path: consumed.sha256}
