"""The governed store: what its files hold, and what became of each part. To read it, nothing of an engine is loaded::

governed/<tenant>/<source>/<batch>/part-<k>/gate.parquet       what was decided before any text was read
                                            records.parquet    RECORD_SCHEMA and two digests, encrypted
                                            findings.parquet   what was redacted where, never the values
                                            left_out.parquet   record_id, effect, reason
                                            unit.json          counts; last, so it says the part is whole
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import pyarrow as pa

from lineage.record import RECORD_SCHEMA
from lineage.warehouse import Warehouse

GOVERNED_SCHEMA = RECORD_SCHEMA.append(pa.field("record_digest", pa.binary(32), nullable=False)).append(
    pa.field("redaction_digest", pa.binary(32), nullable=False)
)
LEFT_OUT_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("effect", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
GATE_SCHEMA = pa.schema([("record_id", pa.string()), ("permitted", pa.bool_()), ("reason", pa.string())])


@dataclass(frozen=True)
class Governed:
    """What became of a part's records: ``records = permitted + denied + quarantined``.

    Attributes:
        inputs: Digest of all that the part is a function of.
        profile: Name of the redaction profile, and in ``redaction`` the digest of all that redacted.
        redacted: Permitted records that held something to redact.
        denied, quarantined: How many for which reason.
        entities: What was replaced, by type.
    """

    tenant: str
    source: str
    batch: str
    output: str
    inputs: str
    profile: str
    redaction: str
    records: int
    permitted: int
    redacted: int
    denied: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    entities: Mapping[str, int] = field(default_factory=dict)


def parts(warehouse: Warehouse, directory: str = "governed") -> list[Governed]:
    """Return every whole part under a directory, in order of path."""
    found = [account_of(warehouse, path) for path in warehouse.files(directory) if path.endswith("/unit.json")]
    return [part for part in found if part is not None]


def account_of(warehouse: Warehouse, path: str) -> Governed | None:
    """Return a part's account; one that another version of Lineweight wrote is none, and is governed again."""
    document = json.loads(warehouse.read(path))
    return Governed(**document) if document.keys() == {one.name for one in fields(Governed)} else None
