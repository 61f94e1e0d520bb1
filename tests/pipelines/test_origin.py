"""A published record leads back to its line in the delivered file and to what was redacted in it."""

import pyarrow.parquet as pq
import pytest

from lineage.encrypted import read_encrypted, write_encrypted
from lineage.home import Home
from lineage.keys.vault import Vault
from lineage.trace.record import trace_record
from tests.pipelines.acme import Acme

ADDRESS = "Write to maria.keller@example.org about it."


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Acme:
    world = Acme(tmp_path_factory.mktemp("origin"))
    world.agrees("acme")
    world.consents("ada")
    world.asks()
    world.passes(days=1)
    world.says("ada", "The button is too small.")
    world.says("ada", ADDRESS)
    world.delivers()
    world.lands()
    world.publishes()
    return world


def origins(world: Acme, vault: Vault | None) -> dict[int | None, dict[str, object]]:
    """What is told of each record, by its line."""
    deployment = world.deployment
    (leaves,) = sorted((world.home / "snapshots/all/v1/leaves").glob("*.parquet"))
    found = {}
    for record_id in pq.read_table(leaves)["record_id"].to_pylist():
        answer = trace_record(
            record_id, world.warehouse, deployment.ledger, Home.at(str(world.home)).trusted(), vault=vault
        )
        (entry,) = answer["snapshots"]
        found[entry["line"]] = entry
    return found


def test_a_record_leads_to_its_line_and_to_what_was_replaced_in_it(published: Acme):
    found = origins(published, published.deployment.vault)
    assert set(found) == {1, 2}
    assert found[1]["redaction"] == {"profile": "strict-pseudonyms", "replaced": {}, "kept": {}}
    assert found[2]["redaction"] == {"profile": "strict-pseudonyms", "replaced": {"EMAIL_ADDRESS": 1}, "kept": {}}
    assert found[1]["not_looked_up"] == []


def test_without_keys_it_is_said_that_nobody_looked(published: Acme):
    (entry,) = origins(published, None).values()
    assert entry["redaction"] is None
    assert entry["not_looked_up"] == ["Line and findings: no key of acme is at hand."]


def test_findings_that_are_not_those_of_the_leaf_are_not_told(published: Acme):
    vault = published.deployment.vault
    (file,) = sorted((published.home / "governed").rglob("findings.parquet"))
    path, whole = str(file.relative_to(published.home)), file.read_bytes()
    key = vault.file_key("acme", path)
    findings = read_encrypted(published.warehouse, path, key=key, aad=path)
    write_encrypted(published.warehouse, path, findings.slice(0, 0), key=key, aad=path)
    try:
        found = origins(published, vault)
    finally:
        file.write_bytes(whole)
    assert found[1]["redaction"] is not None
    assert found[2]["redaction"] is None
    assert found[2]["not_looked_up"] == ["Findings: the governed store has none that are this leaf's any more."]
