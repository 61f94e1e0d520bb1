"""Whoever changes the evidence is refused by the link that was broken, or verification says what it cannot see."""

import pytest

from tests.lineage.tamper.attack import DIRECTORY, Attack, Copy, done
from tests.lineage.tamper.tables import ATTACKS


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_link_that_was_broken_is_named(copy: Copy, attack: Attack):
    for way, outcome in done(attack, copy).items():
        expected = attack.directory if way == DIRECTORY and attack.directory else attack.link
        assert outcome.refused == expected, (way, outcome)
        if attack.untold:
            assert [sentence for sentence in outcome.not_checked if sentence.startswith(attack.untold)], outcome
