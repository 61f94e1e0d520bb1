import gzip
import json
import os
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest

from pipelines.redaction.people.features import LEXICON_ROWS, gazetteer, rows_of, word_key
from pipelines.redaction.people.learning import corpus
from pipelines.redaction.people.learning import gazetteer as built
from pipelines.redaction.people.learning.document import UNSURE, Document, Labelled
from pipelines.redaction.people.learning.fillings import Filler
from pipelines.redaction.people.learning.varied import varied
from pipelines.redaction.people.tagger import LABELS, Tagger

NOT_NEEDED = "the weights are learnt with torch and Faker, which are not needed to use them"
torch = pytest.importorskip("torch", reason=NOT_NEEDED)
pytest.importorskip("faker", reason=NOT_NEEDED)

from pipelines.redaction.people.learning import __main__ as learning  # noqa: E402
from pipelines.redaction.people.learning import learner  # noqa: E402

TALK = [
    Document("talk", f"Please tell {name} that the {thing} is ready.", (Labelled(12, 12 + len(name), "PERSON"),))
    for name in ("Ada", "Obinna", "Zsuzsanna")
    for thing in ("parcel", "report", "oven")
]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(learner, "TOKENS_A_STEP", 300)
    monkeypatch.setattr(learning, "FILLED", 20)


def test_the_same_documents_give_the_same_weights(tmp_path, small):
    for name in ("one.npz", "other.npz"):
        learning.write(tmp_path / name, TALK, steps=3)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    assert Tagger.read((tmp_path / "one.npz").read_bytes()).probabilities(["Ada"])


@pytest.mark.parametrize("times", [1, 40], ids=["as learning begins", "with activations at their limits"])
def test_what_is_shipped_computes_what_was_learnt(times):
    vocabulary = learner.Vocabulary({})
    torch.manual_seed(1)
    network = learner.Learner(LEXICON_ROWS).eval()
    network.table.data *= times
    shown = learner.example(TALK[1], vocabulary)
    words = np.pad(shown.words, learner._REACH)
    bag = [row for rows in vocabulary.rows for row in rows], [0, 0]
    for rows in vocabulary.rows[1:]:
        bag[1].append(bag[1][-1] + len(rows))
    logits = network(
        (torch.tensor(bag[0]), torch.tensor(bag[1][:-1])),
        torch.from_numpy(words).long(),
        torch.from_numpy(np.pad(shown.joints, learner._REACH)).long(),
    )
    shipped = Tagger(network.arrays() | {"lexicon": np.zeros(0, np.uint32)}, "v").probabilities([TALK[1].text])[0]
    assert shipped.probabilities == pytest.approx(torch.softmax(logits, 1).detach().numpy(), abs=0.02)


def test_words_seen_only_as_names_get_no_row_of_their_own():
    keys = learning._lexicon(TALK)
    assert word_key("please") in keys
    assert word_key("parcel") in keys
    assert not {word_key(name) for name in ("Ada", "Obinna", "Zsuzsanna")} & set(keys)


def test_numbers_are_known_by_their_length_alone():
    assert word_key("4711") == word_key("1234") != word_key("123")
    assert rows_of("4711", {}) == rows_of("1234", {}) != rows_of("123", {})


def test_a_name_is_known_without_its_accents_and_in_any_case():
    assert gazetteer()["jose"] > 0
    assert "josé" not in gazetteer()
    assert set(rows_of("José", {})) & set(rows_of("Jose", {}))


def test_the_same_seed_fills_the_same_sentences_in_every_process():
    fill = (
        "import hashlib; from pipelines.redaction.people.learning.fillings import Filler; filler = Filler('seed');"
        "print(hashlib.sha256(repr([filler.document() for _ in range(1500)]).encode()).hexdigest())"
    )
    seeds = [os.environ | {"PYTHONHASHSEED": seed} for seed in ("1", "2")]
    one, other = (subprocess.check_output([sys.executable, "-c", fill], env=seed) for seed in seeds)
    assert one == other


def test_a_filled_sentence_labels_just_what_was_filled_in():
    filler = Filler("spans")
    for document in (filler.document() for _ in range(300)):
        for span in document.spans:
            assert span.label in LABELS
            assert 0 <= span.start < span.end <= len(document.text)
        assert all(low.end <= high.start for low, high in zip(document.spans, document.spans[1:], strict=False))


