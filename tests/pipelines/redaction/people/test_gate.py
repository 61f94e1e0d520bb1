"""The gates: what is never read again after them."""

import numpy as np
import pytest

from pipelines.redaction.people.gate import highest, may_name, passes
from pipelines.redaction.people.tagger import LABELS, Tagged
from pipelines.redaction.profile import Gate


def tagged(*persons):
    probabilities = np.zeros((len(persons), len(LABELS)), np.float32)
    probabilities[:, LABELS.index("PERSON")] = persons
    starts = np.arange(len(persons), dtype=np.int32) * 4
    return Tagged(starts, starts + 3, probabilities)


@pytest.mark.parametrize(
    "piece",
    [
        "Ask Margaret.",
        "ask margaret",
        "ASK HOLLOWAY",
        "met at harbour row",
        "je suis No\u00e9mie",
        "\u738b\u5c0f\u660e",
    ],
)
def test_a_piece_with_a_word_that_may_be_a_name_is_read(piece):
    assert may_name(piece)


@pytest.mark.parametrize(
    "piece", ["Use this function to create the table.", "the value is wrong", "How do I install React?", "1, 2, 3", ""]
)
def test_a_piece_of_ordinary_words_is_not_read(piece):
    assert not may_name(piece)


def test_the_learned_gate_looks_at_the_words_of_the_sentence_only():
    words = tagged(0.9, 0.0, 0.01, 0.2)
    assert highest(words, 0, 3, "PERSON") == pytest.approx(0.9)
    assert highest(words, 4, 11, "PERSON") == pytest.approx(0.01)
    assert highest(words, 3, 4, "PERSON") == 0
    assert passes(Gate.LEARNED, "", words, 4, 15, 0.2)
    assert not passes(Gate.LEARNED, "ask the Table", words, 4, 11, 0.2)


def test_the_learned_gate_opens_for_a_capitalised_word_that_nobody_writes_in_lower_case():
    nobody = tagged(0.0, 0.0, 0.0, 0.0)
    assert passes(Gate.LEARNED, "win this with Okafor", nobody, 0, 15, 0.2)
    assert not passes(Gate.LEARNED, "win this with Python", nobody, 0, 15, 0.2)
    assert not passes(Gate.LEARNED, "win this with okafor", nobody, 0, 15, 0.2)


@pytest.mark.parametrize("gate", [Gate.CAPITALS, Gate.LEARNED])
def test_without_a_tagger_capitals_decide(gate):
    assert passes(gate, "Yesterday I met Margaret.", None, 0, 25, 0.5)
    assert not passes(gate, "Use the React component.", None, 0, 24, 0.5)
    assert not passes(gate, "call Holloway() in src/Margaret", None, 0, 31, 0.5)
