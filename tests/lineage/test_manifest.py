"""The manifest: canonical, complete, and not contradicting itself."""

import json
from typing import Any

import pytest

from lineage import merkle
from lineage.manifest import ManifestError, inconsistencies, parse_manifest, snapshot_root, tenant_roots
from tests.lineage.small_snapshot import SmallWorld


def test_a_manifest_survives_its_bytes(world: SmallWorld):
    manifest = world.publish()
    data = manifest.to_bytes()
    assert parse_manifest(data) == manifest
    assert parse_manifest(data).to_bytes() == data
    assert json.loads(data)["as_of"]["effective_at"] == "2026-06-01T00:00:00.000000Z"


def test_bytes_that_are_not_canonical_are_refused(world: SmallWorld):
    data = world.publish().to_bytes()
    pretty = json.dumps(json.loads(data), indent=1).encode()
    twice = data.replace(b'"seed":7', b'"seed":7,"seed":7')
    text_for_number = data.replace(b'"seed":7', b'"seed":"7"')
    for other in (pretty, twice, text_for_number, data + b"\n"):
        with pytest.raises(ManifestError, match="canonical"):
            parse_manifest(other)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"extra": 1}, "extra"),
        ({"format": "lineweight.snapshot/v2"}, "format"),
        ({"root": "ABC"}, "root"),
        ({"name": "../x"}, "name"),
        ({"version": 0}, "version"),
        ({"decisions": {"path": "../decisions.json", "sha256": "0" * 64}}, "decisions.path"),
        ({"decisions": {"path": "/etc/passwd", "sha256": "0" * 64}}, "decisions.path"),
        ({"request": None}, "request"),
        ({"inputs": {"path": "../inputs.json", "sha256": "0" * 64}}, "inputs.path"),
        ({"lease_expires_at": "2026-09-01T00:00:00"}, "lease_expires_at"),
        ({"keys": "none"}, "keys"),
    ],
)
def test_a_manifest_with_a_faulty_field_is_refused_by_name(world: SmallWorld, change: dict[str, Any], place: str):
    document = {**world.publish().document(), **change}
    with pytest.raises(ManifestError, match=place):
        parse_manifest(json.dumps(document).encode())


def test_what_is_not_json_is_refused():
    for data in (b"", b"[]", b"\xff", b"{"):
        with pytest.raises(ManifestError):
            parse_manifest(data)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"rows": 11}, "rows is not the number permitted"),
        ({"root": "0" * 64}, "root is not the root of the shards"),
        ({"tenant_roots": {}}, "tenant_roots are not"),
        ({"pool": {"kind": "tenant", "tenant": "acme"}}, "a shard is of a tenant outside the pool"),
        ({"pool": {"kind": "tenant", "tenant": None}}, "a pool of one tenant names it"),
        ({"request": {"path": "decisions.json", "sha256": "0" * 64}}, "a file is named twice"),
    ],
)
def test_a_manifest_that_contradicts_itself_says_how(world: SmallWorld, change: dict[str, Any], fault: str):
    manifest = world.publish()
    assert inconsistencies(manifest) == []
    found = inconsistencies(type(manifest).model_validate({**manifest.document(), **change}))
    assert any(said.startswith(fault) for said in found)


@pytest.mark.parametrize(
    ("count", "fault"),
    [
        ({"considered": 12}, "considered is not"),
        ({"denied_by_reason": {"consent-unknown": 1}}, "denied_by_reason does not add up"),
    ],
)
def test_counts_add_up(world: SmallWorld, count: dict[str, Any], fault: str):
    manifest = world.publish()
    document = manifest.document()
    document["counts"] |= count
    found = inconsistencies(type(manifest).model_validate(document))
    assert [said.startswith(fault) for said in found] == [True]


def test_the_snapshots_root_is_a_tree_over_the_shards_roots_in_order(world: SmallWorld):
    first, second = world.publish().shards
    expected = merkle.node_hash(*(merkle.leaf_hash(bytes.fromhex(shard.root)) for shard in (first, second)))
    assert snapshot_root([first.root, second.root]) == expected.hex()
    assert snapshot_root([second.root, first.root]) != expected.hex()
    assert tenant_roots([first, second]) == {
        "acme": snapshot_root([first.root]),
        "globex": snapshot_root([second.root]),
    }
