"""On secrets that others annotated: as good as when this was written. The counts of this half steered the rules."""

import pytest

from benchmarks.redaction.gold import SECRETS, Half, documents, exists, flagged_negatives, full_span_recall

pytestmark = pytest.mark.skipif(not exists(*SECRETS), reason="the annotated sets are not here")


@pytest.mark.parametrize(
    ("name", "recall", "flagged"),
    [("secrets_gitleaks", 0.95, 0.12), ("secrets_noseyparker", 0.78, 0.36), ("secrets_secretlint", 0.75, 0.20)],
)
def test_secrets_of_other_catalogues_are_found_whole(find, name, recall, flagged):
    told = documents(name, Half.REPORTED)
    found = [[(start, end) for start, end, _ in find(document.text)] for document in told]
    assert full_span_recall(told, found).value >= recall
    assert flagged_negatives(told, found).value <= flagged
