"""A disclosure as it leaves: the file's bytes, and the same as a document for machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from lineage.canonical import sha256_hex
from lineage.exports.california import california
from lineage.exports.cards import card_markdown, dataset_card, front_matter, model_card
from lineage.exports.content import read_content
from lineage.exports.croissant import croissant, croissant_bytes
from lineage.exports.disclosure import Disclosure
from lineage.exports.eu_summary import eu_summary
from lineage.exports.figure import Figures
from lineage.exports.figures import model_figures, snapshot_figures
from lineage.exports.markdown import to_markdown
from lineage.exports.opening import open_snapshot, open_trained
from lineage.home import Home
from lineage.statement import TrustedKey


class Export(StrEnum):
    """What can be disclosed, by the name of its command."""

    CROISSANT = "croissant"
    DATASET_CARD = "dataset-card"
    MODEL_CARD = "model-card"
    EU_SUMMARY = "eu-summary"
    CALIFORNIA = "california"


@dataclass(frozen=True, slots=True)
class Produced:
    """A disclosure.

    Attributes:
        data: The file's bytes: Markdown, or JSON-LD.
        document: What it says, as JSON values.
    """

    data: bytes
    document: dict[str, Any]


def produce(export: Export, place: Path, home: Home, trusted: Sequence[TrustedKey]) -> Produced:
    """Return a disclosure, made from evidence that verified and from the ledger.

    The same evidence, ledger, keys and ``disclosure.yaml`` give the same bytes: nothing in it is of today.

    Args:
        export: Which.
        place: The directory of the snapshot or model that it is about.
        home: Its ledger, its vault if it has one, and what its deployer states.
        trusted: The keys that may have signed.

    Raises:
        NotVerifiedError: The evidence does not verify; the message names the link.
        DisclosureError: ``disclosure.yaml`` says what it may not.
        UsageError: It is about something else than is at ``place``.
    """
    disclosure = Disclosure.of(home.warehouse)
    if export in (Export.CROISSANT, Export.DATASET_CARD):
        return _of_snapshot(export, place, home, trusted, disclosure)
    opened = open_trained(place, home.warehouse, trusted)
    content = read_content(opened.snapshot.snapshot, home.held_vault())
    return _of_model(export, model_figures(opened, home.ledger(), content), disclosure)


def _of_snapshot(
    export: Export, place: Path, home: Home, trusted: Sequence[TrustedKey], disclosure: Disclosure
) -> Produced:
    opened = open_snapshot(place, home.warehouse, trusted)
    figures = snapshot_figures(opened, home.ledger(), read_content(opened.snapshot, home.held_vault()))
    if export is Export.CROISSANT:
        document = croissant(figures, disclosure, opened.snapshot)
        return _produced(croissant_bytes(document), figures, {"export": export.value, "document": document})
    page = dataset_card(figures, disclosure)
    said = page.document() | {"front_matter": front_matter(page, disclosure)}
    return _produced(card_markdown(page, disclosure).encode(), figures, said)


def _of_model(export: Export, figures: Figures, disclosure: Disclosure) -> Produced:
    if export is Export.MODEL_CARD:
        card = model_card(figures, disclosure)
        said = card.document() | {"front_matter": front_matter(card, disclosure)}
        return _produced(card_markdown(card, disclosure).encode(), figures, said)
    page = eu_summary(figures, disclosure) if export is Export.EU_SUMMARY else california(figures, disclosure)
    return _produced(to_markdown(page).encode(), figures, page.document())


def _produced(data: bytes, figures: Figures, document: dict[str, Any]) -> Produced:
    return Produced(data, document | {"evidence": figures.evidence.document(), "sha256": sha256_hex(data)})
