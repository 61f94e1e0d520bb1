"""The tiers that ship, as a profile needs them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.redaction.credentials import credential_rules
from pipelines.redaction.fields import FieldTier
from pipelines.redaction.people.announced import announced_rules
from pipelines.redaction.people.tier import PeopleTier
from pipelines.redaction.profile import RedactionProfile
from pipelines.redaction.structured import StructuredTier, structured_rules
from pipelines.redaction.structured.presidio import compiles
from pipelines.redaction.tier import Tier
from pipelines.redaction.untorched import import_without_torch

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer


def shipped_tiers(profile: RedactionProfile, recognizers: Sequence["EntityRecognizer"] = ()) -> tuple[Tier, ...]:
    """Return what finds the entity types of a profile.

    Args:
        profile: What to find.
        recognizers: Further Presidio recognisers. Those that are patterns run in the pass that searches all patterns,
            any other is asked by itself, within a time limit.
    """
    import_without_torch()
    wanted = profile.entities.keys()
    rules = [
        rule for rule in (*structured_rules(), *credential_rules(), *announced_rules()) if rule.entity_type in wanted
    ]
    own = [one for one in recognizers if not wanted.isdisjoint(one.supported_entities)]
    patterns = [one for one in own if compiles(one)]
    others = [one for one in own if not compiles(one)]
    tiers: list[Tier] = [StructuredTier(rules, patterns), FieldTier(), PeopleTier(profile.names)]
    if others:
        from pipelines.redaction.plugged import PluggedTier

        tiers.append(PluggedTier(others, model=profile.names.model))
    return tuple(tiers)
