"""Snapshot requests as an ML engineer writes and files them: YAML, every fault told at once.

::

    name: bloom-shared
    policy: model-training            # decides who may pass; left out where one in force is for the purpose
    purpose: train_ai_system.finetune # the policy's, or one below it; left out where the policy is named
    pool: shared                      # or the name of one tenant
    sources: [bloom-web, bloom-agent]
    period: {from: 2026-01-01T00:00:00Z, to: 2026-06-01T00:00:00Z}   # optional; `to` is not included
    outcome: {label: [good]}          # optional: only what became this
    split: {by: conversation, parts: {train: 0.9, validation: 0.1}}
    seed: 7
    shard_rows: 5000
    lease_days: 30
    recipe: {base: tiny, epochs: 1}   # how it will be trained on; an approver reads it
    requested_by: ml-team
    because: The support assistant answers too slowly.
"""

from dataclasses import dataclass
from pathlib import Path

from lineage.snapshot_request import SnapshotRequest
from policies.errors import InputError
from policies.strict_yaml import MAX_BYTES, DocumentError, read_document


class RequestError(DocumentError):
    """A snapshot request cannot be used; the message lists every fault."""

    remedy = "Correct each place named, and file the request again: lineweight snapshot request FILE."


class AlreadyFiledError(InputError):
    """Another request is filed under the name."""

    remedy = "Give it another name, or file it in the other's stead with --replace."


def read_request(data: bytes, name: str) -> SnapshotRequest:
    """Read a request.

    Args:
        data: The file's bytes, strict YAML.
        name: What to call the file in messages.

    Raises:
        RequestError: They are not a request; every fault is named by its path.
    """
    try:
        return read_document(data, name, SnapshotRequest)
    except DocumentError as error:
        raise RequestError(error.faults) from error


def load_request(path: Path) -> SnapshotRequest:
    """Read a request's file.

    Raises:
        RequestError: The file is not a request; every fault is named by its path.
    """
    return read_request(request_bytes(path), path.name)


def request_bytes(path: Path) -> bytes:
    """Return what a file holds that should be a request.

    Raises:
        RequestError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RequestError((f"{path.name}: file: cannot be read",)) from error


def load_requests(directory: Path) -> dict[str, SnapshotRequest]:
    """Read every request of a directory, by name.

    Raises:
        RequestError: A file is not a request, or two name the same snapshot.
    """
    return {name: request for name, (_, request) in _filed(directory).items()}


@dataclass(frozen=True)
class Filed:
    """A request that is kept.

    Attributes:
        path: Where.
        before: What was filed under the name until now; ``None`` where nothing was.
    """

    path: Path
    request: SnapshotRequest
    before: SnapshotRequest | None

    @property
    def changed(self) -> bool:
        """Whether something else is asked for now than before."""
        return self.before != self.request


def file_request(directory: Path, data: bytes, request: SnapshotRequest, *, replace: bool) -> Filed:
    """Keep a request where requests are kept, in the words it was written in.

    Args:
        directory: Where requests are kept; made if it is not there.
        data: What was written.
        request: What it asks for.
        replace: Whether it may take the place of another of the same name.

    Raises:
        RequestError: One that is filed is not a request.
        AlreadyFiledError: Another request has the name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    place, before = _filed(directory).get(request.name, (directory / f"{request.name}.yaml", None))
    if before not in (None, request) and not replace:
        raise AlreadyFiledError(f"{request.name}: another request of that name is filed in {place.name}.")
    if before is None and place.exists():
        raise AlreadyFiledError(f"{place.name}: another request is filed in that file.", remedy="Rename that file.")
    staging = place.with_name(f".{place.name}.staging")
    staging.write_bytes(data)
    staging.replace(place)
    return Filed(place, request, before)


def _filed(directory: Path) -> dict[str, tuple[Path, SnapshotRequest]]:
    found: dict[str, tuple[Path, SnapshotRequest]] = {}
    for path in sorted(directory.glob("*.yaml")):
        request = load_request(path)
        if request.name in found:
            raise RequestError((f"{path.name}: name: another request has the same one",))
        found[request.name] = path, request
    return found
