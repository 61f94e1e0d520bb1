"""What is remembered stays within its bytes, and holds no text."""

from pipelines.redaction.people.remembered import Remembered, key_of


def test_the_piece_asked_about_longest_ago_is_forgotten_first():
    known = Remembered(3 * 240)
    for piece in ("a", "b", "c"):
        known.put(key_of("prose", piece), ())
    assert known.get(key_of("prose", "a")) == ()
    known.put(key_of("prose", "d"), ())
    assert known.get(key_of("prose", "b")) is None
    assert known.get(key_of("prose", "a")) == ()
    assert len(known) == 3


def test_finds_count_against_the_bound():
    known = Remembered(1000)
    known.put(key_of("prose", "a"), ())
    known.put(key_of("prose", "b"), (1, 2, 3, 4))
    assert known.get(key_of("prose", "a")) is None


def test_putting_a_piece_twice_counts_once():
    known = Remembered(2 * 240)
    for _ in range(5):
        known.put(key_of("prose", "a"), ())
    known.put(key_of("prose", "b"), ())
    assert len(known) == 2


def test_a_string_and_a_sentence_of_the_same_words_are_two():
    assert key_of("string", "Ada Lovelace") != key_of("prose", "Ada Lovelace")
    assert b"Ada" not in key_of("prose", "Ada Lovelace")
