import itertools
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.redaction.people.network import DILATIONS, Network, WeightsError
from pipelines.redaction.people.tagger import FIND, GATE, LABELS, Tagger
from pipelines.redaction.people.tokens import pieces, tokens

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
WRITTEN = st.lists(st.sampled_from(["Ada", "Obi", "lives", "at", "12", "Elm", "Street", ",", "\n", " ", "é", "#"]))


@given(TEXTS)
def test_every_character_is_in_exactly_one_piece(text):
    assert "".join(pieces(text)) == text
    assert all(len(piece) <= 64 for piece in pieces(text))


@given(st.lists(TEXTS, max_size=4), st.integers(0, 3))
def test_tokens_are_all_of_a_text_but_white_space_within_lines(texts, apart):
    numbered = {"nothing": 0}

    def number(piece):
        return -1 if piece.isspace() and "\n" not in piece else numbered.setdefault(piece, len(numbered))

    row = tokens(texts, number, apart)
    words, empty = list(numbered), np.ones(len(row.words), bool)
    for text, (first, last) in zip(texts, row.ranges, strict=True):
        empty[first:last] = False
        spelt = [words[word] for word in row.words[first:last]]
        ranges = zip(row.starts[first:last], row.ends[first:last], strict=True)
        assert [text[start:end] for start, end in ranges] == spelt
        assert spelt == [piece for piece in pieces(text) if not piece.isspace() or "\n" in piece]
    assert empty.sum() == apart * (len(texts) + 1)
    assert not row.words[empty].any()
    assert not row.joints[empty].any()


def test_a_token_knows_what_it_touches():
    row = tokens(["jane.doe wrote", "it"], lambda piece: -1 if piece == " " else 7, 2)
    assert row.joints.tolist() == [0, 0, 2, 3, 1, 0, 0, 0, 0, 0, 0]
    assert row.ranges == [(2, 6), (8, 9)]


@settings(max_examples=30, deadline=None)
@given(st.lists(WRITTEN.map("".join), min_size=1, max_size=6))
def test_what_is_found_in_a_text_does_not_depend_on_the_texts_it_comes_with(texts):
    tagger = Tagger.shipped()
    together = tagger.probabilities(texts)
    for text, tagged in zip(texts, together, strict=True):
        (alone,) = tagger.probabilities([text])
        assert alone.probabilities.tobytes() == tagged.probabilities.tobytes()
        assert alone.starts.tolist() == tagged.starts.tolist()


def test_a_text_of_many_blocks_gives_what_its_parts_give():
    tagger, line = Tagger.shipped(), "Grace Okafor told me that the parcel went to 12 Elm Street. " * 5
    (whole,) = tagger.probabilities([line * 60])
    (part,) = tagger.probabilities([line])
    inner = slice(20, len(part.starts) - 20)
    for repeat in (1, 30, 58):
        shifted = slice(repeat * len(part.starts) + 20, (repeat + 1) * len(part.starts) - 20)
        assert np.array_equal(whole.probabilities[shifted], part.probabilities[inner])


def test_texts_beyond_the_words_remembered_give_the_same_again(monkeypatch):
    tagger, text = Tagger.shipped(), "Tell Mirela Kovac that Obinna is here."
    (first,) = tagger.probabilities([text])
    monkeypatch.setattr("pipelines.redaction.people.tagger._REMEMBERED_WORDS", 3)
    for _ in range(3):
        (again,) = tagger.probabilities([text])
        assert again.probabilities.tobytes() == first.probabilities.tobytes()


