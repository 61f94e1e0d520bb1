"""Some rows of a consumption ledger, read without the others: of the very bytes that were signed."""

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage.consumption import CONSUMPTION_SCHEMA
from lineage.evidence_table import EvidenceUnreadableError
from lineage.models import Model, NotVerifiedError
from lineage.training_statement import consumption
from lineage.warehouse import Warehouse

CHUNK = 8 * 1024 * 1024


def ledger_rows(
    warehouse: Warehouse, model: Model, offsets: npt.NDArray[np.int64], ordinals: npt.NDArray[np.uint64]
) -> pa.Table:
    """Return the readings of some records: rows of ``CONSUMPTION_SCHEMA``, in order of reading.

    The whole file is hashed. Of what it holds only the places are looked at, and the groups of rows they are in.

    Args:
        warehouse: Holds the model.
        model: Whose statement was verified.
        offsets: The ordinal of the first row of every shard, and last the number of all records.
        ordinals: Where the records lie in the snapshot.

    Raises:
        NotVerifiedError: The ledger is not the one that was signed.
        EvidenceUnreadableError: It is no such table.
        WarehouseError: It is missing.
    """
    stated = consumption(model.opened.predicate)
    path = f"{model.directory}/{stated.path}"
    with warehouse.open(path) as file:
        if _sha256(file) != stated.sha256:
            raise NotVerifiedError(f"{path}: is not the consumption ledger that was signed.")
        try:
            parquet = pq.ParquetFile(file)
            if parquet.schema_arrow.names != CONSUMPTION_SCHEMA.names:
                raise EvidenceUnreadableError(f"{path}: its columns are not the ones it should have.")
            found = [_of_group(parquet, group, offsets, ordinals) for group in range(parquet.num_row_groups)]
        except (OSError, pa.ArrowException) as error:
            raise EvidenceUnreadableError(f"{path}: is not a Parquet file that can be read.") from error
    return pa.concat_tables([CONSUMPTION_SCHEMA.empty_table(), *found])


def _sha256(file: pa.NativeFile) -> str:
    hasher = hashlib.sha256()
    file.seek(0)
    while data := file.read(CHUNK):
        hasher.update(data)
    return hasher.hexdigest()


def _of_group(
    parquet: pq.ParquetFile, group: int, offsets: npt.NDArray[np.int64], ordinals: npt.NDArray[np.uint64]
) -> pa.Table:
    places = parquet.read_row_group(group, columns=["shard", "row", "skipped_reason"])
    shard = np.clip(places["shard"].to_numpy(), 0, len(offsets) - 1)
    at = (offsets[shard] + places["row"].to_numpy()).astype(np.uint64)
    wanted = pa.array(np.isin(at, ordinals)) if len(ordinals) else pa.repeat(False, len(at))
    wanted = pc.and_(wanted, pc.is_null(places["skipped_reason"]))
    if not pc.any(wanted).as_py():
        return CONSUMPTION_SCHEMA.empty_table()
    return parquet.read_row_group(group).cast(CONSUMPTION_SCHEMA).filter(wanted)
