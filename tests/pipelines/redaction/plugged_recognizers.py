"""Recognisers as a data engineer writes them for Presidio: good ones, and each kind of bad one."""

import re
from collections.abc import Iterator

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult

NUMBER = "CUSTOMER_NUMBER"
HOSTILE = re.compile(r"(a+)+b")


class CustomerNumbers(EntityRecognizer):
    """``KD`` and six digits, whose digits add up to an even number."""

    def __init__(self) -> None:
        super().__init__([NUMBER], name="CustomerNumbers", version="3", context=["customer"])

    def load(self) -> None:
        """Nothing needs loading."""

    def analyze(self, text, entities, nlp_artifacts):
        return list(self._found(text))

    def _found(self, text: str) -> Iterator[RecognizerResult]:
        for match in re.finditer(r"\bKD-(\d{6})\b", text):
            if sum(map(int, match[1])) % 2 == 0:
                yield RecognizerResult(NUMBER, *match.span(), 0.4, AnalysisExplanation(self.name, 0.4))


class Misbehaving(EntityRecognizer):
    """Does what the text tells it to."""

    def __init__(self) -> None:
        super().__init__([NUMBER], name="Misbehaving")

    def load(self) -> None:
        """Nothing needs loading."""

    def analyze(self, text, entities, nlp_artifacts):
        print(text)  # noqa: T201
        if text == "raise":
            raise KeyError(text)
        if text == "leave":
            raise SystemExit(3)
        if text == "backtrack":
            HOSTILE.match("a" * 60)
        if text == "overshoot":
            return [RecognizerResult(NUMBER, 0, 99, 1.0)]
        return [RecognizerResult(NUMBER, 0, len(text), 1.0)]


class Lemmas(EntityRecognizer):
    """Every verb that comes from *to meet*, by the artifacts of Presidio's own engine."""

    def __init__(self) -> None:
        super().__init__(["MEETING"], name="Lemmas")

    def load(self) -> None:
        """Nothing needs loading."""

    def analyze(self, text, entities, nlp_artifacts):
        return [
            RecognizerResult("MEETING", token.idx, token.idx + len(token), 0.9)
            for token, lemma in zip(nlp_artifacts.tokens, nlp_artifacts.lemmas, strict=True)
            if lemma == "meet"
        ]


def made() -> list[EntityRecognizer]:
    """Return one recogniser of either kind."""
    return [CustomerNumbers(), PatternRecognizer(NUMBER, patterns=[Pattern("old", r"\bK\d{4}\b", 0.9)])]
