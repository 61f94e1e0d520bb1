"""Cards of the Hugging Face hub: front matter that machines read, and a page that people read.

Metadata: https://huggingface.co/docs/hub/datasets-cards, https://huggingface.co/docs/hub/model-cards; sections as in
the templates of huggingface_hub. Only what is known is said: ``language`` and ``license`` are the deployer's,
``size_categories`` follows from the records. There is no ``dataset_info``, because the files are encrypted and the hub
cannot load them, and no ``model-index``, because training proves nothing about quality.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lineage.exports.disclosure import ArtifactStated, Disclosure
from lineage.exports.figure import Figures
from lineage.exports.markdown import to_markdown
from lineage.exports.page import NOT_STATED, Answer, Page, Section, answer, counts, side_by_side, stated
from lineage.exports.processing import grounds, left_out, redacted, residual

SIZE_CATEGORIES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)
LARGEST = "n>1T"
TASK = "text-generation"
NO_RESULTS = "This card states no results: what a model was trained on says nothing of how well it does."


def dataset_card(figures: Figures, disclosure: Disclosure) -> Page:
    """Return the card of a snapshot as a page.

    Args:
        figures: Of the snapshot (`snapshot_figures`).
        disclosure: What the deployer states.
    """
    label = figures.evidence.artifact
    said = disclosure.snapshot(label.partition("@")[0])
    sections = (
        Section("Dataset Details", tuple(_dataset_details(figures, disclosure, said))),
        Section("Uses", tuple(_uses(figures, said))),
        Section("Dataset Structure", tuple(_structure(figures))),
        Section("Dataset Creation", tuple(_creation(figures, disclosure))),
        Section("Personal and Sensitive Information", tuple(_personal(figures)), depth=3),
        Section("Bias, Risks, and Limitations", tuple(_risks(figures, said))),
        Section("Maintenance", tuple(_maintenance(figures))),
        _contact(disclosure),
    )
    return Page("dataset-card", label, "Dataset card", figures, sections)


def model_card(figures: Figures, disclosure: Disclosure) -> Page:
    """Return the card of a model as a page.

    Args:
        figures: Of the model (`model_figures`).
        disclosure: What the deployer states.
    """
    label = figures.evidence.artifact
    said = disclosure.model(label.partition("/")[0])
    sections = (
        Section("Model Details", tuple(_model_details(figures, disclosure, said))),
        Section("Uses", tuple(_uses(figures, said))),
        Section("Bias, Risks, and Limitations", tuple(_risks(figures, said))),
        Section("Training Details"),
        Section("Training Data", tuple(_training_data(figures)), depth=3),
        Section("Training Procedure", tuple(_procedure(figures)), depth=3),
        Section(
            "Evaluation", (Answer("", "This card states no results: what was trained on says nothing of quality."),)
        ),
        _contact(disclosure),
    )
    return Page("model-card", label, "Model card", figures, sections)


def card_markdown(page: Page, disclosure: Disclosure) -> str:
    """Return a card as the hub takes it: front matter, then the page."""
    return to_markdown(page, f"---\n{''.join(_yaml(front_matter(page, disclosure)))}---\n\n")


def front_matter(page: Page, disclosure: Disclosure) -> dict[str, Any]:
    """Return what machines read of a card."""
    label = page.figures.evidence.artifact
    of_dataset = page.export == "dataset-card"
    said = disclosure.snapshot(label.partition("@")[0]) if of_dataset else disclosure.model(label.partition("/")[0])
    matter: dict[str, Any] = _licence(said)
    if disclosure.languages:
        matter["language"] = list(disclosure.languages)
    if of_dataset:
        records = page.figures["records"].value
        return matter | {"pretty_name": label, "size_categories": [size_category(records)], "task_categories": [TASK]}
    return matter | {"library_name": "transformers", "pipeline_tag": TASK}


def size_category(records: int) -> str:
    """Return the hub's word for a number of records."""
    return next((word for limit, word in SIZE_CATEGORIES if records < limit), LARGEST)


def _licence(said: ArtifactStated) -> dict[str, Any]:
    if said.licence is not None:
        return {"license": said.licence}
    named = said.licence_name or "not stated by the deployer"
    return {"license": "other", "license_name": "-".join(named.lower().split())}


