"""The parts of a declaration that say where in a line something stands."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from policies.consent_event import ConsentStatus
from policies.instants import Instant
from policies.vocabulary import SortedWords, known_purpose

Text = Annotated[str, Field(min_length=1, max_length=200)]
T = TypeVar("T")


class Strict(BaseModel):
    """A part of a declaration: what is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Strict):
    """A place in a line of the log: keys joined by dots (``metadata.user_id``)."""

    column: Text


def _form(value: Any) -> str:
    """Return which form a value has, so that only the faults of that form are told."""
    if isinstance(value, Columns) or (isinstance(value, dict) and "columns" in value):
        return "several columns"
    return "one column" if isinstance(value, dict | Column) else "a constant"


_OneColumn = Annotated[Column, Tag("one column")]
OrColumn = Annotated[Annotated[T, Tag("a constant")] | _OneColumn, Discriminator(_form)]


class Columns(Strict):
    """Several places whose values together name one thing, such as a session of a person with a task."""

    columns: Annotated[tuple[Text, ...], Field(min_length=1)]


Conversation = Annotated[_OneColumn | Annotated[Columns, Tag("several columns")], Discriminator(_form)]


class Moment(Strict):
    """When a person spoke: a column, or one instant for the whole file.

    Attributes:
        column: Holds RFC 3339 text with a zone, or a number where ``unit`` is given.
        unit: What the number counts: seconds or milliseconds, since 1970-01-01 UTC or since ``starting``.
        starting: The instant the numbers count from, where they are relative.
        constant: The instant, where the log does not say.
    """

    column: Text | None = None
    unit: Literal["s", "ms"] | None = None
    starting: Instant | None = None
    constant: Instant | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Moment":
        if (self.column is None) == (self.constant is None):
            raise PydanticCustomError("moment", "Give either a column or a constant")
        if self.constant is not None and (self.unit or self.starting):
            raise PydanticCustomError("moment", "unit and starting belong to a column")
        if self.starting is not None and self.unit is None:
            raise PydanticCustomError("moment", "starting needs a unit")
        return self


class Label(Strict):
    """What became of the answer, in the log's own words.

    Attributes:
        column: Where the log says it.
        values: What the log's words mean; without it they must be good, bad or mixed.
        present: The label wherever the column holds anything at all, such as a copied snippet.
    """

    column: Text
    values: dict[str, Literal["good", "bad", "mixed"]] | None = None
    present: Literal["good", "bad", "mixed"] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Label":
        if self.values is not None and self.present is not None:
            raise PydanticCustomError("label", "Give either values or present")
        return self


class OutcomePlaces(Strict):
    """Where a line says what became of the answer; a line whose label is empty has no outcome."""

    label: Label
    score: Column | None = None
    signal: OrColumn[Text] | None = None
    observed_at: Moment | None = None


class ConsentFlag(Strict):
    """Where a line says whether its person consents: a claim of the product, which goes stale.

    Attributes:
        column: Where the flag stands. A line without it, or with null, claims nothing.
        values: What the log's words mean. A word that is not among them is heard as a refusal.
        purposes: What the flag is about, sorted.
        stale_days: How long a grant holds after it was last seen, in days. A refusal does not go stale.
    """

    column: Text
    values: Annotated[dict[Text, ConsentStatus], Field(min_length=1)]
    purposes: Annotated[tuple[Annotated[str, AfterValidator(known_purpose)], ...], SortedWords, Field(min_length=1)] = (
        "train_ai_system",
    )
    stale_days: Annotated[int, Field(strict=True, ge=1, le=3650)] = 30
