"""What a snapshot was made from, so that its decisions can be made again: ``inputs.json``."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lineage.canonical import canonical_json
from policies.errors import LineweightError

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class InputsUnreadableError(LineweightError):
    """What says from what a snapshot was made is not what it should be."""

    remedy = "Verify the snapshot with `lineweight verify`; build a new version if it does not hold."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GovernedPart(_Part):
    """One stretch of the governed store: ``records`` = ``permitted`` + ``denied`` + ``quarantined``.

    Attributes:
        output: Its directory in the warehouse.
        inputs: Digest of all that it is a function of: landed rows, decisions at the gate, redaction.
    """

    output: str
    tenant: str
    source: str
    batch: Digest
    inputs: Digest
    redaction: Digest
    records: Count
    permitted: Count
    denied: Count
    quarantined: Count


class DeclaredSource(_Part):
    """A source as it was declared when the snapshot was made: its categories are among the facts."""

    declaration_digest: Digest
    data_categories: tuple[str, ...]


class Inputs(_Part):
    """What was considered, and what of it the facts rest on beside the ledgers.

    Attributes:
        parts: Every governed part of the sources and pool asked for, in order of ``output``.
        sources: The sources asked for, as declared.
        region: Where this deployment kept its records; ``None`` if it does not say.
        landed_not_governed: Records landed of a source that were not governed, so nobody considered them.
    """

    parts: tuple[GovernedPart, ...]
    sources: dict[str, DeclaredSource]
    region: str | None = None
    landed_not_governed: dict[str, Count] = {}

    @property
    def considered(self) -> int:
        """Records considered, over all parts."""
        return sum(part.records for part in self.parts)

    @property
    def categories(self) -> dict[str, tuple[str, ...]]:
        """Data categories by source, as facts are drawn from them."""
        return {name: source.data_categories for name, source in self.sources.items()}

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return self.model_dump(mode="json")

    def to_bytes(self) -> bytes:
        """Return the canonical bytes: what is kept as ``inputs.json``."""
        return canonical_json(self.document())


def parse_inputs(data: bytes) -> Inputs:
    """Return the inputs that some bytes are.

    Raises:
        InputsUnreadableError: They are none in canonical form; the message names the fields.
    """
    try:
        inputs = Inputs.model_validate_json(data)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        places = {".".join(map(str, fault["loc"])) or "the document" for fault in faults}
        raise InputsUnreadableError(f"The inputs cannot be read: {', '.join(sorted(places))}.") from error
    if inputs.to_bytes() != data:
        raise InputsUnreadableError("The inputs' bytes are not in canonical form.")
    return inputs
