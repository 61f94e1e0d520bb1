"""The signature over a model's directory that the OpenSSF's ``model-signing`` tool verifies: ``model.sig``.

A Sigstore bundle (v0.3) round a DSSE envelope round an in-toto statement, in the form of model-signing v1.0
(https://github.com/sigstore/model-transparency, predicate ``https://model_signing/signature/v1.0``). Its artifact is
the model, by a root: the SHA-256 over the concatenated digests of its files, in the order of their paths, part by part.

``training.dsse.json`` is not covered. It names the root and this file, so neither could hold the other's digest; and a
further signature may be added to it. ``lineweight verify`` reads ``model.sig`` by the digest that statement gives it.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lineage.canonical import canonical_json, sha256_hex
from lineage.dsse import pae
from lineage.statement import PAYLOAD_TYPE, STATEMENT_TYPE, statement_of
from policies.errors import LineweightError

SIGNATURE_FILE = "model.sig"
ROOT = "model-signing-root"
MODEL_SIGNING_PREDICATE = "https://model_signing/signature/v1.0"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
# What the tool leaves out itself (files of git and its hosts), this file, and the statement that names it.
IGNORED = (".git", ".gitattributes", ".github", ".gitignore", SIGNATURE_FILE, "training.dsse.json")


class ModelSignatureError(LineweightError):
    """A ``model.sig`` does not say what one must say."""

    remedy = "It was not written by Lineweight, or was changed: fetch it again from where the model was published."


class ModelSigner(Protocol):
    """What signs a model's directory: a `Vault`, or another holder of a P-256 key."""

    def model_signing_key(self) -> EllipticCurvePrivateKey:
        """Return the private key, on the curve P-256."""


@dataclass(frozen=True, slots=True)
class SignedModel:
    """What a ``model.sig`` says.

    Attributes:
        root: Over all files, hexadecimal.
        files: SHA-256 by path in the model's directory.
    """

    root: str
    files: Mapping[str, str]


def files_root(files: Mapping[str, str]) -> str:
    """Return the root over files (SHA-256 by path, hexadecimal): the OpenSSF model-signing root, v1.0."""
    return sha256_hex(b"".join(bytes.fromhex(files[path]) for path in _in_order(files)))


def sign_model(name: str, files: Mapping[str, str], signer: ModelSigner) -> bytes:
    """Return the ``model.sig`` of a model; a function of its arguments (ECDSA with the nonce of RFC 6979).

    Args:
        name: The last part of the model's directory; it only informs.
        files: SHA-256 by path of every file in the directory, those of `IGNORED` left out.
        signer: Its key is on the curve P-256, as the tool knows no Ed25519.
    """
    key = signer.model_signing_key()
    resources = [{"name": path, "algorithm": "sha256", "digest": files[path]} for path in _in_order(files)]
    serialization = {
        "method": "files",
        "hash_type": "sha256",
        "allow_symlinks": False,
        "ignore_paths": list(IGNORED),
    }
    predicate = {"serialization": serialization, "resources": resources}
    payload = canonical_json(statement_of({name: files_root(files)}, MODEL_SIGNING_PREDICATE, predicate))
    signature = key.sign(pae(PAYLOAD_TYPE, payload), ECDSA(SHA256(), deterministic_signing=True))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    bundle = {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": hashlib.sha256(public).hexdigest()}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
    }
    return canonical_json(bundle)


def read_signature(data: bytes) -> SignedModel:
    """Return what a ``model.sig`` says; its signature is left to the tool and to whoever knows the key.

    Raises:
        ModelSignatureError: It is no such bundle, or its root is not the one over its files.
    """
    try:
        statement = json.loads(base64.b64decode(json.loads(data)["dsseEnvelope"]["payload"], validate=True))
        [artifact] = statement["subject"]
        files = _files(statement["predicate"]["resources"])
        told = (statement["_type"], statement["predicateType"], artifact["digest"]["sha256"])
        sound = told == (STATEMENT_TYPE, MODEL_SIGNING_PREDICATE, files_root(files))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelSignatureError(f"{SIGNATURE_FILE}: is no signature over a model's files.") from error
    if not sound:
        raise ModelSignatureError(f"{SIGNATURE_FILE}: its root is not the one over the files it lists.")
    return SignedModel(files_root(files), files)


def _files(resources: list[dict[str, Any]]) -> dict[str, str]:
    files = {str(one["name"]): str(one["digest"]) for one in resources if one["algorithm"] == "sha256"}
    if len(files) != len(resources):
        raise ValueError
    return files


def _in_order(files: Mapping[str, str]) -> list[str]:
    """Return paths as the tool orders them: part by part, so that ``a/b`` comes before ``a-b``."""
    return sorted(files, key=lambda path: path.split("/"))
