"""What an ML engineer asks for, as it is filed and kept with every version built of it.

The document is closed: a word that means nothing is refused. Kept as ``request.json`` it is canonical JSON
and says everything, defaults included, so two requests of the same bytes ask for the same.
"""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from lineage.canonical import canonical_json, rfc3339
from lineage.manifest import TRAIN
from policies.errors import LineweightError
from policies.instants import read_instant
from policies.vocabulary import ShortText, known_purpose

SHARED = "shared"
PARTS_ADD_UP_WITHIN = 1e-9

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Instant = Annotated[AwareDatetime, AfterValidator(read_instant), PlainSerializer(rfc3339, return_type=str)]
Share = Annotated[float, Field(gt=0, lt=1)]
Scalar = StrictBool | StrictInt | StrictFloat | StrictStr


class RequestUnreadableError(LineweightError):
    """The request kept with a snapshot is not one."""

    remedy = "Verify the snapshot with `lineweight verify`; build a new version if it does not hold."


def _once_each(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise ValueError("names something twice")
    return values


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Period(_Part):
    """When records occurred, UTC: from the first instant, up to but not including the second."""

    since: Instant | None = Field(default=None, alias="from")
    until: Instant | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("`from` is not before `to`, so nothing can lie between")
        return self


class Outcome(_Part):
    """What became of the answer: only records whose outcome has one of these labels are taken."""

    label: Annotated[tuple[ShortText, ...], Field(min_length=1), AfterValidator(_once_each)]


class Split(_Part):
    """How records are dealt into parts, whole people or whole conversations at a time.

    Attributes:
        by: ``person`` (who spoke) or ``conversation``: what never lies in two parts.
        parts: Share of each part, about; they add up to 1, and one of them is ``train``.
    """

    by: Annotated[StrictStr, Field(pattern=r"^(person|conversation)$")]
    parts: Annotated[dict[Slug, Share], Field(min_length=2, max_length=16)]

    @model_validator(mode="after")
    def _whole(self) -> "Split":
        if abs(sum(self.parts.values()) - 1) > PARTS_ADD_UP_WITHIN:
            raise ValueError("the parts do not add up to 1")
        if TRAIN not in self.parts:
            raise ValueError(f"no part is called {TRAIN}, and a trainer reads no other")
        return self


class SnapshotRequest(_Part):
    """What to put into a snapshot, and what it is for.

    Attributes:
        name: Name of the snapshot; versions count up under it.
        policy: Id of the policy that decides; not needed where exactly one in force is for the purpose.
        purpose: What the records are for: the policy's purpose, or one below it; the policy's if not said.
        pool: ``shared``, or the one tenant whose records these are.
        sources: Declared sources to take from.
        period: When the records occurred.
        outcome: Which outcomes to take; all, also none observed, if not said.
        split: How to deal the records into parts; all are ``train`` if not said.
        seed: Decides the split, and whatever is drawn from the snapshot later.
        shard_rows: Records in one file, at most.
        lease_days: Days from publication until the snapshot must be checked against withdrawals again.
        recipe: How it will be trained on, as options of training: an approver reads it and is held to nothing.
        requested_by: Who asks.
        because: What for, in words.
    """

    name: Slug
    policy: Slug | None = None
    purpose: Annotated[StrictStr, AfterValidator(known_purpose)] | None = None
    pool: Slug
    sources: Annotated[tuple[Slug, ...], Field(min_length=1), AfterValidator(_once_each)]
    period: Period = Period()
    outcome: Outcome | None = None
    split: Split | None = None
    seed: Annotated[StrictInt, Field(ge=0, lt=2**53)] = 0
    shard_rows: Annotated[StrictInt, Field(ge=1, le=50_000)] = 5_000
    lease_days: Annotated[StrictInt, Field(ge=1, le=3_650)] = 30
    recipe: dict[Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,62}$")], Scalar] = {}
    requested_by: ShortText = ""
    because: ShortText = ""

    @property
    def tenant(self) -> str | None:
        """The one tenant asked for; ``None`` for the shared pool."""
        return None if self.pool == SHARED else self.pool

    def document(self) -> dict[str, Any]:
        """Return the JSON document, defaults included."""
        return self.model_dump(mode="json", by_alias=True)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes: what is kept as ``request.json``."""
        return canonical_json(self.document())


def parse_request(data: bytes) -> SnapshotRequest:
    """Return the request that some bytes are: those of a snapshot's ``request.json``.

    Raises:
        RequestUnreadableError: They are no request in canonical form; the message names the fields.
    """
    try:
        request = SnapshotRequest.model_validate_json(data)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        places = {".".join(map(str, fault["loc"])) or "the document" for fault in faults}
        raise RequestUnreadableError(f"The request cannot be read: {', '.join(sorted(places))}.") from error
    if request.to_bytes() != data:
        raise RequestUnreadableError("The request's bytes are not in canonical form.")
    return request
