"""Figures: what is stated of a snapshot and a model, and that everybody finds the same."""

from pathlib import Path

import pytest

from lineage.exports.figure import Figure, FigureError, Figures, Query
from lineage.models import NotVerifiedError
from policies.errors import UsageError
from tests.lineage.exports.answers import Answers
from tests.lineage.exports.world import DisclosedWorld


@pytest.fixture(scope="module")
def answers(disclosed_once: DisclosedWorld) -> Answers:
    return Answers(disclosed_once.root)


@pytest.mark.parametrize("of", ["snapshot", "model"])
def test_every_figure_is_found_again_by_its_own_query(disclosed_once: DisclosedWorld, answers: Answers, of: str):
    figures = disclosed_once.snapshot_figures() if of == "snapshot" else disclosed_once.model_figures()

    assert [figure.name for figure in figures if not figure.known] == []
    found = {figure.name: answers.ask(figure.query) for figure in figures}
    assert found == {figure.name: figure.value for figure in figures}
