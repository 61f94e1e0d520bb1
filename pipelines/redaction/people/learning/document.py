"""A text with its labels, as the tagger learns from it."""

from typing import NamedTuple

UNSURE = "?"  # the label of what is not learnt from: nobody knows what it is


class Labelled(NamedTuple):
    """Code points ``start`` up to, not including, ``end``, and the label they have."""

    start: int
    end: int
    label: str


class Document(NamedTuple):
    """A text and its labelled ranges, in order and disjoint; ``key`` says where it comes from."""

    key: str
    text: str
    spans: tuple[Labelled, ...] = ()
