"""What a signed statement says, read back into a closed model: an unknown or missing word is refused."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from lineage.canonical import canonical_json
from lineage.statement import Opened
from policies.errors import LineweightError


class PredicateError(LineweightError):
    """A statement is signed, but does not say what one of its kind must say."""

    remedy = "It was made by something else than Lineweight, or by another version: have it made and signed again."


class Predicate(BaseModel):
    """What a statement of one kind says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def document(self) -> dict[str, Any]:
        """Return the JSON document."""
        return self.model_dump(mode="json")


Said = TypeVar("Said", bound=Predicate)


def read_predicate(opened: Opened, kind: str, model: type[Said], name: str) -> Said:
    """Return what a statement says.

    Args:
        opened: The statement, its signature verified.
        kind: The ``predicateType`` it must have.
        model: What it must say.
        name: What to call it in messages.

    Raises:
        PredicateError: It is of another kind, says something else, or contradicts itself; the message names the fields
            and the rules, and none of the values.
    """
    if opened.statement["predicateType"] != kind:
        raise PredicateError(f"{name}: is a statement about something else.")
    try:
        said = model.model_validate(opened.predicate)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        told = sorted({_told(fault) for fault in faults})
        raise PredicateError(f"{name}: cannot be read: {', '.join(told)}.") from error
    if canonical_json(said.document()) != canonical_json(opened.predicate):
        raise PredicateError(f"{name}: is not written as it is by Lineweight.")
    return said


def _told(fault: ErrorDetails) -> str:
    """Return the field at fault, and the rule where it is one of ours: their messages hold no values."""
    field = str(fault["loc"][0]) if fault["loc"] else "the predicate"
    ours = fault["type"] == "value_error"
    return f"{field} ({fault['msg'].removeprefix('Value error, ')})" if ours else field
