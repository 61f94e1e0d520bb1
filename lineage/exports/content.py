"""The little that only the records say: days, licences, outcomes, and which answers name a model. Never a text.

Records are encrypted. Four columns are read, none of which holds what anybody wrote, and only counts and days leave.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC

import pyarrow as pa
import pyarrow.compute as pc

from lineage.keys.vault import KeyUnavailableError, Vault
from lineage.retention import ContentRemovedError
from lineage.snapshot import Snapshot

COLUMNS = ("occurred_at", "outcome", "model", "source_licence")
NOT_OBSERVED = "not observed"


@dataclass(frozen=True, slots=True)
class Content:
    """What the records of a snapshot say.

    Attributes:
        first_day: First day on which a person spoke, ISO 8601, UTC; None where nothing can be read.
        last_day: Last such day.
        by_licence: Records by the licence of their source.
        by_outcome: Records by what became of the answer.
        answered: Records whose log names the model that answered.
        models: Different models that it names.
        unreadable: Why nothing can be read; empty where it can.
    """

    first_day: str | None = None
    last_day: str | None = None
    by_licence: dict[str, int] | None = None
    by_outcome: dict[str, int] | None = None
    answered: int | None = None
    models: int | None = None
    unreadable: str = field(default="")


def read_content(snapshot: Snapshot, vault: Vault | None) -> Content:
    """Return what the records say, or why they cannot be read.

    Args:
        snapshot: Every shard is compared with its signed digest first.
        vault: Holds the tenants' keys; None where there is none.

    Raises:
        SnapshotError: A file is not the one signed.
        ContentUnreadableError: A file does not open with its key.
    """
    if vault is None:
        return Content(unreadable="the records are encrypted, and there are no keys here")
    try:
        parts = [snapshot.shard(index, vault, COLUMNS) for index in range(len(snapshot.manifest.shards))]
    except ContentRemovedError:
        return Content(unreadable="content of this snapshot was removed under retention")
    except KeyUnavailableError:
        return Content(unreadable="the records are encrypted, and keys of a customer are not here")
    if not any(part.num_rows for part in parts):
        return Content(unreadable="the snapshot is empty")
    return _counted(pa.concat_tables(parts))


def _counted(records: pa.Table) -> Content:
    spoken = pc.min_max(records["occurred_at"]).as_py()
    return Content(
        first_day=spoken["min"].astimezone(UTC).date().isoformat(),
        last_day=spoken["max"].astimezone(UTC).date().isoformat(),
        by_licence=_by_value(records["source_licence"]),
        by_outcome=_by_value(_labels(records["outcome"])),
        answered=len(records) - records["model"].null_count,
        models=pc.count_distinct(records["model"], mode="only_valid").as_py(),
    )


def _labels(outcomes: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.struct_field(outcomes, "label"), NOT_OBSERVED)


def _by_value(column: pa.ChunkedArray) -> dict[str, int]:
    counted = Counter({one["values"]: one["counts"] for one in pc.value_counts(column).to_pylist()})
    return dict(sorted(counted.items()))
