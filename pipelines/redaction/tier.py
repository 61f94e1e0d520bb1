"""What every tier of the redaction engine is: many texts in, what was found in each out."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pipelines.redaction.spans import Span
from policies.errors import LineweightError


class DetectorError(LineweightError):
    """A detector could not search a text to its end."""

    remedy = "The record is in quarantine; nothing of it was passed on."


class Tier(Protocol):
    """One way of finding: expressions in one pass, names by a model, recognisers that were plugged in.

    What is found in a text does not depend on the texts it comes with, nor on those before.
    """

    @property
    def name(self) -> str:
        """The tier's name, in figures and in messages."""

    @property
    def version(self) -> Mapping[str, Any]:
        """A JSON-ready document of all that the finds depend on besides the text."""

    def find(self, texts: Sequence[str], fields: Sequence[str]) -> list[list[Span]]:
        """Return what is found in each of ``n`` texts; spans may overlap and need not be in order.

        Args:
            texts: ``n`` texts, valid Unicode without half characters.
            fields: ``n`` names of the fields the texts are values of, as lower-case words joined by ``_``; ``""``
                where the name says nothing.

        Raises:
            DetectorError: A text could not be searched to its end.
        """
