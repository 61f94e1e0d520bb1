"""All attacks, and the table of them that the documentation holds."""

from tests.lineage.tamper import (
    on_bundles,
    on_consents,
    on_consumption,
    on_decisions,
    on_leaves,
    on_log,
    on_statements,
    on_weights,
)
from tests.lineage.tamper.attack import Attack

SECTIONS: dict[str, tuple[Attack, ...]] = {
    "Weights and the files of a model": on_weights.ATTACKS,
    "What was read: ledger, revocations, ticket": on_consumption.ATTACKS,
    "Records: leaves, roots, people, shards": on_leaves.ATTACKS,
    "Why they are in: policy, decisions, counts": on_decisions.ATTACKS,
    "Consents and whose they are": on_consents.ATTACKS,
    "Statements, envelopes, manifests": on_statements.ATTACKS,
    "The transparency log and the ledger's database": on_log.ATTACKS,
    "The bundle as an archive": on_bundles.ATTACKS,
}
ATTACKS = [attack for attacks in SECTIONS.values() for attack in attacks]
