"""Assets of a source: what was landed of it, and what was governed."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager

import dagster as dg

from pipelines.deployment import Deployment
from pipelines.gates import check_governed
from pipelines.journey import Advance, govern_source, land_source
from pipelines.reports import added

Watch = Callable[[str], AbstractContextManager[Advance]]


def landed_asset(deployment: Deployment, sources: dg.PartitionsDefinition, watch: Watch) -> dg.AssetsDefinition:
    """The asset of raw records, exactly once, encrypted, one partition a declared source."""

    @dg.asset(key="landed", partitions_def=sources, group_name="journey", kinds={"beam", "parquet"})
    def landed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads the bare name
        """Raw records as delivered: once each, one encrypted file a tenant, short-lived."""
        source = context.partition_key
        with watch(f"landing {source}") as advance:
            results = land_source(deployment, source, advance)
        return dg.MaterializeResult(
            metadata={
                "files": len(results),
                "landed before": sum(result.already for result in results),
                "records": sum(result.records for result in results),
                "quarantined": sum(result.quarantined for result in results),
                "repeated": sum(result.repeated for result in results),
                "by tenant": _counts_table("tenant", (result.tenants for result in results)),
                "quarantined by reason": _counts_table("reason", (result.reasons for result in results)),
            }
        )

    return landed


def governed_asset(deployment: Deployment, sources: dg.PartitionsDefinition, watch: Watch) -> dg.AssetsDefinition:
    """The asset of permitted, redacted records, one partition a declared source."""
    quality = dg.AssetCheckSpec(
        name="quality",
        asset="governed",
        blocking=True,
        description="The governed records pass the expectations of the suite `governed`.",
    )

    @dg.asset(
        key="governed",
        deps=["landed"],
        partitions_def=sources,
        group_name="journey",
        check_specs=[quality],
        kinds={"beam", "presidio", "parquet", "greatexpectations"},
    )
    def governed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads the bare name
        """What some policy permits, redacted, encrypted under its tenant's key."""
        source = context.partition_key
        with watch(f"governing {source}") as advance:
            parts = govern_source(deployment, source, advance)
        checked = check_governed(deployment, parts)
        return dg.MaterializeResult(
            metadata={
                "records in": sum(part.records for part in parts),
                "permitted": sum(part.permitted for part in parts),
                "denied": sum(sum(part.denied.values()) for part in parts),
                "quarantined": sum(sum(part.quarantined.values()) for part in parts),
                "denied by reason": _counts_table("reason", (part.denied for part in parts)),
                "redacted by type": _counts_table("type", (part.entities for part in parts)),
            },
            check_results=[
                dg.AssetCheckResult(check_name="quality", passed=checked.success, metadata=checked.summary())
            ],
        )

    return governed


def _counts_table(name: str, counts: Iterable[Mapping[str, int]]) -> dg.TableMetadataValue:
    records = [dg.TableRecord({name: key, "records": count}) for key, count in added(counts).items()]
    schema = dg.TableSchema([dg.TableColumn(name), dg.TableColumn("records", "int")])
    return dg.MetadataValue.table(records, schema=schema)
