"""A policy in sentences, in the order in which it decides."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from policies.document import Policy
from policies.facts import FACT_FIELDS
from policies.rule import Rule, When

_PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "data_subject_known": "the log says who spoke",
        "consent_at_use": "consent at use is {}",
        "consent_at_collection": "consent when the record was made was {}",
        "legal_basis": "the legal basis is {}",
        "notice": "the notice it answers is {}",
        "expressed_by": "it was expressed by {}",
        "categories_covered": "the consent speaks of all the record's data categories",
        "jurisdiction": "the person's jurisdiction is {}",
        "age_band": "the person's age is {}",
        "tenant_scope": "the tenant's agreement is {}",
        "purpose_in_agreement": "the tenant agreed to the purpose",
        "region_allowed": "the records are kept where the tenant's agreement allows",
        "pool": "the pool is {}",
        "participants": "of the others in the conversation it holds: {}",
        "licence": "the source's licence is {}",
        "retention_exceeded": "the record is older than it may be",
    }
)


def sentences(policy: Policy) -> tuple[str, ...]:
    """Return what a policy means, one sentence an element."""
    return tuple(_sentences(policy))


def _sentences(policy: Policy) -> Iterator[str]:
    yield (
        f"Policy {policy.policy_id}, version {policy.version}, decides which records may be used for {policy.purpose}."
    )
    yield (
        "No rule can permit a record whose person or tenant is unknown, whose tenant's agreement does not name "
        "the purpose, does not share while the pool does, or asks for regions other than the one in which the records "
        "are kept, whose other participants do not all permit, or whose source has no known licence."
    )
    if policy.commercial:
        yield "What is made is used commercially: a source with a non-commercial licence is denied."
    yield (
        f"A record is denied when it is older than {policy.retain_days:,} days, "
        "or older than the tenant's agreement says if that is less."
    )
    if policy.notices:
        yield f"A notice is accepted if it is {_notices(policy)}; any other one is outdated."
    for rule in policy.deny:
        yield f"Denied ({rule.id}) if {_condition(rule.when)}. {_because(rule)}"
    yield (
        "Denied, whatever follows, if the person refused or the consent ended; if consent is the legal basis "
        "and was not valid both when the record was made and now; or if it does not speak of the record's data."
    )
    for rule in policy.permit:
        yield f"Permitted ({rule.id}) if {_condition(rule.when)}. {_because(rule)}"
    yield "Everything else is denied."
    yield f"What is permitted is redacted with the profile {policy.redaction_profile} before anybody reads it."


def _notices(policy: Policy) -> str:
    return _either([f"{notice} in version {_either(versions)}" for notice, versions in sorted(policy.notices.items())])


def _condition(when: When) -> str:
    conditions = when.conditions()
    told = [phrase(name, conditions[name]) for name in FACT_FIELDS if name in conditions]
    return " and ".join(told)


def phrase(name: str, values: Sequence[str | bool]) -> str:
    """Return in words that a fact has one of some values."""
    words = _PHRASES[name]
    if "{}" in words:
        return words.format(_either([str(value) for value in values]))
    if len(values) > 1:
        return f"{words} or not"
    return words if values[0] else f"it is not so that {words}"


def _either(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _because(rule: Rule) -> str:
    return rule.because if rule.because.endswith((".", "!", "?")) else f"{rule.because}."
