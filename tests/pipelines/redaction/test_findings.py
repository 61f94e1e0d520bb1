"""Findings: what was found where, what was done, why something was left; never the value."""

import json

import pyarrow.parquet as pq
import pytest

from pipelines.redaction.findings import FINDING_SCHEMA, findings_of, findings_table, redaction_digest
from pipelines.redaction.markers import marked
from pipelines.redaction.operators import Replacer
from pipelines.redaction.profile import load_profile
from pipelines.redaction.spans import Span

TEXT = "Jane Doe at 127.0.0.1 pays with 4242 4242 4242 4242; NAME_1 does not."
SPANS = [
    Span(0, 8, "PERSON", 0.9, "tagger", "3"),
    Span(12, 21, "IP_ADDRESS", 0.6, "ip", "1"),
    Span(32, 51, "CREDIT_CARD", 1.0, "card", "2", "luhn"),
    *marked(TEXT),
]


@pytest.fixture(scope="module")
def redacted():
    replacer = Replacer(load_profile("strict-pseudonyms"), b"k" * 32)
    changed, done = replacer.replace(TEXT, SPANS)
    return changed, findings_of("r1", "messages[0].content", SPANS, done)


def test_a_finding_says_who_found_what_where_and_what_became_of_it(redacted):
    changed, findings = redacted
    rows = findings_table(findings).to_pylist()
    assert [(row["entity_type"], row["detector"], row["version"], row["validator"]) for row in rows] == [
        ("PERSON", "tagger", "3", ""),
        ("IP_ADDRESS", "ip", "1", ""),
        ("CREDIT_CARD", "card", "2", "luhn"),
        ("PERSON", "marker", "3", ""),
    ]
    assert [(row["operator"], row["kept_because"]) for row in rows] == [
        ("pseudonym", None),
        ("keep", "reserved-value"),
        ("pseudonym", None),
        ("keep", "already-redacted"),
    ]
    assert [changed[row["start"] : row["end"]] for row in rows[1::2]] == ["127.0.0.1", "NAME_1"]
    assert changed[rows[0]["start"] : rows[0]["end"]].startswith("Qx")


def test_no_value_is_in_the_findings(redacted):
    written = json.dumps(findings_table(redacted[1]).to_pylist())
    assert not any(value in written for value in ("Jane", "127.0.0.1", "4242", "NAME_1"))


def test_findings_are_a_table_that_parquet_keeps(redacted, tmp_path):
    table = findings_table(redacted[1])
    assert table.schema == FINDING_SCHEMA
    pq.write_table(table, tmp_path / "findings.parquet")
    assert pq.read_table(tmp_path / "findings.parquet").equals(table)
    assert findings_table([]).schema == FINDING_SCHEMA


def test_as_many_spans_as_were_treated(redacted):
    with pytest.raises(ValueError, match="zip"):
        findings_of("r1", "messages[0].content", SPANS, [])


def test_the_digest_does_not_depend_on_order_or_scores_and_does_on_what_was_done(redacted):
    from dataclasses import replace

    findings = redacted[1]
    digest = redaction_digest("ab" * 32, findings)
    assert digest == redaction_digest("ab" * 32, [replace(one, score=0.1) for one in reversed(findings)])
    assert digest != redaction_digest("cd" * 32, findings)
    assert digest != redaction_digest("ab" * 32, findings[1:])
    for change in ({"operator": "tag"}, {"start": 1}, {"entity_type": "SECRET"}, {"place": "attributes[0]"}):
        assert digest != redaction_digest("ab" * 32, [replace(findings[0], **change), *findings[1:]])
