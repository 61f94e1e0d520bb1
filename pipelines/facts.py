"""What is known of each record at an instant: columns in, one decision a row out.

The relational work runs in DuckDB on key columns. A decision is made once per distinct tuple of facts and
broadcast, so that millions of records cost a few hundred decisions and one join. The rules themselves are in
``policies``: ``timeline`` says what the consent was when, ``decide`` says who may pass.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import digest_of
from policies.agreement import AgreementEvent, TenantScope, agreement_at
from policies.consent import ConsentEvent, ConsentPeriod, ConsentStatus, covers, timeline
from policies.decision import Decision, Effect, decide
from policies.document import Policy
from policies.facts import (
    Facts,
    ParticipantsPermit,
    categories_covered,
    consent_at_collection,
    licence_of,
    youngest,
)

NO_RECEIPT = bytes(32)
DAY_US = 86_400_000_000

DECISION_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("permitted", pa.bool_(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("consent_receipt", pa.binary(32), nullable=False),
        pa.field("decision_digest", pa.binary(32), nullable=False),
    ]
)


@dataclass(frozen=True)
class AsOf:
    """Two clocks: what was in force at ``effective_at``, as far as was known at ``recorded_at``; both UTC."""

    effective_at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Known:
    """What the two ledgers and the declarations say.

    Attributes:
        consents: Consent events, in any order.
        agreements: Agreement events, in any order.
        categories: Data categories by declared source. A source that is not in it is undeclared.
    """

    consents: Sequence[ConsentEvent]
    agreements: Sequence[AgreementEvent]
    categories: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Decided:
    """Decisions of ``n`` records.

    Attributes:
        rows: ``n`` rows of ``DECISION_SCHEMA``, in the order of the records given.
        decisions: Every distinct decision that occurred: its digest, the facts, the verdict and how often.
    """

    rows: pa.Table
    decisions: tuple[Mapping[str, Any], ...]


def decide_records(keys: pa.Table, known: Known, policy: Policy, pool: str, as_of: AsOf) -> Decided:
    """Decide every record under one policy.

    A record has an author and may have participants. Each person is decided as if they were the author; a
    record passes only if all of them do.

    Args:
        keys: ``n`` rows with at least record_id, source, tenant, data_subject_id, participants, occurred_at,
            jurisdiction, age_band and source_licence, as in ``RECORD_SCHEMA``.
        known: The ledgers and declarations. Events recorded after ``as_of.recorded_at`` are not heard.
        policy: The policy in force.
        pool: ``tenant`` or ``shared``: whether text of several tenants will meet.
        as_of: The instant asked about, on both clocks.

    Returns:
        One decision a record, in order. Deterministic: a function of the arguments alone.
    """
    agreements = _agreements(keys, known, as_of)
    persons = _persons(keys)
    events = _events_of(persons, known.consents)
    situations = _situations(
        persons,
        _periods(events, policy.purpose, as_of.recorded_at),
        _allowed(agreements, policy),
        as_of.effective_at,
    )
    facts = [_facts(row, known, pool) for row in situations.distinct]
    final = _with_participants(situations.persons, facts, policy)
    authors = situations.persons.filter(situations.persons["author"])
    return _broadcast(keys["record_id"], _receipts(authors["event"], events), final, policy)


# ── persons and their consent as columns ────────────────────────────────────────────────────────────────────

PERSON_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("author", pa.bool_()),
        ("source", pa.string()),
        ("tenant", pa.string()),
        ("person", pa.string()),
        ("occurred_at", pa.timestamp("us", "UTC")),
        ("jurisdiction", pa.string()),
        ("age_band", pa.string()),
        ("source_licence", pa.string()),
    ]
)

PERIOD_SCHEMA = pa.schema(
    [
        ("tenant", pa.string()),
        ("person", pa.string()),
        ("from_at", pa.timestamp("us", "UTC")),
        ("status", pa.string()),
        ("legal_basis", pa.string()),
        ("retroactive", pa.bool_()),
        ("categories", pa.string()),
        ("said_jurisdiction", pa.string()),
        ("said_age_band", pa.string()),
        ("event", pa.int64()),  # place of the deciding event among all that were heard
    ]
)

ALLOWED_SCHEMA = pa.schema(
    [
        ("tenant", pa.string()),
        ("limit_us", pa.int64()),
        ("tenant_scope", pa.string()),
        ("purpose_in_agreement", pa.bool_()),
    ]
)

# What tells one situation from another; everything a fact is made of.
SITUATION = (
    "source", "tenant_scope", "purpose_in_agreement", "jurisdiction", "age_band", "source_licence", "person_known",
    "status_at_use", "status_at_collection", "legal_basis", "retroactive", "categories", "said_jurisdiction",
    "said_age_band", "retention_exceeded",
)  # fmt: skip

_SITUATIONS = """
create temp table situations as
with at_use as (
    select tenant, person, max_by(columns(* exclude (tenant, person, from_at)), from_at)
    from periods where from_at <= $effective_at group by tenant, person
)
select p.row, p.author, p.source, a.tenant_scope, a.purpose_in_agreement, p.jurisdiction, p.age_band,
       p.source_licence,
       p.person is not null as person_known,
       coalesce(u.status, 'unknown') as status_at_use,
       coalesce(c.status, 'unknown') as status_at_collection,
       coalesce(u.legal_basis, 'none') as legal_basis,
       coalesce(u.retroactive, false) as retroactive,
       coalesce(u.categories, '') as categories,
       coalesce(u.said_jurisdiction, 'unknown') as said_jurisdiction,
       coalesce(u.said_age_band, 'unknown') as said_age_band,
       epoch_us($effective_at) - epoch_us(p.occurred_at) > a.limit_us as retention_exceeded,
       case when u.legal_basis = 'consent' then u.event end as event
