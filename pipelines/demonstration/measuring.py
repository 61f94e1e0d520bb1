"""What redaction caught of what is known to be there: recall, measured on planted values."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage.encrypted import read_encrypted
from lineage.record import record_id
from pipelines.deployment import Deployment
from pipelines.journey import governed_parts


@dataclass(frozen=True)
class Recall:
    """How many planted values are gone from the text that was let through, by type.

    Values planted in records that were denied are not counted: nobody sees those records.
    """

    planted: Mapping[str, int]
    found: Mapping[str, int]

    def document(self) -> dict[str, Any]:
        """Return totals and types as JSON."""
        return {
            "planted": sum(self.planted.values()),
            "found": sum(self.found.values()),
            "by_type": {
                kind: {"planted": count, "found": self.found.get(kind, 0)}
                for kind, count in sorted(self.planted.items())
            },
        }


def recall_of_planted(deployment: Deployment, planted: Path) -> Recall:
    """Look for every planted value in the governed text of the record it was planted in.

    Args:
        deployment: Whose governed store to read; its vault opens it.
        planted: One JSON object a line with ``value``, ``type``, ``source``, ``tenant``, ``record`` (the
            product's own id of the conversation) and ``position``.
    """
    wanted: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in planted.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        wanted[record_id(row["source"], row["tenant"], row["record"], row["position"])].append(row)
    present, found = Counter[str](), Counter[str]()
    for record, text in _governed_texts(deployment):
        for row in wanted.get(record, ()):
            present[row["type"]] += 1
            found[row["type"]] += row["value"] not in text
    return Recall(dict(present), dict(found))


def _governed_texts(deployment: Deployment) -> Iterable[tuple[str, str]]:
    """Yield each governed record's id and all its text, tool arguments and attributes included, once."""
    seen: set[str] = set()
    for part in governed_parts(deployment):
        path = f"{part.output}/records.parquet"
        key = deployment.vault.file_key(part.tenant, path)
        columns = ["record_id", "messages", "attributes"]
        table = read_encrypted(deployment.warehouse, path, key=key, aad=path, columns=columns)
        for row in table.to_pylist():
            if row["record_id"] not in seen:
                seen.add(row["record_id"])
                yield row["record_id"], "\n".join(strings_in([row["messages"], row["attributes"]]))


def strings_in(value: Any) -> Iterable[str]:
    """Yield every text in a nested value; JSON in a text is read too, for it may hide a value in escapes."""
    if isinstance(value, str):
        yield value
        if value[:1] in "{[":
            yield from strings_in(_json_or_nothing(value))
    elif isinstance(value, dict):
        yield from strings_in([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings_in(inner)


def _json_or_nothing(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
