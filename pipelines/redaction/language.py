"""Which language a text is in, as far as it has to be known: whether a profile searches it.

Scripts are counted; prose in Latin letters is English by its small words, or is shown to py3langid. Code, logs and
anything too short to tell are taken for supported: there names are found by shape and not by grammar.
"""

import functools
import re
from collections.abc import Callable, Collection
from typing import Any

_LEAST_LETTERS = 40  # of a foreign script, and
_LEAST_SHARE = 0.2  # of a text's letters, from which on it is a text of that script
_LEAST_WORDS = 20  # in a paragraph before anything is said of it
_SURE = 0.9  # probability from which on py3langid is believed
_SHOWN = 2000  # code points of a paragraph that are shown to it

# Scripts that tell, and the languages (ISO 639) that are written in them.
_SCRIPTS = {
    "Cyrillic": ("\u0400-\u052f", {"be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "uk"}),
    "Greek": ("\u0370-\u03ff\u1f00-\u1fff", {"el"}),
    "Hebrew": ("\u0590-\u05ff", {"he", "yi"}),
    "Arabic": ("\u0600-\u06ff\u0750-\u077f", {"ar", "fa", "ku", "ps", "ug", "ur"}),
    "Devanagari": ("\u0900-\u097f", {"hi", "mr", "ne"}),
    "Indic": ("\u0980-\u0dff", {"as", "bn", "gu", "kn", "ml", "or", "pa", "si", "ta", "te"}),
    "Thai and Lao": ("\u0e00-\u0eff", {"lo", "th"}),
    "Georgian and Armenian": ("\u0530-\u058f\u10a0-\u10ff", {"hy", "ka"}),
    "Ethiopic": ("\u1200-\u137f", {"am"}),
    "Khmer and Burmese": ("\u1000-\u109f\u1780-\u17ff", {"km", "my"}),
    "Han and kana": ("\u3040-\u30ff\u3400-\u9fff\U00020000-\U0002ffff", {"ja", "zh"}),
    "Hangul": ("\u1100-\u11ff\uac00-\ud7af", {"ko"}),
}
_FOREIGN = re.compile("[" + "".join(letters for letters, _ in _SCRIPTS.values()) + "]")
_WORD = re.compile(r"(?<![\w@#$\\/.<-])[^\W\d_]{1,24}(?:['\u2019][^\W\d_]{1,3})?(?![\w@\\/=<(-]|\.\w)")
_CODE_MARKS = "{}[]();=<>|\\_$#@*/"
_MARKS_SHARE = 0.04  # of a paragraph's characters from which on it is code
_ENGLISH = frozenset(
    {
        "a", "about", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could",
        "did", "do", "does", "for", "from", "get", "had", "has", "have", "he", "how", "i", "if", "in", "into", "is",
        "it", "its", "just", "like", "make", "me", "more", "my", "need", "no", "not", "of", "on", "one", "only", "or",
        "other", "our", "out", "please", "so", "some", "than", "that", "the", "their", "them", "then", "there", "these",
        "they", "this", "to", "up", "us", "use", "used", "using", "want", "was", "we", "were", "what", "when", "where",
        "which", "who", "why", "will", "with", "would", "you", "your",
    }
)  # fmt: skip
_ENGLISH_SHARE = 0.2  # of words; English prose has 0.35 to 0.55


class Languages:
    """The languages of a profile.

    Args:
        supported: ISO 639 codes.
    """

    def __init__(self, supported: Collection[str]) -> None:
        self._supported = frozenset(supported)
        self._scripts = [
            re.compile(f"[{letters}]") for letters, languages in _SCRIPTS.values() if not languages & self._supported
        ]

    def supports(self, text: str) -> bool:
        """Return whether a text holds no passage in a language that is not supported, as far as that can be told."""
        if not text.isascii() and self._is_foreign_script(text):
            return False
        return all(map(self._supports_paragraph, text.split("\n\n")))

    def _is_foreign_script(self, text: str) -> bool:
        if len(_FOREIGN.findall(text)) < _LEAST_LETTERS:
            return False
        letters = sum(map(str.isalpha, text))
        for script in self._scripts:
            count = len(script.findall(text))
            if count >= _LEAST_LETTERS and count >= _LEAST_SHARE * letters:
                return True
        return False

    def _supports_paragraph(self, paragraph: str) -> bool:
        if len(paragraph) < 4 * _LEAST_WORDS or _is_code(paragraph):
            return True
        if "en" in self._supported and _is_english(paragraph.lower().split()):
            return True
        words = _WORD.findall(paragraph.lower())
        if len(words) < _LEAST_WORDS or ("en" in self._supported and _is_english(words)):
            return True
        language, probability = _identifier()(" ".join(words)[:_SHOWN])
        return language in self._supported or float(probability) < _SURE


def _is_code(paragraph: str) -> bool:
    return sum(map(paragraph.count, _CODE_MARKS)) > _MARKS_SHARE * len(paragraph)


def _is_english(words: list[str]) -> bool:
    return sum(map(_ENGLISH.__contains__, words)) >= _ENGLISH_SHARE * len(words)


@functools.cache
def _identifier() -> Callable[[str], Any]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify  # type: ignore[no-any-return]
