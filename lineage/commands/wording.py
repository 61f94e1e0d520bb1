"""How times and verdicts are written where a person reads them."""


def moment(at: str | None) -> str:
    """Shorten an RFC 3339 time in UTC to the minute; no time is ``never``."""
    return "never" if at is None else f"{at[:16].replace('T', ' ')} UTC"


def yes_or_no(holds: bool) -> str:
    """Return a truth in a word."""
    return "yes" if holds else "no"
