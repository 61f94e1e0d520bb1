"""Select: all that a request asks for, decided, in one piece; for what compares record by record."""

from dataclasses import dataclass

import pyarrow as pa

from pipelines.snapshots.account import Account
from pipelines.snapshots.asked import Asked
from pipelines.snapshots.stretches import SELECTION_SCHEMA, VERDICT_SCHEMA, stretches


@dataclass(frozen=True)
class Selection:
    """What goes into a snapshot, and what does not and why.

    Attributes:
        rows: Permitted records, ``SELECTION_SCHEMA``, in order of tenant, split, person and record.
        verdicts: One row of ``VERDICT_SCHEMA`` for every record considered.
        account: All of it counted.
    """

    rows: pa.Table
    verdicts: pa.Table
    account: Account


def selected(asked: Asked) -> Selection:
    """Decide everything asked for; nothing, where nothing was governed."""
    account, rows, verdicts = Account(), [SELECTION_SCHEMA.empty_table()], [VERDICT_SCHEMA.empty_table()]
    for stretch in stretches(asked, places=True):
        account.add(stretch)
        rows.append(stretch.rows)
        verdicts.append(stretch.verdicts)
    return Selection(pa.concat_tables(rows), pa.concat_tables(verdicts), account)
