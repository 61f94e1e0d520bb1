"""Suspensions: what is recorded where a line cannot be read, and may take a permission away."""

from typing import Any

from lineage.canonical import sha256_hex
from lineage.keys.vault import Vault
from lineage.ledger.fields import content_id
from lineage.ledger.lines import Line
from policies.agreement import AgreementEvent, TenantScope
from policies.consent import ConsentEvent, ConsentStatus
from policies.person_link import PersonLink

UNREADABLE_REFUSAL = "unreadable-refusal"
UNREADABLE_LINK = "unreadable-link"
ROOT_PURPOSE = ("train_ai_system",)


def suspended_person(
    line: Line, tenant: str, person: str, vault: Vault, method: str = UNREADABLE_REFUSAL, evidence: str = ""
) -> ConsentEvent:
    """Return what suspends a person, or everyone: only a grant that takes effect later lifts it.

    It is effective when the line says, else when it was recorded. The same line makes the same event.
    """
    times = _times(line)
    mark = vault.data_subject_id(tenant, f"{method} {times['effective_at']} {person} {line.text}")
    return ConsentEvent(
        event_id=f"suspended-{mark.removeprefix('ds_')}",
        tenant=tenant,
        data_subject_id=person,
        state=ConsentStatus.INVALIDATED,
        purposes=ROOT_PURPOSE,
        method=method,
        evidence=evidence,
        **times,
    )


def suspended_tenant(line: Line, tenant: str) -> AgreementEvent:
    """Return what suspends a tenant, until an agreement that takes effect later."""
    times = _times(line)
    mark = sha256_hex(f"{tenant} {times['effective_at']} {line.text}".encode("utf-8", "surrogatepass"))
    return AgreementEvent(
        event_id=f"suspended-{mark[:32]}",
        tenant=tenant,
        scope=TenantScope.NONE,
        purposes=(),
        retention_days=None,
        **times,
    )


def suspended_by_link(link: PersonLink) -> tuple[ConsentEvent, ConsentEvent]:
    """Return what suspends both people of a link that is not to be believed: its id stands for another."""
    said = content_id(link)
    first, second = (
        ConsentEvent(
            event_id=f"suspended-{sha256_hex(f'{said} {person}'.encode())[:32]}",
            tenant=link.tenant,
            data_subject_id=person,
            state=ConsentStatus.INVALIDATED,
            purposes=ROOT_PURPOSE,
            method=UNREADABLE_LINK,
            effective_at=link.effective_at,
            recorded_at=link.recorded_at,
        )
        for person in (link.data_subject_id, link.same_as)
    )
    return first, second


def _times(line: Line) -> dict[str, Any]:
    recorded_at = line.fields["recorded_at"]
    return {"effective_at": line.fields.get("effective_at", recorded_at), "recorded_at": recorded_at}
