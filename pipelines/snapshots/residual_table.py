"""What may be left in a snapshot's text, as a person reads it."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.terminal import out, table

Document = Mapping[str, Any]
_COLUMNS = ("type", "canaries found", "found at least", "a second detector sees", "in 10,000 characters at most")


def show_residual(residual: Document) -> None:
    """Show by type how many canaries were found and what a second detector sees; the types without a fault together."""
    second = residual["second_detector"]
    title = f"What may be left (95 % confidence; {second['characters']:,} characters of {second['records']:,} records)"
    out.print(table(title, _COLUMNS, list(_rows(residual["canaries"] or {}, second["seen"]))))
    if residual["canaries"] is None:
        out.print("• No canaries: what redacted the records was of another version than what built the snapshot.")


def _rows(canaries: Document, seen: Document) -> Iterator[list[object]]:
    kinds = sorted(canaries.keys() | seen.keys())
    faulty = [kind for kind in kinds if _is_faulty(canaries.get(kind), seen.get(kind))]
    yield from (_row(kind, canaries.get(kind), seen.get(kind)) for kind in faulty)
    rest = [kind for kind in kinds if kind not in faulty]
    planted = [canaries[kind] for kind in rest if kind in canaries and canaries[kind]["planted"]]
    looked_for = [seen[kind] for kind in rest if kind in seen]
    if rest:
        yield [
            f"each of {len(rest)} others" if faulty else f"each of {len(rest)}",
            "all" if planted else "",
            _percent(min(one["at_least"] for one in planted)) if planted else "",
            "none" if looked_for else "",
            max(one["at_most_per_10k"] for one in looked_for) if looked_for else "",
        ]


def _is_faulty(canaries: Document | None, seen: Document | None) -> bool:
    missed = canaries is not None and (canaries["found"] < canaries["planted"] or not canaries["planted"])
    return missed or (seen is not None and seen["spans"] > 0)


def _row(kind: str, canaries: Document | None, seen: Document | None) -> list[object]:
    return [
        kind,
        f"{canaries['found']} of {canaries['planted']}" if canaries else "",
        _percent(canaries["at_least"]) if canaries else "",
        seen["spans"] if seen else "",
        seen["at_most_per_10k"] if seen else "",
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
