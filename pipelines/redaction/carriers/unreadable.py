"""The error of a text that cannot be taken apart."""

from policies.errors import LineweightError


class UnreadableTextError(LineweightError):
    """A text could not be taken apart safely."""

    remedy = "The record is in quarantine; nothing of it was passed on."
