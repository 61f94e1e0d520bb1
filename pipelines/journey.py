"""The journey of a record, stage by stage: what the Dagster assets and the command line both call.

Each function does one stage for one source or one snapshot, over Beam work units, and returns counts that add
up: rows in = permitted + denied + quarantined.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from lineage.encrypted import RowGroup, row_groups, write_encrypted
from lineage.ledger.entries import Artifact
from lineage.tlog.log import enter_statements
from pipelines.beam import Result, Unit, run_units
from pipelines.deployment import Deployment
from pipelines.facts import AsOf
from pipelines.govern import GovernUnit, gate, govern_unit, landed_keys, redactor_at
from pipelines.governed import Governed, parts
from pipelines.landing.entering import enter
from pipelines.landing.land import land_file
from pipelines.landing.landed import LandResult, landed_batches, tenant_path
from pipelines.policy.decision_log import log_governing, log_snapshot
from pipelines.redaction.profile import load_profile
from pipelines.snapshots.considered import ask_for, inputs_of
from pipelines.snapshots.publish import Published, publish
from pipelines.snapshots.remaining import note_residual
from pipelines.snapshots.shards import BuiltShard, ShardUnit, build_shard
from pipelines.snapshots.staging import Plan, stage
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
    enter(deployment.ledger, deployment.warehouse, deployment.vault, results, datetime.now(UTC))
    return results


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
    # What was governed of a swept batch stays as it is: there is nothing left to make it from again.
    batches = [batch for batch in batches if not batch.swept_at]
    known = deployment.known(as_of)
    for tenant in sorted({tenant for batch in batches for tenant in batch.tenants}):
        files = {one.batch: tenant_path(source, one.batch, tenant) for one in batches if tenant in one.tenants}
        keys = [landed_keys(deployment.warehouse, deployment.vault, file, tenant) for file in files.values()]
        decided = gate(pa.concat_tables(keys), known, list(deployment.policies.values()), as_of)
        log_governing(deployment.warehouse, tenant, source, decided.decisions, as_of)
        first = 0
        for (digest, file), rows in zip(files.items(), keys, strict=True):
            of_file = decided.rows.slice(first, rows.num_rows)
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
        profiles=deployment.settings.profiles_directory,
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
    return landed_batches(deployment.warehouse, source)


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
        UsageError: There is no such request, or one of its sources is not known.
        RequestError: Its policy is not in force, or is for something else.
        NothingGovernedError: There is nothing to select from.
    """
    as_of = deployment.as_of()
    asked = ask_for(deployment, deployment.request(name), as_of).required()
    redacted = asked.parts[0]
    plan = Plan(
        asked=asked,
        inputs=inputs_of(deployment, asked),
        activation=deployment.in_force[asked.policy.policy_id].envelope,
        redaction=deployment.redaction(redacted.profile, redacted.redaction),
        ledger_checkpoint=deployment.ledger.checkpoint(as_of.recorded_at),
    )

    def run(units: Sequence[ShardUnit]) -> list[BuiltShard]:
        return _run(deployment, units, build_shard, BuiltShard, advance)

    directory = stage(plan, deployment.warehouse, deployment.vault, run)
    profiles = deployment.settings.profiles_directory
    redactor = redactor_at(redacted.profile, profiles, deployment.vault.directory)
    profile = load_profile(redacted.profile, profiles)
    note_residual(deployment.warehouse, deployment.vault, directory, redactor, profile)
    return directory


def publish_snapshot(deployment: Deployment, directory: str) -> Published:
    """Publish a staged snapshot whose quality gates were run, and enter it in the ledger.

    Raises:
        PublicationRefusedError: The gates did not run, or one failed.
        LogForkedError: The transparency log is not what was signed.
    """
    enter_statements(deployment.home, datetime.now(UTC))  # a log that was rewritten is not built upon
    published = publish(deployment.warehouse, deployment.vault, directory)
    manifest = published.manifest
    log_snapshot(deployment.warehouse, manifest)
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
    enter_statements(deployment.home, datetime.now(UTC))
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
