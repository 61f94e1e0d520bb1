"""What a snapshot's decisions were a function of, gathered again: each part is the one that was signed, or refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from lineage.canonical import rfc3339
from lineage.inputs import Inputs, parse_inputs
from lineage.manifest import SnapshotManifest
from lineage.record import KEY_COLUMNS
from lineage.snapshot import Snapshot
from lineage.snapshot_request import parse_request
from lineage.verifying.decisions import read_decisions
from pipelines.deployment import Deployment
from pipelines.facts import AsOf, Known
from pipelines.governed import Governed, parts
from pipelines.replaying.difference import STATED_SCHEMA, Told, added_up
from pipelines.snapshots.account import Account
from pipelines.snapshots.asked import ask
from pipelines.snapshots.purposes import decide_for
from pipelines.snapshots.stretches import ROWS_AT_ONCE, stretches
from policies.document import Policy, load_policy
from policies.errors import LineweightError

NAMED = 5


@dataclass(frozen=True)
class Again:
    """Decisions of permitted records, made again.

    Attributes:
        rows: ``n`` rows of ``STATED_SCHEMA``, in order of the manifest.
        decisions: Every distinct decision that occurred, and how often.
    """

    rows: pa.Table
    decisions: Sequence[Told]


class NotReplayableError(LineweightError):
    """Something that the decisions were made from is no longer what it was."""

    remedy = "Restore what is named from a copy, and replay again; `lineweight verify` says what else does not hold."


@dataclass(frozen=True)
class Case:
    """One snapshot, and everything that its decisions are a function of.

    Attributes:
        policy: As it was: the file that was signed with the snapshot.
        inputs: Parts, declarations and region, as they were.
        known: The ledgers as known then, and what the inputs say of sources and region.
        as_of: The snapshot's two clocks.
        stated: Every distinct decision that the snapshot lists.
    """

    deployment: Deployment
    snapshot: Snapshot
    policy: Policy
    inputs: Inputs
    known: Known
    as_of: AsOf
    stated: Sequence[Told]

    @classmethod
    def of(cls, deployment: Deployment, snapshot: Snapshot) -> "Case":
        """Gather it.

        Raises:
            NotReplayableError: The ledger, as known then, is not what it was.
            LineweightError: A file is not the one signed, or is gone.
        """
        manifest = snapshot.manifest
        policy = load_policy(snapshot.file(manifest.policy.path, manifest.policy.sha256), manifest.policy.path)
        inputs = parse_inputs(snapshot.file(manifest.inputs.path, manifest.inputs.sha256))
        as_of = AsOf(manifest.as_of.effective_at, manifest.as_of.recorded_at)
        listed = manifest.decisions
        stated = read_decisions(snapshot.file(listed.path, listed.sha256), listed.path)
        _require_ledger(deployment, manifest)
        known = _known(deployment, as_of, inputs)
        return cls(deployment, snapshot, policy, inputs, known, as_of, stated)

    @property
    def manifest(self) -> SnapshotManifest:
        """The snapshot's manifest."""
        return self.snapshot.manifest

    @cached_property
    def leaves(self) -> pa.Table:
        """What the leaves say of every permitted record, ``STATED_SCHEMA``, in order of the manifest.

        Raises:
            SnapshotError: A file is not the one signed, or a leaf is not the hash of its digests.
        """
        shards = range(len(self.manifest.shards))
        return pa.concat_tables(
            [STATED_SCHEMA.empty_table()]
            + [self.snapshot.leaves(index).select(STATED_SCHEMA.names).cast(STATED_SCHEMA) for index in shards]
        )

    def permitted_again(self) -> Again:
        """Decide the records that are in the snapshot again, some shards at a time.

        Raises:
            LineweightError: A shard is not the one signed, or does not open.
            NotReplayableError: A shard does not hold the records of its leaves.
        """
        vault, pool, rows = self.deployment.vault, self.manifest.pool.kind, []
        decisions: list[Told] = []
        for shards in self._stretches():
            keys = pa.concat_tables([self.snapshot.shard(index, vault, columns=KEY_COLUMNS) for index in shards])
            decided = decide_for(self.manifest.purpose, keys, self.known, self.policy, pool, self.as_of)
            rows.append(decided.rows.select(STATED_SCHEMA.names))
            decisions += decided.decisions
        again = Again(pa.concat_tables([STATED_SCHEMA.empty_table(), *rows]), added_up(decisions))
        if not again.rows["record_id"].equals(self.leaves["record_id"]):
            raise NotReplayableError(f"{self.manifest.label}: the shards do not hold the records of the leaves.")
        return again

    def _stretches(self) -> Iterator[list[int]]:
        """Yield places of shards that together hold about ``ROWS_AT_ONCE`` records."""
        held: list[int] = []
        for index in range(len(self.manifest.shards)):
            held.append(index)
            if sum(self.manifest.shards[one].rows for one in held) >= ROWS_AT_ONCE:
                yield held
                held = []
        if held:
            yield held

    @property
    def denied_when_governed(self) -> int:
        """Records that were denied at the gate, before anybody asked for the snapshot."""
        return sum(part.denied for part in self.inputs.parts)

    def selected_again(self) -> tuple[Account, pa.Table]:
        """Select from the governed records again, step by step, and return the account and the records taken.

        Raises:
            NotReplayableError: A part is gone, or was governed anew since.
            LineweightError: One cannot be read.
        """
        kept = self.manifest.request
        request = parse_request(self.snapshot.file(kept.path, kept.sha256))
        warehouse, vault = self.deployment.warehouse, self.deployment.vault
        asked = ask(request, self._parts(), self.known, self.policy, self.as_of, warehouse, vault)
        account, taken = Account(), [STATED_SCHEMA.empty_table()]
        for stretch in stretches(asked):
            account.add(stretch)
            taken.append(stretch.rows.select(STATED_SCHEMA.names))
        return account, pa.concat_tables(taken)

    def _parts(self) -> list[Governed]:
        now = {part.output: part for part in parts(self.deployment.warehouse)}
        gone = [part.output for part in self.inputs.parts if part.output not in now]
        if gone:
            raise NotReplayableError(f"A governed part is gone: {_some(gone)}.")
        anew = [part.output for part in self.inputs.parts if now[part.output].inputs != part.inputs]
        if anew:
            raise NotReplayableError(f"Their part was governed anew since: {_some(anew)}.")
        return [now[part.output] for part in self.inputs.parts]


def _known(deployment: Deployment, as_of: AsOf, inputs: Inputs) -> Known:
    """Return what was known: how sources are declared today, and where records are kept today, is not asked."""
    ledger, known_at = deployment.ledger, as_of.recorded_at
    return Known(
        ledger.consent_table(known_at),
        ledger.agreement_table(known_at),
        ledger.link_table(known_at),
        inputs.categories,
        inputs.region,
    )


def _require_ledger(deployment: Deployment, manifest: SnapshotManifest) -> None:
    """Do nothing if the ledger, as known then, holds the events the snapshot was decided with, each as it was."""
    known_at, ledger = manifest.as_of.recorded_at, deployment.ledger
    altered = ledger.altered(known_at)
    if altered:
        raise NotReplayableError(f"Events in the ledger are not what was recorded: {_some(altered)}.")
    checkpoint = ledger.checkpoint(known_at)
    if checkpoint != manifest.ledger_checkpoint:
        raise NotReplayableError(
            f"The ledger as known at {rfc3339(known_at)} is not the one the snapshot was decided with: "
            f"its checkpoint is {checkpoint}, the snapshot's {manifest.ledger_checkpoint}."
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
