"""The commands that ask what was made and prove it, and those by which people answer for it."""

from lineage.commands.bundle import make_bundle
from lineage.commands.certificate import certificate_app
from lineage.commands.export import export_app
from lineage.commands.export_lineage import export_cyclonedx, export_openlineage
from lineage.commands.key import key_app
from lineage.commands.ledger import ledger_app
from lineage.commands.log import log_app
from lineage.commands.officer import officer_app
from lineage.commands.prove import prove_app
from lineage.commands.release import approve_snapshot, refuse_snapshot
from lineage.commands.snapshot import snapshot_app
from lineage.commands.trace import trace_app
from lineage.commands.verify import verify

__all__ = [
    "certificate_app",
    "export_app",
    "key_app",
    "ledger_app",
    "log_app",
    "make_bundle",
    "officer_app",
    "prove_app",
    "snapshot_app",
    "trace_app",
    "verify",
]

snapshot_app.command("approve")(approve_snapshot)
snapshot_app.command("refuse")(refuse_snapshot)
export_app.command("openlineage")(export_openlineage)
export_app.command("cyclonedx")(export_cyclonedx)
