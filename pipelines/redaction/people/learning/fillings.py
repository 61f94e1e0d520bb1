"""Sentences written for the tagger, filled with made-up names, addresses and what is neither."""

import functools
import re
from collections.abc import Callable, Mapping
from importlib import resources

from pipelines.redaction.people.learning.document import Document, Labelled
from pipelines.redaction.people.learning.people import People

_SLOT = re.compile(r"\{(\w+)\}")


class Filler:
    """Fills sentences; the same seed fills the same sentences alike.

    Args:
        seed: Any text.
    """

    def __init__(self, seed: str) -> None:
        self.people = People(seed)
        self.random = self.people.random
        people, here = self.people, self.people.english()
        self._slots: Mapping[str, tuple[str, Callable[[], str]]] = {
            "person": ("PERSON", people.person),
            "given": ("PERSON", people.given),
            "family": ("PERSON", people.family),
            "initials": ("PERSON", people.initials),
            "address": ("STREET_ADDRESS", people.address),
            "street": ("STREET_ADDRESS", people.street),
            "city": ("LOCATION", people.city),
            "country": ("LOCATION", here.country),
            "org": ("ORGANIZATION", people.company),
            "title": ("PERSON", lambda: people.one_of("titles")),
            "tech": ("O", lambda: people.one_of("technology")),
            "code": ("O", self._identifier),
            "number": ("O", people.number),
            "phone": ("O", here.phone_number),
            "email": ("O", here.email),
            "date": ("O", people.date),
        }

    def document(self) -> Document:
        """Return one sentence filled, sometimes two or three of them together."""
        parts: list[tuple[str, str]] = []
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            if parts:
                parts.append((self.random.choice((" ", "\n", "\n\n", " ")), "O"))
            parts += self._filled(self.random.choice(_sentences()))
        return joined(parts, "filled")

    def _filled(self, sentence: str) -> list[tuple[str, str]]:
        parts, at = [], 0
        for slot in _SLOT.finditer(sentence):
            if slot.group(1) in self._slots:
                label, fill = self._slots[slot.group(1)]
                parts += [(sentence[at : slot.start()], "O"), (fill(), label)]
                at = slot.end()
        return [*parts, (sentence[at:], "O")]

    def _identifier(self) -> str:
        words = [self.people.one_of("code_words") for _ in range(self.random.randint(1, 3))]
        return self.random.choice(("_".join(words), words[0] + "".join(map(str.title, words[1:])), ".".join(words)))


def joined(parts: list[tuple[str, str]], key: str) -> Document:
    """Return the document that pieces of text make, with the label of each."""
    text, spans = "", []
    for piece, label in parts:
        if label != "O":
            spans.append(Labelled(len(text), len(text) + len(piece), label))
        text += piece
    return Document(key, text, tuple(spans))


@functools.cache
def _sentences() -> tuple[str, ...]:
    lines = (resources.files(__package__) / "templates.txt").read_text("utf-8").splitlines()
    return tuple(line.replace("\\n", "\n") for line in lines if line and not line.startswith("% "))
