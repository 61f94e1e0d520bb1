"""The signature of a model that others verify with their own tool, the OpenSSF's ``model-signing``."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from model_signing import hashing, signing, verifying

from lineage.canonical import sha256_hex
from lineage.keys.vault import Vault, VaultError
from lineage.model_signing import ModelSignatureError, files_root, read_signature, sign_model
from lineage.statement import open_envelope, sign_statement
from lineage.verifying.verify import Report, verify_path
from tests.training_jobs.deployment import Deployment, exchange, small_recipe

PUBLIC = "keys/model-signing.pub"


@pytest.fixture
def model(standing: Deployment, trained: tuple, tmp_path: Path) -> Path:
    """A copy of a trained model, to do harm to."""
    return Path(shutil.copytree(standing.root / trained[1].directory, tmp_path / "downloaded"))


def their_tool(model: Path, key: Path) -> None:
    verifying.Config().use_elliptic_key_verifier(public_key=key).verify(model, model / "model.sig")


def ours(deployment: Deployment, model: Path) -> Report:
    return verify_path(model, deployment.trusted, snapshot=deployment.root / "snapshots/small/v1")


def test_a_trained_model_verifies_with_the_tool_of_the_openssf_under_any_name(standing: Deployment, model: Path):
    their_tool(model, standing.root / PUBLIC)


def test_the_tool_of_the_openssf_writes_the_same_root_over_the_same_files(standing: Deployment, model: Path):
    """Theirs, made of our model, differs from ours in its signature and in how its JSON is spaced; in nothing else."""
    private = standing.vault.model_signing_key()
    key, written = model.parent / "private.pem", model.parent / "theirs.sig"
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    ignored = [model / "model.sig", model / "training.dsse.json"]
    config = signing.Config().use_elliptic_key_signer(private_key=key)
    config.set_hashing_config(hashing.Config().set_ignored_paths(paths=ignored)).sign(model, written)
    theirs, mine = unpacked(written), unpacked(model / "model.sig")
    for one in (theirs, mine):
        one["payload"]["subject"][0].pop("name")  # the directory's name
        one["payload"]["predicate"]["serialization"]["ignore_paths"].sort()
    assert mine == theirs
    root = mine["payload"]["subject"][0]["digest"]["sha256"]
    opened = open_envelope((model / "training.dsse.json").read_bytes(), standing.trusted)
    assert opened.artifacts["model-signing-root"] == root
    assert opened.artifacts["model.sig"] == sha256_hex((model / "model.sig").read_bytes())


def unpacked(path: Path) -> dict[str, Any]:
    bundle = json.loads(path.read_text())
    bundle["payload"] = json.loads(base64.b64decode(bundle["dsseEnvelope"].pop("payload")))
    del bundle["dsseEnvelope"]["signatures"][0]["sig"]
    return bundle


def rewritten(path: str) -> Callable[[Path], object]:
    def write(model: Path) -> None:
        data = (model / path).read_bytes()
        (model / path).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    return write


def added(path: str) -> Callable[[Path], object]:
    return lambda model: (model / path).write_bytes(b"")


def removed(path: str) -> Callable[[Path], object]:
    return lambda model: (model / path).unlink()


def resigned(model: Path) -> None:
    """Sign a smaller list of files with a key of one's own."""
    files = read_signature((model / "model.sig").read_bytes()).files
    listed = {name: digest for name, digest in files.items() if name != "config.json"}
    (model / "model.sig").write_bytes(sign_model("model", listed, Vault.open(model.parent / "keys")))


@pytest.mark.parametrize(
    ("harm", "theirs", "link"),
    [
        (rewritten("model.safetensors"), r"Hash mismatch for .*model.safetensors", "weights"),
        (rewritten("config.json"), r"Hash mismatch for .*config.json", "model files"),
        (removed("tokenizer.json"), "Missing files", "model files"),
        (rewritten("ticket.dsse.json"), r"Hash mismatch for .*ticket.dsse.json", "release ticket"),
        (rewritten("model.sig"), "delimiter|Extra data|Expecting", "model signature"),
        (removed("model.sig"), "No such file", "model signature"),
        (resigned, "Key mismatch", "model signature"),
    ],
    ids=["weights", "configuration", "tokenizer", "ticket", "signature", "no signature", "another's signature"],
)
def test_what_was_touched_is_refused_by_their_tool_and_by_ours(
    standing: Deployment, model: Path, harm: Callable[[Path], object], theirs: str, link: str
):
    harm(model)
    with pytest.raises((ValueError, FileNotFoundError), match=theirs):
        their_tool(model, standing.root / PUBLIC)
    broken = ours(standing, model).broken
    assert broken is not None
    assert broken.link == link


def test_an_added_file_is_refused_by_their_tool_and_pointed_out_by_ours(standing: Deployment, model: Path):
    added("notes.txt")(model)
    with pytest.raises(ValueError, match="Extra files found"):
        their_tool(model, standing.root / PUBLIC)
    named = "Files that the training statement does not name: notes.txt."
    assert named in ours(standing, model).not_checked


def test_a_further_signature_on_the_training_statement_does_not_break_the_models(standing: Deployment, model: Path):
    opened = open_envelope((model / "training.dsse.json").read_bytes(), standing.trusted)
    other = Vault.open(model.parent / "keys")
    (model / "training.dsse.json").write_bytes(sign_statement(opened.statement, [standing.vault, other]))
    their_tool(model, standing.root / PUBLIC)


