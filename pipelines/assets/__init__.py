"""Dagster's view of the journey: thin assets, one a stage, built from settings."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import dagster as dg

from pipelines.assets.models import model_asset
from pipelines.assets.snapshots import published_snapshot_asset, staged_snapshot_asset
from pipelines.assets.sources import governed_asset, landed_asset
from pipelines.deployment import Deployment
from pipelines.journey import Advance

Watch = Callable[[str], AbstractContextManager[Advance]]


def build_assets(deployment: Deployment, watch: Watch) -> list[dg.AssetsDefinition]:
    """Return the assets of a deployment.

    Args:
        deployment: Where and with what.
        watch: Given what is being done, returns a context that takes note of progress.
    """
    sources = dg.StaticPartitionsDefinition(sorted(deployment.declarations))
    requests = dg.StaticPartitionsDefinition(sorted(deployment.requests))
    return [
        landed_asset(deployment, sources, watch),
        governed_asset(deployment, sources, watch),
        staged_snapshot_asset(deployment, requests, watch),
        published_snapshot_asset(deployment, requests),
        model_asset(deployment, requests, watch),
    ]
