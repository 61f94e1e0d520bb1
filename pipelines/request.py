"""A snapshot request: what an ML engineer asks for, in YAML.

::

    name: bloom-shared
    policy: model-training            # decides for which purpose, and who may pass
    pool: shared                      # or the name of one tenant
    sources: [bloom-web, bloom-agent]
    period: {from: 2026-01-01T00:00:00Z, to: 2026-06-01T00:00:00Z}   # optional; `to` is not included
    seed: 7
    shard_rows: 5000
    lease_days: 30
"""

from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from policies.strict_yaml import DocumentError, read_document

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
SHARED = "shared"


class RequestError(DocumentError):
    """A snapshot request cannot be used; the message lists every fault."""


class Period(BaseModel):
    """When records occurred, UTC: from the first instant, up to but not including the second."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")


class SnapshotRequest(BaseModel):
    """What to put into a snapshot.

    Attributes:
        name: Name of the snapshot; versions count up under it.
        policy: Id of the policy that decides.
        pool: ``shared``, or the one tenant whose records these are.
        sources: Declared sources to take from.
        period: When the records occurred.
        seed: Recorded in the manifest, for whatever is drawn from the snapshot later.
        shard_rows: Records in one file, at most.
        lease_days: Days from publication until the snapshot must be checked against withdrawals again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Slug
    policy: Slug
    pool: Slug
    sources: Annotated[tuple[Slug, ...], Field(min_length=1)]
    period: Period = Period()
    seed: int = 0
    shard_rows: int = Field(default=5_000, ge=1, le=50_000)
    lease_days: int = Field(default=30, ge=1)


def load_request(path: Path) -> SnapshotRequest:
    """Read a request.

    Raises:
        RequestError: The file is not a request; every fault is named by its path.
    """
    try:
        return read_document(path.read_bytes(), path.name, SnapshotRequest)
    except OSError as error:
        raise RequestError((f"{path.name}: file: cannot be read",)) from error
    except DocumentError as error:
        raise RequestError(error.faults) from error


def load_requests(directory: Path) -> dict[str, SnapshotRequest]:
    """Read every request of a directory, by name.

    Raises:
        RequestError: A file is not a request, or two name the same snapshot.
    """
    requests: dict[str, SnapshotRequest] = {}
    for path in sorted(directory.glob("*.yaml")):
        request = load_request(path)
        if request.name in requests:
            raise RequestError((f"{path.name}: name: another request has the same one",))
        requests[request.name] = request
    return requests
