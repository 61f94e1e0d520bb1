"""Deciding for a purpose below the policy's: the same rules, on facts drawn for what the records are wanted for.

Who agreed to training and refused fine-tuning says no to a request for fine-tuning, whichever of the two the
policy is for. So the facts are drawn for the purpose that was asked for, and the policy's rules decide on them.
"""

from dataclasses import replace

import pyarrow as pa

from pipelines.facts import AsOf, Decided, Drawn, Known, Terms, conclude, draw
from policies.document import Policy
from policies.errors import LineweightError
from policies.vocabulary import covers


class OtherPurposeError(LineweightError):
    """A policy was to decide for a purpose that it is not for."""

    remedy = "Ask for the policy's purpose, or for one below it."


def terms_for(policy: Policy, purpose: str) -> Terms:
    """Return what facts have to be drawn for: the policy's terms, for the purpose itself.

    Raises:
        OtherPurposeError: The purpose is neither the policy's nor below it.
    """
    if not covers(policy.purpose, purpose):
        raise OtherPurposeError(f"{policy.policy_id} is for {policy.purpose}, and not for {purpose}.")
    return replace(Terms.of(policy), purpose=purpose)


def concluded(drawn: Drawn, policy: Policy) -> Decided:
    """Return a policy's decisions on facts drawn by `terms_for` it."""
    return conclude(replace(drawn, terms=replace(drawn.terms, purpose=policy.purpose)), policy)


def decide_for(purpose: str, keys: pa.Table, known: Known, policy: Policy, pool: str, as_of: AsOf) -> Decided:
    """Decide every record as `decide_records` does, for the policy's purpose or one below it.

    Raises:
        OtherPurposeError: The purpose is neither.
    """
    return concluded(draw(keys, known, terms_for(policy, purpose), pool, as_of), policy)
