"""Were the records decided as the policy says? The decisions are made again, from the facts stated.

``decisions.json`` lists each distinct decision once: ``facts``, ``policy`` (digest), ``effect``, ``reason``
and ``rule``, whose canonical JSON has the SHA-256 ``digest``, and ``records``, how often it was made. A leaf
names its record's decision by that digest.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from lineage.canonical import digest_of
from lineage.verifying.links import BrokenLinkError, require
from policies.decision import Effect, decide
from policies.document import Policy
from policies.facts import FACT_FIELDS, Facts

STATED = ("facts", "policy", "effect", "reason", "rule")


def require_decisions(
    data: bytes, name: str, policy: Policy, leaves: Mapping[bytes, int], denied: Mapping[str, int]
) -> int:
    """Do nothing but count if every decision is the policy's, and every record in the leaves was permitted.

    Args:
        data: The bytes of ``decisions.json``.
        name: The file's name, for messages.
        policy: The policy decided by.
        leaves: How many leaves name each decision, by its digest (32 bytes).
        denied: How many records the manifest counts as denied, by reason; those denied at the gate are among them.

    Returns:
        The number of distinct decisions.

    Raises:
        BrokenLinkError: A decision is not the policy's, the leaves do not go with those that permit, or more records
            are denied than the manifest counts.
        NotCanonicalError: A decision cannot have a digest.
    """
    decisions = read_decisions(data, name)
    for decision in decisions:
        require_replayed(decision, name, policy)
    permitted, others = Counter[bytes](), Counter[str]()
    for decision in decisions:
        if decision["effect"] == Effect.PERMIT:
            permitted[bytes.fromhex(decision["digest"])] += decision["records"]
        else:
            others[str(decision["reason"])] += decision["records"]
    uncounted = sorted(reason for reason, count in others.items() if count > denied.get(reason, 0))
    require(not uncounted, f"{name}: denies more records than the manifest counts: {', '.join(uncounted)}.")
    require(permitted == Counter(leaves), f"{name}: the records permitted are not those in the leaves, by decision.")
    return len(decisions)


def read_decisions(data: bytes, name: str) -> list[dict[str, Any]]:
    """Return the distinct decisions that some bytes list; whether they are the policy's is not asked.

    Raises:
        BrokenLinkError: The bytes are no list of decisions.
    """
    try:
        decisions = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenLinkError(f"{name}: is not JSON.") from error
    sound = isinstance(decisions, list) and all(_is_decision(entry) for entry in decisions)
    require(sound, f"{name}: is not a list of decisions.")
    return list(decisions)


def require_replayed(decision: Mapping[str, Any], name: str, policy: Policy) -> None:
    """Do nothing if a decision is the one that the policy makes from the facts stated with it.

    Args:
        decision: As `read_decisions` returns it.
        name: The file's name, for messages.
        policy: The one decided by.

    Raises:
        BrokenLinkError: It is not.
    """
    stated = {part: decision[part] for part in STATED}
    require(digest_of(stated) == decision["digest"], f"{name}: a decision's digest is not its own.")
    require(stated["policy"] == digest_of(policy.document()), f"{name}: a decision was made by another policy.")
    facts = Facts(**stated["facts"])
    require(facts.document() == stated["facts"], f"{name}: a decision rests on facts that cannot be.")
    verdict = decide(policy, facts).document()
    same = verdict == {part: stated[part] for part in verdict}
    require(same, f"{name}: a decision ({stated['reason']}) is not the one the policy makes from its facts.")


def _is_decision(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == {*STATED, "digest", "records"}
        and isinstance(entry["facts"], dict)
        and set(entry["facts"]) == set(FACT_FIELDS)
        and isinstance(entry["records"], int)
        and entry["records"] >= 0
    )
