"""The page on tampering says what the attacks show, and no byte of the evidence can be changed unseen."""

import random
from pathlib import Path
from typing import Any

import pytest

from lineage.consumption import trained_on
from lineage.verifying.depth import Depth, drawn
from tests.conftest import UPDATE
from tests.lineage.tamper.attack import Attack, Attacker, Copy, by_bundle, by_directory
from tests.lineage.tamper.tables import ATTACKS, NOT_COVERED, SIGNED_ALONE, written
from tests.lineage.tamper.touching import ledger

PAGE = Path(__file__).parents[3] / "docs/tamper.md"
MARK = "<!-- What follows is written by tests/lineage/tamper. -->\n\n"
FLIPS = 150
DRAWN = 3
UNTOUCHED = Attack("nothing", Attacker.FILES, lambda copy: None)


def test_the_page_says_what_the_attacks_show(request: pytest.FixtureRequest):
    said, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    if request.config.getoption(UPDATE):
        PAGE.write_text(said + mark + written(), encoding="utf-8")
    assert mark
    assert said + mark + written() == PAGE.read_text(encoding="utf-8")


def test_every_attack_says_what_is_to_come_of_it_and_has_a_name_of_its_own():
    assert all(bool(attack.link) != bool(attack.untold) for attack in ATTACKS)
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_what_nobody_touched_verifies_with_keys_and_without(copy: Copy):
    for keys in (False, True):
        attack = Attack("nothing", Attacker.FILES, lambda copy: None, with_keys=keys)
        assert [way(copy, attack).refused for way in (by_directory, by_bundle)] == ["", ""]


def test_whoever_has_the_key_can_sign_all_anew_and_it_verifies(copy: Copy):
    """Else the attacks by that key would be refused for another reason than what was changed."""
    copy.forger().save()
    attack = Attack("nothing", Attacker.KEY, lambda copy: None, with_keys=True)
    assert [way(copy, attack).refused for way in (by_directory, by_bundle)] == ["", ""]


def test_no_byte_of_any_file_can_be_changed_unseen(copy: Copy):
    chosen = random.Random(20261130)
    files = sorted(path.relative_to(copy.tree).as_posix() for path in copy.tree.rglob("*") if path.is_file())
    covered = [path for path in files if path not in NOT_COVERED]
    assert len(covered) == len(files) - len(NOT_COVERED)
    unseen = []
    for number in range(FLIPS):
        path = covered[number % len(covered)]
        whole = copy.read(path)
        place, bit = chosen.randrange(len(whole)), 1 << chosen.randrange(8)
        copy.write(path, whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        if not by_directory(copy, UNTOUCHED).refused:
            unseen.append((path, place, bit))
        copy.write(path, whole)
    assert not unseen
    assert by_directory(copy, UNTOUCHED).refused == ""


def test_fields_that_are_the_signers_word_alone_are_told_as_such(copy: Copy):
    """All of them say something else, and nobody can tell; each that could be told would be one too many here."""
    forger = copy.forger()
    for name, fields in SIGNED_ALONE.items():
        for field in fields:
            *way, last = field.split(".")
            holder = getattr(forger, name)
            for step in way:
                holder = holder[int(step) if isinstance(holder, list) else step]
            holder[last] = _other(holder[last])
    forger.save()
    assert [way(copy, UNTOUCHED).refused for way in (by_directory, by_bundle)] == ["", ""]


def _other(said: Any) -> Any:
    if said is None or (isinstance(said, str) and len(said) == 64):
        return "0" * 64
    if isinstance(said, int):
        return said + 1
    return said.replace("2026", "2027", 1) if said.endswith("Z") else f"{said}x"


@pytest.mark.parametrize("way", [by_directory, by_bundle])
def test_a_row_that_is_false_is_refused_by_every_sample_that_draws_it(copy: Copy, way):
    """One of eighteen rows: a sample of three draws it by one seed of six, about."""
    ledger(lambda rows: rows[4].update(record_id="somebody-else's"))(copy)
    read = trained_on(copy.forger().ledger())
    root = copy.forger().predicate["runDetails"]["byproducts"][0]["annotations"]["root"]
    place = read["record_id"].to_pylist().index("somebody-else's")
    seeds: dict[bool, list[Depth]] = {True: [], False: []}
    for seed in map(str, range(200)):
        depth = Depth.asked(sample=DRAWN, seed=seed)
        seeds[place in drawn(depth, root, read.num_rows)].append(depth)
    for is_drawn, depths in seeds.items():
        for depth in depths[:3]:
            refused = way(copy, Attack("a false row", Attacker.KEY, lambda copy: None, depth=depth)).refused
            assert refused == ("consumption ⊆ snapshot" if is_drawn else "")
    assert all(len(depths) >= DRAWN for depths in seeds.values())
