"""Interactions become records: Arrow batches of one tenant each, people by their keyed pseudonym."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa

from lineage.keys.vault import Vault
from lineage.record import RECORD_SCHEMA, conversation_id, record_id
from pipelines.sources.declaration import SourceDeclaration
from pipelines.sources.interaction import Claim, Interaction, Message, RejectReason

BATCH_ROWS = 1_000
BATCH_CHARACTERS = 1_000_000
WAITING_CHARACTERS = 32_000_000
MAX_CHARACTERS = 32_000_000

Reject = Callable[[int, RejectReason, str], None]
Claimed = Callable[[dict[str, Any], Claim], None]


def _unheard(_row: dict[str, Any], _claim: Claim) -> None:
    """Take no note of a claim."""


class _Waiting:
    """The rows of one tenant that are not in a batch yet."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.characters = 0

    def batch(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_pylist(self.rows, schema=RECORD_SCHEMA)


def record_batches(
    interactions: Iterable[Interaction],
    declaration: SourceDeclaration,
    batch: str,
    vault: Vault,
    reject: Reject,
    claimed: Claimed = _unheard,
    rows: int = BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """Yield the interactions of one file as rows of ``RECORD_SCHEMA``, each batch of one tenant.

    Within a tenant the order is that of the interactions. Memory is bounded by the text that waits
    (``WAITING_CHARACTERS``) and 16 bytes for every record.

    Args:
        interactions: As a format reads them.
        declaration: Of their source.
        batch: SHA-256 of the file's bytes, in hexadecimal.
        vault: Makes the pseudonyms; a tenant not met before gets a key.
        reject: Told the line and reason of an interaction that is no record: one that is larger than
            ``MAX_CHARACTERS``, or whose id another of this file has.
        claimed: Told what an interaction claims about its person's consent, with its row, whether it is a
            record or not: a refusal counts wherever it stands.
        rows: Most rows of a batch.
    """
    waiting: dict[str, _Waiting] = defaultdict(_Waiting)
    known: set[bytes] = set()
    for interaction in interactions:
        size = characters(interaction.messages)
        row = _row(interaction, declaration, batch, vault)
        if interaction.claim is not None:
            claimed(row, interaction.claim)
        key = bytes.fromhex(row["record_id"][1:])
        if size > MAX_CHARACTERS or key in known:
            too_large = size > MAX_CHARACTERS
            reason = RejectReason.TOO_LARGE if too_large else RejectReason.DUPLICATE_RECORD
            reject(interaction.line, reason, "")
            continue
        known.add(key)
        mine = waiting[interaction.tenant]
        mine.rows.append(row)
        mine.characters += size
        if len(mine.rows) >= rows or mine.characters >= BATCH_CHARACTERS:
            yield waiting.pop(interaction.tenant).batch()
        elif sum(one.characters for one in waiting.values()) >= WAITING_CHARACTERS:
            largest = max(waiting, key=lambda tenant: waiting[tenant].characters)
            yield waiting.pop(largest).batch()
    for tenant in sorted(waiting):
        yield waiting[tenant].batch()


def characters(messages: Iterable[Message]) -> int:
    """Return how many characters of text messages hold."""
    texts = (
        text
        for said in messages
        for text in (
            said["content"],
            said["reasoning"],
            *(call["arguments"] for call in said["tool_calls"] or ()),
        )
    )
    return sum(len(text) for text in texts if text is not None)


def _row(interaction: Interaction, declaration: SourceDeclaration, batch: str, vault: Vault) -> dict[str, Any]:
    source, tenant = declaration.source, interaction.tenant
    person = interaction.person
    return {
        "record_id": record_id(source, tenant, interaction.conversation, interaction.position),
        "source": source,
        "batch": batch,
        "line": interaction.line,
        "tenant": tenant,
        "data_subject_id": None if person is None else vault.data_subject_id(tenant, person),
        "participants": [vault.data_subject_id(tenant, one) for one in interaction.participants],
        "conversation_id": conversation_id(source, tenant, interaction.conversation),
        "position": interaction.position,
        "occurred_at": interaction.occurred_at,
        "messages": interaction.messages,
        "model": interaction.model,
        "outcome": interaction.outcome,
        "jurisdiction": interaction.jurisdiction,
        "age_band": interaction.age_band,
        "source_licence": declaration.licence,
        "attributes": sorted(interaction.attributes.items()),
    }
