"""A small world as an auditor takes it home, and everything genuine beside it that an attacker could put in its place.

One snapshot of two tenants whose policy two officers activated, a model of two tensors trained on it for two epochs
under an officer's ticket and two revocation feeds, ``model.sig``, consents, openings, and proofs from a published log.
"""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage.canonical import digest_of
from lineage.consumption import CONSUMPTION_SCHEMA
from lineage.home import Home
from lineage.keys.officer_key import OfficerKey, new_officer_key
from lineage.keys.vault import Vault
from lineage.manifest import SnapshotManifest
from lineage.policy_versions import ACTIVATION_PREDICATE
from lineage.proving.bundle import opened_bundle
from lineage.proving.bundling import bundle
from lineage.release import Verdict
from lineage.revocation import Feed
from lineage.statement import TrustedKey, sign_statement, statement_of
from lineage.tlog.log import TransparencyLog, enter_statements
from lineage.tlog.publishing import publish_log
from lineage.verifying.depth import Depth
from policies.document import load_policy
from tests.lineage.small_snapshot import AS_OF, POLICY
from tests.lineage.tamper.forger import Forger
from tests.lineage.traced_world import NOW, TracedWorld, traced_world

MODEL, SNAPSHOT = "models/little/run-1", "snapshots/demo/v1"
OFFICERS = ("maria", "jonas")
SAMPLE = Depth.asked(sample=4, seed="auditor's word")
WHOLE_SAMPLE = Depth.asked(sample=1_000, seed="auditor's word")
READ_TWICE = 2
SKIPPED = 9  # the row of the first epoch that was too long; the one of the second that was revoked
STATED = load_policy(POLICY, "policy.yaml")


@dataclass(frozen=True)
class Genuine:
    """What was built once, and is only read.

    Attributes:
        home: The deployment's home, with its ledger and log.
        taken: What an auditor was given, unpacked: tests take copies of it.
        published: Where the log's checkpoints were published.
        spare: Genuine signed files of something else, by name.
        officers: Keys of the officers.
        stranger: A vault that nobody trusts.
    """

    home: Path
    taken: Path
    published: Path
    spare: dict[str, bytes]
    officers: dict[str, OfficerKey]
    stranger: Vault

    @cached_property
    def vault(self) -> Vault:
        """The deployment's keys."""
        return Vault.open(self.home / "keys")

    @cached_property
    def trusted(self) -> tuple[TrustedKey, ...]:
        """The keys that an auditor trusts: the deployment's and its officers'."""
        people = (TrustedKey.from_pem(key.public_key_pem) for key in self.officers.values())
        return (TrustedKey.from_pem(self.vault.public_key_pem), *people)


def build(root: Path) -> Genuine:
    """Make everything; takes about a second."""
    officers = {name: OfficerKey.open(new_officer_key(name, root / "people")[0]) for name in OFFICERS}
    home, spare = root / "home", dict[str, bytes]()
    with pytest.MonkeyPatch.context() as patches:
        world = _settled(home, patches)
        manifest = world.publish(**_as_officers_want(world, officers, spare))
        feeds = _feeds(world, manifest, spare)
        ticket = world.release(manifest, signer=officers["maria"], approver="maria", max_epochs=READ_TWICE)
        world.train(manifest, consumed=_two_epochs(world, manifest), ticket=ticket, feeds=feeds)
        _spares(world, manifest, officers, spare)
    forger = Forger(home, world.vault)
    forger.tensors = {"embedding": b"\x01\x02\x03\x04", "head": b"\x05\x06\x07\x08"}
    forger.signs_for_others = True
    forger.save_model()
    genuine = Genuine(home, root / "taken", root / "published", spare, officers, Vault.open(root / "stranger"))
    deployment = Home.at(str(home))
    log = TransparencyLog(deployment.ledger(), deployment.vault())
    enter_statements(deployment, NOW)
    publish_log(log, genuine.published)
    take_home(genuine, home, genuine.taken)
    return genuine


def take_home(genuine: Genuine, home: Path, to: Path) -> None:
    """Bundle the model of a home, with all there is, and unpack the bundle.

    Raises:
        LineweightError: What is there cannot be bundled.
    """
    packed = to.with_suffix(".bundle")
    bundle(Home.at(str(home)), MODEL, genuine.trusted, packed, depth=WHOLE_SAMPLE, weights=True, content=True)
    with opened_bundle(packed) as (directory, _):
        shutil.copytree(directory, to)