def test_another_name_stands_just_where_a_name_stood():
    filler, document = Filler("names"), TALK[0]
    names = set()
    for changed in (varied(document, filler) for _ in range(100)):
        (span,) = changed.spans
        assert changed.text.lower().startswith("please tell ")
        assert changed.text.lower().endswith(" that the parcel is ready.")
        assert changed.text[span.end :].lower() == document.text[document.spans[0].end :].lower()
        names.add(changed.text[span.start : span.end].lower())
    assert len(names) > 20


def _gold(folder, name, rows):
    folder.mkdir(exist_ok=True)
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def test_an_address_reaches_from_its_number_to_its_country(tmp_path):
    text = "Home: 12 Elm Street\nLeeds, England, says Leeds."
    ranges = [(6, 19, "ADDRESS"), (20, 25, "LOCATION"), (27, 34, "LOCATION"), (41, 46, "LOCATION")]
    row = {"id": "0", "text": text, "spans": [{"start": s, "end": e, "label": label} for s, e, label in ranges]}
    for name in corpus.SETS:
        _gold(tmp_path / "pii_gold", name, [row] if name == "wnut17_train" else [])
    (document,) = corpus.annotated(tmp_path)
    labelled = {place for span in document.spans if span.label == "STREET_ADDRESS" for place in range(*span[:2])}
    assert labelled == set(range(6, 34))
    assert document.spans[-1] == Labelled(41, 46, "LOCATION")


def test_a_title_belongs_to_the_name_behind_it():
    document = Document(
        "talk", "Ask Mr. Obi or Dr Ada, not Bo.", tuple(Labelled(*at, "PERSON") for at in ((8, 11), (18, 21), (27, 29)))
    )
    spans = corpus._with_titles(document).spans
    assert [document.text[span.start : span.end] for span in spans] == ["Mr. Obi", "Dr Ada", "Bo"]


def test_only_tuning_halves_are_learnt_from(tmp_path):
    rows = [{"id": str(number), "text": str(number), "spans": []} for number in range(40)]
    for name in corpus.SETS:
        _gold(tmp_path / "pii_gold", name, rows)
    read = [document.text for document in corpus.annotated(tmp_path) if document.key == "wikigold"]
    assert 0 < len(read) < 40
    assert sum(document.key == "wnut17_train" for document in corpus.annotated(tmp_path)) == 40


@pytest.mark.parametrize(
    ("key", "text", "label", "believed"),
    [
        ("prose", "Mary Xqbinnax", "PERSON", UNSURE),
        ("prose", "Xqbinnax", "PERSON", "O"),
        ("prose", "Mary Smith", "PERSON", "PERSON"),
        ("prose", "Jenkins", "PERSON", "O"),
        ("prose", "pd.cut", "LOCATION", UNSURE),
        ("dialogue", "Leeds", "LOCATION", "LOCATION"),
    ],
)
def test_the_teacher_is_believed_where_the_gazetteer_agrees(key, text, label, believed):
    assert corpus._believed(key, text, label) == believed


def test_the_gazetteer_is_built_from_lists_of_names(tmp_path):
    (tmp_path / "dist.all.last").write_text("OKAFORTEST 0.1 0.1 1\n", "ascii")
    (tmp_path / "dist.female.first").write_text("MIRELATEST 0.1 0.1 1\n", "ascii")
    (tmp_path / "dist.male.first").write_text("OKAFORTEST 0.1 0.1 1\n", "ascii")
    lines = built.build(tmp_path).splitlines()
    assert "okafortest 22" in lines
    assert "mirelatest 20" in lines
    assert lines == sorted(lines, key=lambda line: (not line.startswith("#"), line if not line.startswith("#") else ""))


def test_the_weights_are_small_and_have_a_card():
    folder = resources.files("pipelines.redaction.people") / "weights"
    size = len((folder / "tagger.npz").read_bytes())
    assert size <= 3_000_000
    assert Tagger.shipped().version in (folder / "MODEL_CARD.md").read_text("utf-8")
