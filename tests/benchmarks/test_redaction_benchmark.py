"""What the benchmark of redaction counts: halves, shares, leaks, and targets that are met or missed."""

import hashlib
import json
from collections import Counter

import pytest

from benchmarks.redaction import code, damage, gold, leaks, texts, traffic, traffic_logs
from benchmarks.redaction.carriers import CARRIERS
from benchmarks.redaction.gold import Annotation, Document, Half, Share
from benchmarks.redaction.identifiers import KINDS, bare, identifiers
from benchmarks.redaction.recall import Judged, recall_table, recall_targets
from benchmarks.redaction.targets import Target, verdicts

gold_sets = pytest.mark.skipif(
    not gold.exists(*gold.PERSONAL, *gold.SECRETS), reason="the gold sets are not beside the repository"
)
NAMED = Document("1", "Ada Lovelace, 12 St James's Square", (Annotation(0, 12, "PERSON"),), Half.REPORTED)
PLAIN = Document("2", "nothing here", (), Half.REPORTED)


def half(text):
    return (Half.TUNING, Half.REPORTED)[hashlib.sha256(text.encode()).digest()[0] % 2]


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("presidio_research_large", {"id": "a", "template": 17, "spans": []}, half("17")),
        ("secrets_gitleaks", {"id": "a", "spans": [{"olabel": "stripe"}, {"olabel": "aws"}]}, half("stripe")),
        ("secrets_gitleaks", {"id": "a", "spans": [], "neg_for": "aws"}, half("aws")),
        ("secrets_secretlint", {"id": "abc", "spans": []}, half("abc")),
        ("wikigold", {"id": "abc", "spans": [{"olabel": "PER"}]}, half("abc")),
        ("wnut17_train", {"id": "abc", "spans": []}, Half.TUNING),
        ("wnut17_dev", {"id": "abc", "spans": []}, Half.REPORTED),
    ],
    ids=["template", "rule of the first span", "rule it is no example of", "no rule", "id", "train", "dev"],
)
def test_a_document_is_on_the_side_of_its_template_its_rule_or_its_id(name, row, expected):
    assert gold.half_of(name, row) is expected


@gold_sets
@pytest.mark.parametrize("name", [*gold.PERSONAL, *gold.SECRETS])
def test_no_template_and_no_rule_is_on_both_sides_and_nothing_is_on_neither(name):
    sides = {side: gold.documents(name, side) for side in Half}
    assert sum(map(len, sides.values())) == len(gold.documents(name))
    assert sides[Half.REPORTED]
    if name in gold.SECRETS:
        first = {side: {one.annotations[0].rule for one in found if one.annotations} for side, found in sides.items()}
        assert not first[Half.TUNING] & first[Half.REPORTED]


def test_recall_counts_letters_and_digits_and_nothing_between_them():
    found = gold.character_recall([NAMED], [[(0, 3), (2, 5)]])
    assert found == {"PERSON": Share(4, 11)}


def test_a_value_is_covered_whole_when_only_punctuation_is_left():
    dashed = Document("3", "41-42", (Annotation(0, 5, "ID"),), Half.REPORTED)
    assert gold.full_span_recall([dashed], [[(0, 2), (3, 5)]]) == Share(1, 1)
    assert gold.full_span_recall([dashed], [[(0, 2), (3, 4)]]) == Share(0, 1)


def test_a_span_is_precise_when_it_holds_something_annotated_whatever_it_is_called():
    found = [(8, 14, "LOCATION"), (12, 20, "LOCATION"), (0, 3, "PERSON")]
    assert gold.span_precision([NAMED], [found]) == {"LOCATION": Share(1, 2), "PERSON": Share(1, 1)}


def test_a_text_without_values_is_flagged_by_any_find_and_others_are_not_asked():
    assert gold.flagged_negatives([NAMED, PLAIN, PLAIN], [[(0, 1)], [(0, 1)], []]) == Share(1, 2)


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.name)
def test_what_nobody_took_out_is_found_again_in_every_carrier_and_nothing_is_found_in_the_empty_carrier(carrier):
    for one in identifiers(3, 2):
        carried = carrier.carry(one)
        assert leaks.is_readable(one, carried)
        assert not leaks.is_readable(one, carried.replace(one.text, "") if one.text in carried else "")
        if carrier.parse is not None:
            carrier.parse(carried)


def test_carriers_and_kinds_make_ten_thousand_variants_with_twenty_of_each():
    assert len(CARRIERS) * len(list(identifiers(3, 20))) >= 10_000
    assert len({carrier.name for carrier in CARRIERS}) == len(CARRIERS)


def test_identifiers_depend_on_the_seed_alone_and_have_something_telling_in_them():
    assert list(identifiers(3, 2)) == list(identifiers(3, 2)) != list(identifiers(4, 2))
    assert Counter(one.kind for one in identifiers(3, 2)) == dict.fromkeys(KINDS, 2)
    for one in identifiers(3, 20):
        assert all(len(part) >= 6 and part in bare(one.text) for part in one.telling), one.kind


