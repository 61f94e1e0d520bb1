"""The public summary of training content that Art. 53(1)(d) of Regulation (EU) 2024/1689 (AI Act) asks for.

Sections and their order are those of the Commission's template: Annex to C(2025) 5235 of 24 July 2025, Explanatory
Notice and Template for the Public Summary of Training Content for general-purpose AI models,
https://digital-strategy.ec.europa.eu/en/library/explanatory-notice-and-template-public-summary-training-content-general-purpose-ai-models
(adopted as C(2025) 8311 of 5 December 2025). What a source is, and all that only a provider knows, is stated by the
deployer (`lineage.exports.disclosure`); every number comes from evidence.
"""

from collections.abc import Iterator, Mapping

from lineage.exports.disclosure import ArtifactStated, Disclosure, SourceKind
from lineage.exports.figure import Figures
from lineage.exports.page import (
    NOT_STATED,
    Answer,
    Page,
    Section,
    Table,
    answer,
    counts,
    deployers,
    side_by_side,
    stated,
    value_told,
)
from lineage.exports.processing import grounds, left_out, redacted, residual

TITLE = "Public Summary of Training Content for General-Purpose AI models"
SOURCE = "Required by Article 53(1)(d) of Regulation (EU) 2024/1689 (AI Act); the Commission's template of 24 July 2025"

TOKEN_RANGES = (
    (10**9, "Less than 1 billion tokens"),
    (10**13, "1 billion to 10 trillion tokens"),
)
"""The ranges of section 1.3 for text: each up to a number of tokens. Above the last:"""
MOST_TOKENS = "More than 10 trillion tokens"

NONE_OF_THIS_KIND = "No: the deployer states what every source read is, and none is of this kind."
TYPES_OF_CONTENT = "Conversations of people with an AI system: what they asked, and everything that followed"


def eu_summary(figures: Figures, disclosure: Disclosure) -> Page:
    """Return the summary of one model.

    Args:
        figures: Of the model (`model_figures`).
        disclosure: What the deployer states.
    """
    model = disclosure.model(figures.evidence.artifact.partition("/")[0])
    sections = (
        *_general(figures, disclosure, model),
        Section("List of data sources", number="2."),
        *_sources(figures, disclosure),
        *_processing(figures, disclosure),
    )
    return Page("eu-summary", TITLE, SOURCE, figures, sections)


def token_range(tokens: int) -> str:
    """Return the template's range that a number of tokens of text lies in (section 1.3)."""
    return next((words for limit, words in TOKEN_RANGES if tokens < limit), MOST_TOKENS)


def _general(figures: Figures, disclosure: Disclosure, model: ArtifactStated) -> Iterator[Section]:
    provider = disclosure.provider
    named = (part for part in (provider.name, provider.contact) if part)
    yield Section(
        "Version of the Summary",
        (
            stated("Version of the Summary:", model.summary_version),
            answer(
                figures,
                "Last update:",
                "{day}: the training that it describes ended at {training_finished_at}.",
                day=_day(figures["training_finished_at"].value),
            ),
        ),
    )
    yield Section("General information", number="1.")
    yield _part(
        "1.1.",
        "Provider identification",
        stated("Provider name and contact details:", ", ".join(named) or None),
        stated("Authorised representative name and contact details:", provider.authorised_representative),
    )
    yield _part(
        "1.2.",
        "Model identification",
        answer(figures, "Versioned model name(s):", "{artifact}. Weights: {weights}.",
               artifact=figures.evidence.artifact),
        answer(figures, "Model dependencies:", "Training began from {base_model}, SHA-256 {base_model_digest}. This "
               "summary covers what was read in this training, not what that model had learned before."),
        stated("What that model is, and where its own summary is:", model.base_model),
        stated("Date of placement of the model on the Union market:", model.placed_on_market),
    )  # fmt: skip
    yield _part("1.3.", "Modalities, overall training data size and other characteristics", *_size(figures, disclosure))


