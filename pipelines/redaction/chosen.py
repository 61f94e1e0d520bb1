"""The redactor that the name of a profile stands for, with the recognisers that the profile names."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.redaction.profile import RedactionProfile, load_profile, shipped_profiles
from pipelines.redaction.recognizers import load_recognizers
from policies.errors import UsageError

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

    from pipelines.redaction.engine import Redactor


class UnfoundEntityError(UsageError):
    """A profile names what nothing finds, so that it would pass for found and not there."""

    remedy = "Correct the name, or name a recogniser that finds it under `recognizers`."


def redactor_of(name: str, directory: Path | None, surrogate_key: Callable[[str], bytes]) -> "Redactor":
    """Return the redactor of a profile.

    Args:
        name: A profile that ships, or one of ``directory``.
        directory: Where a home keeps its own profiles, if it does.
        surrogate_key: Returns a tenant's key for surrogates.

    Raises:
        UnfoundEntityError: The profile names an entity type that nothing finds.
        LineweightError: There is no such profile, it is not valid, or what it names as recognisers is none.
    """
    from pipelines.redaction.engine import Redactor
    from pipelines.redaction.untorched import import_without_torch

    profile = load_profile(name, directory)
    if not profile.recognizers:
        import_without_torch()
    recognizers = load_recognizers(profile, directory)
    _require_found(profile, recognizers)
    return Redactor(profile, surrogate_key, recognizers)


def _require_found(profile: RedactionProfile, recognizers: Sequence["EntityRecognizer"]) -> None:
    from pipelines.redaction.structured import structured_rules

    found = {entity_type for name in shipped_profiles() for entity_type in load_profile(name).entities}
    found |= {rule.entity_type for rule in structured_rules()}
    found.update(profile.names.labels.values())
    found.update(entity_type for one in recognizers for entity_type in one.supported_entities)
    if unfound := sorted(profile.entities.keys() - found):
        raise UnfoundEntityError(f"{profile.profile}: entities: nothing finds {', '.join(unfound)}.")
