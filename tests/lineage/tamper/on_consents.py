"""Attacks on the consents that leaves rest on, and on the openings that say whose a commitment is."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from lineage import leaf
from lineage.canonical import canonical_json, sha256_hex
from lineage.verifying.consents import NO_LEDGER, NO_PEOPLE
from lineage.verifying.snapshot import NO_FACTS
from tests.lineage.tamper.attack import UNREADABLE, Attack, Attacker, Copy
from tests.lineage.tamper.forger import SNAPSHOT, Document
from tests.lineage.tamper.touching import flip, forged, leaves, put, remove
from tests.lineage.tamper.world import WHOLE_SAMPLE

FILES, KEY = Attacker.FILES, Attacker.KEY
CONSENTS, OPENINGS = "consents.jsonl", "openings.jsonl"
LINK = "snapshot: consent receipts"
LATER = "2026-06-02T00:00:00.000000Z"


def _events(copy: Copy) -> list[Document]:
    return [json.loads(line) for line in copy.read(CONSENTS).splitlines()]


def _written(copy: Copy, name: str, documents: list[Document]) -> None:
    copy.write(name, b"".join(canonical_json(one) + b"\n" for one in documents))


def _changed(**changes: Any) -> Callable[[Copy], object]:
    """One event says something else; the leaves name it as it was."""

    def change(copy: Copy) -> None:
        first, *others = _events(copy)
        _written(copy, CONSENTS, [{**first, **changes}, *others])

    return change


def _rested_on(**changes: Any) -> Callable[[Copy], object]:
    """Every event says something else, and the leaves are made to name it as it is then."""

    def change(copy: Copy) -> None:
        before = _events(copy)
        after = [{**one, **changes} for one in before]
        receipts = {
            bytes.fromhex(sha256_hex(canonical_json(old))): bytes.fromhex(sha256_hex(canonical_json(new)))
            for old, new in zip(before, after, strict=True)
        }
        _written(copy, CONSENTS, after)
        forger = copy.forger()
        for index in (0, 1):
            rows = forger.leaves(index).to_pylist()
            for row in rows:
                row["consent_receipt"] = receipts[row["consent_receipt"]]
            forger.put_leaves(index, pa.Table.from_pylist(rows, schema=leaf.LEAF_SCHEMA))
        forger.save()

    return change


def _of_somebody_else(copy: Copy) -> None:
    """The leaf of a person who withdrew names the consent of another, who did not."""

    def change(rows: list[Document]) -> None:
        rows[0]["consent_receipt"] = rows[1]["consent_receipt"]

    forged(leaves(change))(copy)


def _no_receipt(copy: Copy) -> None:
    forged(leaves(lambda rows: rows[0].update(consent_receipt=leaf.NO_CONSENT_RECEIPT)))(copy)


def _with_withdrawal(copy: Copy) -> None:
    """The ledger's withdrawal is brought too: it was known and in force before the decisions were made."""
    first, *others = _events(copy)
    said = {"event_id": "withdrawn-before", "state": "withdrawn", "effective_at": "2026-05-01T00:00:00.000000Z"}
    _written(copy, CONSENTS, [first, *others, {**first, **said, "recorded_at": "2026-05-01T00:00:00.000000Z"}])


def _another_leaf_only(copy: Copy) -> None:
    """A leaf names another genuine event by its receipt, and nothing is signed."""
    path = f"{SNAPSHOT}/leaves/000-acme.parquet"
    receipt = bytes.fromhex(sha256_hex(copy.read(CONSENTS).splitlines()[0]))
    other = bytes.fromhex(sha256_hex(copy.read(CONSENTS).splitlines()[1]))
    data = copy.read(path)
    copy.write(path, data.replace(receipt, other) if receipt in data else data[:-20] + bytes(20))


def _openings(**changes: Any) -> Callable[[Copy], object]:
    def change(copy: Copy) -> None:
        _written(copy, OPENINGS, [{**json.loads(line), **changes} for line in copy.read(OPENINGS).splitlines()])

    return change


ATTACKS = (
    Attack("a leaf with another consent receipt", FILES, _another_leaf_only, "consumption ⊆ snapshot"),
    Attack("a consent event is changed by a byte", FILES, _changed(notice_version="4"), LINK),
    Attack("a consent event is missing", FILES, lambda copy: _written(copy, CONSENTS, _events(copy)[1:]), LINK),
    Attack("no consent event is there", FILES, put(CONSENTS, b""), LINK),
    Attack("a consent event says withdrawn", FILES, _changed(state="withdrawn"), LINK),
    Attack("consents.jsonl is damaged", FILES, flip(CONSENTS, 0), "bundle", directory=UNREADABLE),
    Attack("consents.jsonl says a field twice", FILES,
           lambda copy: copy.write(CONSENTS, copy.read(CONSENTS).replace(b"{", b'{"tenant":"acme",', 1)), "bundle",
           directory=UNREADABLE),
    Attack("consents.jsonl is removed", FILES, remove(CONSENTS), untold=NO_LEDGER),
    Attack("leaves rest on events that say withdrawn", KEY, _rested_on(state="withdrawn"), LINK),
    Attack("leaves rest on events that say refused", KEY, _rested_on(state="refused"), LINK),
    Attack("leaves rest on events of another tenant", KEY, _rested_on(tenant="other"), LINK),
    Attack("leaves rest on events for another purpose", KEY, _rested_on(purposes=["train_ai_system.evaluation"]), LINK),
    Attack("leaves rest on events that were recorded after the decision", KEY, _rested_on(recorded_at=LATER), LINK),
    Attack("leaves rest on events that took effect after the decision", KEY, _rested_on(effective_at=LATER), LINK),
    Attack("leaves rest on events that had run out", KEY, _rested_on(expires_at="2026-05-30T00:00:00.000000Z"), LINK),
    Attack("leaves rest on events of another ground", KEY, _rested_on(legal_basis="contract"), LINK),
    Attack("leaves rest on consent that excludes weights", KEY, _rested_on(derivatives=False), LINK),
    Attack("a leaf rests on consent and names no event", KEY, _no_receipt, LINK),
    Attack("a withdrawal that was known is brought with the consents", KEY, _with_withdrawal, LINK),
    Attack("a leaf names the consent of another person", KEY, _of_somebody_else, untold=NO_PEOPLE),
    Attack("a leaf names the consent of another person, and every record is drawn and opened", KEY, _of_somebody_else,
           untold="Consent: ", depth=WHOLE_SAMPLE),
    Attack("a withdrawal that was known is kept out of the evidence", KEY,
           lambda copy: copy.forger().save(), untold=NO_FACTS),
    Attack("an opening names another person", FILES, _openings(data_subject_id="ds_" + "0" * 32),
           untold="People: of ", depth=WHOLE_SAMPLE),
    Attack("an opening is of another tenant", FILES, _openings(tenant="globex"), untold="People: of ",
           depth=WHOLE_SAMPLE),
    Attack("the openings are removed", FILES, remove(OPENINGS), untold="People: of ", depth=WHOLE_SAMPLE),
    Attack("openings.jsonl is damaged", FILES, flip(OPENINGS, 0), "bundle", directory=UNREADABLE, depth=WHOLE_SAMPLE),
)  # fmt: skip
