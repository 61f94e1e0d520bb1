"""The documentation that California Civil Code section 3111 asks for (AB 2013, Stats. 2024, ch. 817), in its order.

"Artificial intelligence: training data transparency",
https://leginfo.legislature.ca.gov/faces/billNavClient.xhtml?bill_id=202320240AB2013. Subdivision (a) lists twelve
items of a high-level summary of the datasets used. Evidence answers what can be counted; what is a judgement of law, or
known to the company alone, is the deployer's statement (`lineage.exports.disclosure`).
"""

from collections.abc import Iterator

from lineage.exports.disclosure import ArtifactStated, Disclosure
from lineage.exports.figure import Figures
from lineage.exports.page import Answer, Page, Section, Table, answer, counts, deployers, stated, value_told
from lineage.exports.processing import grounds, left_out, redacted, residual

TITLE = "Training data transparency"
SOURCE = "California Civil Code section 3111(a) (AB 2013): a high-level summary of the datasets used"
RECORD = (
    "A record is what a person asked an AI system and everything that followed until they spoke again: messages, calls "
    "of tools and their answers, as text, with time and place of origin."
)
DEVELOPER = "The developer says:"


def california(figures: Figures, disclosure: Disclosure) -> Page:
    """Return the documentation of one model.

    Args:
        figures: Of the model (`model_figures`).
        disclosure: What the deployer states.
    """
    name = figures.evidence.artifact.partition("/")[0]
    items = (
        ("The sources or owners of the datasets", _sources(figures, disclosure)),
        ("How the datasets further the intended purpose", _purpose(figures, disclosure.model(name))),
        ("The number of data points", _numbers(figures)),
        ("The types of data points", _types(figures)),
        ("Data protected by copyright, trademark or patent, or in the public domain", _protected(figures, disclosure)),
        ("Whether the datasets were purchased or licensed", _bought(disclosure)),
        ("Personal information (Civil Code section 1798.140(v))", _personal(figures, disclosure)),
        ("Aggregate consumer information (Civil Code section 1798.140(b))", _aggregate(disclosure)),
        ("Cleaning, processing or other modification, and its purpose", _processing(figures)),
        ("The time period during which the data were collected", _period(figures, disclosure)),
        ("The dates the datasets were first used", _first_used(figures, disclosure.model(name))),
        ("Synthetic data generation", _synthetic(figures, disclosure)),
    )
    sections = [Section(title, tuple(answers), f"({number})") for number, (title, answers) in enumerate(items, 1)]
    developer = stated("Developer:", disclosure.provider.name)
    trained = answer(figures, "System or service:", "Model {artifact}, trained on {trained_on}.",
                     artifact=figures.evidence.artifact)  # fmt: skip
    return Page(
        "california", TITLE, SOURCE, figures, (Section("Developer and system", (developer, trained)), *sections)
    )


def _sources(figures: Figures, disclosure: Disclosure) -> Iterator[Answer]:
    records = figures["read_by_source"]
    rows = []
    for name, number in records.value.items():
        said = disclosure.source(name)
        described = " ".join(part for part in (deployers(said.description), said.link) if part)
        rows.append((name, value_told(number), deployers(said.owner), described))
    table = Table(("source", "records read", "owner", "description by the deployer"), tuple(rows), (records.name,))
    yield answer(
        figures,
        "",
        "The snapshot trained on holds records of people at {tenants} customers, delivered in {files} files.",
        table=table,
    )


def _purpose(figures: Figures, model: ArtifactStated) -> Iterator[Answer]:
    yield answer(figures, "", "The records may be used for the purpose {purpose} and for nothing else.")
    yield stated(DEVELOPER, model.intended_use)


def _numbers(figures: Figures) -> Iterator[Answer]:
    yield answer(
        figures,
        "",
        "{records_read} records of {people_read} people, {tokens} tokens: each record counted once. They were read "
        "{readings} times in training. The dataset is a snapshot and does not change.",
    )


def _types(figures: Figures) -> Iterator[Answer]:
    yield Answer("", RECORD)
    labels = figures["by_outcome"]
    columns = ("label: what became of the answer", "records of the snapshot")
    yield answer(figures, "Labels:", "Some records carry a label. {by_outcome}." if not labels.known else
                 "Records by label, as the product's logs gave it.",
                 table=counts(figures, "by_outcome", *columns))  # fmt: skip


def _protected(figures: Figures, disclosure: Disclosure) -> Iterator[Answer]:
    yield answer(figures, "", "Records of the snapshot by the licence of their source (SPDX): {by_source_licence}.")
    yield stated(DEVELOPER, disclosure.protected_content)


def _bought(disclosure: Disclosure) -> Iterator[Answer]:
    yield stated(DEVELOPER, disclosure.bought_or_licensed)


def _personal(figures: Figures, disclosure: Disclosure) -> Iterator[Answer]:
    yield answer(
        figures,
        "",
        "The records are of {people_read} people, under keyed pseudonyms. Personal data that was found in the text was "
        "replaced; item (9) says what may be left. By legal basis: {read_by_legal_basis}.",
        table=grounds(figures),
    )
    for name, what in (("read_by_jurisdiction", "jurisdiction (ISO 3166)"), ("read_by_age_band", "age band")):
        yield Answer("", "", table=counts(figures, name, what, "records read"))
    yield stated(DEVELOPER, disclosure.personal_information)


def _aggregate(disclosure: Disclosure) -> Iterator[Answer]:
    yield Answer("", "Each record is a single interaction; the evidence holds no records of groups of people.")
    yield stated(DEVELOPER, disclosure.aggregate_information)


def _processing(figures: Figures) -> Iterator[Answer]:
    yield Answer("Purpose:", "To train only on records that their people, the customers' agreements and the policy "
                 "allow, and on as little personal data as can be.")  # fmt: skip
    yield from left_out(figures)
    yield redacted(figures)
    yield from residual(figures)
    yield answer(figures, "Quality gates:", "All passed: {quality}. Readings skipped in training: {skipped}.")


def _period(figures: Figures, disclosure: Disclosure) -> Iterator[Answer]:
    yield answer(figures, "", "People spoke from {first_spoken_on} to {last_spoken_on}. The files arrived from "
                 "{landed_first} to {landed_last}.")  # fmt: skip
    yield stated("Is data collection ongoing? The developer says:", disclosure.collection_ongoing)


def _first_used(figures: Figures, model: ArtifactStated) -> Iterator[Answer]:
    yield answer(figures, "", "The training of this model began at {training_started_at}.")
    yield stated("First use in development, the developer says:", model.first_used)


def _synthetic(figures: Figures, disclosure: Disclosure) -> Iterator[Answer]:
    yield answer(
        figures,
        "",
        "The snapshot holds the answers that people were given. The logs name the AI model that gave it in "
        "{answered_by_named_model} of {records} records: {answering_models} different ones.",
    )
    yield stated(DEVELOPER, disclosure.synthetic_data)
