"""Facts: the small, finite tuple that a decision is a function of.

Numbers and times have become booleans and bands before they stand here, so that the space can be
enumerated and ten million records need only a few hundred decisions. What cannot be read, a null among
it, becomes the value that allows least.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, get_args

from policies.agreement import TenantScope
from policies.consent import VALID, ConsentStatus, LegalBasis, covers
from policies.licence import Licence, licence_of
from policies.vocabulary import AGE_BANDS, UNKNOWN, covers_place, known_jurisdiction

__all__ = [
    "AGE_BANDS",
    "FACT_FIELDS",
    "FACT_SPACE",
    "IN_ORDER",
    "RETROACTIVE",
    "Facts",
    "Licence",
    "ParticipantsPermit",
    "categories_covered",
    "consent_at_collection",
    "licence_of",
    "notice_accepted",
    "region_allowed",
    "who_expressed",
    "youngest",
]

RETROACTIVE = "retroactive"
"""Consent at collection was missing, and a grant in force at use covers records older than itself."""

Basis = Literal["none", "consent", "contract", "legitimate-interest"]
Notice = Literal["unknown", "outdated", "accepted"]
ExpressedBy = Literal["nobody", "other", "data-subject", "guardian"]
Pool = Literal["tenant", "shared"]


class ParticipantsPermit(StrEnum):
    """What the further people in a conversation say. Stored, so members are never renamed."""

    NONE = "none"
    ALL = "all-permit"
    NOT_ALL = "not-all-permit"


FACT_SPACE: Mapping[str, tuple[str | bool, ...]] = MappingProxyType(
    {
        "data_subject_known": (False, True),
        "consent_at_use": tuple(map(str, ConsentStatus)),
        "consent_at_collection": (*map(str, ConsentStatus), RETROACTIVE),
        "legal_basis": get_args(Basis),
        "notice": get_args(Notice),
        "expressed_by": get_args(ExpressedBy),
        "categories_covered": (False, True),
        "age_band": AGE_BANDS[::-1],
        "tenant_scope": tuple(map(str, TenantScope)),
        "purpose_in_agreement": (False, True),
        "region_allowed": (False, True),
        "pool": get_args(Pool)[::-1],
        "participants": tuple(map(str, reversed(ParticipantsPermit))),
        "licence": tuple(map(str, reversed(Licence))),
        "retention_exceeded": (True, False),
    }
)
"""Every value of every fact but ``jurisdiction`` (any ISO 3166 code, or unknown).

