"""What may be left in a staged snapshot's text: measured on its own records, and noted in its draft."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.canonical import canonical_json
from lineage.encrypted import read_encrypted
from lineage.keys.vault import Vault
from lineage.residual import Residual
from lineage.warehouse import Warehouse
from pipelines.redaction.profile import RedactionProfile
from pipelines.redaction.residual import canaries_for, canaries_found, seen_again
from pipelines.redaction.second import second_detector
from pipelines.snapshots.staging import DRAFT, read_draft

if TYPE_CHECKING:
    from pipelines.redaction.engine import Redactor

SAMPLE_CHARS = 50_000  # code points that the second detector reads: some seconds
_LONGEST = 2_000  # of one text
_SHARDS = 16


def note_residual(
    warehouse: Warehouse, vault: Vault, directory: str, redactor: "Redactor", profile: RedactionProfile
) -> Residual:
    """Measure what may be left in a staged snapshot, note it in the draft, and return it.

    Canaries are searched for by ``redactor``, if it is of the version that redacted the records: of another one they
    would say nothing.

    Args:
        warehouse: Where the snapshot is staged.
        vault: Opens its shards.
        directory: Where in the warehouse.
        redactor: The one that is at hand.
        profile: What it looks for.

    Raises:
        PublicationRefusedError: Nothing is staged there.
        DetectorError: A text could not be searched to its end.
    """
    draft = read_draft(warehouse, directory)
    texts, records = _sample(warehouse, vault, directory, draft)
    canaries = None
    if redactor.digest == draft["redaction"]["digest"]:
        each = canaries_for(draft["rows"])
        canaries = canaries_found(redactor.search, profile.entities.keys(), texts, draft["seed"], each)
    thresholds = {kind: rule.threshold for kind, rule in profile.entities.items()}
    residual = Residual(canaries=canaries, second_detector=seen_again(second_detector(), thresholds, texts, records))
    draft["redaction"]["residual"] = residual.model_dump(mode="json")
    warehouse.write(f"{directory}/{DRAFT}", canonical_json(draft))
    return residual


def _sample(warehouse: Warehouse, vault: Vault, directory: str, draft: Mapping[str, Any]) -> tuple[list[str], int]:
    """Return texts of some records that the seed draws, and how many records: 50,000 characters at most."""
    seed, texts, records, left = draft["seed"], [], 0, SAMPLE_CHARS
    for row in sorted(_rows(warehouse, vault, directory, draft), key=lambda row: _place(seed, row["record_id"])):
        of_record = [text[:_LONGEST] for text in _texts(row["messages"]) if text.strip()]
        length = sum(map(len, of_record))
        if length > left:
            break
        texts += of_record
        records, left = records + 1, left - length
    return texts, records


def _rows(warehouse: Warehouse, vault: Vault, directory: str, draft: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield rows of the shards that the seed draws, of each as many as the whole sample may need."""
    drawn = sorted(draft["shards"], key=lambda shard: _place(draft["seed"], shard["path"]))[:_SHARDS]
    for shard in drawn:
        path = f"{directory}/{shard['path']}"
        key = vault.file_key(shard["tenant"], path)
        table = read_encrypted(warehouse, path, key=key, aad=path, columns=["record_id", "messages"])
        yield from _first_of(table, draft["seed"]).to_pylist()


def _first_of(table: pa.Table, seed: int) -> pa.Table:
    places = [_place(seed, record_id) for record_id in table["record_id"].to_pylist()]
    order = sorted(range(len(places)), key=places.__getitem__)[: SAMPLE_CHARS // 100]
    return table.take(pa.array(order, pa.int64()))


def _place(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"lineweight.sample/v1\0{seed}\0{name}".encode()).digest()


def _texts(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for message in messages:
        yield from filter(None, (message["content"], message["reasoning"]))
        yield from (call["arguments"] for call in message["tool_calls"] or () if call["arguments"])
