"""Assets of a snapshot: staged and checked first, visible only once published."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import dagster as dg

from pipelines.deployment import Deployment
from pipelines.gates import check_staged
from pipelines.journey import Advance, publish_snapshot, stage_snapshot
from pipelines.snapshots.staging import staged_directory

Watch = Callable[[str], AbstractContextManager[Advance]]


def staged_snapshot_asset(
    deployment: Deployment, requests: dg.PartitionsDefinition, watch: Watch
) -> dg.AssetsDefinition:
    """The asset of shards that nobody sees yet, one partition a snapshot request."""
    quality = dg.AssetCheckSpec(
        name="quality",
        asset="staged_snapshot",
        blocking=True,
        description="Every shard passes the expectations of the suite `snapshot`; a failure stops publication.",
    )

    @dg.asset(
        key="staged_snapshot",
        deps=[dg.AssetDep("governed", partition_mapping=dg.AllPartitionMapping())],
        partitions_def=requests,
        group_name="journey",
        check_specs=[quality],
        kinds={"beam", "greatexpectations"},
    )
    def staged_snapshot(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads the bare name
        """The records a request asks for and its policy permits, in shards, before anybody can see them."""
        name = context.partition_key
        with watch(f"building {name}") as advance:
            directory = stage_snapshot(deployment, name, advance)
        checked = check_staged(deployment, directory)
        return dg.MaterializeResult(
            metadata={"directory": directory},
            check_results=[
                dg.AssetCheckResult(check_name="quality", passed=checked.success, metadata=checked.summary())
            ],
        )

    return staged_snapshot


def published_snapshot_asset(deployment: Deployment, requests: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The asset of published snapshots: manifest and signed statement, one partition a snapshot request."""

    @dg.asset(key="snapshot", deps=["staged_snapshot"], partitions_def=requests, group_name="journey")
    def snapshot(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads the bare name
        """An immutable, signed version: what training may read."""
        published = publish_snapshot(deployment, staged_directory(deployment.warehouse, context.partition_key))
        manifest = published.manifest
        return dg.MaterializeResult(
            metadata={
                "snapshot": manifest.label,
                "published before": published.already,
                "root": manifest.root,
                "statement": published.statement_digest,
                "records": manifest.rows,
                "denied": manifest.counts.denied,
                "quarantined": manifest.counts.quarantined,
                "shards": len(manifest.shards),
            }
        )

    return snapshot