def _yaml(matter: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a mapping of texts and lists of texts; every text is quoted as in JSON, which YAML reads."""
    for name, value in matter.items():
        if isinstance(value, list):
            yield f"{name}:\n"
            yield from (f"- {json.dumps(inner)}\n" for inner in value)
        else:
            yield f"{name}: {json.dumps(value)}\n"


def _dataset_details(figures: Figures, disclosure: Disclosure, said: ArtifactStated) -> Iterator[Answer]:
    yield answer(
        figures,
        "",
        "{records} records of {people} people at {tenants} customers, each permitted for the purpose {purpose}. A "
        "record is what a person asked an AI system and what followed. The files are encrypted, each customer's under "
        "a key of its own: whoever has no keys can check the proof, and cannot read the text.",
    )
    yield stated("Curated by:", disclosure.provider.name)
    yield Answer("Language(s) (NLP):", ", ".join(disclosure.languages) or NOT_STATED)
    yield stated("License:", said.licence or said.licence_name)
    yield answer(figures, "Licences of the sources (SPDX), by records:", "{by_source_licence}.")
    if said.url:
        yield Answer("Page:", said.url)


def _model_details(figures: Figures, disclosure: Disclosure, said: ArtifactStated) -> Iterator[Answer]:
    yield answer(figures, "", "Trained on {trained_on} from {base_model}: {records_read} records of {people_read} "
                 "people, {tokens} tokens. Its weights carry the proof of what they were trained on.")  # fmt: skip
    yield stated("Developed by:", disclosure.provider.name)
    yield Answer("Language(s) (NLP):", ", ".join(disclosure.languages) or NOT_STATED)
    yield stated("License:", said.licence or said.licence_name)
    yield answer(figures, "Finetuned from:", "{base_model}, SHA-256 {base_model_digest}.")
    if said.base_model:
        yield stated("About that model:", said.base_model)
    yield answer(figures, "Weights (SHA-256):", "{weights}.")


def _uses(figures: Figures, said: ArtifactStated) -> Iterator[Answer]:
    yield answer(figures, "Purpose permitted:", "{purpose}. Every record was decided for it and for no other.")
    yield stated("Direct use:", said.intended_use)
    yield stated("Out-of-scope use:", said.out_of_scope_use)


def _structure(figures: Figures) -> Iterator[Answer]:
    yield answer(figures, "Files:", "Encrypted Parquet, {bytes} bytes, and a file of leaves beside each, in the clear: "
                 "one keyed commitment for each record.")  # fmt: skip
    yield answer(figures, "Parts:", "", table=counts(figures, "by_split", "part", "records"))
    yield answer(figures, "Labels:", "What became of the answer, as the logs say.",
                 table=counts(figures, "by_outcome", "label", "records"))  # fmt: skip


def _creation(figures: Figures, disclosure: Disclosure) -> Iterator[Answer]:
    yield answer(figures, "Source data:", "Delivered in {files} files that arrived from {landed_first} to "
                 "{landed_last}. People spoke from {first_spoken_on} to {last_spoken_on}.",
                 table=counts(figures, "by_source", "source", "records"))  # fmt: skip
    for name in figures["by_source"].value:
        if disclosure.source(name).description:
            yield stated(f"{name}:", disclosure.source(name).description)
    yield from left_out(figures)
    yield answer(figures, "Consent:", "{consents} statements of consent decided. By state at use: {by_consent_at_use}; "
                 "at collection: {by_consent_at_collection}. By legal basis: {by_legal_basis}.")  # fmt: skip


def _personal(figures: Figures) -> Iterator[Answer]:
    yield answer(figures, "", "Records of {people} people, under keyed pseudonyms.")
    for name, what in (("by_jurisdiction", "jurisdiction (ISO 3166)"), ("by_age_band", "age band")):
        yield Answer("", "", table=counts(figures, name, what, "records"))
    yield redacted(figures)
    yield from residual(figures)


def _risks(figures: Figures, said: ArtifactStated) -> Iterator[Answer]:
    yield stated("Limitations:", said.limitations)
    yield stated("Biases:", said.biases)
    yield answer(figures, "Who is missing:", "Of {considered} records considered, {denied} were denied. People who "
                 "did not consent, and their ways of speaking, are missing.")  # fmt: skip


def _maintenance(figures: Figures) -> Iterator[Answer]:
    yield answer(figures, "", "A snapshot never changes. It may be trained on up to {lease_expires_at}, unless its "
                 "lease is renewed; what is revoked meanwhile is named in signed feeds.")  # fmt: skip
    if figures["revoked"].known:
        yield answer(figures, "Revoked in the newest feed:", "{revoked} records.")
    else:
        yield Answer("Revoked:", "No feed has been made yet.")


def _training_data(figures: Figures) -> Iterator[Answer]:
    table = side_by_side(figures, "source", {"records read": "read_by_source", "tokens": "tokens_by_source"})
    yield answer(figures, "", "{trained_on}, {records} records, of which {records_read} were read. Redacted with "
                 "profile {redaction_profile}.", table=table)  # fmt: skip
    yield answer(figures, "Grounds:", "By legal basis: {read_by_legal_basis}.", table=grounds(figures))
    for name, what in (("read_by_jurisdiction", "jurisdiction (ISO 3166)"), ("read_by_age_band", "age band")):
        yield Answer("", "", table=counts(figures, name, what, "records read"))


def _procedure(figures: Figures) -> Iterator[Answer]:
    yield answer(figures, "", "{optimizer_steps} optimizer steps over {readings} readings and {tokens_read} tokens, "
                 "from {training_started_at} to {training_finished_at}. Readings skipped: {skipped}.")  # fmt: skip
    yield answer(figures, "Training hyperparameters:", "", table=counts(figures, "recipe", "option", "value"))


def _contact(disclosure: Disclosure) -> Section:
    return Section("Contact", (stated("", disclosure.provider.contact),))