def _size(figures: Figures, disclosure: Disclosure) -> Iterator[Answer]:
    tokens = figures["tokens"]
    row = ("Text", token_range(tokens.value), TYPES_OF_CONTENT)
    yield Answer("", "", table=Table(("Modality", "Training data size", "Types of content"), (row,), ("tokens",)))
    yield answer(figures, "Size, more precisely:",
                 "{tokens} tokens of {records_read} records of {people_read} people; {tokens_read} tokens were read in "
                 "{readings} readings.")  # fmt: skip
    yield answer(figures, "Latest date of data acquisition/collection for model training:",
                 "{last_spoken_on} ({month}): the last day on which a person spoke in {trained_on}. The last file "
                 "arrived on {landed_last}. The weights are signed and do not change afterwards.",
                 month=_month(figures["last_spoken_on"].value))  # fmt: skip
    said = disclosure.linguistic_characteristics
    languages = f"Stated by the deployer: {', '.join(disclosure.languages)}." if disclosure.languages else ""
    spoken = " ".join(part for part in (languages, deployers(said) if said else "") if part)
    yield Answer("Description of the linguistic characteristics of the overall training data:",
                 f"{spoken or NOT_STATED} The evidence does not record languages.")  # fmt: skip
    yield Answer("Other relevant characteristics of the overall training data:",
                 "Where the people are and how old, as the logs said; records read.")  # fmt: skip
    for name, what in (("read_by_jurisdiction", "jurisdiction (ISO 3166)"), ("read_by_age_band", "age band")):
        yield Answer("", "", table=counts(figures, name, what, "records read"))
    yield stated("Additional comments:", disclosure.other)


def _sources(figures: Figures, disclosure: Disclosure) -> Iterator[Section]:
    """Yield sections 2.1 to 2.6: each source that was read, under what the deployer says that it is."""
    kinds = {name: disclosure.source(name).kind for name in figures["read_by_source"].value}
    asked = "Have you used publicly available datasets to train the model?"
    yield _part("2.1.", "Publicly available datasets", *_of_kind(figures, disclosure, kinds, asked,
                SourceKind.PUBLIC_DATASET))  # fmt: skip
    yield _part("2.2.", "Private non-publicly available datasets obtained from third parties")
    asked = ("Have you concluded transactional commercial licensing agreement(s) with rightsholder(s) or with their "
             "representatives?")  # fmt: skip
    yield _part("2.2.1.", "Datasets commercially licensed by rightsholders or their representatives",
                *_of_kind(figures, disclosure, kinds, asked, SourceKind.LICENSED), depth=4)  # fmt: skip
    asked = "Have you obtained private datasets from third parties that are not licensed as described in 2.2.1?"
    yield _part("2.2.2.", "Private datasets obtained from other third parties",
                *_of_kind(figures, disclosure, kinds, asked, SourceKind.THIRD_PARTY), depth=4)  # fmt: skip
    asked = "Were crawlers used by the provider or on behalf of the provider?"
    yield _part("2.3.", "Data crawled and scraped from online sources",
                *_of_kind(figures, disclosure, kinds, asked, SourceKind.CRAWLED))  # fmt: skip
    yield _part("2.4.", "User data", *_user_data(figures, disclosure, kinds))
    yield _part("2.5.", "Synthetic data", *_synthetic(figures, disclosure, kinds))
    asked = "Have data sources other than those described in Sections 2.1 to 2.5 been used to train the model?"
    yield _part("2.6.", "Other sources of data", *_of_kind(figures, disclosure, kinds, asked, SourceKind.OTHER))


Kinds = Mapping[str, SourceKind | None]


def _of_kind(figures: Figures, disclosure: Disclosure, kinds: Kinds, asked: str, kind: SourceKind) -> Iterator[Answer]:
    """Yield whether a kind of source was used, and each that was; unknown where a source's kind was not stated."""
    named = sorted(name for name, known in kinds.items() if known is kind)
    silent = sorted(name for name, known in kinds.items() if known is None)
    if named:
        yield Answer(asked, "Yes.", ("read_by_source",))
        yield Answer("", "", table=_listed(figures, disclosure, named))
    elif silent:
        yield Answer(asked, f"{NOT_STATED} It did not say what these sources are: {', '.join(silent)}.",
                     ("read_by_source",))  # fmt: skip
    else:
        yield Answer(asked, NONE_OF_THIS_KIND, ("read_by_source",))
    for name in named:
        if crawler := disclosure.source(name).crawler:
            yield stated(f"Crawler of {name}, its behaviour, period and domains:", crawler)


