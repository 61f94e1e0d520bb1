"""Checking what a person's certificate says: whose the commitments are, in which snapshots, and what was consented."""

from datetime import datetime

from lineage.canonical import digest_of
from lineage.certificates.certificate import Document, piece_bytes
from lineage.certificates.held import Held, require
from lineage.certificates.person import shown_entries
from lineage.certificates.words import count
from lineage.proving.files import PersonProofFile, read_proof_file
from lineage.proving.proofs import opens
from lineage.statement import SNAPSHOT_PREDICATE
from policies.consent import EVERYONE, VALID, ConsentEvent, status_at
from policies.instants import read_instant, written

ON_THE_ISSUERS_WORD = (
    "Collection: what was delivered of the person and still stands is counted by the issuer.",
    "Participation: the tree of people is over those who wrote; who takes part in a record is counted by the issuer.",
    "Models: which read the records, and in which steps, is in the consumption ledgers; the issuer counted there.",
    "Grounds: that a record rests on a statement is in its leaf; `lineweight prove record` shows it of one record.",
    "Order: that the list of people is sorted beside the entries shown, `lineweight verify` finds from the leaves.",
    "Salt: that no other was ever used for the person only an earlier certificate with the same commitment shows.",
)


def check_person(document: Document, held: Held) -> None:
    """Verify a person's certificate, noting in ``held`` what was found.

    Raises:
        CertificateRefusedError: It says something else than its proofs.
        ProofRefusedError: A proof does not hold.
    """
    commitments = _commitments(document)
    if commitments:
        held.holds(f"{count(len(commitments), 'commitment is', 'commitments are')} the person's, by the salt given.")
    _consents(document, held)
    for entry in document["snapshots"]:
        opened = held.snapshot(entry)
        held.logged(entry["snapshot"], entry["log"], SNAPSHOT_PREDICATE, entry["statement"])
        _proof(entry, commitments, held, stated=opened is not None)
    for sentence in ON_THE_ISSUERS_WORD:
        held.passes_over(sentence)
    if document["unverified"]:
        held.passes_over(f"Evidence: {len(document['unverified'])} directories did not verify when it was issued.")


def _commitments(document: Document) -> list[str]:
    """Return the person's commitments, each opened with its salt; every id has one, or its salt was destroyed."""
    tenant, openings = document["tenant"], document["openings"]
    for one in openings:
        raw = bytes.fromhex(one["commitment"]), bytes.fromhex(one["salt"])
        theirs = opens(*raw, tenant, one["data_subject_id"])
        require(theirs, f"{one['data_subject_id']}: the commitment is not made with the salt that is given.")
    ids = sorted([document["data_subject_id"], *document["also_known_as"]])
    told = sorted(one["data_subject_id"] for one in (*openings, *document["salts_destroyed"]))
    require(ids == told, "An id of the person has no commitment, or somebody else's is named.")
    return sorted(one["commitment"] for one in openings)


def _proof(entry: Document, commitments: list[str], held: Held, *, stated: bool) -> None:
    """Verify the proof of one snapshot: that it is about this one and these commitments, and shows what is said."""
    label = entry["snapshot"]
    if entry["proof"] is None:
        require(not commitments and not entry["entries"], f"{label}: there is no proof of it.")
        require(not entry["wrote"], f"{label}: records are counted of which nothing is proved.")
        held.passes_over(f"Proof: of {label} nothing can be shown, because the salts are destroyed.")
        return
    file = read_proof_file(piece_bytes(held.piece(entry["proof"])))
    if not isinstance(file, PersonProofFile):
        require(False, f"{label}: its proof is not about a person.")
        return
    same = (file.snapshot, file.manifest) == (label, entry["manifest"])
    require(same, f"{label}: its proof is about another snapshot.")
    file.require_stated({"data_subjects": entry["data_subjects"]})
    require([one.commitment for one in file.entries] == commitments, f"{label}: its proof is about somebody else.")
    require(shown_entries(file) == entry["entries"], f"{label}: other entries are shown than are proved.")
    require(file.records == entry["wrote"], f"{label}: other records are counted than are proved.")
    counted = sum(ground["records"] for ground in entry["grounds"])
    require(counted == entry["wrote"], f"{label}: the grounds do not add up to the records.")
    told = "under the root that its signed statement says" if stated else "under the root that the issuer names"
    held.holds(f"{file.shows()} Proved {told}.")


def _consents(document: Document, held: Held) -> None:
    """Verify the receipts, and that what is said to be allowed now follows from the statements."""
    events = [ConsentEvent.model_validate(one["event"]) for one in document["consents"]]
    for event, one in zip(events, document["consents"], strict=True):
        same = event.document() == one["event"] and digest_of(one["event"]) == one["receipt"]
        require(same, f"{one['event']['event_id']}: its receipt is another one.")
        require(event.tenant == document["tenant"], f"{event.event_id}: was said to another customer.")
    at = read_instant(document["at"])
    people = frozenset([document["data_subject_id"], *document["also_known_as"]])
    heard = [event for event in events if event.data_subject_id in people | {EVERYONE}]
    for one in document["consent_now"]:
        require(
            _now(heard, one["purpose"], at, people) == one, f"{one['purpose']}: what is allowed now does not follow."
        )
    if events:
        held.holds(
            f"{count(len(events), 'statement')} about consent have the receipts named, and what is allowed now follows."
        )


def _now(events: list[ConsentEvent], purpose: str, at: datetime, people: frozenset[str]) -> Document:
    period = status_at(events, purpose, at, at, people)
    return {
        "purpose": purpose,
        "status": period.status.value,
        "permits": period.status in VALID,
        "since": written(period.from_at) if period.event else None,
        "event_id": period.event.event_id if period.event else None,
    }
