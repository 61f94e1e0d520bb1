"""What the ledger holds: events once, for ever, and the same answer in whatever order they came."""

import contextlib
import pickle
import random
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from lineage.canonical import digest_of
from lineage.ledger.connecting import MIGRATIONS, LedgerError
from lineage.ledger.entries import Added, Artifact, Batch
from lineage.ledger.store import Ledger
from lineage.ledger.tables import REVISION, instant, metadata, microseconds
from lineage.merkle import EMPTY_ROOT
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import ConsentEvent, ConsentStatus
from policies.person_link import PersonLink

START = datetime(2026, 1, 1, tzinfo=UTC)
ADA = "ds_" + "a" * 32
BOB = "ds_" + "b" * 32


def consent(event_id="e-1", day=0, *, state="given", tenant="acme", person=ADA, recorded=None, **more):
    effective_at = START + timedelta(days=day)
    return ConsentEvent(
        event_id=event_id,
        tenant=tenant,
        data_subject_id=person,
        state=ConsentStatus(state),
        purposes=("train_ai_system",),
        effective_at=effective_at,
        recorded_at=effective_at if recorded is None else START + timedelta(days=recorded),
        **more,
    )


def agreement(event_id="a-1", day=0, scope=TenantScope.SHARED, tenant="acme"):
    at = START + timedelta(days=day)
    return AgreementEvent(
        event_id=event_id,
        tenant=tenant,
        scope=scope,
        purposes=("train_ai_system",),
        retention_days=365,
        effective_at=at,
        recorded_at=at,
    )


def link(event_id="l-1", day=0, *, recorded=None, **changed):
    at = START + timedelta(days=day)
    recorded_at = at if recorded is None else START + timedelta(days=recorded)
    fields = {"tenant": "acme", "data_subject_id": ADA, "same_as": BOB, "effective_at": at, "recorded_at": recorded_at}
    return PersonLink(event_id=event_id, **(fields | changed))


def batch(**changed):
    fields = {
        "source": "bloom-web",
        "batch": "ab" * 32,
        "file_name": "2026-01-01.jsonl.gz",
        "landed_at": START,
        "records": 3,
        "quarantined": 1,
        "repeated": 0,
        "tenants": {"acme": 2, "globex": 1},
        "declaration_digest": "cd" * 32,
    }
    return Batch(**(fields | changed))


def artifact(**changed):
    fields = {
        "kind": "snapshot",
        "name": "demo",
        "version": "v1",
        "directory": "snapshots/demo/v1",
        "digest": "ab" * 32,
        "statement_digest": "cd" * 32,
        "recorded_at": START,
    }
    return Artifact(**(fields | changed))