from persons p
join allowed a on a.tenant = p.tenant
left join at_use u on u.tenant = p.tenant and u.person = p.person
asof left join periods c on c.tenant = p.tenant and c.person = p.person and p.occurred_at >= c.from_at
"""
_DISTINCT = f"""
create temp table coded as
select row_number() over () - 1 as code, * from (select distinct {", ".join(SITUATION)} from situations)
"""  # noqa: S608 - composed of the names above, of nothing from outside
_PERSONS = f"""
select row, author, event, code from situations
join coded on {" and ".join(f"situations.{name} is not distinct from coded.{name}" for name in SITUATION)}
order by row, author desc
"""  # noqa: S608 - as above


@dataclass(frozen=True)
class _Situations:
    """The situation of every person of a record.

    Attributes:
        persons: row, author, event and code, in order of row, the author first.
        distinct: The columns of ``SITUATION`` by code; which code a situation has means nothing.
    """

    persons: pa.Table
    distinct: list[dict[str, Any]]


def _persons(keys: pa.Table) -> pa.Table:
    """Return one row a person of a record: the author, and each participant."""
    rows = pa.array(np.arange(keys.num_rows), pa.int64())
    lists = keys["participants"].combine_chunks()
    parents = pc.list_parent_indices(lists)

    def people(of: pa.Table, row: pa.Array, person: pa.Array, author: bool) -> pa.Table:
        # The log says where the author is and how old; of the others only their own consent events do.
        unknown = pa.repeat(pa.scalar("unknown"), of.num_rows)
        columns = {name: of[name] for name in ("source", "tenant", "occurred_at", "source_licence")}
        columns |= {name: of[name] if author else unknown for name in ("jurisdiction", "age_band")}
        columns |= {"row": row, "author": pa.repeat(pa.scalar(author), of.num_rows), "person": person}
        return pa.table({name: columns[name] for name in PERSON_SCHEMA.names}).cast(PERSON_SCHEMA)

    authors = people(keys, rows, keys["data_subject_id"], author=True)
    others = people(keys.take(parents), rows.take(parents), pc.list_flatten(lists), author=False)
    return pa.concat_tables([authors, others])


def _events_of(persons: pa.Table, consents: Iterable[ConsentEvent]) -> list[ConsentEvent]:
    """Return the consent events of the persons asked about, in the order given; the others decide nothing here."""
    asked = persons.group_by(["tenant", "person"]).aggregate([])
    wanted = set(zip(asked["tenant"].to_pylist(), asked["person"].to_pylist(), strict=True))
    return [event for event in consents if (event.tenant, event.data_subject_id) in wanted]


def _periods(events: Sequence[ConsentEvent], purpose: str, known_at: datetime) -> pa.Table:
    """Return every person's consent as a step function of time, with what its deciding event says."""
    by_person: dict[tuple[str, str], list[ConsentEvent]] = defaultdict(list)
    for event in events:
        by_person[event.tenant, event.data_subject_id].append(event)
    place = {id(event): number for number, event in enumerate(events)}
    rows = [
        {"tenant": tenant, "person": person} | _period(period, place)
        for (tenant, person), heard in sorted(by_person.items())
        for period in timeline(heard, purpose, known_at)
    ]
    return pa.Table.from_pylist(rows, PERIOD_SCHEMA)


