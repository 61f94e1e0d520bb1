"""One tier for all tests of what ships: compiling it takes seconds, and what it finds does not depend on what came
before."""

import pytest

from pipelines.redaction.profile import load_profile, shipped_profiles
from pipelines.redaction.structured import StructuredTier, structured_rules


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("hyperscan")


@pytest.fixture(scope="session")
def shipping():
    """The rules of all types that a profile names, but URLs, whose expressions take longest to compile."""
    named = {entity for profile in shipped_profiles() for entity in load_profile(profile).entities}
    return [rule for rule in structured_rules() if rule.entity_type in named - {"URL"}]


@pytest.fixture(scope="session")
def tier(cache, shipping):
    return StructuredTier(shipping, cache=cache)


@pytest.fixture
def found(tier):
    """Return the values of one type that are found in a text, from a score upward."""

    def values(text, entity_type, score=0.4, field=""):
        (spans,) = tier.find([text], [field])
        wanted = {(span.start, span.end) for span in spans if span.entity_type == entity_type and span.score >= score}
        return [text[start:end] for start, end in sorted(wanted)]

    return values
