"""Recognisers of anybody's, asked in a process of their own, so that one that hangs or breaks is ended and counted.

A Presidio ``EntityRecognizer`` may run any code: a model, a service, an expression that never comes to an end. No
thread can be stopped inside such code, a process can. What it prints goes nowhere, for it may quote what it read.
"""

import contextlib
import json
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from multiprocessing.connection import Connection, Pipe
from threading import Lock
from typing import TYPE_CHECKING, Any

from pipelines.redaction.recognizers import RecognizerError, description, origin_of
from pipelines.redaction.spans import Span
from pipelines.redaction.tier import DetectorError

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

TIME_LIMIT_S = 10.0
_START_LIMIT_S = 120.0  # a model may have to be read
_GRACE_S = 30.0  # the process has ended what took too long, and says so, long before this


class PluggedTier:
    """Presidio's analyzer over recognisers that no expression can stand for.

    Each text has its own time; a recogniser that takes longer is ended with the process that asks it, and the next
    text finds a new one. Context words count as in Presidio: by lemmas of the spaCy model, without one by words as
    they are written.

    Args:
        recognizers: The recognisers; those that no profile named must be such as ``pickle`` takes.
        time_limit_s: Seconds that all of them together may take for one text.
        model: Name of the spaCy model that makes Presidio's ``nlp_artifacts`` for those that look at them.

    Raises:
        RecognizerError: A recogniser cannot be taken to another process.
    """

    name = "plugged"

    def __init__(
        self,
        recognizers: Sequence["EntityRecognizer"],
        time_limit_s: float = TIME_LIMIT_S,
        model: str | None = None,
    ) -> None:
        self._recognizers = tuple(recognizers)
        self._time_limit_s = time_limit_s
        self._model = model
        self._load = _packed(self._recognizers, time_limit_s, model)
        self._asking = Lock()
        self._process: _Process | None = None

    @property
    def version(self) -> Mapping[str, Any]:
        """What the recognisers are, with the digest of the code each is written in."""
        return {
            "libraries": {"presidio-analyzer": version("presidio-analyzer")},
            "model": self._model,
            "recognizers": [description(recognizer) for recognizer in self._recognizers],
        }

    def find(self, texts: Sequence[str], fields: Sequence[str]) -> list[list[Span]]:
        """Return what the recognisers find in each of ``n`` texts.

        Raises:
            DetectorError: One of them raised, took too long, or gave what is no range of the text.
        """
        if not self._recognizers:
            return [[] for _ in texts]
        with self._asking:
            return [self._found(text, field) for text, field in zip(texts, fields, strict=True)]

    def _found(self, text: str, field: str) -> list[Span]:
        process = self._process or _Process(self._load)
        self._process = None  # whatever happens below, only a process that answered is asked again
        question = json.dumps({"text": text, "context": field.split("_") if field else []})
        answer = process.answer(question.encode(), self._time_limit_s + _GRACE_S)
        self._process = process
        if "failed" in answer:
            raise DetectorError(f"{answer.get('recognizer', 'Recognisers that were plugged in')} {answer['failed']}.")
        return [_checked(Span(*found), len(text)) for found in answer["found"]]


class _Process:
    """The process that holds the recognisers, from its start to its end."""

    def __init__(self, load: bytes) -> None:
        theirs_in, self._ours_out = Pipe(duplex=False)
        self._ours_in, theirs_out = Pipe(duplex=False)
        ends = theirs_in.fileno(), theirs_out.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.redaction.plugged_process", *map(str, ends)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            pass_fds=ends,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (theirs_in, theirs_out):
            end.close()
        self._end = weakref.finalize(self, _end, self._process, self._ours_in, self._ours_out)
        self.answer(load, _START_LIMIT_S)

    def answer(self, question: bytes, limit_s: float) -> dict[str, Any]:
        """Return the answer to a question, or end the process.

        Raises:
            DetectorError: There was none in time, or the process is gone.
        """
        with contextlib.suppress(EOFError, OSError, ValueError):
            self._ours_out.send_bytes(question)
            if self._ours_in.poll(limit_s):
                answer = json.loads(self._ours_in.recv_bytes())
                if isinstance(answer, dict):
                    return answer
        self._end()
        raise DetectorError("The process of recognisers that were plugged in does not answer.")


def _end(process: subprocess.Popen[bytes], *pipes: Connection) -> None:
    for pipe in pipes:
        pipe.close()
    process.kill()
    process.wait()


def _packed(recognizers: Sequence["EntityRecognizer"], time_limit_s: float, model: str | None) -> bytes:
    """Return the recognisers as bytes: where each is made anew, or itself."""
    packed = []
    for recognizer in recognizers:
        try:
            packed.append(pickle.dumps(origin_of(recognizer) or recognizer))
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            raise RecognizerError(
                f"{recognizer.name}: cannot be taken to a process of its own.",
                remedy="Name it in a profile as package.module:attribute, so that it can be made there.",
            ) from error
    return pickle.dumps({"recognizers": packed, "time_limit_s": time_limit_s, "model": model})


def _checked(span: Span, length: int) -> Span:
    if not 0 <= span.start < span.end <= length:
        raise DetectorError(f"{span.detector} found {span.start} to {span.end} in a text of {length} characters.")
    return span