def _period(period: ConsentPeriod, place: Mapping[int, int]) -> dict[str, Any]:
    said: dict[str, Any] = {"from_at": period.from_at, "status": period.status.value}
    if period.event is None:
        return said
    return said | {
        "legal_basis": period.event.legal_basis.value,
        "retroactive": period.event.retroactive,
        "categories": ";".join(sorted(period.event.data_categories)),
        "said_jurisdiction": period.event.jurisdiction,
        "said_age_band": period.event.age_band,
        "event": place[id(period.event)],
    }


def _receipts(deciding: pa.ChunkedArray, events: Sequence[ConsentEvent]) -> pa.Array:
    """Return each author's consent receipt; an event has a digest made once, and only if it decides somebody."""
    coded = deciding.combine_chunks().dictionary_encode()
    digests = [bytes.fromhex(digest_of(events[number].document())) for number in coded.dictionary.to_pylist()]
    return pa.array(digests, pa.binary(32)).take(coded.indices).fill_null(NO_RECEIPT)


def _situations(persons: pa.Table, periods: pa.Table, allowed: pa.Table, effective_at: datetime) -> _Situations:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")  # it would be drawn into a command's JSON
        connection.register("persons", persons)
        connection.register("periods", periods)
        connection.register("allowed", allowed)
        connection.execute(_SITUATIONS, {"effective_at": effective_at})
        connection.execute(_DISTINCT)
        distinct = connection.sql("from coded order by code").to_arrow_table()
        return _Situations(connection.sql(_PERSONS).to_arrow_table(), distinct.to_pylist())


# ── agreements ──────────────────────────────────────────────────────────────────────────────────────────────


def _agreements(keys: pa.Table, known: Known, as_of: AsOf) -> dict[str, AgreementEvent | None]:
    """Return the agreement in force of every tenant that has records."""
    by_tenant: dict[str, list[AgreementEvent]] = defaultdict(list)
    for event in known.agreements:
        by_tenant[event.tenant].append(event)
    return {
        tenant: agreement_at(by_tenant[tenant], as_of.effective_at, as_of.recorded_at)
        for tenant in pc.unique(keys["tenant"]).to_pylist()
    }


def _allowed(agreements: Mapping[str, AgreementEvent | None], policy: Policy) -> pa.Table:
    """Return what each tenant allows, and how long its records may be kept: the shorter of policy and agreement."""
    rows = []
    for tenant, agreement in agreements.items():
        days = min(policy.retain_days, agreement.retention_days or policy.retain_days) if agreement else None
        rows.append(
            {
                "tenant": tenant,
                "limit_us": (days or policy.retain_days) * DAY_US,
                "tenant_scope": (agreement.scope if agreement else TenantScope.UNKNOWN).value,
                "purpose_in_agreement": agreement is not None
                and any(covers(purpose, policy.purpose) for purpose in agreement.purposes),
            }
        )
    return pa.Table.from_pylist(rows, ALLOWED_SCHEMA)


