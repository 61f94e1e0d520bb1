"""The processes in which recognisers of anybody's run: started by `plugged`, answering text by text until told to end.

The first loads the recognisers and asks none of them anything; it forks a second that does, and another when that
one had to be ended, so that an end costs milliseconds and not the time it takes to load.

Usage: ``python -m pipelines.redaction.plugged_process <pipe in> <pipe out>``
"""

import json
import logging
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

from pipelines.redaction.recognizers import Origin

# What a recogniser may raise on a text it cannot take; whatever else it raises ends the process, which says as much.
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
_GRACE_S = 5.0


class TimedOutError(RuntimeError):
    """Presidio gave up on an expression and would have gone on without it."""


class FailClosed(logging.Filter):
    """Presidio logs an expression that timed out and goes on without it; here that is an error."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let no message through, for some quote the text."""
        if "timed out" in str(record.msg):
            raise TimedOutError
        return False


class Artifacts(NlpArtifacts):  # type: ignore[misc]  # Presidio ships no types
    """What Presidio's recognisers may ask of a text; the model reads the text when the first of them does."""

    def __init__(self, read: Callable[[], NlpArtifacts]) -> None:
        self._read = read

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self.__dict__.update(vars(self._read()))
        return self.__dict__[name]


class LazyEngine(SpacyNlpEngine):  # type: ignore[misc]
    """Presidio's engine over one spaCy model, or over words alone, that reads nothing before it is asked."""

    def __init__(self, model: str | None, languages: Sequence[str]) -> None:
        super().__init__(models=[{"lang_code": language, "model_name": model or ""} for language in languages])
        self._model = model
        self.nlp: dict[str, Any] = {}

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Return the artifacts of a text, not made yet."""
        return Artifacts(lambda: self._artifacts(text, language))

    def _artifacts(self, text: str, language: str) -> NlpArtifacts:
        if language not in self.nlp:
            self.nlp[language] = self._loaded(language)
        return super().process_text(text, language)

    def _loaded(self, language: str) -> Any:
        import spacy

        found = import_module(self._model).load() if self._model else None
        return found if found is not None and found.lang == language else spacy.blank(language)

    def _doc_to_nlp_artifact(self, doc: Any, language: str) -> NlpArtifacts:
        for token in doc:
            token.lemma_ = token.lemma_ or token.lower_
        return super()._doc_to_nlp_artifact(doc, language)


class Analyzer:
    """Presidio's analyzer over recognisers of one or several languages."""

    def __init__(self, recognizers: Sequence[EntityRecognizer], model: str | None) -> None:
        self._recognizers = recognizers
        self._versions = {one.id: (one.name, str(one.version)) for one in recognizers}
        self._languages = sorted({one.supported_language for one in recognizers})
        registry = RecognizerRegistry(list(recognizers), supported_languages=self._languages)
        engine = LazyEngine(model, self._languages)
        self._engine = AnalyzerEngine(registry, engine, supported_languages=self._languages)

    def answer(self, text: str, context: list[str]) -> dict[str, Any]:
        """Return what was found, as the arguments of ``Span``; or which of them raised what."""
        try:
            found = [
                one for language in self._languages for one in self._engine.analyze(text, language, context=context)
            ]
        except _FAULTS as error:
            return {"failed": f"raised {type(error).__name__}", "recognizer": self._guilty(error)}
        return {"found": sorted(self._span(one) for one in found)}

    def _span(self, result: RecognizerResult) -> list[Any]:
        identifier = result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]
        return [result.start, result.end, result.entity_type, float(result.score), *self._versions[identifier]]

    def _guilty(self, error: BaseException) -> str:
        names = {id(recognizer): str(recognizer.name) for recognizer in self._recognizers}
        asked = [id(frame.f_locals.get("self")) for frame, _ in traceback.walk_tb(error.__traceback__)]
        return next((names[one] for one in asked if one in names), "One of the recognisers that were plugged in")


class Worker:
    """The process that asks the recognisers, and the next one where that was ended."""

    def __init__(self, analyzer: Analyzer, time_limit_s: float) -> None:
        self._analyzer = analyzer
        self._time_limit_s = time_limit_s
        self._fork()

    def answer(self, question: bytes) -> bytes:
        """Return the worker's answer; where there is none, why, and the worker is another."""
        try:
            self._pipe.send_bytes(question)
            if self._pipe.poll(self._time_limit_s):
                return self._pipe.recv_bytes()
            failed = f"did not finish within {self._time_limit_s:g} s"
        except (EOFError, OSError):
            failed = "ended the process they run in"
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._fork()
        return json.dumps({"failed": failed}).encode()

    def _fork(self) -> None:
        context = get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._pipe, self._analyzer, self._time_limit_s))
        self._process.daemon = True
        self._process.start()
        theirs.close()


def _work(pipe: Connection, theirs: Connection, analyzer: Analyzer, time_limit_s: float) -> None:
    theirs.close()
    while True:
        question = json.loads(pipe.recv_bytes())
        # The signal ends the process even inside a library, should nobody be left to do so.
        signal.setitimer(signal.ITIMER_REAL, time_limit_s + _GRACE_S)
        answer = analyzer.answer(question["text"], question["context"])
        signal.setitimer(signal.ITIMER_REAL, 0)
        pipe.send_bytes(json.dumps(answer).encode())


def main(pipe_in: str, pipe_out: str) -> None:
    """Answer until the other side is gone."""
    questions, answers = Connection(int(pipe_in), writable=False), Connection(int(pipe_out), readable=False)
    said = pickle.loads(questions.recv_bytes())  # noqa: S301  # from the process that started this one
    logging.getLogger("presidio-analyzer").setLevel(logging.WARNING)
    logging.getLogger("presidio-analyzer").addFilter(FailClosed())
    analyzer = Analyzer([_unpacked(one) for one in said["recognizers"]], said["model"])
    worker = Worker(analyzer, said["time_limit_s"])
    answers.send_bytes(b"{}")
    while True:
        answers.send_bytes(worker.answer(questions.recv_bytes()))


def _unpacked(packed: bytes) -> EntityRecognizer:
    value = pickle.loads(packed)  # noqa: S301
    return value.recognizer() if isinstance(value, Origin) else value


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except EOFError:
        sys.exit()