The first value of each is what an unreadable fact becomes.
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one record for one purpose at one instant.

    Any value that is not of its field's space is replaced by the one that allows least, so that a null, a
    misspelt band or an unknown code can only deny.

    Attributes:
        data_subject_known: The log says who spoke.
        consent_at_use: Status when the record is to be used.
        consent_at_collection: Status when the record was collected, or ``retroactive``.
        legal_basis: Basis of the event in force at use; ``none`` when there is no event.
        notice: Whether the notice that event answers is one of those the policy lists: ``unknown`` where the
            event names none, or the policy lists none.
        expressed_by: Who made that statement: the person, a guardian, somebody else, or nobody.
        categories_covered: That event speaks for all data categories of the record.
        jurisdiction: Where the person is, ISO 3166 in lower case, or ``unknown``.
        age_band: One of ``AGE_BANDS``.
        tenant_scope: How far the tenant's agreement in force goes.
        purpose_in_agreement: That agreement names the purpose.
        region_allowed: The agreement names no regions, or the one in which the records are kept.
        pool: Whether the snapshot holds one ``tenant`` or is ``shared``.
        participants: Whether all further people in the conversation permit.
        licence: What the source's licence says about commercial use.
        retention_exceeded: The record is older than policy or agreement allow.
    """

    data_subject_known: bool
    consent_at_use: ConsentStatus
    consent_at_collection: str
    legal_basis: str
    notice: str
    expressed_by: str
    categories_covered: bool
    jurisdiction: str
    age_band: str
    tenant_scope: TenantScope
    purpose_in_agreement: bool
    region_allowed: bool
    pool: str
    participants: ParticipantsPermit
    licence: Licence
    retention_exceeded: bool

    def __post_init__(self) -> None:
        for name in FACT_FIELDS:
            object.__setattr__(self, name, _readable(name, getattr(self, name)))

    def document(self) -> dict[str, str | bool]:
        """Return the facts as JSON can carry them, in the order of ``FACT_FIELDS``."""
        values = {name: getattr(self, name) for name in FACT_FIELDS}
        return {name: value if isinstance(value, bool) else str(value) for name, value in values.items()}


FACT_FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Facts))

_ENUMS: Mapping[str, type[StrEnum]] = MappingProxyType(
    {
        "consent_at_use": ConsentStatus,
        "tenant_scope": TenantScope,
        "participants": ParticipantsPermit,
        "licence": Licence,
    }
)


_READ: Mapping[str, Mapping[str | bool, str | bool]] = MappingProxyType(
    {
        name: {value: _ENUMS[name](str(value)) if name in _ENUMS else value for value in space}
        for name, space in FACT_SPACE.items()
    }
)


def _readable(name: str, value: object) -> str | bool:
    if name == "jurisdiction":
        return _jurisdiction(value)
    least = FACT_SPACE[name][0]
    return _READ[name].get(value if isinstance(value, str | bool) else least, _READ[name][least])


def _jurisdiction(value: object) -> str:
    try:
        return known_jurisdiction(value) if isinstance(value, str) else UNKNOWN
    except ValueError:
        return UNKNOWN


IN_ORDER = Facts(
    data_subject_known=True,
    consent_at_use=ConsentStatus.GIVEN,
    consent_at_collection=ConsentStatus.GIVEN.value,
    legal_basis=LegalBasis.CONSENT.value,
    notice="accepted",
    expressed_by="data-subject",
    categories_covered=True,
    jurisdiction="de",
    age_band="adult",
    tenant_scope=TenantScope.SHARED,
    purpose_in_agreement=True,
    region_allowed=True,
    pool="tenant",
    participants=ParticipantsPermit.NONE,
    licence=Licence.COMMERCIAL,
    retention_exceeded=False,
)
"""A record with which everything is in order: what a golden case starts from and says its difference to."""


def consent_at_collection(at_collection: ConsentStatus, at_use: ConsentStatus, retroactive: bool) -> str:
    """Return the fact of that name, from the consent in force at the two instants.

    A missing consent at collection is made good by a grant in force at use that says it is retroactive.
    """
    made_good = at_collection not in VALID and at_use in VALID and retroactive
    return RETROACTIVE if made_good else at_collection.value


def notice_accepted(notice_id: str, version: str, listed: Mapping[str, Iterable[str]]) -> str:
    """Return the fact ``notice`` of an event.

    Args:
        notice_id: The notice the event answers; empty where it names none.
        version: Of that notice.
        listed: The versions a policy accepts, by notice. Where it lists none at all, nothing is known.
    """
    if not notice_id or not listed:
        return UNKNOWN
    return "accepted" if version in listed.get(notice_id, ()) else "outdated"


def who_expressed(expressed_by: str) -> str:
    """Return the fact ``expressed_by`` of an event: what is neither the person nor a guardian is ``other``."""
    return expressed_by if expressed_by in ("data-subject", "guardian") else "other"


def region_allowed(named: Iterable[str], region: str | None) -> bool:
    """Return whether records may be kept in a region: a place includes what lies below it (``eu``, ``eu-west``).

    Args:
        named: The regions an agreement is limited to; none is no limit.
        region: Where the records are kept; where nobody says, a limit is not met.
    """
    limits = tuple(named)
    return not limits or (region is not None and any(covers_place(limit, region) for limit in limits))


def categories_covered(granted: Iterable[str], declared: Iterable[str] | None) -> bool:
    """Return whether a grant speaks for all data categories of a record (dotted fideslang keys).

    Args:
        granted: The categories the deciding event is limited to; none is no limit. ``user`` includes
            ``user.content``.
        declared: The categories the record's source declares; ``None`` where the source is not declared,
            and then nothing covers it. A limited grant does not cover a source that declares none.
    """
    if declared is None:
        return False
    limits, asked = tuple(granted), tuple(declared)
    return not limits or (bool(asked) and all(any(covers(limit, one) for limit in limits) for one in asked))


def youngest(first: str, second: str) -> str:
    """Return the age band to go by when two sources say one each.

    The younger wins, and any band wins over ``unknown``; what is not a band counts as ``unknown``.
    """
    known = (band if band in AGE_BANDS else UNKNOWN for band in (first, second))
    return min(known, key=AGE_BANDS.index)
