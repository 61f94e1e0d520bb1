"""Retention: what has outlived its time, wherever it is kept, and taking it away."""

from pipelines.retention.sweeping import Sweep, sweep

__all__ = ["Sweep", "sweep"]