def test_generated_identifiers_pass_the_check_digits_that_presidio_checks():
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, CryptoRecognizer, IbanRecognizer

    for kind, recognizer in {
        "card": CreditCardRecognizer(),
        "IBAN": IbanRecognizer(),
        "Bitcoin address": CryptoRecognizer(),
    }.items():
        assert all(recognizer.validate_result(one.text) for one in identifiers(3, 20) if one.kind == kind), kind


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target("recall", 0.9, 0.9), "met"),
        (Target("recall", 0.9, 0.85), "missed by 0.05"),
        (Target("leaks", 0, 0, at_most=True), "met"),
        (Target("leaks", 0, 3, at_most=True), "missed by 3"),
        (Target("speed", 100, None), "not measured"),
    ],
    ids=["reached", "below", "none", "too many", "unknown"],
)
def test_a_target_is_met_or_says_by_how_much_it_is_missed(target, verdict):
    (row,) = verdicts("Targets", [target]).rows
    assert row[-1] == verdict


def test_a_label_that_stock_finds_more_of_is_told_by_name():
    stock, ours = ({"wikigold": Judged({"PERSON": Share(part, 10)}, {})} for part in (9, 8))
    told = {target.what: target for target in recall_targets(ours, ours, stock)}
    assert told["labels of which stock finds more, of 1 in all sets"].measured == 1
    assert told["wikigold: PERSON, presidio-defaults against stock"].bar == 0.9
    assert recall_table({"stock": stock["wikigold"]}, "wikigold").rows == (("PERSON", 10, "90.0 %"),)


def test_resent_history_is_whole_sessions():
    requests = [["a", "b"], ["a", "b", "c", "d"], ["x", "y"], ["x", "y", "z", "w"], ["x", "y", "z", "w", "v", "u"]]
    assert [len(session) for session in texts.sessions(requests)] == [2, 3]


@pytest.mark.parametrize(
    ("language", "text", "parses"),
    [
        ("python", "x = 1\n", True),
        ("python", "x = '<PERSON>\n", False),
        ("json", '{"a": 1}', True),
        ("json", '{"a": <PERSON>}', False),
        ("yaml", "a: [1, 2]\n", True),
        ("yaml", "a: [1, 2\n", False),
        ("toml", "a = 1\n", True),
        ("xml", "<a><PERSON></a>", False),
        ("bash", "echo 'it\n", False),
        ("go", "x := 1\n", True),
    ],
)
def test_a_block_parses_as_its_language_says(language, text, parses):
    block = code.Block(language, text)
    assert block.parses() is parses
    assert code.unfenced(language, block.fenced()) == block


def test_masked_spans_are_told_per_ten_kilobytes():
    table = damage.masked_table({"code": {"ours": damage.Masked(Counter(PERSON=3), 20_000)}})
    assert table.rows == (("PERSON", "1.50"), ("all", "1.50"), ("kB searched", "20"))


def test_a_conversation_of_the_notes_becomes_chat_and_a_tool_that_was_used_has_an_answer():
    said = [
        {"type": "user", "text": "Add a test.", "timestamp": "2026-01-02T03:04:05Z"},
        {"type": "tool_use", "name": "edit", "input": {"file": "a.rs"}},
        {"type": "assistant", "text": "Done."},
    ]
    row = {"user_id": "u_1", "conversation_id": "c", "model": "m", "tool": "t", "messages": said}
    line = json.loads(traffic_logs.as_chat(json.dumps(row).encode()))
    assert [message["role"] for message in line["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert line["messages"][2]["tool_call_id"] == line["messages"][1]["tool_calls"][0]["id"]
    assert line["at"] == "2026-01-02T03:04:05Z"


def test_what_traffic_took_is_shown_with_what_was_found_and_stopped(capsys):
    governed = {"records": 2, "seconds": 4.0, "cpu_seconds": 5.0, "peak_worker_mib": 700.0}
    counts = {"entities": {"PERSON": 3}, "quarantined_by_reason": {"language-unsupported": 1}}
    again = {"texts": 10, "hits": 5, "characters": 8_000_000, "searched": 2_000_000, "cpu_seconds": 4.0, "seconds": 4.0}
    told = {
        "raw_mb": 16.0,
        "landed": {"seconds": 1.0},
        "governed": governed | counts,
        "again": again | {"seconds_by_tier": {"people": 1.0}},
    }
    traffic.show({"entire-cli": told})
    shown = capsys.readouterr().out
    for line in ("million characters a second", "texts seen before", "people tier", "PERSON", "language-unsupported"):
        assert line in shown
    assert "2.00" in shown
    assert "75.0" in shown