# ── from situations to decisions ────────────────────────────────────────────────────────────────────────────


def _facts(row: Mapping[str, Any], known: Known, pool: str) -> Facts:
    limits = [category for category in row["categories"].split(";") if category]
    at_use = ConsentStatus(row["status_at_use"])
    at_collection = ConsentStatus(row["status_at_collection"])
    return Facts(
        data_subject_known=row["person_known"],
        consent_at_use=at_use,
        consent_at_collection=consent_at_collection(at_collection, at_use, row["retroactive"]),
        legal_basis=row["legal_basis"],
        categories_covered=categories_covered(limits, known.categories.get(row["source"])),
        jurisdiction=row["said_jurisdiction"] if row["jurisdiction"] == "unknown" else row["jurisdiction"],
        age_band=youngest(row["age_band"], row["said_age_band"]),
        tenant_scope=TenantScope(row["tenant_scope"]),
        purpose_in_agreement=row["purpose_in_agreement"],
        pool=pool,
        participants=ParticipantsPermit.NONE,
        licence=licence_of(row["source_licence"]),
        retention_exceeded=row["retention_exceeded"],
    )


@dataclass(frozen=True)
class _Final:
    """The distinct facts and decisions that occurred, and which one is each record's."""

    facts: list[Facts]
    decisions: list[Decision]
    code: np.ndarray[Any, np.dtype[np.int64]]


PARTICIPANTS = (ParticipantsPermit.NONE, ParticipantsPermit.ALL, ParticipantsPermit.NOT_ALL)


def _with_participants(persons: pa.Table, facts: list[Facts], policy: Policy) -> _Final:
    """Return each record's decision: the author's own, unless somebody else in it does not permit."""
    permits = np.array([decide(policy, fact).effect is Effect.PERMIT for fact in facts], bool)
    row, code, author = (persons[name].to_numpy() for name in ("row", "code", "author"))
    own = np.zeros(int(author.sum()), np.int64)
    others = np.zeros_like(own)
    own[row[author]] = code[author]
    np.maximum.at(others, row[~author], 1)
    np.maximum.at(others, row[~author & ~permits[code]], 2)
    distinct, final = np.unique(own * len(PARTICIPANTS) + others, return_inverse=True)
    told = [
        replace(facts[key // len(PARTICIPANTS)], participants=PARTICIPANTS[key % len(PARTICIPANTS)])
        for key in distinct.tolist()
    ]
    return _Final(told, [decide(policy, fact) for fact in told], final)


def _broadcast(record_ids: pa.ChunkedArray, receipts: pa.Array, final: _Final, policy: Policy) -> Decided:
    """Give every record its decision, and list each distinct one once."""
    policy_digest = digest_of(policy.document())
    documents = [
        {"facts": facts.document(), "policy": policy_digest} | decision.document()
        for facts, decision in zip(final.facts, final.decisions, strict=True)
    ]
    digests = [digest_of(document) for document in documents]
    counts = np.bincount(final.code, minlength=len(documents)).tolist()
    code = pa.array(final.code, pa.int64())
    permitted = pa.array([decision.effect is Effect.PERMIT for decision in final.decisions], pa.bool_())
    reasons = pa.array([decision.reason for decision in final.decisions], pa.string())
    digest_column = pa.array([bytes.fromhex(digest) for digest in digests], pa.binary(32))
    rows = pa.Table.from_arrays(
        [
            record_ids.combine_chunks(),
            permitted.take(code),
            reasons.take(code),
            receipts,
            digest_column.take(code),
        ],
        schema=DECISION_SCHEMA,
    )
    listed: dict[str, dict[str, Any]] = {}
    for digest, count, document in zip(digests, counts, documents, strict=True):
        listed.setdefault(digest, {"digest": digest, "records": 0} | document)["records"] += count
    return Decided(rows, tuple(listed[digest] for digest in sorted(listed)))