def _settled(home: Path, patches: pytest.MonkeyPatch) -> TracedWorld:
    """Return a world with a ledger, and nothing published yet."""
    (home / "keys").mkdir(parents=True)
    (home / "ledger.db").touch()  # so that the world publishes nothing of its own
    world = traced_world(home, patches)
    (home / "ledger.db").unlink()
    world.settle()
    return world


def _as_officers_want(world: TracedWorld, officers: dict[str, OfficerKey], spare: dict[str, bytes]) -> dict[str, Any]:
    """Return what the manifest says of a policy that two people activated."""
    both = list(officers.values())
    activation = activated(both, digest_of(STATED.document()))
    spare["activation by one officer"] = activated(both[:1], digest_of(STATED.document()))
    spare["activation of version 2"] = activated(both, digest_of(STATED.document()), version=2)
    own = [officers["maria"], world.vault]
    spare["activation by one officer and the deployment"] = activated(own, digest_of(STATED.document()))
    policy = {"policy_id": STATED.policy_id, "version": STATED.version, "digest": digest_of(STATED.document())}
    policy |= world.attach(SNAPSHOT, "policy.yaml", POLICY)
    policy["activation"] = world.attach(SNAPSHOT, "activation.dsse.json", activation)
    return {"policy": policy}


def activated(signers: list[Any], digest: str, version: int = STATED.version) -> bytes:
    """Sign that a version of the policy is in force."""
    told = {
        "policy_id": STATED.policy_id,
        "version": version,
        "purpose": STATED.purpose,
        "previous": None,
        "author": "maria",
        "proposed_at": "2026-05-01T00:00:00.000000Z",
    }
    return sign_statement(statement_of({"policy.json": digest}, ACTIVATION_PREDICATE, told), signers)


def _feeds(world: TracedWorld, manifest: SnapshotManifest, spare: dict[str, bytes]) -> list[tuple[Feed, int]]:
    """Return a feed that revoked nothing, and one that revoked a record when the second epoch began."""
    revoked = world.consumed(manifest)["record_id"].to_pylist()[SKIPPED]
    first = world.revoke(manifest, revoked={})
    second = world.revoke(manifest, revoked={"consent-withdrawn": (revoked,)})
    spare["a later feed"] = world.revoke(manifest, revoked={}).envelope
    return [(first, 0), (second, 3)]


def _two_epochs(world: TracedWorld, manifest: SnapshotManifest) -> pa.Table:
    """Two passes of ten records in steps of four; the last record is skipped, once as too long, once as revoked."""
    once, rows = world.consumed(manifest).to_pylist(), []
    for epoch, why in ((0, "no-assistant-token-within-max-tokens"), (1, "revoked")):
        for number, row in enumerate(once):
            skipped = {"n_tokens": 0, "skipped_reason": why} if number == SKIPPED else {}
            step = 3 * epoch + number // 4
            rows.append({**row, "epoch": epoch, "optimizer_step": step, **skipped})
    return pa.Table.from_pylist(rows, schema=CONSUMPTION_SCHEMA)


def _spares(
    world: TracedWorld, manifest: SnapshotManifest, officers: dict[str, OfficerKey], spare: dict[str, bytes]
) -> None:
    """Sign what an attacker might put in the place of something else; the home keeps none of it but version 2."""
    maria = officers["maria"]
    refusal = {"verdict": Verdict.REFUSED, "may_train": (), "base_models": (), "max_epochs": 0, "expires_at": None}
    second = world.publish(2)
    for path in world.warehouse.files("snapshots/demo/v2"):
        spare[path] = world.warehouse.read(path)
    tickets = {
        "ticket of another snapshot": (second, {}),
        "ticket that ran out": (manifest, {"expires_at": AS_OF}),
        "ticket for one epoch": (manifest, {"max_epochs": 1}),
        "ticket of later": (manifest, {"decided_at": AS_OF + timedelta(days=1)}),
        "ticket that refuses": (manifest, refusal),
        "ticket for another team": (manifest, {"may_train": ("ads",)}),
    }
    kept = set(world.warehouse.files("releases"))
    for name, (about, terms) in tickets.items():
        spare[name] = world.release(about, signer=maria, approver="maria", **terms).envelope
    for path in set(world.warehouse.files("releases")) - kept:
        world.warehouse.delete_file(path)
    world.warehouse.delete_tree("snapshots/demo/v2")
