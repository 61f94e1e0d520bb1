"""When a statement says it was made: every kind says it, and a key that is valid for a time counts only within it."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lineage.activation import propose
from lineage.dsse import Refusal, SignatureRefusedError, TrustedKey, Validity, unverified_payload
from lineage.manifest import AsOf
from lineage.retention import RemovedShard, retention_statement
from lineage.stated_times import TIME_FIELDS, stated_time
from lineage.statement import open_envelope, sign_statement, statement_of
from lineage.ticket import RELEASE_PREDICATE
from policies.document import DOCUMENTS, load_policies
from policies.instants import read_instant
from tests.lineage.keys.rotated_home import DAY, NOON, private_key, ticket
from tests.lineage.officer_homes import OfficerHome
from tests.lineage.small_snapshot import AS_OF, SmallWorld

KEY = private_key(1)
TRAINING = "https://slsa.dev/provenance/v1"


def opens(data: bytes, *keys: TrustedKey) -> str:
    """Return why an envelope is refused; empty if it is not."""
    try:
        open_envelope(data, keys)
    except SignatureRefusedError as error:
        return error.reason
    return ""


def valid(from_at: datetime | None = None, until_at: datetime | None = None) -> TrustedKey:
    return TrustedKey(KEY.public.raw, Validity(from_at, until_at))


def test_of_every_kind_of_statement_it_is_known_where_it_states_its_time():
    rooms = [Path(__file__).parents[2] / room for room in ("lineage", "training_jobs", "pipelines")]
    sources = [path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.py")]
    kinds = {kind for source in sources for kind in re.findall(r'^\w+_PREDICATE = "(.+)"$', source, re.MULTILINE)}
    others = {"https://model_signing/signature/v1.0"}  # by a key of its own, opened by the tool it is for
    assert kinds - others == set(TIME_FIELDS)


def test_the_time_is_there_in_statements_as_they_are_made(trained: SmallWorld, tmp_path: Path):
    manifest = trained.publish()
    trained.revoke(manifest)
    officers = OfficerHome(tmp_path)
    propose(officers.home, load_policies(DOCUMENTS)[0], officers.key("maria"), NOON)
    files = [trained.warehouse.read(path) for path in trained.warehouse.files("") if path.endswith(".dsse.json")]
    files += [
        officers.home.warehouse.read(path) for path in officers.home.warehouse.files("policies") if "activ" in path
    ]
    statements: list[dict[str, Any]] = [json.loads(unverified_payload(data)) for data in files]
    shard = manifest.shards[0]
    removed = RemovedShard(shard.path, shard.sha256, shard.tenant, 1, 1, "2026-01-01T00:00:00Z", "30 days")
    statements.append(retention_statement(manifest, [removed], NOON))
    times = {one["predicateType"].rpartition("attestation/")[2]: stated_time(one) for one in statements}
    assert {kind: told.at for kind, told in times.items() if told} == {
        "snapshot/v1": AS_OF,
        "revocations/v1": AS_OF,
        "release-ticket/v1": AS_OF - DAY,
        TRAINING: AS_OF,
        "policy-activation/v1": NOON,
        "retention/v1": NOON,
    }


@pytest.mark.parametrize(
    ("key", "at", "reason"),
    [
        (valid(), NOON, ""),
        (valid(until_at=NOON), NOON, ""),
        (valid(until_at=NOON), NOON + timedelta(microseconds=1), Refusal.NOT_VALID_THEN),
        (valid(from_at=NOON), NOON, ""),
        (valid(from_at=NOON), NOON - timedelta(microseconds=1), Refusal.NOT_VALID_THEN),
        (valid(from_at=NOON, until_at=NOON + DAY), NOON + DAY, ""),
        (valid(from_at=NOON, until_at=NOON + DAY), NOON + 2 * DAY, Refusal.NOT_VALID_THEN),
    ],
    ids=["unbounded", "at the end", "after it", "at the beginning", "before it", "between", "after both"],
)
def test_a_key_counts_for_what_says_it_is_of_its_time(key: TrustedKey, at: datetime, reason: str):
    assert opens(ticket("a", KEY, at), key) == reason


@pytest.mark.parametrize(
    ("kind", "predicate"),
    [
        (RELEASE_PREDICATE, {}),
        (RELEASE_PREDICATE, {"decided_at": "yesterday"}),
        (RELEASE_PREDICATE, {"decided_at": "2026-06-01T12:00:00"}),
        (RELEASE_PREDICATE, {"decided_at": 1}),
        (TRAINING, {"runDetails": {"metadata": []}}),
        ("https://example.com/unknown/v1", {"decided_at": "2026-06-01T12:00:00Z"}),
    ],
    ids=["no time", "no instant", "no zone", "a number", "somewhere else", "an unknown kind"],
)
@pytest.mark.parametrize("bound", [{"from_at": NOON - DAY}, {"until_at": NOON + DAY}])
def test_what_does_not_say_when_it_was_made_is_refused_under_a_key_of_limited_time(
    kind: str, predicate: dict[str, Any], bound: dict[str, datetime]
):
    data = sign_statement(statement_of({"a": "b"}, kind, predicate), [KEY])
    assert opens(data, valid()) == ""
    assert opens(data, valid(**bound)) == Refusal.TIME_UNKNOWN


def test_what_rests_on_something_earlier_is_not_held_against_the_beginning_of_a_keys_time():
    """A training that finished, or a ledger as it was known, may lie before the key that signs what came of it."""
    when = {"as_of": {"recorded_at": "2026-06-01T12:00:00Z"}, "runDetails": {"metadata": {}}}
    when["runDetails"]["metadata"]["finishedOn"] = "2026-06-01T12:00:00Z"
    for kind in (TRAINING, "https://lineweight.dev/attestation/snapshot/v1"):
        data = sign_statement(statement_of({"a": "b"}, kind, when), [KEY])
        assert opens(data, valid(from_at=NOON + DAY)) == ""
        assert opens(data, valid(until_at=NOON - DAY)) == Refusal.NOT_VALID_THEN


def test_a_second_signature_counts_where_the_first_does_not():
    other = private_key(2)
    statement = statement_of({"a": "b"}, RELEASE_PREDICATE, {"decided_at": "2026-06-01T12:00:00Z"})
    data = sign_statement(statement, [KEY, other])
    retired = valid(until_at=NOON - DAY)
    assert open_envelope(data, [retired, other.public]).key_ids == (other.key_id,)
    assert opens(data, retired) == Refusal.NOT_VALID_THEN


def test_of_a_key_that_is_trusted_twice_the_narrower_trust_holds():
    data = ticket("a", KEY, NOON)
    retired = valid(until_at=NOON - DAY)
    assert opens(data, retired, valid()) == opens(data, valid(), retired) == Refusal.NOT_VALID_THEN


def test_an_instant_is_read_in_utc():
    as_of = AsOf(effective_at=NOON, recorded_at=NOON)
    kind = "https://lineweight.dev/attestation/snapshot/v1"
    told = stated_time(statement_of({}, kind, {"as_of": as_of.model_dump(mode="json")}))
    assert told is not None
    assert (told.at, told.of_the_act) == (read_instant("2026-06-01T14:00:00+02:00"), False)
