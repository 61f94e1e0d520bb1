"""What may be left: canaries are planted where they say and found or not; a second look leaves surrogates out."""

import re
from collections import Counter

import pytest

from lineage.residual import Canaries
from pipelines.redaction.canary_values import canary, label_of
from pipelines.redaction.operators.drawing import Draw
from pipelines.redaction.profile import load_profile
from pipelines.redaction.residual import Second, canaries_for, canaries_found, planted, seen_again
from pipelines.redaction.second import second_detector
from pipelines.redaction.spans import Span

TYPES = load_profile("strict-pseudonyms").entities.keys()
HOSTS = ["Please add a page.\nIt has a button.", "def f(x):\n    return x + 1"]


def test_every_type_of_the_profile_has_canaries():
    assert [kind for kind in TYPES if label_of(kind) is None] == []


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_canary_is_a_function_of_the_seed_and_no_two_are_the_same(kind):
    made = [canary(kind, Draw(b"k" * 32, f"{kind} {number}")) for number in range(5)]
    assert made == [canary(kind, Draw(b"k" * 32, f"{kind} {number}")) for number in range(5)]
    assert len(set(made)) == len(made)


def test_canaries_stand_between_the_lines_of_the_snapshots_own_texts_in_every_carrier():
    there = list(planted({"PERSON", "SECRET"}, HOSTS, 7, 10))
    assert Counter(one.entity_type for one in there) == {"PERSON": 10, "SECRET": 10}
    for one in there:
        host = next(host for host in HOSTS if host.split("\n")[0] in one.text)
        lines = one.text.split("\n")
        assert [line for line in lines if line in host.split("\n")] == host.split("\n")
        assert len(lines) == len(host.split("\n")) + 1
        assert re.search(r"\w", one.text[one.start : one.end])
    carriers = ("my full name is", '{"full_name": "', 'full_name = "', "?full_name=", "<td>full name</td>")
    assert all(any(carrier in one.text for one in there) for carrier in carriers)


def test_the_same_seed_plants_the_same_and_another_one_others():
    first, again, other = (list(planted(TYPES, HOSTS, seed, 2)) for seed in (7, 7, 8))
    assert first == again
    assert {one.text for one in first}.isdisjoint(one.text for one in other)


def test_a_canary_is_found_only_if_no_letter_or_digit_of_it_is_left():
    [one] = planted({"PERSON"}, HOSTS, 7, 1)
    whole = Span(one.start, one.end, "PERSON", 0.9, "x")
    assert one.is_found([whole])
    assert one.is_found(
        [Span(one.start, one.start + 3, "SECRET", 0.9, "x"), Span(one.start + 3, one.end, "A", 1.0, "x")]
    )
    assert not one.is_found([Span(one.start + 1, one.end, "PERSON", 0.9, "x")])
    assert not one.is_found([])


def test_in_a_path_and_behind_an_at_sign_only_the_users_name_counts():
    for kind in ("USER_PATH", "HANDLE"):
        for one in planted({kind}, HOSTS, 7, 5):
            assert not one.text[one.start : one.end].startswith(("/", "@"))


def test_canaries_are_counted_by_type():
    def blind_to_secrets(texts):
        there = {one.text: one for one in planted({"SECRET", "US_SSN"}, HOSTS, 7, 6)}
        places = [there[text] for text in texts]
        return [() if one.entity_type == "SECRET" else [Span(one.start, one.end, "US_SSN", 1.0, "x")] for one in places]

    counted = canaries_found(blind_to_secrets, {"SECRET", "US_SSN", "UNHEARD_OF"}, HOSTS, 7, 6)
    assert counted == {"SECRET": Canaries.of(6, 0), "US_SSN": Canaries.of(6, 6), "UNHEARD_OF": Canaries.of(0, 0)}


@pytest.mark.parametrize(("records", "each"), [(0, 5), (100, 10), (2_000, 100), (10**7, 100)])
def test_a_larger_snapshot_has_more_canaries(records, each):
    assert canaries_for(records) == each


def test_the_redactor_finds_the_canaries_of_structured_types(redactor):
    counted = canaries_found(redactor.search, {"CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "US_SSN"}, HOSTS, 7, 10)
    assert {kind: one.found for kind, one in counted.items()} == dict.fromkeys(counted, 10)


def seeing(*found):
    return Second("a second look", frozenset({"PERSON", "IP_ADDRESS", "LOCATION"}), lambda texts: [found] * len(texts))


def test_a_second_look_counts_what_is_left_and_neither_surrogates_nor_what_is_nobodys():
    text = "Jane Doe, Qxabidefok Qxuletamin of 127.0.0.1 in Berlin"
    spans = [
        Span(0, 8, "PERSON", 0.85, "second"),
        Span(10, 31, "PERSON", 0.85, "second"),
        Span(35, 44, "IP_ADDRESS", 0.95, "second"),
        Span(48, 54, "LOCATION", 0.85, "second"),
    ]
    seen = seen_again(seeing(*spans), {"PERSON": 0.5, "IP_ADDRESS": 0.5}, [text, text], 2)
    assert {kind: one.spans for kind, one in seen.seen.items()} == {"IP_ADDRESS": 0, "PERSON": 2}
    assert (seen.records, seen.characters) == (2, 2 * len(text))


def test_a_second_look_holds_to_the_thresholds_of_the_profile():
    seen = seen_again(seeing(Span(0, 4, "PERSON", 0.4, "second")), {"PERSON": 0.5}, ["Jane"], 1)
    assert seen.seen["PERSON"].spans == 0


def test_the_second_detector_is_presidio_with_a_model_that_reads_every_text():
    second = second_detector()
    assert second.name.startswith("presidio-analyzer ")
    assert second.knows >= {"PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER"}
    [found] = second.search(["Yesterday Margaret Holloway wrote to jane@corp.io."])
    assert {"PERSON", "EMAIL_ADDRESS"} <= {span.entity_type for span in found}
