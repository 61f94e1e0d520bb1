"""What ``dg dev`` loads. The environment is read here, when asked, and not at import."""

import contextlib
from collections.abc import Iterator

import dagster as dg

from pipelines.assets import build_assets
from pipelines.deployment import Deployment
from pipelines.journey import Advance, unwatched
from pipelines.settings import Settings


@contextlib.contextmanager
def _unwatched(_: str) -> Iterator[Advance]:
    yield unwatched


def build_definitions(settings: Settings) -> dg.Definitions:
    """Return the code location of a deployment."""
    return dg.Definitions(assets=build_assets(Deployment(settings), _unwatched))


@dg.definitions
def defs() -> dg.Definitions:
    """What the web server shows: the deployment that the environment describes."""
    return build_definitions(Settings.load())
