"""Who is who: the ids that standing links make one person, as ``policies.person_link.representatives`` has it."""

import numpy as np
import pyarrow as pa

from pipelines.facts.coding import Numbers, flags, microseconds


def joined(people: int, links: pa.Table, one: Numbers, other: Numbers) -> Numbers:
    """Return for each id the number of the id that stands for its person.

    Args:
        people: Ids, numbered from 0.
        links: ``m`` links that are heard.
        one: The number of each link's ``data_subject_id``.
        other: The number of its ``same_as``.
    """
    person = np.arange(people)
    if not links.num_rows:
        return person
    one, other = _standing(links, one, other)
    while (person[one] != person[other]).any():
        least = np.minimum(person[one], person[other])
        np.minimum.at(person, person[one], least)
        np.minimum.at(person, person[other], least)
        while (person != person[person]).any():
            person = person[person]
    return person


def _standing(links: pa.Table, one: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
    """Return the pairs of which the last that was recorded says they are one; at one instant, the one that does not."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    linked = flags(links["linked"])
    order = np.lexsort((~linked, microseconds(links["recorded_at"]), high, low))
    low, high, linked = low[order], high[order], linked[order]
    last = np.append((low[1:] != low[:-1]) | (high[1:] != high[:-1]), True)
    return low[last & linked], high[last & linked]
