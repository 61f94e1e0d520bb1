"""Tokens made up from the shapes of the catalogue, the same ones in every run."""

import random
import re

from pipelines.redaction.credentials import shapes


def sample(shape, seed):
    """Return a token of a shape, of the least length it allows."""
    lot = random.Random(f"{shape} {seed}")

    def part(found):
        inside = found[1]
        if "|" in inside:
            return lot.choice(inside.split("|"))
        if inside == "uuid":
            return "-".join("".join(lot.choices("0123456789abcdef", k=length)) for length in (8, 4, 4, 4, 12))
        name, least = re.match(r"([a-z0-9]+):(\d+)", inside).groups()
        return "".join(lot.choices(letters(shapes.ALPHABETS[name]), k=int(least)))

    return re.sub(r"\{([^{}]+)\}", part, shape)


def letters(alphabet):
    """Return the letters and digits of an alphabet: signs at its end would be a sentence's."""
    return [letter for letter in map(chr, range(33, 127)) if letter.isalnum() and re.match(f"[{alphabet}]", letter)]
