"""Whatever stands in a file that people sign, readers refuse it in words or read it; they never fall over."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.activation import history, policies_in_force, propose
from lineage.canonical import canonical_json
from lineage.dsse import Signer, pae
from lineage.policy_versions import ACTIVATION_FILE
from lineage.release import decisions, releases_directory
from lineage.revocation import feeds_directory, latest_feed
from lineage.statement import PAYLOAD_TYPE
from policies.document import DOCUMENTS, load_policies
from policies.errors import LineweightError
from tests.lineage.officer_homes import OfficerHome
from tests.lineage.small_snapshot import SmallWorld

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)

Read = Callable[[bytes], object]
Readers = dict[str, tuple[Read, bytes, Signer]]
"""By kind of file: what reads it, one that is sound, and who signs such files."""


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Readers:
    root = tmp_path_factory.mktemp("fuzzed")
    world, officers = SmallWorld(root / "world"), OfficerHome(root / "officers")
    manifest = world.publish()
    policy = load_policies(DOCUMENTS)[0]
    maria = officers.key("maria")
    propose(officers.home, policy, maria, datetime(2026, 6, 1, tzinfo=UTC))
    activation = f"policies/{policy.policy_id}/v{policy.version}/{ACTIVATION_FILE}"
    home = officers.home

    def activated(data: bytes) -> None:
        home.warehouse.write(activation, data)
        history(home, policy.policy_id)
        policies_in_force(home)

    def released(data: bytes) -> None:
        world.warehouse.write(f"{releases_directory(manifest)}/fuzzed.dsse.json", data)
        decisions(world.warehouse, manifest, world.trusted)

    def fed(data: bytes) -> None:
        world.warehouse.write(f"{feeds_directory(manifest)}/00001.dsse.json", data)
        latest_feed(world.warehouse, manifest, world.trusted)

    sound = home.warehouse.read(activation)
    ticket, feed = world.release(manifest).envelope, world.revoke(manifest).envelope
    for path in world.warehouse.files("releases"):
        world.warehouse.delete_file(path)
    yield {
        "activation": (activated, sound, maria),
        "ticket": (released, ticket, world.vault),
        "feed": (fed, feed, world.vault),
    }


KINDS = pytest.mark.parametrize("kind", ["activation", "ticket", "feed"])


def refused_in_words_or_read(read: Read, data: bytes) -> None:
    try:
        read(data)
    except LineweightError as error:
        assert error.diagnostics()


@KINDS
@settings(max_examples=30)
@given(data=st.binary(max_size=300))
def test_random_bytes(readers: Readers, kind: str, data: bytes):
    refused_in_words_or_read(readers[kind][0], data)


@KINDS
@settings(max_examples=30)
@given(place=st.integers(0, 10_000), put=st.binary(max_size=3))
def test_bytes_put_in_somewhere(readers: Readers, kind: str, place: int, put: bytes):
    read, sound, _ = readers[kind]
    cut = place % len(sound)
    refused_in_words_or_read(read, sound[:cut] + put + sound[cut + len(put) :])


@KINDS
@settings(max_examples=30)
@given(field=st.sampled_from(["payload", "payloadType", "signatures"]), value=values)
def test_another_value_in_the_envelope(readers: Readers, kind: str, field: str, value: Any):
    read, sound, _ = readers[kind]
    refused_in_words_or_read(read, json.dumps(json.loads(sound) | {field: value}).encode())


@KINDS
@settings(max_examples=80)
@given(choice=st.integers(0, 1_000), value=values)
def test_another_value_in_what_was_signed(readers: Readers, kind: str, choice: int, value: Any):
    """Signed all the same: whoever holds a key can still not make a reader fall over."""
    read, sound, signer = readers[kind]
    envelope = json.loads(sound)
    statement = json.loads(base64.b64decode(envelope["payload"]))
    places = [(statement, name) for name in statement]
    places += [(statement["predicate"], name) for name in statement["predicate"]]
    holder, name = places[choice % len(places)]
    holder[name] = value
    try:
        payload = canonical_json(statement)
    except LineweightError:
        payload = json.dumps(statement).encode()
    signature = {"keyid": signer.key_id, "sig": base64.b64encode(signer.sign(pae(PAYLOAD_TYPE, payload))).decode()}
    forged = {**envelope, "payload": base64.b64encode(payload).decode(), "signatures": [signature]}
    refused_in_words_or_read(read, json.dumps(forged).encode())


@KINDS
def test_what_is_sound_is_read(readers: Readers, kind: str):
    read, sound, _ = readers[kind]
    read(sound)
