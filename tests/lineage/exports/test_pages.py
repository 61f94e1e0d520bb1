"""Summaries and cards: sections in the law's order, figures from evidence, and silence told as silence."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard, ModelCard

from lineage import exports
from lineage.exports.california import california
from lineage.exports.cards import card_markdown, dataset_card, model_card, size_category
from lineage.exports.disclosure import (
    ArtifactStated,
    Disclosure,
    DisclosureError,
    Provider,
    SourceKind,
    SourceStated,
)
from lineage.exports.eu_summary import eu_summary, token_range
from lineage.exports.figure import Figures
from lineage.exports.markdown import anchor, escaped, to_markdown
from lineage.exports.page import NOT_STATED, Page
from lineage.warehouse import Warehouse
from tests.lineage.exports.world import DisclosedWorld

STATED = """\
provider: {name: Bloom Labs GmbH, contact: "privacy@bloom.example, Berlin"}
languages: [de, en]
sources:
  web: {kind: model-interactions, owner: Bloom Labs GmbH, description: The web | application <b>.}
snapshots:
  demo: {licence: cc-by-4.0, biases: Mostly builders.}
models:
  little: {licence_name: Bloom Licence 1.0, intended_use: Adds pages., summary_version: "1"}
code_of_practice_signatory: true
illegal_content: A classifier.
collection_ongoing: false
"""

EU_SECTIONS = """\
1. General information
1.1. Provider identification
1.2. Model identification
1.3. Modalities, overall training data size and other characteristics
2. List of data sources
2.1. Publicly available datasets
2.2. Private non-publicly available datasets obtained from third parties
2.2.1. Datasets commercially licensed by rightsholders or their representatives
2.2.2. Private datasets obtained from other third parties
2.3. Data crawled and scraped from online sources
2.4. User data
2.5. Synthetic data
2.6. Other sources of data
3. Data processing aspects
3.1. Respect of reservation of rights from text and data mining exception or limitation
3.2. Removal of illegal content
3.3. Other information (optional)
""".splitlines()

SILENT = Disclosure()


@pytest.fixture(scope="module")
def of_model(disclosed_once: DisclosedWorld) -> Figures:
    return disclosed_once.model_figures()


@pytest.fixture(scope="module")
def of_snapshot(disclosed_once: DisclosedWorld) -> Figures:
    return disclosed_once.snapshot_figures()


@pytest.fixture
def said(tmp_path: Path) -> Disclosure:
    (tmp_path / "disclosure.yaml").write_text(STATED, encoding="utf-8")
    return Disclosure.of(Warehouse(tmp_path))


def _answers(page: Page) -> dict[str, str]:
    return {one.question: one.text for section in page.sections for one in section.answers}


def test_the_eu_summary_has_the_sections_of_the_template_in_its_order(of_model: Figures):
    page = eu_summary(of_model, SILENT)

    assert [f"{one.number} {one.title}" for one in page.sections if one.number] == EU_SECTIONS
    headings = re.findall(r"^#{2,4} ([0-9.]+\. ?.*)$", to_markdown(page), re.MULTILINE)
    assert headings == EU_SECTIONS


def test_california_has_its_twelve_items_in_order(of_model: Figures):
    page = california(of_model, SILENT)

    assert [one.number for one in page.sections if one.number] == [f"({number})" for number in range(1, 13)]
    assert all(one.answers for one in page.sections)


@pytest.mark.parametrize("make", [eu_summary, california, model_card], ids=lambda one: one.__name__)
def test_where_the_deployer_is_silent_the_page_says_so(of_model: Figures, make: Callable[[Figures, Disclosure], Page]):
    told = [one.text for section in make(of_model, SILENT).sections for one in section.answers]

    assert sum(text.startswith(NOT_STATED) for text in told) >= 5
    assert "Bloom" not in str(told)


def test_what_the_deployer_says_of_sources_answers_the_questions_about_them(of_model: Figures, said: Disclosure):
    told = _answers(eu_summary(of_model, said))

    asked = "Was data from user interactions with the AI model (e.g. user input and prompts) used to train the model?"
    assert told[asked] == "Yes."
    assert told["Were crawlers used by the provider or on behalf of the provider?"].startswith("No:")
    assert told["Provider name and contact details:"] == "Bloom Labs GmbH, privacy@bloom.example, Berlin"
    assert told["Version of the Summary:"] == "1"


def test_no_source_is_said_to_be_something_while_nobody_said_what_it_is(of_model: Figures):
    told = _answers(eu_summary(of_model, SILENT))

    assert told["Were crawlers used by the provider or on behalf of the provider?"] == (
        f"{NOT_STATED} It did not say what these sources are: web."
    )


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (0, "Less than 1 billion tokens"),
        (999_999_999, "Less than 1 billion tokens"),
        (1_000_000_000, "1 billion to 10 trillion tokens"),
        (10_000_000_000_000, "More than 10 trillion tokens"),
    ],
)
def test_the_template_s_range_of_tokens(tokens: int, words: str):
    assert token_range(tokens) == words


@pytest.mark.parametrize("make", [eu_summary, california, model_card], ids=lambda one: one.__name__)
def test_every_figure_told_links_to_its_check_which_stands_on_the_page(
    of_model: Figures, said: Disclosure, make: Callable[[Figures, Disclosure], Page]
):
    page = make(of_model, said)
    text = to_markdown(page)

    links = set(re.findall(r"\]\(#(check-[a-z-]+)\)", text))
    headings = {f"check-{one.replace(' ', '-')}" for one in re.findall(r"^### Check: (.+)$", text, re.MULTILINE)}
    assert links == headings == {anchor(figure.name) for figure in page.told}
    for figure in page.told:
        assert (figure.query.sql or figure.query.command) in text


def test_sentences_hold_no_number_that_is_no_figure():
    """A template of a sentence may name a section or a level of confidence; a count in it would be typed in."""
    allowed = {"(9)", "95 %", "ISO 3166"}
    for module in ("eu_summary", "california", "cards", "croissant", "processing"):
        source = (Path(exports.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        for sentence in re.findall(r'"([^"\n]*\{[a-z_]+\}[^"\n]*)"', source):
            bare = re.sub(r"SHA-256|\{[a-z_]+\}", "", sentence)
            for word in allowed:
                bare = bare.replace(word, "")
            assert not re.search(r"\d", bare), f"{module}: {sentence}"


@pytest.mark.parametrize("make", [eu_summary, california, model_card], ids=lambda one: one.__name__)
def test_every_page_names_the_evidence(of_model: Figures, make: Callable[[Figures, Disclosure], Page]):
    text = to_markdown(make(of_model, SILENT))

    evidence = of_model.evidence
    for digest in (evidence.manifest_digest, evidence.root, evidence.statement_digest, *evidence.signed_by):
        assert f"`{digest}`" in text


def test_the_hub_reads_the_card_of_a_snapshot(of_snapshot: Figures, said: Disclosure):
    card = DatasetCard(card_markdown(dataset_card(of_snapshot, said), said), ignore_metadata_errors=False)

    assert card.data.to_dict() == {
        "license": "cc-by-4.0",
        "language": ["de", "en"],
        "pretty_name": "demo@v1",
        "size_categories": ["n<1K"],
        "task_categories": ["text-generation"],
    }
    assert card.text.lstrip().startswith("# demo@v1")


def test_the_hub_reads_the_card_of_a_model(of_model: Figures, said: Disclosure):
    card = ModelCard(card_markdown(model_card(of_model, said), said), ignore_metadata_errors=False)

    assert card.data.to_dict() == {
        "license": "other",
        "license_name": "bloom-licence-1.0",
        "language": ["de", "en"],
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
    }
    assert card.data.eval_results is None


def test_a_card_claims_no_language_and_no_licence_that_nobody_stated(of_snapshot: Figures):
    card = DatasetCard(card_markdown(dataset_card(of_snapshot, SILENT), SILENT), ignore_metadata_errors=False)

    assert card.data.license == "other"
    assert card.data.to_dict()["license_name"] == "not-stated-by-the-deployer"
    assert card.data.language is None


@pytest.mark.parametrize(
    ("records", "word"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**12, "n>1T")],
)
def test_the_hub_s_word_for_a_number_of_records(records: int, word: str):
    assert size_category(records) == word


def test_what_the_deployer_writes_cannot_break_a_table_or_become_html(of_model: Figures, said: Disclosure):
    text = to_markdown(eu_summary(of_model, said))

    assert "| web | 10 | 120 | The web \\| application &lt;b>. |" in text
    assert escaped("a*b`c[d]") == "a\\*b\\`c\\[d\\]"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("provider: {nmae: Bloom}", "disclosure.yaml: provider.nmae: Extra inputs are not permitted"),
        ("sources: {web: {kind: stolen}}", "disclosure.yaml: sources.web.kind: Input should be"),
        ("languages: [German]", "disclosure.yaml: languages.0: String should match"),
        ("collection_ongoing: yes", "disclosure.yaml: collection_ongoing: 'yes' can be read in more than one way"),
        ("models: {little: {url: javascript:x}}", "disclosure.yaml: models.little.url: String should match"),
    ],
    ids=["unknown word", "unknown kind", "no code", "ambiguous", "no link"],
)
def test_a_disclosure_that_says_something_else_is_refused_by_its_path(tmp_path: Path, text: str, fault: str):
    (tmp_path / "disclosure.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(DisclosureError) as refused:
        Disclosure.of(Warehouse(tmp_path))
    assert any(said.startswith(fault) for said in refused.value.faults)


def test_the_documentation_names_every_word_a_disclosure_may_say():
    text = (Path(exports.__file__).parents[2] / "docs/exports.md").read_text(encoding="utf-8")
    models = (Disclosure, Provider, SourceStated, ArtifactStated)
    words = [word for model in models for word in model.model_fields] + list(SourceKind)

    assert [word for word in words if f"`{word}`" not in text] == []