@contextlib.contextmanager
def past_the_ledger(url):
    """A connection to the database itself, as somebody with its password has it."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection


def test_what_goes_in_comes_out(ledger):
    events = [consent(), consent("e-2", 3, state="withdrawn", recorded=9)]
    assert ledger.add_consents(events) == Added(2, 0)
    assert ledger.consents() == events
    assert ledger.add_agreements([agreement()]) == Added(1, 0)
    assert ledger.agreements() == [agreement()]


@pytest.mark.parametrize("evidence", ['a,"recorded_at":"2026-01-01T00:00:00.000000Z",', "plain"])
def test_what_an_event_says_is_all_of_it_but_when_it_was_recorded(ledger, url, evidence):
    ledger.add_consents([consent(evidence=evidence)])
    ledger.add_agreements([agreement()])
    ledger.add_links([link(evidence=evidence)])
    events = ("consent_events", consent(evidence=evidence)), ("agreement_events", agreement())
    for table, event in (*events, ("person_links", link(evidence=evidence))):
        with past_the_ledger(url) as connection:
            row = connection.execute(sa.text(f"SELECT digest, said FROM {table}")).one()
        document = event.document()
        assert row.digest == digest_of(document)
        assert row.said == digest_of({name: value for name, value in document.items() if name != "recorded_at"})


def test_the_same_event_twice_is_recorded_once(ledger):
    ledger.add_consents([consent()])
    assert ledger.add_consents([consent(), consent()]) == Added(0, 2)
    assert ledger.add_consents([consent("e-2", 1), consent("e-2", 1)]) == Added(1, 1)
    assert len(ledger.consents()) == 2


def test_an_event_delivered_again_keeps_the_day_on_which_it_was_first_known(ledger):
    ledger.add_consents([consent(recorded=1)])
    assert ledger.add_consents([consent(recorded=5)]) == Added(0, 1)
    assert ledger.consents() == [consent(recorded=1)]


def test_a_grant_under_an_id_that_stands_for_something_else_is_refused(ledger):
    ledger.add_consents([consent(state="withdrawn")])
    assert ledger.add_consents([consent()]) == Added(0, 0, refused=("e-1",))
    assert [event.state for event in ledger.consents()] == [ConsentStatus.WITHDRAWN]


@pytest.mark.parametrize("more", [{"state": "withdrawn"}, {"state": "given", "derivatives": False}])
def test_a_refusal_under_an_id_that_stands_for_something_else_is_kept_under_its_own(ledger, more):
    ledger.add_consents([consent()])
    refusal = consent(day=2, **more)

    assert ledger.add_consents([refusal]) == Added(0, 0, kept=("e-1",))
    assert ledger.add_consents([refusal]) == Added(0, 1)

    granted, kept = ledger.consents()
    assert granted == consent()
    assert kept.event_id != "e-1"
    assert kept == refusal.model_copy(update={"event_id": kept.event_id})


def test_an_agreement_under_an_id_that_stands_for_something_else_suspends_the_tenant(ledger):
    ledger.add_agreements([agreement()])
    assert ledger.add_agreements([agreement(day=1, scope=TenantScope.TENANT_ONLY)]) == Added(0, 0, kept=("a-1",))
    assert [event.scope for event in ledger.agreements()] == [TenantScope.SHARED, TenantScope.NONE]


def test_two_tenants_may_use_the_same_event_id(ledger):
    told = [consent(), consent(tenant="globex", state="withdrawn")]
    assert ledger.add_consents(told) == Added(2, 0)


def test_only_what_was_known_is_told(ledger):
    ledger.add_consents([consent(), consent("e-2", 3, state="withdrawn", recorded=9)])

    assert [event.event_id for event in ledger.consents(known_at=START + timedelta(days=8))] == ["e-1"]
    assert len(ledger.consents(known_at=START + timedelta(days=9))) == 2


def test_events_are_told_of_one_person_or_one_tenant(ledger):
    ledger.add_consents([consent(), consent("e-2", person=BOB), consent("e-3", tenant="globex")])

    assert [event.event_id for event in ledger.consents(tenant="acme", data_subject_id=BOB)] == ["e-2"]
    assert [event.event_id for event in ledger.consents(tenant="globex")] == ["e-3"]
    assert ledger.consents(tenant="nobody") == []


def test_a_receipt_finds_its_event(ledger):
    ledger.add_consents([consent(), consent("e-2", 1)])
    assert ledger.consent_by_receipt(digest_of(consent("e-2", 1).document())) == consent("e-2", 1)
    assert ledger.consent_by_receipt("00" * 32) is None


def test_the_checkpoint_depends_neither_on_the_order_of_arrival_nor_on_the_database(ledger, tmp_path):
    events = [consent(f"e-{day}", day, recorded=0) for day in range(40)]
    roots = set()
    for seed, held in enumerate((ledger, *(Ledger.open(f"sqlite:///{tmp_path}/{place}.db") for place in range(2)))):
        held.add_agreements([agreement()])
        for event in random.Random(seed).sample(events, len(events)):
            held.add_consents([event])
        roots.add(held.checkpoint(START + timedelta(days=30)))
    assert len(roots) == 1


def test_the_checkpoint_is_not_changed_by_the_future_and_is_changed_by_late_news(ledger):
    known_at = START + timedelta(days=5)
    assert ledger.checkpoint(known_at) == EMPTY_ROOT.hex()
    ledger.add_consents([consent()])
    before = ledger.checkpoint(known_at)

    ledger.add_consents([consent("e-2", 1, recorded=6)])
    assert ledger.checkpoint(known_at) == before
    ledger.add_agreements([agreement(day=5)])
    assert ledger.checkpoint(known_at) != before


CHANGES = (
    "UPDATE {table} SET sequence = 7",
    "DELETE FROM {table}",
    "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT (sequence) DO UPDATE SET sequence = 7",
)
CHANGES_OF = {
    "sqlite": (
        *CHANGES,
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        "REPLACE INTO {table} SELECT * FROM {table}",
    ),
    "postgresql": (*CHANGES, "UPDATE {table} SET sequence = 7 WHERE sequence = -1", "TRUNCATE {table}"),
}


@pytest.mark.parametrize("table", ["consent_events", "agreement_events", "person_links", "batches", "artifacts"])
def test_the_database_refuses_to_change_what_was_recorded(ledger, url, table):
    ledger.add_consents([consent()])
    ledger.add_agreements([agreement()])
    ledger.add_links([link()])
    ledger.add_batch(batch())
    ledger.add_artifact(artifact())

    for statement in CHANGES_OF[sa.make_url(url).get_backend_name()]:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), past_the_ledger(url) as connection:
            connection.execute(sa.text(statement.format(table=table)))
    assert (ledger.consents(), ledger.agreements(), ledger.links()) == ([consent()], [agreement()], [link()])
    assert (ledger.batches(), ledger.artifacts()) == ([batch()], [artifact()])


def test_a_replacement_under_a_new_sequence_is_refused_too(ledger, url):
    ledger.add_consents([consent()])
    verb = "INSERT OR REPLACE" if url.startswith("sqlite") else "INSERT"
    with pytest.raises(sa.exc.IntegrityError), past_the_ledger(url) as connection:
        connection.execute(
            sa.text(
                f"{verb} INTO consent_events SELECT 99, tenant, event_id, 'ff', said, data_subject_id, "
                "effective_at, recorded_at, imported_at, document FROM consent_events"
            )
        )
    assert ledger.consents() == [consent()]


def test_batches_and_artifacts_are_recorded_once(ledger):
    assert ledger.add_batch(batch())
    assert not ledger.add_batch(batch(landed_at=START + timedelta(days=1)))
    assert ledger.add_batch(batch(source="bloom-agent"))
    assert ledger.batches("bloom-web") == [batch()]
    assert len(ledger.batches()) == 2

    assert ledger.add_artifact(artifact())
    assert not ledger.add_artifact(artifact(recorded_at=START + timedelta(days=1)))
    assert ledger.add_artifact(artifact(kind="model", version="0123456789ab"))
    assert ledger.artifacts("snapshot") == [artifact()]
    assert len(ledger.artifacts()) == 2


def test_a_name_and_version_stand_for_the_same_bytes_for_ever(ledger):
    ledger.add_artifact(artifact())
    with pytest.raises(LedgerError, match="snapshot demo v1"):
        ledger.add_artifact(artifact(digest="ef" * 32))


def test_an_instant_is_kept_to_the_microsecond():
    for at in (datetime.min.replace(tzinfo=UTC), START + timedelta(microseconds=1), datetime.max.replace(tzinfo=UTC)):
        assert instant(microseconds(at)) == at


def test_the_migrations_make_the_tables_the_code_uses(ledger, url):
    with past_the_ledger(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_a_ledger_of_a_later_version_is_refused(ledger, url):
    with past_the_ledger(url) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match="later version"):
        Ledger.open(url)


@pytest.mark.parametrize(
    "nowhere",
    [
        "sqlite:////nowhere/at/all/ledger.db",
        "not a url",
        "nosuch://database",
        "postgresql+psycopg://ada:password@127.0.0.1:1/ledger",
    ],
)
def test_a_database_that_cannot_be_opened_is_an_error_with_a_remedy(nowhere):
    with pytest.raises(LedgerError) as refusal:
        Ledger.open(nowhere)
    assert refusal.value.remedy
    assert "password" not in refusal.value.diagnostics()


def test_a_ledger_travels_to_another_process_as_its_url(ledger):
    ledger.add_consents([consent()])
    assert pickle.loads(pickle.dumps(ledger)).consents() == [consent()]


def _open(url):
    return len(Ledger.open(url).consents())


def test_a_new_database_gets_its_tables_once_though_several_processes_open_it_first(tmp_path):
    with ProcessPoolExecutor(8, mp_context=get_context("fork")) as pool:
        for place in range(8):
            assert list(pool.map(_open, [f"sqlite:///{tmp_path}/{place}.db"] * 8)) == [0] * 8


def _take_part(url, place):
    """Open, write and read as one of several processes; return how many events it saw at the end."""
    ledger = Ledger.open(url)
    for day in range(10):
        ledger.add_consents([consent(f"e-{place}-{day}", day), consent("shared", 0)])
        ledger.checkpoint(START)
    return len(ledger.consents())


def test_several_processes_open_write_and_read_one_ledger_at_once(url):
    with ProcessPoolExecutor(3, mp_context=get_context("fork")) as pool:
        assert all(seen >= 11 for seen in pool.map(_take_part, [url] * 3, range(3)))
    assert len(Ledger.open(url).consents()) == 31
