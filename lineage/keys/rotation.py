"""Key rotations: a signing key that takes another one's place, signed by both, and the chain that they make.

``rotations/<nnnnn>.dsse.json``, numbered from 1, each an in-toto statement about the new public key. Both keys sign
it: the old one says who comes after it, the new one whom it comes after. So whoever trusts one key of a chain can trust
all, each for its own time: *a retired key verifies what it signed while valid, and nothing else.* Every file of a chain
has to be there and has to fit; one that forks, leaves a gap, goes round or is signed by one key alone is refused whole.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from lineage.canonical import sha256_hex
from lineage.dsse import SignatureRefusedError, Signer, TrustedKey, Validity, unverified_payload
from lineage.manifest import Count, Digest, Instant
from lineage.predicate import Predicate, PredicateError, read_predicate
from lineage.statement import open_envelope, sign_statement, statement_of
from lineage.warehouse import Warehouse
from policies.errors import InputError, LineweightError
from policies.vocabulary import ShortText

ROTATION_PREDICATE = "https://lineweight.dev/attestation/key-rotation/v1"
ROOT = "rotations"
SUFFIX = ".dsse.json"
ARTIFACT = "signing.pub"

LogName = Annotated[str, StringConstraints(strict=True, pattern=r"\A[^\s+]{1,200}\z")]
Reason = Annotated[ShortText, Field(min_length=1), AfterValidator(str.strip), Field(min_length=1)]


class RotationError(LineweightError):
    """The rotations of a key make no chain that can be followed; the message names the file."""

    remedy = "Fetch all rotations of the deployment again, from where they were published; trust its newest key."


class NamedKey(Predicate):
    """A public key: its 32 raw bytes in hexadecimal, and their SHA-256, which is its id."""

    key_id: Digest
    public_key: Digest

    @model_validator(mode="after")
    def _own(self) -> "NamedKey":
        if hashlib.sha256(bytes.fromhex(self.public_key)).hexdigest() != self.key_id:
            raise ValueError("a key's id is not its own")
        return self

    @classmethod
    def of(cls, key: TrustedKey) -> "NamedKey":
        """Return a key by name."""
        return cls(key_id=key.key_id, public_key=key.raw.hex())

    @property
    def trusted(self) -> TrustedKey:
        """The key, as trusted without bounds."""
        return TrustedKey(bytes.fromhex(self.public_key))


class LogThen(Predicate):
    """What the transparency log was when the old key was retired: whatever that key signed is in it.

    Attributes:
        origin: Its name, which stays that of the first key.
        size: How many entries it had.
        root: The root over them.
    """

    origin: LogName
    size: Count
    root: Digest


class Rotation(Predicate):
    """What both keys say.

    Attributes:
        number: From 1.
        previous: SHA-256 of the statement of the rotation before, in hexadecimal; ``None`` of the first.
        retired_at: From when on the new key signs and the old one does not, UTC.
        old_key: The key that is retired.
        new_key: The key that takes its place.
        log: What the log was then.
        because: Why, in words.
    """

    number: Annotated[int, Field(ge=1, le=99_999)]
    previous: Digest | None
    retired_at: Instant
    old_key: NamedKey
    new_key: NamedKey
    log: LogThen
    because: Reason

    @model_validator(mode="after")
    def _begins(self) -> "Rotation":
        if (self.number == 1) != (self.previous is None):
            raise ValueError("the first rotation follows none, and every other one follows one")
        if self.number == 1 and self.log.origin != self.old_key.trusted.log:
            raise ValueError("the log is not named after the first key")
        return self


@dataclass(frozen=True, slots=True)
class SignedRotation:
    """A rotation that both its keys signed; whether either is trusted is another question.

    Attributes:
        said: What it says.
        digest: SHA-256 of what was signed, in hexadecimal.
        envelope: The file.
        name: Where it was found, for messages.
    """

    said: Rotation
    digest: str
    envelope: bytes
    name: str

    @property
    def path(self) -> str:
        """Where it lies in a warehouse, and in a vault."""
        return rotation_path(self.said.number)


def rotation_path(number: int) -> str:
    """Return where a rotation lies in a warehouse, and in a vault."""
    return f"{ROOT}/{number:05d}{SUFFIX}"


def sign_rotation(said: Rotation, old: Signer, new: Signer) -> SignedRotation:
    """Sign a rotation with both keys.

    Raises:
        RotationError: A signer is not the key that it names.
    """
    envelope = sign_statement(_statement(said), [old, new])
    return open_rotation(envelope, rotation_path(said.number))


def open_rotation(data: bytes, name: str) -> SignedRotation:
    """Return the rotation that some bytes are, if both keys that it names signed it.

    Args:
        data: The envelope.
        name: Where it was found, for messages.

    Raises:
        RotationError: It is none, or one of the two did not sign; it says which.
    """
    try:
        said = _claimed(data)
        keys = {said.old_key.key_id: "old", said.new_key.key_id: "new"}
        opened = open_envelope(data, [said.old_key.trusted, said.new_key.trusted])
        said = read_predicate(opened, ROTATION_PREDICATE, Rotation, name)
    except (SignatureRefusedError, PredicateError) as error:
        raise RotationError(f"{name}: is no rotation of a key: {error}") from error
    if len(keys) < 2:
        raise RotationError(f"{name}: puts key {said.old_key.key_id[:16]} in its own place.")
    if set(opened.key_ids) != set(keys):
        [alone] = opened.key_ids
        raise RotationError(f"{name}: is signed by the {keys[alone]} key alone, and both have to sign.")
    if opened.statement != _statement(said):
        raise RotationError(f"{name}: is about something else than the new key.")
    return SignedRotation(said, opened.statement_digest, data, name)


def rotation_chain(files: Mapping[str, bytes]) -> tuple[SignedRotation, ...]:
    """Return the rotations in some files in order, if they make one chain from the first rotation on.

    Args:
        files: Envelopes by where they were found; copies of one statement are one.

    Raises:
        RotationError: One is none, or they fork, leave a gap, go round, or go back in time.
    """
    opened = {rotation.digest: rotation for rotation in (open_rotation(data, name) for name, data in files.items())}
    chain = sorted(opened.values(), key=lambda rotation: (rotation.said.number, rotation.name))
    _require_no_fork(chain)
    for place, rotation in enumerate(chain):
        if rotation.said.number != place + 1:
            raise RotationError(
                f"{rotation.name}: is rotation {rotation.said.number}; rotation {place + 1} is missing."
            )
        if place:
            _require_next(chain[place - 1], rotation)
    _require_no_return(chain)
    return tuple(chain)


def chain_keys(chain: Sequence[SignedRotation]) -> tuple[TrustedKey, ...]:
    """Return the keys of a chain from the first to the newest, each with its own time; none of an empty chain."""
    if not chain:
        return ()
    origin = chain[0].said.log.origin
    keys = [chain[0].said.old_key, *(rotation.said.new_key for rotation in chain)]
    bounds = [Validity(log=origin)] * len(keys)
    for place, rotation in enumerate(chain):
        log, at = rotation.said.log, rotation.said.retired_at
        bounds[place] = replace(bounds[place], until_at=at, log_size=log.size, log_root=bytes.fromhex(log.root))
        bounds[place + 1] = replace(bounds[place + 1], from_at=at)
    return tuple(replace(key.trusted, validity=validity) for key, validity in zip(keys, bounds, strict=True))


def trusted_over_rotations(
    trusted: Sequence[TrustedKey], rotation_files: Mapping[str, bytes]
) -> tuple[TrustedKey, ...]:
    """Return the keys to trust when rotations are followed, backwards and forwards, from those that are trusted.

    Where one key of the chain is trusted all are, each for its own time; the given one too. A chain of which no key is
    trusted is somebody else's and changes nothing.

    Args:
        trusted: The keys a verifier trusts.
        rotation_files: Envelopes of rotations by where they were found (`rotations_in`, `rotations_beside`,
            `read_rotations`).

    Returns:
        The trusted keys that are not of the chain as they were, and the chain's from the first to the newest.

    Raises:
        RotationError: The files make no chain.
    """
    keys = chain_keys(rotation_chain(rotation_files))
    ids = {key.key_id for key in keys}
    others = tuple(key for key in trusted if key.key_id not in ids)
    return (*others, *keys) if len(others) < len(trusted) else tuple(trusted)


def rotations_in(warehouse: Warehouse) -> dict[str, bytes]:
    """Return the envelopes of the rotations that lie in a warehouse, by path."""
    return {path: warehouse.read(path) for path in warehouse.files(ROOT) if path.endswith(SUFFIX)}


def rotations_beside(artifact: Path) -> dict[str, bytes]:
    """Return the rotations that lie in the home an artifact lies in, by path; none, if it lies in none.

    Args:
        artifact: A file or directory, as in ``<home>/snapshots/<name>/v1``.
    """
    place = artifact.resolve()
    found = next((parent / ROOT for parent in (place, *place.parents) if (parent / ROOT).is_dir()), None)
    return read_rotations(sorted(found.glob(f"*{SUFFIX}"))) if found is not None else {}


def read_rotations(paths: Iterable[Path]) -> dict[str, bytes]:
    """Read files of rotations, by path.

    Raises:
        InputError: One cannot be read.
    """
    found = {}
    for path in paths:
        try:
            found[str(path)] = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read.") from error
    return found


def _statement(said: Rotation) -> dict[str, Any]:
    return statement_of({ARTIFACT: sha256_hex(said.new_key.trusted.pem)}, ROTATION_PREDICATE, said.document())


def _claimed(data: bytes) -> Rotation:
    """Return what an envelope says, unverified: it names the two keys that it is verified with."""
    try:
        return Rotation.model_validate(json.loads(unverified_payload(data))["predicate"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise PredicateError("it does not say which key takes which one's place.") from error


def _require_no_fork(chain: Sequence[SignedRotation]) -> None:
    """Do nothing if no two rotations retire one key, or have one number."""
    by_key: dict[object, SignedRotation] = {}
    for rotation in chain:
        for claim in (rotation.said.old_key.key_id, rotation.said.number):
            other = by_key.setdefault(claim, rotation)
            if other is not rotation:
                both = f"{other.name} and {rotation.name}"
                raise RotationError(f"{both}: the chain forks: two rotations retire the same key, or have one number.")


def _require_next(before: SignedRotation, rotation: SignedRotation) -> None:
    first, then = before.said, rotation.said
    laws = {
        "does not name the rotation before it": then.previous == before.digest,
        "retires another key than the one before put in place": then.old_key == first.new_key,
        "retires a key before it was put in place": then.retired_at >= first.retired_at,
        "names another log than the one before": then.log.origin == first.log.origin,
        "says that the log was shorter than before": then.log.size >= first.log.size,
    }
    broken = [fault for fault, holds in laws.items() if not holds]
    if broken:
        raise RotationError(f"{rotation.name}: {'; '.join(broken)}.")


def _require_no_return(chain: Sequence[SignedRotation]) -> None:
    seen = {rotation.said.old_key.key_id for rotation in chain[:1]}
    for rotation in chain:
        if rotation.said.new_key.key_id in seen:
            key = rotation.said.new_key.key_id[:16]
            raise RotationError(f"{rotation.name}: the chain goes round: key {key} was in use before.")
        seen.add(rotation.said.new_key.key_id)
