"""All attacks, and the table of them that the documentation holds."""

from lineage.verifying.depth import Level
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
from tests.lineage.tamper.forger import MODEL

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
NOT_COVERED = ("openings.jsonl",)
"""Files in which a byte can be changed without a refusal: what they open is then not shown, which is said."""

SIGNED_ALONE = {
    "manifest": (
        "as_of.effective_at", "created_by.code_version", "ledger_checkpoint", "lease_expires_at",
        "redaction.engine", "redaction.residual.second_detector.detector",
        "redaction.residual.second_detector.records",
    ),
    "predicate": (
        "buildDefinition.buildType", "buildDefinition.internalParameters.threads",
        "buildDefinition.resolvedDependencies.3.digest.sha256", "buildDefinition.resolvedDependencies.3.uri",
        "buildDefinition.resolvedDependencies.4.uri", "buildDefinition.resolvedDependencies.6.annotations.revoked",
        "runDetails.builder.id", "runDetails.metadata.finishedOn",
    ),
}  # fmt: skip
"""Fields of a manifest and of a training predicate that follow from nothing else in the files: the signer's word."""


def written() -> str:
    """Return the tables as the documentation holds them, in Markdown."""
    refused = sum(1 for attack in ATTACKS if not attack.untold)
    told = len(ATTACKS) - refused
    word = [f"`{field}`" for fields in SIGNED_ALONE.values() for field in fields]
    parts = [
        "Fields that follow from nothing else in the files, so that they are the signer's word and no more (in the "
        f"manifest, and in the predicate of the training statement): {', '.join(word)}.",
    ]
    parts += [f"{len(ATTACKS)} attacks: {refused} are refused, {told} nobody can see in the files alone."]
    for title, attacks in SECTIONS.items():
        parts += [f"## {title}", "\n".join([*_HEAD, *map(_row, attacks)])]
    return "\n\n".join(parts) + "\n"


_HEAD = ("| What is done | By whom has | Directory | Bundle |", "|---|---|---|---|")


def _row(attack: Attack) -> str:
    directory = "—" if attack.archive is not None else _cell(attack, attack.directory or attack.link)
    return f"| {_told(attack)} | {attack.attacker} | {directory} | {_cell(attack, attack.link)} |"


def _told(attack: Attack) -> str:
    name = attack.name[0].upper() + attack.name[1:]
    notes = ["verifying the snapshot"] if attack.artifact != MODEL else []
    notes += ["--fast"] if attack.depth.level is Level.FAST else []
    notes += [f"a sample of {attack.depth.records:,}"] if attack.depth.records else []
    return f"{name} ({', '.join(notes)})" if notes else name


def _cell(attack: Attack, link: str) -> str:
    if attack.untold:
        sentence = attack.untold.strip()
        return f"*{sentence}*" if sentence.endswith(".") else f"*{sentence} …*"
    return link.strip("()") if link.startswith("(") else f"`{link}`"
