"""Person links in the ledger: recorded once, for ever, and never trusted where they cannot be read."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from lineage.keys.vault import Vault
from lineage.ledger import recording
from lineage.ledger.connecting import MIGRATIONS
from lineage.ledger.entries import Added
from lineage.ledger.lines import RejectReason
from lineage.ledger.linking import read_links
from lineage.ledger.store import Ledger
from lineage.ledger.tables import consent_events
from lineage.merkle import leaf_hash, root
from policies.consent import ConsentStatus
from policies.errors import InputError
from tests.lineage.ledger.test_store import ADA, BOB, START, agreement, consent, link

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SAID = {"tenant": "acme", "data_subject_id": "u-1", "same_as": "old-17", "evidence": "crm/merge-4"}


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    return Vault.open(tmp_path_factory.mktemp("vault") / "keys", seed=1)


@pytest.fixture
def read(tmp_path, vault):
    def reading(*lines, name="links.jsonl"):
        path = tmp_path / name
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(texts) + "\n")
        found = read_links(path, vault, NOW)
        return list(found.links), found.suspensions, found.links.account

    return reading


# ── the store ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_goes_in_once_and_comes_out(ledger):
    told = [link(), link("l-2", 3, linked=False, recorded=9)]
    assert ledger.add_links(told) == Added(2, 0)
    assert ledger.add_links(told) == Added(0, 2)
    assert ledger.links() == told
    assert ledger.links(known_at=START + timedelta(days=8)) == [link()]
    assert ledger.links(tenant="globex") == []


def test_a_link_whose_id_stands_for_another_is_refused_and_suspends_both_people(ledger):
    ledger.add_consents([consent(), consent("e-2", person=BOB)])
    ledger.add_links([link()])
    clash = link(day=5, linked=False)

    assert ledger.add_links([clash]) == Added(0, 0, refused=("l-1",))
    assert ledger.add_links([clash]) == Added(0, 0, refused=("l-1",))

    assert ledger.links() == [link()]
    suspended = [event for event in ledger.consents() if event.state is ConsentStatus.INVALIDATED]
    assert sorted(event.data_subject_id for event in suspended) == [ADA, BOB]
    assert {event.effective_at for event in suspended} == {clash.effective_at}


def test_a_checkpoint_covers_links_and_is_what_it_was_where_there_are_none(ledger):
    known_at = START + timedelta(days=5)
    ledger.add_consents([consent()])
    ledger.add_agreements([agreement()])
    digests = sorted(row["digest"] for row in _rows(ledger, "consent_events", "agreement_events"))
    before = ledger.checkpoint(known_at)
    assert before == root([leaf_hash(bytes.fromhex(digest)) for digest in digests]).hex()

    ledger.add_links([link("l-late", recorded=6)])
    assert ledger.checkpoint(known_at) == before
    ledger.add_links([link()])
    assert ledger.checkpoint(known_at) != before


def _rows(ledger, *tables):
    engine = sa.create_engine(ledger.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [dict(row._mapping) for table in tables for row in connection.execute(sa.text(f"SELECT * FROM {table}"))]


def test_a_ledger_of_the_first_revision_is_brought_up_to_date_where_it_lies(url):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        recording.record(connection, consent_events, [consent()], recording.kept_consent)
        assert not sa.inspect(connection).has_table("person_links")

    ledger = Ledger.open(url)

    assert ledger.consents() == [consent()]
    digest = _rows(ledger, "consent_events")[0]["digest"]
    assert ledger.checkpoint(START) == root([leaf_hash(bytes.fromhex(digest))]).hex()
    assert ledger.add_links([link()]) == Added(1, 0)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM person_links"))
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text("UPDATE consent_events SET sequence = 9"))


# ── the importer ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_becomes_a_link_between_two_pseudonyms(read, vault):
    [made], suspensions, account = read(SAID)

    assert {made.data_subject_id, made.same_as} == {vault.data_subject_id("acme", one) for one in ("u-1", "old-17")}
    assert (made.linked, made.effective_at, made.recorded_at) == (True, NOW, NOW)
    assert (suspensions, account.rejected, account.lines) == ([], [], 1)
    assert "u-1" not in made.model_dump_json()


def test_a_line_without_an_id_gets_the_same_id_whenever_it_is_delivered(read):
    said = SAID | {"effective_at": "2026-02-01T00:00:00Z"}
    [first], _, _ = read(said)
    [again], _, _ = read(said | {"recorded_at": "2026-03-01T00:00:00Z"})
    [undone], _, _ = read(said | {"linked": False})
    assert first.event_id == again.event_id != undone.event_id


def test_csv_says_the_same_as_json_lines(read):
    row = SAID | {"linked": "false", "effective_at": "2026-02-01T00:00:00Z"}
    from_csv, _, _ = read(",".join(row), ",".join(row.values()), name="links.csv")
    assert from_csv == read(row | {"linked": False})[0]


@pytest.mark.parametrize(
    ("fault", "reason", "people"),
    [
        ({"linked": "perhaps"}, RejectReason.INVALID_FIELD, ("u-1", "old-17")),
        ({"same_as": None}, RejectReason.MISSING_FIELD, ("u-1",)),
        ({"same_as": "u-1"}, RejectReason.INVALID_FIELD, ("u-1",)),
        ({"same_as": "everyone"}, RejectReason.PERSON_UNREADABLE, ("u-1",)),
        ({"same_as": "old-17 "}, RejectReason.PERSON_UNREADABLE, ("u-1", "old-17")),
        ({"effective_at": "yesterday"}, RejectReason.TIME_UNREADABLE, ("u-1", "old-17")),
        ({"recorded_at": "2030-01-01T00:00:00Z"}, RejectReason.RECORDED_IN_THE_FUTURE, ("u-1", "old-17")),
        ({"evidence": "mail of jo@example.org"}, RejectReason.PERSONAL_DATA, ("u-1", "old-17")),
        ({"conected": True}, RejectReason.UNKNOWN_FIELD, ("u-1", "old-17")),
        ({"tenant": "../etc"}, RejectReason.TENANT_UNREADABLE, ()),
    ],
)
def test_a_link_that_cannot_be_read_is_not_believed_and_its_people_are_suspended(read, vault, fault, reason, people):
    links, suspensions, account = read(SAID | fault)

    assert links == []
    assert [(line.reason, line.suspends) for line in account.rejected] == [(reason, bool(people))]
    wanted = {vault.data_subject_id("acme", person) for person in people}
    assert {event.data_subject_id for event in suspensions} == wanted
    assert all(event.state is ConsentStatus.INVALIDATED for event in suspensions)
    assert all(event.method == "unreadable-link" for event in suspensions)


def test_a_line_cut_short_suspends_whom_it_still_names(read, vault):
    links, suspensions, _ = read(json.dumps(SAID)[:-10])
    assert links == []
    assert len(suspensions) == 2


def test_a_file_cut_short_is_refused_whole(tmp_path, vault):
    whole = gzip.compress("".join(json.dumps(SAID | {"same_as": f"o-{n}"}) + "\n" for n in range(999)).encode())
    path = tmp_path / "links.jsonl.gz"
    path.write_bytes(whole[:-400])
    with pytest.raises(InputError, match="ends before its end"):
        read_links(path, vault, NOW)
