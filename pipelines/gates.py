"""Quality gates: what must hold of records before the next stage may have them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from lineage.encrypted import read_encrypted
from lineage.record import RECORD_SCHEMA
from pipelines.deployment import Deployment
from pipelines.governed import Governed
from pipelines.quality import Suite, validate
from pipelines.snapshots.publish import record_quality
from pipelines.snapshots.staging import read_draft
from policies.errors import LineweightError


class GateFailedError(LineweightError):
    """Records do not hold what must hold of them; the next stage does not get them."""

    remedy = "The expectation named says what is wrong; mend the source or the redaction profile and govern again."


@dataclass(frozen=True)
class GateResult:
    """What the expectations found, file by file.

    Attributes:
        results: One entry a file and expectation: ``file``, ``expectation``, ``column``, ``meaning``,
            ``severity``, ``success`` and ``unexpected_count``; never a value. What only warns stops nothing.
    """

    results: tuple[Mapping[str, Any], ...]

    @property
    def success(self) -> bool:
        """Whether every expectation held on every file; no file at all is no failure."""
        return not self.failures()

    def failures(self) -> list[Mapping[str, Any]]:
        """Return the entries that failed and stop what comes next."""
        return [result for result in self.results if not result["success"] and result["severity"] != "warning"]

    def summary(self) -> dict[str, str | int]:
        """Return what a page shows of it."""
        failed = sorted({one["meaning"] for one in self.failures()})
        return {
            "files": len({result["file"] for result in self.results}),
            "expectations": len(self.results),
            "failed": len(self.failures()),
            "does not hold": ", ".join(failed) or "nothing",
        }

    def require(self, what: str) -> None:
        """Go on only if everything held.

        Raises:
            GateFailedError: It names the first expectation that failed.
        """
        for failed in self.failures():
            raise GateFailedError(f"{what}: {failed['file']}: it does not hold that {failed['meaning']}.")


def check_governed(deployment: Deployment, parts: Iterable[Governed]) -> GateResult:
    """Hold the governed records of some parts against the suite ``governed``."""
    files = ((f"{part.output}/records.parquet", part.tenant) for part in parts if part.permitted)
    return GateResult(tuple(_results(deployment, "governed", ((path, path, tenant) for path, tenant in files), None)))


def check_staged(deployment: Deployment, directory: str) -> GateResult:
    """Hold every shard of a staged snapshot against the suite ``snapshot``, and keep the result beside them.

    Raises:
        PublicationRefusedError: Nothing is staged there.
    """
    draft = read_draft(deployment.warehouse, directory)
    files = ((f"{directory}/{shard['path']}", shard["path"], shard["tenant"]) for shard in draft["shards"])
    as_of = datetime.fromisoformat(draft["as_of"]["effective_at"])
    checked = GateResult(tuple(_results(deployment, "snapshot", files, as_of)))
    record_quality(deployment.warehouse, directory, checked.results, checked.success)
    return checked


def _results(
    deployment: Deployment, suite: Suite, files: Iterable[tuple[str, str, str]], as_of: datetime | None
) -> Iterable[Mapping[str, Any]]:
    """Yield results for (place in the warehouse, name in the result, tenant), one file in memory at a time."""
    for path, name, tenant in files:
        for result in validate(_records(deployment, path, tenant), suite, as_of=as_of).results:
            yield {"file": name} | result


def _records(deployment: Deployment, path: str, tenant: str) -> pa.Table:
    key = deployment.vault.file_key(tenant, path)
    return read_encrypted(deployment.warehouse, path, key=key, aad=path, columns=RECORD_SCHEMA.names)
