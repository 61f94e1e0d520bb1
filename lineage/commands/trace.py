"""``lineweight trace``: following the evidence from a model, a record, a person, a landed file or a policy."""

import re
from pathlib import Path
from typing import Annotated

import typer

from lineage.commands.indexing import FullScanFlag, kept_indexes, needed_indexes
from lineage.commands.options import (
    AtOption,
    DatabaseOption,
    KeysOption,
    TrustOption,
    exit_unless,
    home_at,
    instant_of,
    place_of,
)
from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit

trace_app = typer.Typer(no_args_is_help=True, help="Trace: from weights to consents, and from a person to weights.")


@trace_app.command("model")
def trace_one_model(
    model: Annotated[str, typer.Argument(help="A model's directory or weights, or its NAME or NAME/RUN in --home.")],
    snapshot: Annotated[
        Path | None, typer.Option("--snapshot", help="The snapshot's directory, if it lies elsewhere.")
    ] = None,
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """What did this model learn from, on what grounds, and do they stand today? Exits 1 if weights are unknown.

    Weights that lie beside no training statement are held against the tensors of the home's models first.
    """
    from lineage.trace import trace_model
    from lineage.trace.recognised import is_stray, recognise_weights
    from lineage.trace.show import show_model, show_recognised

    where = home_at(home, database_url, keys).require()
    trusted, place = where.trusted(trust or []), place_of(model, where)
    found = recognise_weights(place, where.warehouse, trusted) if is_stray(place) else None
    known = place if found is None else found["model"] and where.warehouse.local_path(found["model"])
    answer = trace_model(known, where.ledger(), trusted, instant_of(at), snapshot=snapshot) if known else {}
    document = answer if found is None else {"recognised": found, **answer}

    def show() -> None:
        if found is not None:
            show_recognised(found)
        if answer:
            show_model(answer)

    emit(document, as_json, show)
    exit_unless(bool(answer))


@trace_app.command("record")
def trace_one_record(
    record_id: Annotated[str, typer.Argument(help="A record's id: r and 32 hexadecimal digits.")],
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    full_scan: FullScanFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Where did this record come from and go, and why was it allowed to? Exits 1 if some evidence does not verify."""
    from lineage.trace import trace_record
    from lineage.trace.show import show_record

    if not re.fullmatch(r"r[0-9a-f]{32}", record_id):
        raise UsageError("A record's id is r and 32 hexadecimal digits.", remedy="Take it from an exported snapshot.")
    where = home_at(home, database_url, keys).require()
    trusted = where.trusted(trust or [])
    with kept_indexes(where, trusted, full_scan=full_scan) as indexes:
        answer = trace_record(record_id, where.warehouse, where.ledger(), trusted, indexes, where.held_vault())
    emit(answer, as_json, lambda: show_record(answer))
    exit_unless(not answer["unverified"])


@trace_app.command("person")
def trace_one_person(
    person: Annotated[str, typer.Argument(help="The product's own id of the person, or the pseudonym ds_….")],
    tenant: Annotated[str, typer.Option("--tenant", help="The customer the person belongs to.")],
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    full_scan: FullScanFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Which snapshots and models hold this person's records? Exits 1 if some evidence does not verify."""
    from lineage.trace import trace_person
    from lineage.trace.show import show_person

    where = home_at(home, database_url, keys).require()
    trusted, when, ledger, vault = where.trusted(trust or []), instant_of(at), where.ledger(), where.vault()
    with kept_indexes(where, trusted, full_scan=full_scan) as indexes:
        answer = trace_person(tenant, person, where.warehouse, ledger, vault, trusted, when, indexes)
    emit(answer, as_json, lambda: show_person(answer))
    exit_unless(not answer["unverified"])


@trace_app.command("late")
def trace_late_news(
    since: Annotated[
        str | None, typer.Option("--since", help="Only what became known at or after this instant (ISO 8601, zone).")
    ] = None,
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """What was used although somebody had said no: after it was known, and before. Exits 1 as ``trace person``."""
    from lineage.trace import trace_late
    from lineage.trace.show_late import show_late

    where = home_at(home, database_url, keys).require()
    since_at = None if since is None else instant_of(since, "--since")
    answer = trace_late(
        where.warehouse, where.ledger(), where.vault(), where.trusted(trust or []), instant_of(at), since_at
    )
    emit(answer, as_json, lambda: show_late(answer))
    exit_unless(not answer["unverified"])


@trace_app.command("batch")
def trace_one_batch(
    batch: Annotated[str, typer.Argument(help="SHA-256 of the file as delivered, or its first digits, four at least.")],
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    full_scan: FullScanFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Which snapshots and models hold records of this landed file? Exits 1 if some evidence does not verify."""
    from lineage.trace import trace_batch
    from lineage.trace.show_where import show_batch

    where = home_at(home, database_url, keys).require()
    trusted = where.trusted(trust or [])
    with needed_indexes(where, trusted, full_scan=full_scan) as indexes:
        answer = trace_batch(batch, where.warehouse, where.ledger(), trusted, indexes)
    emit(answer, as_json, lambda: show_batch(answer))
    exit_unless(not answer["unverified"])


@trace_app.command("policy")
def trace_one_policy(
    policy: Annotated[str, typer.Argument(help="A policy's id; with @v2 behind it, that version alone.")],
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Which snapshots were decided by this policy, and which models trained? Exits 1 if some do not verify."""
    from lineage.trace import trace_policy
    from lineage.trace.show_where import show_policy

    where = home_at(home, None, keys).require()
    answer = trace_policy(policy, where.warehouse, where.trusted(trust or []))
    emit(answer, as_json, lambda: show_policy(answer))
    exit_unless(not answer["unverified"])


@trace_app.command("withdrawn")
def trace_withdrawn_records(
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    full_scan: FullScanFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Which models read records whose consent is not valid now? Exits 1 if some evidence does not verify."""
    from lineage.trace import trace_withdrawn
    from lineage.trace.show_where import show_withdrawn

    where = home_at(home, database_url, keys).require()
    trusted, when, ledger, vault = where.trusted(trust or []), instant_of(at), where.ledger(), where.vault()
    with needed_indexes(where, trusted, full_scan=full_scan) as indexes:
        answer = trace_withdrawn(where.warehouse, ledger, vault, trusted, when, indexes)
    emit(answer, as_json, lambda: show_withdrawn(answer))
    exit_unless(not answer["unverified"])
