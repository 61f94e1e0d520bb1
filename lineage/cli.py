"""The commands that ask what was made and prove it: ``ledger``, ``snapshot``, ``trace`` and ``verify``."""

from lineage.commands.ledger import ledger_app
from lineage.commands.snapshot import snapshot_app
from lineage.commands.trace import trace_app
from lineage.commands.verify import verify

__all__ = ["ledger_app", "snapshot_app", "trace_app", "verify"]
