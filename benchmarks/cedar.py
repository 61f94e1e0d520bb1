"""Lineweight's decisions said again in Cedar, the policy language of Amazon Verified Permissions.

A policy's rules are translated; what no policy can permit, and what a person's own word forbids, are written down here
a second time, in Cedar's words. So where both decide alike at every point, neither says what it does not mean. Cedar
knows neither order nor reasons: any ``forbid`` denies, and what nothing permits is denied.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from policies.document import Policy
from policies.facts import Facts
from policies.rule import When
from policies.vocabulary import UNKNOWN

NEVER = (
    "!context.data_subject_known",
    'context.tenant_scope == "unknown"',
    'context.tenant_scope == "none"',
    'context.pool == "shared" && context.tenant_scope != "shared"',
    "!context.purpose_in_agreement",
    "!context.region_allowed",
    "context.retention_exceeded",
    'context.participants == "not-all-permit"',
    'context.licence == "unknown"',
)
"""Why no policy whatever permits."""

NON_COMMERCIAL = 'context.licence == "non-commercial"'

REFUSED = '["refused", "withdrawn", "revoked", "expired", "invalidated", "terminated"]'
VALID = '["given", "renewed"]'

BY_PERSON = (
    f"{REFUSED}.contains(context.consent_at_use)",
    f'context.legal_basis == "consent" && !{VALID}.contains(context.consent_at_use)',
    'context.legal_basis == "consent" && !["given", "renewed", "retroactive"].contains(context.consent_at_collection)',
    "!context.categories_covered",
)
"""What the person's own word forbids."""


def policy_text(policy: Policy) -> str:
    """Return a policy as a set of Cedar policies."""
    never = (*NEVER, NON_COMMERCIAL) if policy.commercial else NEVER
    forbidden = (*never, *BY_PERSON, *(_condition(rule.when) for rule in policy.deny))
    permitted = tuple(_condition(rule.when) for rule in policy.permit)
    told = [("forbid", condition) for condition in forbidden] + [("permit", condition) for condition in permitted]
    return "\n".join(f"{effect} (principal, action, resource) when {{ {condition} }};" for effect, condition in told)


def request(facts: Facts) -> dict[str, Any]:
    """Return what Cedar is asked about a record."""
    return {
        "principal": 'Team::"ml"',
        "action": 'Action::"use"',
        "resource": 'Record::"one"',
        "context": facts.document(),
    }


def _condition(when: When) -> str:
    return " && ".join(f"({_fact(name, values)})" for name, values in when.conditions().items())


def _fact(name: str, values: Sequence[str | bool]) -> str:
    if name == "jurisdiction":
        return " || ".join(_place(str(place)) for place in values)
    return " || ".join(f"context.{name} == {_literal(value)}" for value in values)


def _place(place: str) -> str:
    exactly = f"context.jurisdiction == {_literal(place)}"
    return exactly if place == UNKNOWN else f'{exactly} || context.jurisdiction like "{place}-*"'


def _literal(value: str | bool) -> str:
    words: Mapping[bool, str] = {True: "true", False: "false"}
    return words[value] if isinstance(value, bool) else f'"{value}"'
