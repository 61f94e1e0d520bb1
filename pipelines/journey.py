"""The journey of a record, stage by stage: what the Dagster assets and the command line both call.

Each function does one stage for one source or one snapshot, over Beam work units, and returns counts that add
up: rows in = permitted + denied + quarantined.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from lineage.encrypted import RowGroup, row_groups, write_encrypted
from lineage.ledger.entries import Artifact, Batch
from pipelines.beam import Result, Unit, run_units
from pipelines.deployment import Deployment
from pipelines.facts import AsOf
from pipelines.govern import Governed, GovernUnit, gate, govern_unit, landed_keys, parts
from pipelines.land import land_file
from pipelines.landed import LandResult, landed, tenant_path
from pipelines.publish import Plan, Published, publish, stage
from pipelines.select import select
from pipelines.shards import BuiltShard, ShardUnit, build_shard
from policies.errors import InputError

Advance = Callable[[int, int], None]
UNIT_BYTES = 2 << 20


def unwatched(done: int, total: int) -> None:
    """Take no note of progress."""


def land_source(deployment: Deployment, source: str, advance: Advance = unwatched) -> list[LandResult]:
    """Land every file of a declared source; what was landed before is left as it is.

    Raises:
        UsageError: No declaration names the source.
        InputError: The declaration names no file that exists.
    """
    units = deployment.land_units(source)
    if not units:
        raise InputError(f"{source}: the declaration names no file that exists.", remedy="Check `files` in it.")
    results = _run(deployment, units, land_file, LandResult, advance)
    # What the ledger has already changes nothing; what a crash kept from it is entered now.
    for result in results:
        deployment.ledger.add_batch(_batch(result))
    return results


def _batch(result: LandResult) -> Batch:
    """Return what the ledger keeps of a landed file."""
    return Batch(
        source=result.source,
        batch=result.batch,
        file_name=result.file,
        landed_at=datetime.fromisoformat(result.landed_at),
        records=result.records,
        quarantined=result.quarantined,
        repeated=result.repeated,
        tenants=dict(result.tenants),
        declaration_digest=result.declaration_digest,
    )


def govern_source(deployment: Deployment, source: str, advance: Advance = unwatched) -> list[Governed]:
    """Gate and redact everything landed of a source; parts whose inputs have not changed are left as they are.

    Raises:
        UsageError: No declaration names the source.
    """
    deployment.declaration(source)
    as_of = deployment.as_of()
    units = list(_govern_units(deployment, source, as_of))
    return _run(deployment, units, govern_unit, Governed, advance)


def _govern_units(deployment: Deployment, source: str, as_of: AsOf) -> Iterator[GovernUnit]:
    """Decide a tenant's landed records on their key columns, all files at once, and cut each file into units."""
    batches = landed_results(deployment, source)
    for batch in batches:
        _forget_other_tenants(deployment, batch)
    known = deployment.known(as_of)
    for tenant in sorted({tenant for batch in batches for tenant in batch.tenants}):
        files = {one.batch: tenant_path(source, one.batch, tenant) for one in batches if tenant in one.tenants}
        keys = [landed_keys(deployment.warehouse, deployment.vault, file, tenant) for file in files.values()]
        decided = gate(pa.concat_tables(keys), known, list(deployment.policies.values()), as_of)
        first = 0
        for (digest, file), rows in zip(files.items(), keys, strict=True):
            of_file = decided.slice(first, rows.num_rows)
            yield from _units_of_file(deployment, _whole(deployment, tenant, source, digest, file), of_file)
            first += rows.num_rows


def _whole(deployment: Deployment, tenant: str, source: str, batch: str, file: str) -> GovernUnit:
    return GovernUnit(
        warehouse=deployment.warehouse,
        vault=deployment.vault,
        tenant=tenant,
        source=source,
        batch=batch,
        landed=file,
        row_groups=(),
        output=f"governed/{tenant}/{source}/{batch}",
        profile=deployment.settings.redaction_profile,
    )


