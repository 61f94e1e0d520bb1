"""The detector: Presidio's AnalyzerEngine with our recognisers, failing closed.

This is the wall behind which an engine can be replaced: whatever stands here says its version, prepares for a batch
of texts, and returns the spans of one.
"""

import hashlib
import logging
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any, Protocol

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NoOpNlpEngine

from lineage.canonical import digest_of
from pipelines.redaction.keyed import keyed_recognizers, keyed_spans
from pipelines.redaction.names import NameRecognizer
from pipelines.redaction.patterns import structured_recognizers
from pipelines.redaction.profile import RedactionProfile
from pipelines.redaction.secrets import secret_recognizers
from pipelines.redaction.spans import Span, disjoint
from policies.errors import LineweightError

ENGINE_VERSION = "presidio/1"

# Texts in which no recogniser finds anything and that are distinct in every record: ids and instants.
_INERT = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?|"
    r"[a-z][a-z_-]{0,40}"
)


# Characters that look like an ASCII one and stand for it: full-width forms, and the spaces that do not break.
_LOOKALIKES = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
_LOOKALIKES |= dict.fromkeys((0xA0, 0x2007, 0x202F, 0x3000), 0x20)
_ESCAPE = re.compile(r"\\[nrt](?=\w|[+(])")


def views(text: str) -> list[str]:
    r"""Return the readings of a text that are searched, each of its length, so that offsets hold in all.

    Look-alikes are read as what they look like. Where ``\n``, ``\r`` or ``\t`` is written out before a word, as in a
    string of code, one reading has a break there: no recogniser would see a word begin after the letter ``n``.
    """
    plain = text if text.isascii() else text.translate(_LOOKALIKES)
    return [plain, _ESCAPE.sub("  ", plain)] if _ESCAPE.search(plain) else [plain]


class DetectorError(LineweightError):
    """A detector could not search a text to its end."""

    remedy = "The record is in quarantine; nothing of it was passed on."


class Detector(Protocol):
    """What finds personal data and secrets in a text."""

    @property
    def version(self) -> str:
        """What the finds depend on besides the text: a change of it may change what is found."""

    def prepare(self, texts: Iterable[str]) -> None:
        """Do for many texts at once what is cheaper so. Changes nothing in what is found."""

    def forget(self) -> None:
        """Drop everything remembered of any text."""

    def detect(self, text: str, field: str = "") -> tuple[Span, ...]:
        """Return disjoint spans; ``field`` is what :func:`~pipelines.redaction.keyed.telling` says of the field."""


class PrecedingWords(ContextAwareEnhancer):  # type: ignore[misc]  # Presidio ships no types
    """Raises a find's score when one of its recogniser's words stands shortly before it, on any kind of text.

    Presidio's own enhancer does the same with lemmas, for which every text would have to be tokenised. Factor and
    least score are Presidio's.
    """

    REACH = 60  # code points

    def __init__(self) -> None:
        super().__init__(0.35, 0.4, 5, 0)

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: object,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """Return the results, some with a higher score."""
        by_id = {recognizer.id: recognizer for recognizer in recognizers if recognizer.context}
        for result in raw_results:
            recognizer = by_id.get(result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY])
            if recognizer is not None:
                before = text[max(0, result.start - self.REACH) : result.start].lower()
                around = " ".join((before, *(context or ())))
                if any(word in around for word in recognizer.context):
                    result.score = min(1.0, max(result.score + self.context_similarity_factor, 0.4))
        return raw_results


class _FailClosed(logging.Filter):
    """Presidio logs a regex that timed out and goes on without it; and some of its messages quote the text.

    Here the first becomes an error, and nothing else is printed.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if "timed out" in str(record.msg):
            raise DetectorError("A pattern did not finish in time.")
        return False


class PresidioDetector:
    """Presidio over the recognisers of a profile.

    Args:
        profile: Which entity types count, from which score, and which model finds names.
        recognizers: Further recognisers to plug in; their names and versions become part of the version.
    """

    def __init__(self, profile: RedactionProfile, recognizers: Sequence[EntityRecognizer] = ()) -> None:
        _silence("presidio-analyzer")
        self._names = NameRecognizer(profile.ner.model, profile.ner.labels)
        known = [*secret_recognizers(), *structured_recognizers(), *keyed_recognizers(), self._names, *recognizers]
        self._recognizers = [one for one in known if set(one.supported_entities) & set(profile.entities)]
        for recognizer in self._recognizers:
            recognizer.score_thresholds = {name: rule.threshold for name, rule in profile.entities.items()}
        self._entities = sorted(profile.entities)
        language = "en"
        nlp = NoOpNlpEngine(models=[{"lang_code": language, "model_name": "none"}])
        nlp.load()
        registry = RecognizerRegistry(recognizers=self._recognizers, supported_languages=[language])
        self._engine = AnalyzerEngine(
            registry=registry,
            nlp_engine=nlp,
            supported_languages=[language],
            context_aware_enhancer=PrecedingWords(),
        )
        self._entity_set = frozenset(self._entities)

    @property
    def version(self) -> str:
        """Digest over the engine, the libraries, the model, and every recogniser with its expressions."""
        libraries = {name: version(name) for name in ("phonenumbers", "presidio-analyzer", "regex", "spacy")}
        document = {
            "engine": ENGINE_VERSION,
            "libraries": libraries,
            "model": self._names.model_version,
            "recognizers": [_description(recognizer) for recognizer in self._recognizers],
        }
        return digest_of(document)

    def prepare(self, texts: Iterable[str]) -> None:
        """Read the names of many texts in batches."""
        self._names.prepare(view for text in texts for view in views(text))

    def forget(self) -> None:
        """Forget the pieces whose names were read."""
        self._names.forget()

    def detect(self, text: str, field: str = "") -> tuple[Span, ...]:
        """Return the disjoint spans of one text, in order.

        Raises:
            DetectorError: A pattern did not finish in time.
        """
        if not field and _INERT.fullmatch(text):
            return ()
        context = field.split("_") if field else None
        found = [
            Span(result.start, result.end, result.entity_type, float(result.score), _name(result))
            for view in views(text)
            for result in self._engine.analyze(view, "en", entities=self._entities, context=context)
        ]
        found += [span for span in keyed_spans(field, text) if span.entity_type in self._entity_set]
        return disjoint(found, text)


def _name(result: RecognizerResult) -> str:
    return str(result.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY])


def _description(recognizer: EntityRecognizer) -> dict[str, Any]:
    patterns = "\n".join(pattern.regex for pattern in getattr(recognizer, "patterns", ()))
    return {
        "name": recognizer.name,
        "patterns": hashlib.sha256(patterns.encode()).hexdigest(),
        "version": recognizer.version,
    }


def _silence(name: str) -> None:
    """Put the filter in front of a library's log, once, and keep its warnings reaching the filter."""
    logger = logging.getLogger(name)
    logger.setLevel(logging.WARNING)
    if not any(isinstance(one, _FailClosed) for one in logger.filters):
        logger.addFilter(_FailClosed())
