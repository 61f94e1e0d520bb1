"""Governed records that no policy in force could ever use again, because they are too old for all of them.

Decided on two columns, id and time, for all parts of a tenant together: a record that was delivered twice is as
old as its earliest delivery says. A part is written anew without such records, beside what stands::

    governed/<tenant>/<source>/<batch>/part-<k>/kept-<digest>/records.parquet, findings.parquet, left_out.parquet

and its account ``unit.json``, which says where its files are, is replaced last. So the part is the old one or the
new one, never half of each; what was left behind by a sweep cut short is found and removed by the next. The
removed records are counted in the account as denied, ``retention-exceeded``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc

from lineage.canonical import canonical_json, digest_of
from lineage.encrypted import encrypted_writer, iter_encrypted, read_encrypted, write_encrypted
from lineage.keys.vault import Vault
from lineage.warehouse import Warehouse, WarehouseError
from pipelines.governed import GOVERNED_SCHEMA, LEFT_OUT_SCHEMA, Governed
from pipelines.retention.found import Found, Outlived, Where
from pipelines.retention.limits import Limit, Limits
from policies.errors import LineweightError
from policies.reason import Effect, Reason

ACCOUNT, GATE = "unit.json", "gate.parquet"
CONTENT = ("records", "findings", "left_out")
DEPTH = 5  # governed/<tenant>/<source>/<batch>/<part>
BATCH_ROWS = 250
REMEDY = "Govern its source again: lineweight govern."
LEFT_BEHIND = "left behind by a sweep cut short"


@dataclass(frozen=True)
class Part:
    """A governed part as it stands: its directory, its account, every file under it with its size."""

    root: str
    account: Governed
    files: Mapping[str, int]

    @property
    def content(self) -> tuple[str, ...]:
        """The paths of the files that hold its records and what was said of them."""
        return tuple(f"{self.account.output}/{name}.parquet" for name in CONTENT)

    @property
    def left_behind(self) -> list[str]:
        """The paths of the files that its account does not speak of."""
        return sorted(self.files.keys() - {f"{self.root}/{ACCOUNT}", f"{self.root}/{GATE}", *self.content})


def find_in_governed(warehouse: Warehouse, vault: Vault, limits: Limits) -> Found:
    """Return the governed records that are too old for every policy in force, or for what their tenant agreed to."""
    found = Found(Where.GOVERNED)
    for tenant, parts in groupby(_parts(warehouse, found), key=lambda part: part.account.tenant):
        aged = list(_aged(found, warehouse, vault, list(parts)))
        limit = limits.of_any_policy(tenant)
        old = [ages.filter(limit.outlived(ages["occurred_at"]))["record_id"].combine_chunks() for _, ages in aged]
        ids = pc.unique(pa.chunked_array(old, pa.string()))
        for part, ages in aged:
            gone = ages.filter(pc.is_in(ages["record_id"], ids))
            _note(found, part, gone, limit)
            if gone.num_rows or part.left_behind:
                found.removals.append(partial(_sweep, warehouse, vault, part, gone["record_id"].combine_chunks()))
    return found


def _parts(warehouse: Warehouse, found: Found) -> Iterator[Part]:
    """Yield every whole part, in order of path; one that is not whole is told."""
    for root, paths in groupby(warehouse.files("governed"), key=lambda path: "/".join(path.split("/")[:DEPTH])):
        try:
            files = {path: warehouse.size(path) for path in paths}
            yield Part(root, _account(warehouse, root), files)
        except WarehouseError as error:
            found.tell(root, error)


def _account(warehouse: Warehouse, root: str) -> Governed:
    path = f"{root}/{ACCOUNT}"
    if not warehouse.exists(path):
        raise WarehouseError("Governing it was cut short.", remedy=REMEDY)
    try:
        account = Governed(**json.loads(warehouse.read(path)))
    except (ValueError, TypeError) as error:
        raise WarehouseError(f"{path}: is no account of a part.", remedy=REMEDY) from error
    if not f"{account.output}/".startswith(f"{root}/"):
        raise WarehouseError(f"{path}: is the account of another part.", remedy=REMEDY)
    return account


def _aged(found: Found, warehouse: Warehouse, vault: Vault, parts: Sequence[Part]) -> Iterator[tuple[Part, pa.Table]]:
    """Yield each part with the id and time of its records; one that cannot be read is told."""
    for part in parts:
        path, tenant = part.content[0], part.account.tenant
        try:
            key = vault.file_key(tenant, path)
            ages = read_encrypted(warehouse, path, key=key, aad=path, columns=["record_id", "occurred_at"])
            if ages.num_rows != part.account.permitted:
                raise WarehouseError(f"{path}: has not the records that its account says.", remedy=REMEDY)
        except LineweightError as error:
            found.tell(part.root, error)
        else:
            yield part, ages


def _note(found: Found, part: Part, gone: pa.Table, limit: Limit) -> None:
    account = part.account
    size = sum(part.files.get(path, 0) for path in part.content)
    if gone.num_rows:
        since = limit.since(gone["occurred_at"])
        found.outlived.append(_outlived(account, part.content[0], gone.num_rows, size, since, limit.rule))
    if gone.num_rows < account.permitted:
        found.remains.add(account.permitted - gone.num_rows, size)
    found.outlived += [
        _outlived(account, path, 0, part.files[path], limit.at, LEFT_BEHIND) for path in part.left_behind
    ]


def _outlived(account: Governed, place: str, records: int, size: int, since: datetime, rule: str) -> Outlived:
    return Outlived(Where.GOVERNED, place, account.tenant, (account.source,), records, 0, size, since, rule)


def _sweep(warehouse: Warehouse, vault: Vault, part: Part, gone: pa.Array) -> None:
    """Write a part anew without some records, put it in the place of the old one, and remove what that leaves."""
    if len(gone):
        account = _rewritten(warehouse, vault, part, gone)
        warehouse.write(f"{part.root}/{ACCOUNT}", canonical_json(asdict(account)))
        part = replace(part, account=account)
    standing = dict.fromkeys(warehouse.files(part.root), 0)
    for path in replace(part, files=standing).left_behind:
        warehouse.delete_file(path)


def _rewritten(warehouse: Warehouse, vault: Vault, part: Part, gone: pa.Array) -> Governed:
    """Write what is kept of a part, and return its new account: a function of the part and of what goes."""
    before = part.account
    kept = replace(before, output=f"{part.root}/kept-{digest_of([before.output, *gone.to_pylist()])[:16]}")
    target = replace(part, account=kept)
    keys = {path: vault.file_key(kept.tenant, path) for path in (*part.content, *target.content)}

    def read(path: str) -> pa.Table:
        return read_encrypted(warehouse, path, key=keys[path], aad=path)

    (records, findings, left_out), (to_records, to_findings, to_left_out) = part.content, target.content
    with encrypted_writer(warehouse, to_records, GOVERNED_SCHEMA, key=keys[to_records], aad=to_records) as writer:
        for batch in iter_encrypted(warehouse, records, key=keys[records], aad=records, batch_rows=BATCH_ROWS):
            writer.write_batch(_without(batch, gone).cast(GOVERNED_SCHEMA))
    found = _without(read(findings), gone)
    write_encrypted(warehouse, to_findings, found, key=keys[to_findings], aad=to_findings)
    out = pa.concat_tables([read(left_out), _left_out(gone)])
    write_encrypted(warehouse, to_left_out, out, key=keys[to_left_out], aad=to_left_out)
    reason = Reason.RETENTION_EXCEEDED.value
    return replace(
        kept,
        permitted=before.permitted - len(gone),
        redacted=pc.count_distinct(found["record_id"]).as_py(),
        denied=dict(sorted({**before.denied, reason: before.denied.get(reason, 0) + len(gone)}.items())),
        entities=_counted(found),
    )


def _without(rows: pa.Table | pa.RecordBatch, gone: pa.Array) -> pa.Table | pa.RecordBatch:
    return rows.filter(pc.invert(pc.is_in(rows["record_id"], gone)))


def _left_out(gone: pa.Array) -> pa.Table:
    same = {"effect": Effect.DENY.value, "reason": Reason.RETENTION_EXCEEDED.value}
    columns = {name: pa.repeat(pa.scalar(value), len(gone)) for name, value in same.items()}
    return pa.table({"record_id": gone, **columns}, schema=LEFT_OUT_SCHEMA)


def _counted(findings: pa.Table) -> dict[str, int]:
    counted = findings.group_by("entity_type").aggregate([([], "count_all")]).sort_by("entity_type")
    return dict(zip(counted["entity_type"].to_pylist(), counted["count_all"].to_pylist(), strict=True))
