"""What a change of policy does to records: what counting pairs says is what deciding them one by one says."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.facts import AsOf, decide_records
from pipelines.policy import change as policy_change
from pipelines.policy.change import Delivered, changed
from policies.document import Policy
from tests.pipelines.fact_worlds import TRAINING, Question, questions
from tests.strategies import START, policy_documents

NOTHING = Question([], TRAINING, "tenant", AsOf(START, START))

OTHERS = st.sampled_from(
    [
        TRAINING.model_copy(update={"deny": ()}),
        TRAINING.model_copy(update={"deny": (), "retain_days": 3}),
        TRAINING.model_copy(update={"permit": ()}),
    ]
) | policy_documents().map(Policy.model_validate)


def one_by_one(question: Question, after: Policy) -> dict[str, Any]:
    """Count records as one would by hand: each decided by both policies, the worst of its deliveries kept."""
    sides: list[dict[str, tuple[bool, str]]] = []
    for policy in (question.policy, after):
        kept: dict[str, tuple[bool, str]] = {}
        rows = decide_records(question.keys, question.known, policy, question.pool, question.as_of).rows.to_pylist()
        for row in rows:
            decision = (row["permitted"], row["reason"])
            if row["record_id"] not in kept or (kept[row["record_id"]][0] and not row["permitted"]):
                kept[row["record_id"]] = decision
        sides.append(kept)
    pairs = [(sides[0][name], sides[1][name]) for name in sides[0]]
    gained = Counter(was[1] for was, becomes in pairs if becomes[0] and not was[0])
    lost = Counter(becomes[1] for was, becomes in pairs if was[0] and not becomes[0])
    return {
        "records": len(pairs),
        "permitted": {"before": sum(was[0] for was, _ in pairs), "after": sum(becomes[0] for _, becomes in pairs)},
        "denied_for_another_reason": sum(
            not was[0] and not becomes[0] and was[1] != becomes[1] for was, becomes in pairs
        ),
        "gained": dict(gained),
        "lost": dict(lost),
    }


def summed(document: dict[str, Any]) -> dict[str, Any]:
    for side in ("gained", "lost"):
        for name in ("by_tenant", "by_jurisdiction"):
            assert sum(document[side][name].values()) == document[side]["records"]
    return document | {side: document[side]["by_reason"] for side in ("gained", "lost")}


@given(questions(), OTHERS, st.integers(1, 4))
@settings(max_examples=60)
def test_counting_pairs_of_decisions_is_deciding_every_record_twice(question, after, rows):
    keys = question.keys
    pieces = [Delivered(keys.slice(start, rows)) for start in range(0, keys.num_rows, rows)]
    found = changed(pieces, question.known, question.policy, after, question.pool, question.as_of)
    assert summed(found.document()) == one_by_one(question, after)


@given(questions(), OTHERS, st.data())
@settings(max_examples=40)
def test_of_several_deliveries_of_a_record_one_denial_counts(question, after, data):
    same = [record | {"record_id": f"r{data.draw(st.integers(0, 2)):032x}", "tenant": "acme"}
            for record in question.records]  # fmt: skip
    again = Question(same, question.policy, question.pool, question.as_of, question.consents, question.agreements)
    found = changed([Delivered(again.keys, repeated=True)], again.known, again.policy, after, again.pool, again.as_of)
    assert summed(found.document()) == one_by_one(again, after)


def test_no_records_at_all_have_not_changed():
    found = changed([], NOTHING.known, TRAINING, TRAINING, "tenant", NOTHING.as_of)
    assert found.document()["records"] == 0
    assert isinstance(found.counts, pa.Table)


@pytest.mark.parametrize("share", [True, False], ids=["the same terms", "other terms"])
def test_facts_are_drawn_once_where_the_terms_are_the_same(share, monkeypatch):
    drawn = []
    draw = policy_change.draw_batches
    monkeypatch.setattr(policy_change, "draw_batches", lambda *given: drawn.append(given[2]) or draw(*given))
    after = TRAINING.model_copy(update={"deny": ()} if share else {"retain_days": 9})
    changed([Delivered(NOTHING.keys)], NOTHING.known, TRAINING, after, "tenant", NOTHING.as_of)
    assert len(drawn) == (1 if share else 2)