def _units_of_file(deployment: Deployment, whole: GovernUnit, decided: pa.Table) -> Iterator[GovernUnit]:
    """Yield a unit for each stretch of a landed file, its decisions written down beside what it will write."""
    warehouse, vault = deployment.warehouse, deployment.vault
    key = vault.file_key(whole.tenant, whole.landed)
    sizes = row_groups(warehouse, whole.landed, key=key, aad=whole.landed)
    stretches = list(_stretches(sizes, deployment.settings.rows_per_unit))
    outputs = [f"{whole.output}/part-{part:05d}" for part in range(len(stretches))]
    for left in {f"{whole.output}/{name}" for name in warehouse.directories(whole.output)}.difference(outputs):
        warehouse.delete_tree(left)
    first = 0
    for groups, output in zip(stretches, outputs, strict=True):
        unit = replace(whole, row_groups=groups, output=output)
        count = sum(sizes[group].rows for group in groups)
        key = vault.file_key(unit.tenant, unit.gate)
        write_encrypted(warehouse, unit.gate, decided.slice(first, count), key=key, aad=unit.gate)
        first += count
        yield unit


def landed_results(deployment: Deployment, source: str) -> list[LandResult]:
    """Return the whole batches of a source; one that was cut short is not among them."""
    warehouse = deployment.warehouse
    found = [landed(warehouse, source, batch) for batch in warehouse.directories(f"landing/{source}")]
    return [batch for batch in found if batch is not None]


def _forget_other_tenants(deployment: Deployment, batch: LandResult) -> None:
    """Remove what was governed of a batch for tenants it no longer has: it was landed anew, declared otherwise."""
    warehouse = deployment.warehouse
    for tenant in warehouse.directories("governed"):
        if tenant not in batch.tenants:
            warehouse.delete_tree(f"governed/{tenant}/{batch.source}/{batch.batch}")


def _stretches(sizes: Sequence[RowGroup], rows: int) -> Iterator[tuple[int, ...]]:
    """Yield runs of row groups of about ``rows`` rows each, or of ``UNIT_BYTES`` where the records are long."""
    run: list[int] = []
    held, size = 0, 0
    for group, one in enumerate(sizes):
        run.append(group)
        held, size = held + one.rows, size + one.size_bytes
        if held >= rows or size >= UNIT_BYTES:
            yield tuple(run)
            run, held, size = [], 0, 0
    if run:
        yield tuple(run)


def governed_parts(deployment: Deployment, source: str | None = None) -> list[Governed]:
    """Return every part that was governed, of one source or of all."""
    return [part for part in parts(deployment.warehouse) if source in (None, part.source)]


def stage_snapshot(deployment: Deployment, name: str, advance: Advance = unwatched) -> str:
    """Select what a request asks for, write its shards, and return the directory; nothing is visible yet.

    Raises:
        UsageError: There is no such request, or its policy or one of its sources is not known.
        NothingGovernedError: There is nothing to select from.
    """
    request = deployment.request(name)
    for source in request.sources:
        deployment.declaration(source)
    policy = deployment.policy(request.policy)
    as_of = deployment.as_of()
    governed = governed_parts(deployment)
    selection = select(
        request, governed, deployment.known(as_of), policy, as_of, deployment.warehouse, deployment.vault
    )
    plan = Plan(
        request=request,
        selection=selection,
        policy=policy,
        as_of=as_of,
        redaction=deployment.redaction(selection.profile, selection.redaction),
        ledger_checkpoint=deployment.ledger.checkpoint(as_of.recorded_at),
    )

    def run(units: Sequence[ShardUnit]) -> list[BuiltShard]:
        return _run(deployment, units, build_shard, BuiltShard, advance)

    return stage(plan, deployment.warehouse, deployment.vault, run)


def publish_snapshot(deployment: Deployment, directory: str) -> Published:
    """Publish a staged snapshot whose quality gates were run, and enter it in the ledger.

    Raises:
        PublicationRefusedError: The gates did not run, or one failed.
    """
    published = publish(deployment.warehouse, deployment.vault, directory)
    manifest = published.manifest
    deployment.ledger.add_artifact(
        Artifact(
            kind="snapshot",
            name=manifest.name,
            version=f"v{manifest.version}",
            directory=published.directory,
            digest=manifest.digest(),
            statement_digest=published.statement_digest,
            recorded_at=datetime.now(UTC),
        )
    )
    return published


def _run(
    deployment: Deployment,
    units: Sequence[Unit],
    do: Callable[[Unit], Result],
    result: type[Result],
    advance: Advance,
) -> list[Result]:
    """Do units on the runner that the settings name."""
    total = len(units)
    return run_units(
        units,
        do,
        result,
        deployment.warehouse,
        runner=deployment.settings.runner,
        workers=min(deployment.settings.workers, max(total, 1)),
        advance=lambda done: advance(done, total),
    )
