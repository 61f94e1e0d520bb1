"""What a deployment considers for a request: parts, declarations, region; and what it has landed and not governed."""

from collections import Counter
from collections.abc import Sequence

from lineage.inputs import DeclaredSource, GovernedPart, Inputs
from lineage.snapshot_request import SnapshotRequest
from pipelines.deployment import Deployment
from pipelines.facts import AsOf
from pipelines.governed import Governed, parts
from pipelines.landing.landed import LandResult, landed_batches
from pipelines.snapshots.asked import Asked, ask
from pipelines.snapshots.request_checks import resolved


def ask_for(deployment: Deployment, request: SnapshotRequest, as_of: AsOf) -> Asked:
    """Return what a request asks of a deployment, its policy and purpose named.

    Raises:
        UsageError: One of its sources is not declared.
        RequestError: Its policy is not in force, or is for something else.
        NothingGovernedError: The parts were redacted by different versions, or otherwise than the policy asks.
    """
    for source in request.sources:
        deployment.declaration(source)
    whole = resolved(request, deployment.policies, request.name)
    policy = deployment.policy(str(whole.policy))
    known, governed = deployment.known(as_of), parts(deployment.warehouse)
    return ask(whole, governed, known, policy, as_of, deployment.warehouse, deployment.vault)


def inputs_of(deployment: Deployment, asked: Asked) -> Inputs:
    """Return what says of a snapshot what it was made from."""
    declared = {name: deployment.declaration(name) for name in asked.request.sources}
    return Inputs(
        parts=tuple(_part(part) for part in sorted(asked.parts, key=lambda part: part.output)),
        sources={
            name: DeclaredSource(declaration_digest=one.digest, data_categories=one.data_categories)
            for name, one in declared.items()
        },
        region=asked.known.region,
        landed_not_governed=landed_not_governed(deployment, asked),
    )


def landed_not_governed(deployment: Deployment, asked: Asked) -> dict[str, int]:
    """Return how many records of each source have landed in the pool asked for and were not governed since."""
    waiting = {}
    for source in asked.request.sources:
        governed = [part for part in asked.parts if part.source == source]
        if count := _waiting(landed_batches(deployment.warehouse, source), governed, asked):
            waiting[source] = count
    return waiting


def _waiting(batches: Sequence[LandResult], governed: Sequence[Governed], asked: Asked) -> int:
    done = Counter[tuple[str, str]]()
    for part in governed:
        done[part.batch, part.tenant] += part.records
    return sum(
        max(0, records - done[batch.batch, tenant])
        for batch in batches
        if not batch.swept_at
        for tenant, records in batch.tenants.items()
        if asked.request.tenant in (None, tenant)
    )


def _part(part: Governed) -> GovernedPart:
    return GovernedPart(
        output=part.output,
        tenant=part.tenant,
        source=part.source,
        batch=part.batch,
        inputs=part.inputs,
        redaction=part.redaction,
        records=part.records,
        permitted=part.permitted,
        denied=sum(part.denied.values()),
        quarantined=sum(part.quarantined.values()),
    )
