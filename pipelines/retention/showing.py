"""A sweep as a person reads it: what goes, by which rule, and what remains."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from rich.markup import escape

from lineage.commands.wording import moment
from pipelines.retention.found import Where
from policies.terminal import out, table

COLUMNS = ("where", "tenant", "source", "files", "records", "with them", "bytes", "since", "rule")


def show_sweep(document: Mapping[str, Any]) -> None:
    """Print what a sweep found, and say whether it was removed."""
    at = moment(document["at"])
    if document["outlived"]:
        title = "Removed, because its time was over" if document["applied"] else "What has outlived its time"
        out.print(table(f"{title} ({at})", COLUMNS, _rows(document["outlived"])))
    else:
        out.print(f"Nothing has outlived its time at {at}.", highlight=False)
    remains = document["remains"]
    out.print(
        table(
            "What remains" if document["applied"] else "What would remain",
            ("where", "files", "records", "bytes"),
            ([where, *(count[name] for name in ("files", "records", "bytes"))] for where, count in remains.items()),
        )
    )
    if document["outlived"] and not document["applied"]:
        out.print("This is a dry run: nothing was removed. `--apply` removes it.", highlight=False)
    for told in document["not_looked_at"]:
        out.print(f"[red]Not looked at: {escape(told['place'])}: {escape(told['why'])}[/red]", highlight=False)


def _rows(outlived: Iterable[Mapping[str, Any]]) -> Iterable[list[object]]:
    """Add up by area, tenant, source and rule; the earliest ``since`` stands."""
    for (_, where, tenant, source, rule), group in groupby(sorted(outlived, key=_whence), key=_whence):
        found = list(group)
        sums = [sum(one[name] for one in found) for name in ("records", "along", "bytes")]
        yield [where, tenant, source, len(found), *sums, moment(min(one["since"] for one in found)), rule]


def _whence(one: Mapping[str, Any]) -> tuple[int, str, str, str, str]:
    place = f"{'@'.join(one['place'].split('/')[1:3])}: " if one["where"] in ("snapshot", "staged") else ""
    area = list(Where).index(Where(one["where"]))
    return area, one["where"], one["tenant"], place + ", ".join(one["sources"]), one["rule"]
