"""Checking what a customer's certificate says: the agreement in force, and what part of each snapshot is theirs."""

from lineage.canonical import digest_of, sha256_hex
from lineage.certificates.certificate import Document, piece_bytes
from lineage.certificates.held import Held, require
from lineage.certificates.tenant_proof import read_tenant_proof
from lineage.certificates.words import count
from lineage.manifest import parse_manifest
from lineage.statement import SNAPSHOT_PREDICATE, Opened
from policies.agreement import AgreementEvent, agreement_at
from policies.instants import read_instant

ON_THE_ISSUERS_WORD = (
    "Snapshots: that no other holds records of the customer is the issuer's word; their statements say.",
    "Files: what was delivered, kept, denied and removed is counted by the issuer.",
    "People: how many wrote the records is counted by the issuer from the leaves.",
    "Models: what they read is in their consumption ledgers; the issuer counted there.",
    "Releases: the tickets are named by their digests, and not enclosed.",
)
NO_MANIFEST = (
    "Records: the manifest of {} is not enclosed, so how many of its records are the customer's was not checked."
)


def check_tenant(document: Document, held: Held) -> None:
    """Verify a customer's certificate, noting in ``held`` what was found.

    Raises:
        CertificateRefusedError: It says something else than its proofs.
        ProofRefusedError: A proof does not hold.
    """
    _agreements(document, held)
    for entry in document["snapshots"]:
        opened = held.snapshot(entry)
        held.logged(entry["snapshot"], entry["log"], SNAPSHOT_PREDICATE, entry["statement"])
        _part(entry, held, stated=opened is not None)
        if opened is not None:
            _stated(document["tenant"], entry, opened)
        _records(document["tenant"], entry, held)
    for sentence in ON_THE_ISSUERS_WORD:
        held.passes_over(sentence)
    if document["unverified"]:
        held.passes_over(f"Evidence: {len(document['unverified'])} directories did not verify when it was issued.")


def _agreements(document: Document, held: Held) -> None:
    events = [AgreementEvent.model_validate(one["event"]) for one in document["agreements"]]
    for event, one in zip(events, document["agreements"], strict=True):
        same = event.document() == one["event"] and digest_of(one["event"]) == one["digest"]
        require(same, f"{event.event_id}: its digest is another one.")
        require(event.tenant == document["tenant"], f"{event.event_id}: was agreed with another customer.")
    at = read_instant(document["at"])
    agreed = agreement_at(events, at, at)
    in_force = None if agreed is None else agreed.document()
    require(in_force == document["agreement"], "The agreement in force does not follow from those that are listed.")
    held.holds(f"The agreement in force follows from {count(len(events), 'event')}, each with the digest named.")


def _part(entry: Document, held: Held, *, stated: bool) -> None:
    label = entry["snapshot"]
    proof = read_tenant_proof(held.piece(entry["proof"]))
    said = {name: entry[name] for name in ("snapshot", "manifest", "root", "tenant_root")}
    same = all(getattr(proof, name) == value for name, value in said.items())
    require(same, f"{label}: its proof is about another snapshot, or other roots.")
    proof.require_holds()
    told = "that its signed statement says" if stated else "that the issuer names"
    shards = count(len(proof.shards), "shard")
    held.holds(f"The customer's root in {label} is that of {shards}, under the root of the snapshot {told}.")


def _stated(tenant: str, entry: Document, opened: Opened) -> None:
    label, roots = entry["snapshot"], opened.predicate["tenant_roots"]
    require(roots.get(tenant) == entry["tenant_root"], f"{label}: its signed statement says another root.")
    require(len(roots) - 1 == entry["others"], f"{label}: other customers are counted than are stated.")
    said = opened.predicate
    same = (said["pool"]["kind"], said["lease_expires_at"]) == (entry["pool"], entry["lease_expires_at"])
    require(same, f"{label}: its signed statement says another pool, or another lease.")


def _records(tenant: str, entry: Document, held: Held) -> None:
    """Hold the number of records against the manifest, whose digest the statement says."""
    label = entry["snapshot"]
    if entry["manifest_enclosed"] is None:
        held.passes_over(NO_MANIFEST.format(label))
        return
    data = piece_bytes(held.piece(entry["manifest_enclosed"]))
    require(sha256_hex(data) == entry["manifest"], f"{label}: the manifest enclosed is another one.")
    rows = sum(shard.rows for shard in parse_manifest(data).shards if shard.tenant == tenant)
    require(rows == entry["records"], f"{label}: other records are counted than its manifest names.")
    held.holds(f"{count(rows, 'record')} of {label} are the customer's, by its manifest.")