def _listed(figures: Figures, disclosure: Disclosure, named: list[str]) -> Table:
    records, tokens = figures["read_by_source"], figures["tokens_by_source"]
    rows = []
    for name in named:
        said = disclosure.source(name)
        described = " ".join(part for part in (deployers(said.description), said.link) if part)
        rows.append((name, value_told(records.value[name]), value_told(tokens.value[name]), described))
    columns = ("source", "records read", "tokens", "description by the deployer")
    return Table(columns, tuple(rows), (records.name, tokens.name))


def _user_data(figures: Figures, disclosure: Disclosure, kinds: Kinds) -> Iterator[Answer]:
    asked = "Was data from user interactions with the AI model (e.g. user input and prompts) used to train the model?"
    yield from _of_kind(figures, disclosure, kinds, asked, SourceKind.MODEL_INTERACTIONS)
    asked = ("Was data collected from user interactions with the provider's other services or products used to train "
             "the model?")  # fmt: skip
    yield from _of_kind(figures, disclosure, kinds, asked, SourceKind.SERVICE_INTERACTIONS)
    yield answer(figures, "On what grounds:", "{records_read} records of {people_read} people were read. By legal "
                 "basis: {read_by_legal_basis}.", table=grounds(figures))  # fmt: skip


def _synthetic(figures: Figures, disclosure: Disclosure, kinds: Kinds) -> Iterator[Answer]:
    asked = "Was synthetic AI-generated data created by the provider or on their behalf to train the model?"
    yield from _of_kind(figures, disclosure, kinds, asked, SourceKind.SYNTHETIC)
    yield stated("Models used to generate synthetic data:", disclosure.synthetic_data)
    yield answer(figures, "Answers of AI models in the records:",
                 "The snapshot holds the answers that people were given. The logs name the AI model that gave it in "
                 "{answered_by_named_model} of {records} records: {answering_models} different ones.")  # fmt: skip


def _processing(figures: Figures, disclosure: Disclosure) -> Iterator[Section]:
    yield Section("Data processing aspects", number="3.")
    yield _part(
        "3.1.",
        "Respect of reservation of rights from text and data mining exception or limitation",
        stated(
            "Are you a Signatory to the Code of Practice for general-purpose AI models that includes commitments to "
            "respect reservations of rights from the TDM exception or limitation?",
            disclosure.code_of_practice_signatory,
        ),
        stated(
            "Measures implemented before model training to respect reservations of rights from the TDM exception or "
            "limitation before and during data collection:",
            disclosure.rights_reservations,
        ),
        answer(figures, "Licences:", "Records of the snapshot by the licence of their source: {by_source_licence}."),
    )
    yield _part("3.2.", "Removal of illegal content",
                stated("General description of measures taken:", disclosure.illegal_content))  # fmt: skip
    yield _part("3.3.", "Other information (optional)", *left_out(figures), redacted(figures), *residual(figures),
                _composition(figures))  # fmt: skip


def _composition(figures: Figures) -> Answer:
    """Tell the snapshot and what training read of it side by side."""
    table = side_by_side(figures, "source", {"in the snapshot": "by_source", "read": "read_by_source"})
    return answer(figures, "Snapshot and training:", "{records} records stood in {trained_on}, {records_read} were "
                  "read. Readings skipped: {skipped}.", table=table)  # fmt: skip


def _day(instant: str) -> str:
    """Return the day of an instant as the template writes it: ``DD/MM/YYYY``."""
    return f"{instant[8:10]}/{instant[5:7]}/{instant[:4]}"


def _month(day: str | None) -> str:
    """Return the month of a day as the template writes it: ``MM/YYYY``."""
    return f"{day[5:7]}/{day[:4]}" if day else "month not known"


def _part(number: str, title: str, *answers: Answer, depth: int = 3) -> Section:
    return Section(title, answers, number, depth)
