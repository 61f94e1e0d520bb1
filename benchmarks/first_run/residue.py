"""What redaction left: personal data looked for by shape in exported text, by other expressions than redaction's.

Two questions: how much of each shape stands there still, and how often a value of the raw records themselves does.
Values are compared in memory; only counts leave this module. What has the form of a surrogate is not counted: a mail
address that was replaced still reads like one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lineage.encrypted import iter_encrypted
from pipelines.deployment import Deployment
from pipelines.journey import landed_results
from pipelines.landing.landed import tenant_path
from pipelines.redaction.markers import is_marker

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
SHAPES = {
    "e-mail": re.compile(r"(?<![\w.+%-])[A-Za-z0-9][\w.+%-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}\b"),
    "home directory's user": re.compile(r"(?:(?:/|-)(?:Users|home)(?:/|-)|[A-Za-z]:\\+Users\\+)([A-Za-z0-9][\w.]*)"),
    "IPv4": re.compile(rf"(?<![\d.])(?!127\.|0\.|255\.)(?:{_OCTET}\.){{3}}{_OCTET}(?![\d.])"),
    "key or token": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{20,}|xox[abpr]-[A-Za-z0-9-]{10,}|"
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{6,})|-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}"
    ),
}


def residue_of(exported: Path, deployment: Deployment) -> dict[str, Any]:
    """Count, by tenant and shape, what stands in the raw text of the exported records and what in the export.

    Args:
        exported: A directory of Parquet files that `lineage.export.export` wrote.
        deployment: Where the raw records are; its vault opens them.

    Returns:
        By tenant: ``characters``, and by shape ``raw`` and ``left`` (occurrences and distinct values) and ``known``,
        the occurrences in the export, as whole words, of values that have the shape in the raw text.
    """
    told: dict[str, Any] = {}
    for tenant, texts in _exported(exported).items():
        raw = _found(text for _, text in _raw(deployment, tenant, set(texts)))
        left = _found(texts.values())
        words = Counter(word for text in texts.values() for word in re.findall(r"[\w.+%-]+(?:@[\w.-]+)?", text))
        told[tenant] = {"records": len(texts), "characters": sum(map(len, texts.values()))} | {
            shape: {
                "raw": _counted(raw[shape]),
                "left": _counted(left[shape]),
                "known": sum(words[value] for value in raw[shape]),
            }
            for shape in SHAPES
        }
    return told


def _counted(found: Counter[str]) -> dict[str, int]:
    return {"occurrences": found.total(), "distinct": len(found)}


def _found(texts: Iterable[str]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {shape: Counter() for shape in SHAPES}
    for text in texts:
        for shape, expression in SHAPES.items():
            values = (match.group(expression.groups) for match in expression.finditer(text))
            found[shape].update(value for value in values if not is_marker(value))
    return found


def _exported(directory: Path) -> dict[str, dict[str, str]]:
    """Return every exported record's text, by tenant and record id."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(directory.glob("*.parquet")):
        for row in pq.read_table(path, columns=["record_id", "tenant", "messages", "attributes"]).to_pylist():
            texts[row["tenant"]][row["record_id"]] = _text(row)
    return texts


def _raw(deployment: Deployment, tenant: str, wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the raw text of the wanted records of a tenant."""
    for source in sorted(deployment.declarations):
        for batch in landed_results(deployment, source):
            if tenant not in batch.tenants:
                continue
            path = tenant_path(source, batch.batch, tenant)
            key = deployment.vault.file_key(tenant, path)
            for rows in iter_encrypted(deployment.warehouse, path, key=key, aad=path):
                for row in rows.select(["record_id", "messages", "attributes"]).to_pylist():
                    if row["record_id"] in wanted:
                        yield row["record_id"], _text(row)


def _text(row: dict[str, Any]) -> str:
    return "\n".join(_strings([row["messages"], row["attributes"]]))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