def test_another_key_is_refused_by_their_tool(model: Path):
    Vault.open(model.parent / "keys").model_signing_key()
    with pytest.raises(ValueError, match="Key mismatch"):
        their_tool(model, model.parent / PUBLIC)


def test_verify_says_that_the_signature_itself_is_for_their_tool(standing: Deployment, model: Path):
    report = ours(standing, model)
    [told] = [check for check in report.checks if check.link == "model signature"]
    assert told.verified
    assert any(sentence.startswith("Model signature: its key was not asked for") for sentence in report.not_checked)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda artifacts, files: artifacts.update({"model-signing-root": "0" * 64}), "not the one stated"),
        (lambda artifacts, files: artifacts.pop("model-signing-root"), "not the one stated"),
        (lambda artifacts, files: files.pop("config.json"), "does not cover"),
        (lambda artifacts, files: files.update({"../../etc/passwd": "0" * 64}), "no file of a model"),
        (lambda artifacts, files: files.update({"absent": "0" * 64}), "missing"),
    ],
    ids=["another root", "no root", "a file left out", "a file elsewhere", "a file that is not there"],
)
def test_a_signature_over_something_else_is_refused_though_a_trusted_key_signed_for_it(
    standing: Deployment, model: Path, change: Callable[[dict, dict], object], fault: str
):
    opened = open_envelope((model / "training.dsse.json").read_bytes(), standing.trusted)
    files = dict(read_signature((model / "model.sig").read_bytes()).files)
    artifacts = opened.artifacts
    change(artifacts, files)
    signature = sign_model("model", files, standing.vault)
    (model / "model.sig").write_bytes(signature)
    artifacts["model.sig"] = sha256_hex(signature)
    if "model-signing-root" in artifacts and fault != "not the one stated":
        artifacts["model-signing-root"] = files_root(files)
    subject = [{"name": name, "digest": {"sha256": artifacts[name]}} for name in sorted(artifacts)]
    (model / "training.dsse.json").write_bytes(
        sign_statement(opened.statement | {"subject": subject}, [standing.vault])
    )
    broken = ours(standing, model).broken
    assert broken is not None
    assert broken.link == "model signature"
    assert fault in broken.detail


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"dsseEnvelope":{"payload":"e30="}}'], ids=str)
def test_what_is_no_signature_is_refused(data: bytes):
    with pytest.raises(ModelSignatureError, match="no signature over a model's files"):
        read_signature(data)


def test_a_signature_whose_root_is_of_other_files_is_refused(model: Path):
    bundle = json.loads((model / "model.sig").read_bytes())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    statement["predicate"]["resources"][0]["digest"] = "0" * 64
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    with pytest.raises(ModelSignatureError, match="its root is not"):
        read_signature(json.dumps(bundle).encode())


def test_files_are_ordered_as_their_tool_orders_them(tmp_path: Path):
    names = ["a/b", "a-b", "a", "B", "a.b", "é"]
    for name in set(names) - {"a"}:
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).write_text(name)
    found = hashing.Config().hash(tmp_path / "m")
    theirs = {one.identifier: one.digest.digest_hex for one in found.resource_descriptors()}
    shuffled = {name: theirs[name] for name in names if name in theirs}
    assert files_root(shuffled) == sha256_hex(b"".join(bytes.fromhex(digest) for digest in theirs.values()))


def test_the_key_is_made_on_first_use_kept_and_wrapped(tmp_path: Path):
    keys = tmp_path / "keys"
    first = Vault.open(keys).model_signing_key().private_numbers()
    assert Vault.open(keys).model_signing_key().private_numbers() == first
    held = (keys / "model-signing.key").read_bytes()
    assert first.private_value.to_bytes(32, "big") not in held
    assert (keys / "model-signing.key").stat().st_mode & 0o777 == 0o600
    seeded = [Vault.open(tmp_path / name, seed=7).model_signing_key().private_numbers() for name in ("a", "b")]
    assert seeded[0] == seeded[1] != first


def test_a_key_that_does_not_fit_its_public_half_is_refused(tmp_path: Path):
    mine, other = Vault.open(tmp_path / "mine"), Vault.open(tmp_path / "other")
    mine.model_signing_key(), other.model_signing_key()
    shutil.copy(tmp_path / "other/model-signing.pub", tmp_path / "mine/model-signing.pub")
    with pytest.raises(VaultError, match="is not the public half"):
        mine.model_signing_key()
    shutil.copy(tmp_path / "other/model-signing.key", tmp_path / "mine/model-signing.key")
    with pytest.raises(VaultError, match="does not open"):
        mine.model_signing_key()


def test_the_same_run_in_two_deployments_of_one_seed_has_one_signature(tmp_path: Path):
    signatures = []
    for name in ("here", "there"):
        vault = Vault.open(tmp_path / name / "keys", seed=7)
        signatures.append(sign_model("run", {"config.json": "0" * 64}, vault))
    assert signatures[0] == signatures[1]


def test_a_finished_run_whose_signature_was_touched_is_not_returned_as_it_was(deployment: Deployment):
    from training_jobs.publish import ModelDamagedError

    deployment.publish({"acme": [exchange(number) for number in range(6)]})
    recipe = small_recipe(name="ours", epochs=1)
    model = deployment.train(recipe)
    assert deployment.train(recipe).already
    deployment.warehouse.write(f"{model.directory}/model.sig", b"{}")
    with pytest.raises(ModelDamagedError, match=r"model\.sig: is not the file"):
        deployment.train(recipe)
