"""The demo's world: the logs, consents and agreements of a fictional app builder, made from a seed.

People of seven customers describe small applications to *Bloom*, get code, and ask for fixes. Some of them
consented to training, some withdrew, some were never asked; what must not be published is planted in what
they write, and every planted value is listed. The same seed gives the same bytes.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pipelines.world.dates import AS_OF, LATE_NEWS
from pipelines.world.declarations import DECLARATIONS, REQUESTS
from pipelines.world.description import Counts, Followed, World, counted, followed
from pipelines.world.happening import conversations
from pipelines.world.people import people
from pipelines.world.registers import agreements_csv, consent_rows, consents_csv, consents_jsonl
from pipelines.world.stories import WITHDREW_IN_TIME_AT, WITHDREW_LATE_AT
from pipelines.world.writing import write_logs
from policies.errors import UsageError

__all__ = ["FEWEST_RECORDS", "Counts", "Followed", "World", "generate"]

FEWEST_RECORDS = 100


def generate(directory: Path, seed: int, records: int = 3000) -> World:
    """Write a world: logs, declarations, consents, agreements, requests, and the list of what was planted.

    Deterministic: every file is a function of ``seed`` and ``records``, byte for byte. Files of an earlier
    world in the same directory are replaced.

    Args:
        directory: Where to write; made if it is not there.
        seed: Any integer.
        records: How many interactions land from the logs, at least ``FEWEST_RECORDS``.

    Raises:
        UsageError: Fewer records than the stories need.
    """
    if records < FEWEST_RECORDS:
        raise UsageError(f"A world has at least {FEWEST_RECORDS} records; {records} were asked for.")
    directory = Path(directory)
    everybody = people(seed, records)
    talks, plants = conversations(seed, records, everybody)
    consents = consent_rows(seed, everybody)
    logs, spoiled = write_logs(directory, seed, talks)
    written = _write(
        directory,
        {
            **{f"sources/{name}": text for name, text in DECLARATIONS.items()},
            **{f"requests/{name}.yaml": text for name, text in REQUESTS.items()},
            "consents.jsonl": consents_jsonl(consents),
            "consents.csv": consents_csv(consents),
            "agreements.csv": agreements_csv(),
            "planted.jsonl": "".join(json.dumps(plant.document(), ensure_ascii=False) + "\n" for plant in plants),
        },
    )
    late, in_time = everybody[:2]
    return World(
        directory=directory,
        seed=seed,
        declarations=tuple(written[f"sources/{name}"] for name in DECLARATIONS),
        logs=tuple(logs),
        consents=(written["consents.jsonl"], written["consents.csv"]),
        agreements=written["agreements.csv"],
        requests=tuple(written[f"requests/{name}.yaml"] for name in REQUESTS),
        planted=written["planted.jsonl"],
        as_of=AS_OF,
        withdrew_late=followed(late, talks, WITHDREW_LATE_AT, LATE_NEWS),
        withdrew_in_time=followed(in_time, talks, WITHDREW_IN_TIME_AT, WITHDREW_IN_TIME_AT),
        counts=counted(talks, everybody, len(consents), plants, spoiled),
    )


def _write(directory: Path, texts: Mapping[str, str]) -> dict[str, Path]:
    paths = {name: directory / name for name in texts}
    for name, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[name], encoding="utf-8", newline="")
    return paths
