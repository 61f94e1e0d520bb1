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
    assets = build_assets(Deployment(settings), _unwatched)
    # One process a run: the stages spread their work over Beam, and the redactor takes seconds to load.
    return dg.Definitions(assets=assets, executor=dg.in_process_executor)


@dg.definitions
def defs() -> dg.Definitions:
    """What the web server shows: the deployment that the environment describes."""
    return build_definitions(Settings.load())
