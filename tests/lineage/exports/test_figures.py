"""Figures: what is stated of a snapshot and a model, and that everybody finds the same."""

import pytest

from tests.lineage.exports.answers import Answers
from tests.lineage.exports.world import DisclosedWorld


@pytest.fixture(scope="module")
def answers(disclosed_once: DisclosedWorld) -> Answers:
    return Answers(disclosed_once.root)


@pytest.mark.parametrize("fewest", [1, 5], ids=["few people too", "few people together"])
def test_every_figure_is_found_again_by_its_own_query(disclosed_once: DisclosedWorld, answers: Answers, fewest: int):
    figures = disclosed_once.model_figures(fewest=fewest)
    assert {figure.name for figure in disclosed_once.snapshot_figures()} <= set(figures.by_name)

    assert [figure.name for figure in figures if not figure.known] == []
    found = {figure.name: answers.ask(figure.query) for figure in figures}
    assert found == {figure.name: figure.value for figure in figures}
