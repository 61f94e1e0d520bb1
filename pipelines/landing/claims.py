"""Claims: what the flags of a log say about consent, as consent events of the people who spoke.

A flag that was copied into a log when somebody spoke is no statement of theirs: it is what the product took for
it, and it goes stale. So its events carry the method ``log-flag``, and the law of ``policies.consent`` hears
them as claims: a grant fills silence and nothing else, a refusal refuses.

Flags of one person in order of time make runs of one state. A run of a grant is one event, from its first flag
to ``stale_days`` after its last; where two flags lie further apart, a new run begins. A run of a refusal is one
event, and a second one at its last flag, so that a grant of the person's own in between does not outlive it.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from lineage.encrypted import iter_encrypted, write_encrypted
from lineage.keys.vault import Vault
from lineage.ledger.fields import content_id
from lineage.ledger.recording import event_bytes
from lineage.ledger.tables import instant, microseconds
from lineage.warehouse import Warehouse
from pipelines.landing.landed import LandResult, claims_path
from pipelines.sources.interaction import Claim
from pipelines.sources.places import ConsentFlag
from policies.consent import VALID, ConsentEvent, ConsentStatus
from policies.consent_event import CLAIM

STATES = tuple(ConsentStatus)
CLAIMS_SCHEMA = pa.schema([("document", pa.string())])
DAY = timedelta(days=1) // timedelta(microseconds=1)
UNKNOWN_WORD = "unknown-word"
FUTURE = "future"
BY_THE_PRODUCT = "product"


class Claims:
    """The flags of one file as they come: 13 bytes each, and who the people are."""

    def __init__(self, flag: ConsentFlag | None, source: str, batch: str, landed_at: datetime) -> None:
        self._flag, self.source, self.batch, self._landed_at = flag, source, batch, landed_at
        self._places: dict[tuple[str, str], int] = {}
        self._who, self._at, self._states = array("I"), array("q"), array("B")
        self.flags: Counter[str] = Counter()

    def add(self, row: dict[str, Any], claim: Claim) -> None:
        """Take the flag of an interaction, with its row of ``RECORD_SCHEMA``; one of nobody is counted alone.

        A grant in the future is not believed: some clock is ahead. A refusal in the future holds from now on.
        """
        self.flags[claim.state.value] += 1
        if not claim.is_known:
            self.flags[UNKNOWN_WORD] += 1
        at = row["occurred_at"]
        if at > self._landed_at:
            self.flags[FUTURE] += 1
            if not claim.refuses:
                return
            at = self._landed_at
        if row["data_subject_id"] is None:
            return
        person = (row["tenant"], row["data_subject_id"])
        self._who.append(self._places.setdefault(person, len(self._places)))
        self._at.append(microseconds(at))
        self._states.append(STATES.index(claim.state))

    def events(self) -> dict[str, list[ConsentEvent]]:
        """Return what the flags make, by tenant; a function of the set of flags, in whatever order they came."""
        people = list(self._places)
        found: dict[str, list[ConsentEvent]] = {}
        for who, state, first, last in self._runs():
            tenant, person = people[who]
            found.setdefault(tenant, []).extend(self._of_run(tenant, person, STATES[state], first, last))
        return {tenant: sorted(found[tenant], key=_by_person) for tenant in sorted(found)}

    def _runs(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield runs as person, state, and the instants of the first and the last flag, in microseconds."""
        if self._flag is None or not self._who:
            return
        who, at, states = (
            np.frombuffer(self._who, "u4"),
            np.frombuffer(self._at, "i8"),
            np.frombuffer(self._states, "u1"),
        )
        order = np.lexsort((states, at, who))
        who, at, states = who[order], at[order], states[order]
        grants = np.isin(states, [STATES.index(state) for state in VALID])
        breaks = (np.diff(who) != 0) | (np.diff(states) != 0)
        breaks |= grants[1:] & (np.diff(at) > self._flag.stale_days * DAY)
        firsts = np.flatnonzero(np.concatenate([[True], breaks]))
        lasts = np.concatenate([firsts[1:], [len(who)]]) - 1
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
            yield int(who[first]), int(states[first]), int(at[first]), int(at[last])

    def _of_run(self, tenant: str, person: str, state: ConsentStatus, first: int, last: int) -> Iterator[ConsentEvent]:
        if self._flag is None:
            return
        grants = state in VALID
        for at in (first,) if grants or first == last else (first, last):
            event = ConsentEvent(
                event_id="-",
                tenant=tenant,
                data_subject_id=person,
                state=state,
                purposes=self._flag.purposes,
                expressed_by=BY_THE_PRODUCT,
                method=CLAIM,
                evidence=f"{self.source}/{self.batch}",
                effective_at=instant(at),
                expires_at=instant(last + self._flag.stale_days * DAY) if grants else None,
                recorded_at=self._landed_at,
            )
            yield event.model_copy(update={"event_id": content_id(event)})


def _by_person(event: ConsentEvent) -> tuple[str, datetime, str]:
    return event.data_subject_id, event.effective_at, event.event_id


def keep_claims(warehouse: Warehouse, vault: Vault, claims: Claims) -> dict[str, int]:
    """Write the events of a batch beside its records, and return how many there are of each tenant."""
    made = claims.events()
    for tenant, events in made.items():
        path = claims_path(claims.source, claims.batch, tenant)
        documents = [event_bytes(event.document()).decode() for event in events]
        table = pa.table({"document": documents}, schema=CLAIMS_SCHEMA)
        write_encrypted(warehouse, path, table, key=vault.file_key(tenant, path, create=True), aad=path)
    return {tenant: len(events) for tenant, events in made.items()}


def claims_of(warehouse: Warehouse, vault: Vault, landed: LandResult, now: datetime) -> Iterator[ConsentEvent]:
    """Yield the events that a landed batch keeps, as recorded now: a ledger knows them from when it has them.

    Raises:
        ContentUnreadableError: A file does not open.
        KeyUnavailableError: There is no key of a tenant.
    """
    for tenant in landed.claims:
        path = claims_path(landed.source, landed.batch, tenant)
        for batch in iter_encrypted(warehouse, path, key=vault.file_key(tenant, path), aad=path):
            for document in batch["document"].to_pylist():
                yield ConsentEvent.model_validate_json(document).model_copy(update={"recorded_at": now})
