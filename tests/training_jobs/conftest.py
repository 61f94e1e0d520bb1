"""Deployments to train in, and one model that many tests look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineage.keys.vault import Vault
from lineage.warehouse import Warehouse
from tests.training_jobs.deployment import Deployment, exchange, small_recipe
from training_jobs.recipe import Recipe
from training_jobs.run import StepReport, TrainedModel


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """An empty deployment."""
    return Deployment(tmp_path, Warehouse(tmp_path), Vault.open(tmp_path / "keys"))


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A deployment with the snapshot ``small@v1``: 24 records of acme, 16 of globex. Tests only add to it."""
    root = tmp_path_factory.mktemp("standing")
    deployment = Deployment(root, Warehouse(root), Vault.open(root / "keys"))
    content = {"acme": [exchange(n) for n in range(24)], "globex": [exchange(n) for n in range(100, 116)]}
    deployment.publish(content)
    return deployment


@pytest.fixture(scope="session")
def trained(standing: Deployment) -> Iterator[tuple[Recipe, TrainedModel, list[StepReport]]]:
    """A model trained on the standing snapshot, once for all tests that only look at it."""
    recipe = small_recipe(name="looked-at", epochs=2)
    reports: list[StepReport] = []
    model = standing.train(recipe, reports.append)
    yield recipe, model, reports
