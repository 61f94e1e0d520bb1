"""What is remembered of texts: bounded, by digest, for one tenant, and the more often it is asked for the longer."""

import pytest

from pipelines.redaction.cache import Cache, key_of
from pipelines.redaction.outcome import NOTHING, Outcome


@pytest.mark.parametrize(
    "other", [("acme", "", "text "), ("acme", "phone", "text"), ("other", "", "text"), ("acm", "e", "text")]
)
def test_tenant_field_and_text_each_make_another_key(other):
    assert key_of("acme", "", "text") != key_of(*other)
    assert len(key_of(*other)) == 32


def test_what_is_asked_for_again_stays_and_what_is_not_goes():
    cache = Cache(20 * NOTHING.size)
    asked = key_of("acme", "", "asked for")
    cache.put(asked, NOTHING)
    for number in range(100):
        cache.put(key_of("acme", "", str(number)), NOTHING)
        assert cache.get(asked) is NOTHING
    assert cache.get(key_of("acme", "", "0")) is None


def test_the_bound_holds():
    cache = Cache(10_000)
    for number in range(1_000):
        cache.put(key_of("acme", "", str(number)), Outcome(redacted="x" * 100))
    remembered = [cache.get(key_of("acme", "", str(number))) for number in range(1_000)]
    assert 0 < sum(one.size for one in remembered if one) <= 10_000


def test_nothing_is_remembered_without_room():
    cache = Cache(0)
    cache.put(key_of("acme", "", "a"), NOTHING)
    assert cache.get(key_of("acme", "", "a")) is None
