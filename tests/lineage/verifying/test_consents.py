"""A record that rests on consent rests on an event that says so: of that tenant, in force, known, for that purpose."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lineage.canonical import canonical_json
from lineage.leaf import NO_CONSENT_RECEIPT
from lineage.manifest import SnapshotManifest
from lineage.proving.receipts import CONSENTS_FILE, OPENINGS_FILE, Opening, Receipts, consent_lines, read_receipts
from lineage.verifying.consents import require_ground
from lineage.verifying.links import BrokenLinkError
from policies.consent import ConsentEvent, ConsentStatus, LegalBasis
from policies.errors import InputError
from policies.facts import IN_ORDER
from tests.lineage.small_snapshot import AS_OF, SmallWorld

BEFORE = AS_OF - timedelta(days=30)
EVENT = ConsentEvent(
    event_id="e-1",
    tenant="acme",
    data_subject_id="ds_" + "ad" * 16,
    state=ConsentStatus.GIVEN,
    purposes=("train_ai_system",),
    effective_at=BEFORE,
    recorded_at=BEFORE,
)
FACTS = IN_ORDER.document()


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> SnapshotManifest:
    return SmallWorld(tmp_path_factory.mktemp("grounds") / "warehouse").publish()


def grounded(manifest: SnapshotManifest, event: ConsentEvent, facts: dict[str, Any] = FACTS) -> ConsentEvent | None:
    receipts = Receipts({event.receipt(): event}, given=True)
    return require_ground(facts, bytes.fromhex(event.receipt()), "acme", manifest, receipts)


def test_an_event_that_says_what_was_decided_by_is_the_ground(manifest: SnapshotManifest):
    assert grounded(manifest, EVENT) == EVENT
    for purpose in ("train_ai_system", "train_ai_system.finetune"):
        assert grounded(manifest, EVENT.model_copy(update={"purposes": (purpose,)}))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"tenant": "globex"}, "is of another tenant"),
        ({"legal_basis": LegalBasis.CONTRACT}, "has another ground"),
        ({"effective_at": AS_OF + timedelta(seconds=1)}, "took effect after"),
        ({"recorded_at": AS_OF + timedelta(seconds=1)}, "was not known yet"),
        ({"state": ConsentStatus.RENEWED}, "does not say what was decided by"),
        ({"state": ConsentStatus.WITHDRAWN}, "is no grant"),
        ({"state": ConsentStatus.UNKNOWN}, "is no grant"),
        ({"expires_at": AS_OF}, "had run out"),
        ({"derivatives": False}, "does not cover what lasts"),
        ({"purposes": ("train_ai_system.evaluation",)}, "another purpose"),
        ({"purposes": ("train_ai_system.evaluation", "train_ai_system.preference")}, "another purpose"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_that_does_not_bear_the_decision_is_refused(
    manifest: SnapshotManifest, change: dict[str, Any], fault: str
):
    with pytest.raises(BrokenLinkError, match=fault):
        grounded(manifest, EVENT.model_copy(update=change))


def test_a_record_on_consent_names_an_event_and_one_on_another_ground_names_none(manifest: SnapshotManifest):
    with pytest.raises(BrokenLinkError, match="names no consent event"):
        require_ground(FACTS, NO_CONSENT_RECEIPT, "acme", manifest, Receipts(given=True))
    contract = FACTS | {"legal_basis": "contract"}
    assert require_ground(contract, NO_CONSENT_RECEIPT, "acme", manifest, Receipts(given=True)) is None
    with pytest.raises(BrokenLinkError, match="although its ground is another"):
        grounded(manifest, EVENT, contract)


def test_an_event_that_was_not_brought_is_missed(manifest: SnapshotManifest):
    with pytest.raises(BrokenLinkError, match="not among those at hand"):
        require_ground(FACTS, bytes.fromhex(EVENT.receipt()), "acme", manifest, Receipts(given=True))


def test_events_and_openings_survive_their_files(tmp_path: Path):
    consents, openings = tmp_path / CONSENTS_FILE, tmp_path / OPENINGS_FILE
    opening = Opening("acme", EVENT.data_subject_id, bytes(range(32)))
    consents.write_bytes(consent_lines([EVENT, EVENT]))
    openings.write_bytes(opening.line())
    read = read_receipts(consents, openings)
    assert read.events == {EVENT.receipt(): EVENT}
    assert read.openings == {opening.commitment: opening}
    assert read.given
    assert not read_receipts(None).given


@pytest.mark.parametrize(
    "line",
    [
        b"\xff",
        b"{}",
        b"[]",
        b"null",
        canonical_json(EVENT.document()) + b" ",
        canonical_json(EVENT.document() | {"more": 1}),
        canonical_json(EVENT.document()).replace(b"2026-05-02T00:00:00.000000Z", b"2026-05-02T00:00:00Z"),
    ],
    ids=["bytes", "empty", "list", "null", "spaced", "a field more", "another spelling"],
)
def test_a_line_that_is_no_event_is_refused_by_file_and_line(tmp_path: Path, line: bytes):
    path = tmp_path / CONSENTS_FILE
    path.write_bytes(consent_lines([EVENT]) + line + b"\n")
    with pytest.raises(InputError, match=r"consents\.jsonl, line 2"):
        read_receipts(path)


@pytest.mark.parametrize("line", [b"\xff", b"[]", b"{}", b'{"tenant":"a","data_subject_id":"b","salt":"xy"}'])
def test_a_line_that_is_no_opening_is_refused_by_file_and_line(tmp_path: Path, line: bytes):
    path = tmp_path / OPENINGS_FILE
    path.write_bytes(line + b"\n")
    with pytest.raises(InputError, match=r"openings\.jsonl, line 1"):
        read_receipts(None, path)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_receipts(tmp_path / "nothing")


def test_the_clocks_are_those_of_the_snapshot(manifest: SnapshotManifest):
    assert manifest.as_of.effective_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert grounded(manifest, EVENT.model_copy(update={"effective_at": AS_OF, "recorded_at": AS_OF}))
