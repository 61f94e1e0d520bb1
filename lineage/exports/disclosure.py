"""What only the company can say of what it makes: ``disclosure.yaml`` in the home, optional, read strictly.

::

    provider: {name: Bloom Labs GmbH, contact: privacy@bloom.example}
    languages: [de, en]
    sources:
      bloom-web: {kind: model-interactions, owner: Bloom Labs GmbH, description: The web application.}
    models:
      helper: {intended_use: Answers questions about the editor., placed_on_market: 1 July 2026}

Evidence says how many records there are, and of whom; it does not say what they are meant for, who owns what they
came from, or what is protected by copyright. Wherever the file is silent, a disclosure says that nothing was stated.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from lineage.warehouse import Warehouse
from policies.strict_yaml import DocumentError, read_document

DISCLOSURE_FILE = "disclosure.yaml"

Text = Annotated[StrictStr, Field(min_length=1, max_length=4000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]
HubLicence = Annotated[StrictStr, Field(max_length=100, pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Word = Annotated[StrictStr, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9 .+_-]*$")]
Name = Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Language = Annotated[StrictStr, Field(pattern=r"^[a-z]{2,3}$")]
Link = Annotated[StrictStr, Field(max_length=500, pattern=r"^https?://[^\s<>\"'|]+$")]


class DisclosureError(DocumentError):
    """``disclosure.yaml`` says something that no disclosure asks for; the message lists every fault."""

    remedy = f"Correct {DISCLOSURE_FILE} in the home at the places named; docs/exports.md lists what it may say."


class SourceKind(StrEnum):
    """What a source is, as section 2 of the Commission's template sorts them. Stated in files, never renamed."""

    PUBLIC_DATASET = "public-dataset"
    LICENSED = "licensed"
    THIRD_PARTY = "third-party"
    CRAWLED = "crawled"
    MODEL_INTERACTIONS = "model-interactions"
    SERVICE_INTERACTIONS = "service-interactions"
    SYNTHETIC = "synthetic"
    OTHER = "other"


class _Stated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Provider(_Stated):
    """Who answers for the model and for the snapshot."""

    name: Text | None = None
    contact: Text | None = None
    authorised_representative: Text | None = None


class SourceStated(_Stated):
    """What is said of one source.

    Attributes:
        kind: What it is.
        owner: Who owns it.
        description: What it holds, and by which service or product it was collected.
        link: Where it can be found.
        crawler: If it was crawled: by what, how, when, and the domains most of it came from.
    """

    kind: SourceKind | None = None
    owner: Text | None = None
    description: Text | None = None
    link: Link | None = None
    crawler: Text | None = None


class ArtifactStated(_Stated):
    """What is said of a snapshot or of a model, under its name without a version.

    Attributes:
        licence: Its licence, as the Hugging Face hub names it: ``cc-by-4.0``.
        licence_name: The name of a licence that the hub does not know.
        url: Its page.
        intended_use: What it is for, and how its data serve that.
        out_of_scope_use: What it is not for.
        limitations: What it does badly.
        biases: Whom it serves worse than others.
        placed_on_market: When it was placed on the Union market.
        summary_version: Version of its public summary, with links to earlier ones.
        base_model: The model it was made from, and a link to that model's public summary.
        first_used: When its data were first used in development.
    """

    licence: HubLicence | None = None
    licence_name: Word | None = None
    url: Link | None = None
    intended_use: Text | None = None
    out_of_scope_use: Text | None = None
    limitations: Text | None = None
    biases: Text | None = None
    placed_on_market: Text | None = None
    summary_version: Text | None = None
    base_model: Text | None = None
    first_used: Text | None = None


class Disclosure(_Stated):
    """All that was stated; whatever was not is ``None``.

    Attributes:
        languages: Of the texts, ISO 639 codes.
        linguistic_characteristics: What else there is to say of their language.
        sources: By the name of the declared source.
        snapshots: By name.
        models: By name.
        code_of_practice_signatory: Whether the provider signed the Code of Practice for general-purpose AI models.
        rights_reservations: What was done to respect reservations under Art. 4(3) of Directive (EU) 2019/790.
        illegal_content: What was done to keep illegal content out.
        protected_content: Whether the data hold what copyright, trademark or patent protects.
        bought_or_licensed: Whether the data were purchased or licensed.
        personal_information: Whether they include personal information (Cal. Civ. Code 1798.140(v)).
        aggregate_information: Whether they include aggregate consumer information (1798.140(b)).
        collection_ongoing: Whether data are still being collected.
        synthetic_data: What was generated, by which models, and for what.
        other: What else there is to say.
    """

    provider: Provider = Provider()
    languages: tuple[Language, ...] = ()
    linguistic_characteristics: Text | None = None
    sources: dict[Name, SourceStated] = {}
    snapshots: dict[Name, ArtifactStated] = {}
    models: dict[Name, ArtifactStated] = {}
    code_of_practice_signatory: StrictBool | None = None
    rights_reservations: Text | None = None
    illegal_content: Text | None = None
    protected_content: Text | None = None
    bought_or_licensed: Text | None = None
    personal_information: Text | None = None
    aggregate_information: Text | None = None
    collection_ongoing: StrictBool | None = None
    synthetic_data: Text | None = None
    other: Text | None = None

    @classmethod
    def of(cls, warehouse: Warehouse) -> "Disclosure":
        """Return what the file in a home says; nothing, if there is no file.

        Raises:
            DisclosureError: The file holds something else; every fault is named by its path.
        """
        if not warehouse.exists(DISCLOSURE_FILE):
            return cls()
        try:
            return read_document(warehouse.read(DISCLOSURE_FILE), DISCLOSURE_FILE, cls)
        except DocumentError as error:
            raise DisclosureError(error.faults) from error

    def source(self, name: str) -> SourceStated:
        """Return what is said of a source; nothing, where it is not named."""
        return self.sources.get(name, SourceStated())

    def snapshot(self, name: str) -> ArtifactStated:
        """Return what is said of a snapshot; nothing, where it is not named."""
        return self.snapshots.get(name, ArtifactStated())

    def model(self, name: str) -> ArtifactStated:
        """Return what is said of a model; nothing, where it is not named."""
        return self.models.get(name, ArtifactStated())