@pytest.fixture
def impatient_threads():
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("impatient_threads")
def test_threads_that_read_at_once_get_what_each_gets_alone():
    words = ["".join(letters) for letters in itertools.product("bdfklmnr", "aeiou", "bdfklmnr", "aeiou")]
    texts = [" Ada ".join(words[number::16]) for number in range(16)]
    alone = [Tagger.shipped().probabilities([text])[0].probabilities.tobytes() for text in texts]
    fresh = Tagger.read((resources.files("pipelines.redaction.people") / "weights" / "tagger.npz").read_bytes())
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: fresh.probabilities([text])[0].probabilities.tobytes(), texts))
    assert together == alone


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("Please ask Mirela Kovac about the invoice.", "PERSON", "Mirela Kovac"),
        ("my name is obinna adeyemi and i need help", "PERSON", "obinna adeyemi"),
        ("Hi Tomasz, thanks for the quick answer.", "PERSON", "Tomasz"),
        ("I live at 48 Harrow Lane, Leeds.", "STREET_ADDRESS", "48 Harrow Lane"),
        ("Ship to:\nSvea Lindqvist\nStorgatan 12\n11455 Stockholm", "STREET_ADDRESS", "Storgatan 12"),
        ("please send it to 7 rue des lilas, 69003 lyon, france", "STREET_ADDRESS", "7 rue des lilas"),
    ],
    ids=["a full name", "without capitals", "a greeting", "a street", "lines of an address", "an address abroad"],
)
def test_names_and_addresses_are_found(text, label, value):
    (tagged,) = Tagger.shipped().probabilities([text])
    found = {place for start, end, _ in tagged.runs(label, FIND[label]) for place in range(start, end)}
    start = text.index(value)
    assert found >= {start + place for place, character in enumerate(value) if character.isalnum()}


@pytest.mark.parametrize(
    "text",
    [
        "for index in range(10): total += array[index].mean()",
        "Django and Flask both run on Python; which is faster?",
        "TypeError: load_user() takes 2 positional arguments but 3 were given",
        "Update the Redis cluster to version 7.2.4 and restart the Jenkins job.",
        "",
        " \t ",
        "!!! ... --- ???",
    ],
    ids=["code", "technologies", "an error", "products", "nothing", "white space", "punctuation"],
)
def test_where_nobody_is_named_nobody_is_found(text):
    (tagged,) = Tagger.shipped().probabilities([text])
    assert tagged.runs("PERSON", FIND["PERSON"]) == tagged.runs("STREET_ADDRESS", FIND["STREET_ADDRESS"]) == []


def test_the_gate_lets_more_through_than_is_a_find():
    assert all(threshold > GATE for threshold in FIND.values())
    (tagged,) = Tagger.shipped().probabilities(["Thanks, Mirela"])
    assert tagged.highest("PERSON") >= GATE
    assert tagged.highest("PERSON") == tagged.probabilities[:, LABELS.index("PERSON")].max()


def test_probabilities_add_up_to_one():
    (tagged,) = Tagger.shipped().probabilities(["Ada lives at 12 Elm Street, says Obinna Adeyemi."])
    assert tagged.probabilities.sum(1) == pytest.approx(1)


@pytest.mark.parametrize("text", ["x" * 1_000_000, "(" * 300_000, "9" * 1_000_000, "\n" * 500_000, "A b" * 100_000])
@pytest.mark.timeout(20)
def test_long_lines_take_time_in_proportion(text):
    (tagged,) = Tagger.shipped().probabilities([text])
    assert int(tagged.ends[-1]) == len(text.rstrip(" "))


def arrays(width=4, labels=2, **changed):
    made = {
        "table": np.zeros((9, width), np.int8),
        "joints": np.zeros((4, width), np.int8),
        "weights_out": np.zeros((width, labels), np.int16),
        "biases_out": np.zeros(labels, np.int32),
    }
    for place in range(len(DILATIONS)):
        made |= {
            f"weights_{place}": np.zeros((3, width, width), np.int16),
            f"biases_{place}": np.zeros(width, np.int32),
        }
    return {name: array for name, array in (made | changed).items() if array is not None}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"table": None}, "lack table"),
        ({"joints": np.zeros((3, 4))}, "not of the shape"),
        ({"weights_1": np.zeros((3, 4, 5))}, "not of the shape"),
        ({"weights_2": np.full((3, 4, 4), 32_000)}, "inexact"),
        ({"biases_out": np.full(2, 2**24)}, "inexact"),
    ],
    ids=["an array is missing", "joints", "a layer", "weights too large", "a bias too large"],
)
def test_weights_that_the_network_cannot_take_are_refused(changed, said):
    Network(arrays())
    with pytest.raises(WeightsError, match=said):
        Network(arrays(**changed))
