"""The auditor's sample: records that a word draws, and the whole chain of each."""

from typing import Any

from .canonical import sha256
from .case import Case, Snapshot
from .consents import commitment_of
from .grounds import require_ground
from .leaves import DIGESTS, LEAVES, batches_of, leaves_of, raw, tenant_commitment
from .report import require
from .trees import root_of


def drawn(seed: str, root: str, size: int, records: int) -> list[int]:
    """Return the places that an auditor's word draws of a tree, sorted."""
    if records >= size:
        return list(range(size))
    before = b"\x00".join([b"lineweight-sample-v1", seed.encode(), root.encode()])
    places: set[int] = set()
    draw = 0
    while len(places) < records:
        places.add(int.from_bytes(sha256(b"%b\x00%d" % (before, draw)), "big") % size)
        draw += 1
    return sorted(places)


def verify_sample(case: Case, snapshot: Snapshot, places: list[tuple[int, int]], of: str) -> None:
    """Show the whole chain of each record drawn: shard and row, in order."""
    people = {commitment_of(opening): opening for opening in case.openings}
    require(len(people) == len(case.openings), "two openings open one commitment")
    shown: list[str] = []
    opened_people = 0
    with case.report.link("sample") as told:
        for place, shard in enumerate(snapshot.shards):
            rows = [row for at, row in places if at == place]
            if not rows:
                continue
            columns = columns_of(snapshot, shard)
            leaves = leaves_of([columns[name] for name in DIGESTS])
            require(b"".join(leaves) == columns["leaf"], f"shard {place} holds a leaf that its digests do not give")
            require(root_of(leaves).hex() == shard["root"], f"the leaves of shard {place} do not give its root")
            for row in rows:
                digests = {name: columns[name][32 * row : 32 * row + 32] for name in DIGESTS}
                line, who = shown_record(case, snapshot, shard, digests, people)
                shown.append(f"shard {place} row {row}: {line}")
                opened_people += who
        told.append("\n".join([f"{len(places)} records of {of} drawn, {opened_people} opened", *shown]))
    if opened_people < len(places):
        case.report.skip("Whose the records drawn are, where no opening was brought.")


def columns_of(snapshot: Snapshot, shard: dict[str, Any]) -> dict[str, bytes]:
    """Return the digests of a shard's leaves file, column by column."""
    data = snapshot.files.signed(shard["leaves_path"], shard["leaves_sha256"])
    columns = dict.fromkeys((*DIGESTS, "leaf"), b"")
    for batch in batches_of(data, LEAVES, "", shard["rows"], shard["leaves_path"]):
        for name in columns:
            columns[name] += raw(batch.column(name))
    return columns


def shown_record(
    case: Case,
    snapshot: Snapshot,
    shard: dict[str, Any],
    digests: dict[str, bytes],
    people: dict[bytes, dict[str, str]],
) -> tuple[str, bool]:
    """Verify what one leaf says; return it in words, and whether its person was opened."""
    require(digests["tenant_commitment"] == tenant_commitment(shard["tenant"]), "a leaf is another tenant's")
    require(digests["policy_digest"].hex() == snapshot.manifest["policy"]["digest"], "a leaf names another policy")
    decision, receipt = digests["decision_digest"].hex(), digests["consent_receipt"]
    require_ground(snapshot, shard["tenant"], decision, receipt, case.events)
    decided = snapshot.decisions[decision]
    require(decided["effect"] == "permit", "a record that was drawn was not permitted")
    said_so = [shard["tenant"], f"permitted by {decided['rule']}"]
    event = case.events.by_receipt.get(receipt) if case.events is not None else None
    if event is not None:
        said_so.append(f"consent {event.state} from {event.effective_at}")
    opening = people.get(digests["data_subject_commitment"])
    if opening is not None:
        require(opening["tenant"] == shard["tenant"], "an opening is of another tenant's person")
        said_so.append(f"of {opening['data_subject_id']}")
        if event is not None and event.data_subject_id != opening["data_subject_id"]:
            said_so.append(f"by consent of {event.data_subject_id}, which only the ledger knows to be the same person")
    return ", ".join(said_so), opening is not None
