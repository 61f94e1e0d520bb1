"""Shapes: what a document of the page has to look like, field by field."""

import itertools
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .report import require

Shape = Callable[[Any, str], None]
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def holding(kept: Callable[[Any], bool], what: str) -> Shape:
    """A shape that asks one question of a value."""

    def shape(value: Any, name: str) -> None:
        require(kept(value), f"{name} is not {what}")

    return shape


def matching(pattern: str, what: str) -> Shape:
    """A text that a pattern matches whole."""
    compiled = re.compile(pattern)
    return holding(lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None, what)


def is_instant(value: Any) -> bool:
    """Whether a value is an instant in its one spelling, and a day that exists."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_path(value: Any) -> bool:
    """Whether a value is a path that leads out of no directory."""
    if not isinstance(value, str) or "\\" in value or "\x00" in value:
        return False
    return all(part not in ("", ".", "..") for part in value.split("/"))


def is_whole(value: Any) -> bool:
    """Whether a value is a number that counts: whole, and not below 0."""
    return type(value) is int and value >= 0


def is_said(value: Any) -> bool:
    """Whether a value is a text that says something."""
    return isinstance(value, str) and value != ""


text = holding(lambda value: isinstance(value, str), "a text")
said = holding(is_said, "a text that says something")
truth = holding(lambda value: isinstance(value, bool), "true or false")
integer = holding(lambda value: type(value) is int, "a whole number")
count = holding(is_whole, "a count")
ordinal = holding(lambda value: is_whole(value) and value > 0, "a number from 1 on")
real = holding(lambda value: type(value) in (int, float), "a number")
digest = matching(r"[0-9a-f]{64}", "a digest")
slug = matching(r"[a-z0-9][a-z0-9_-]{0,62}", "a slug")
label = matching(r"[a-z0-9][a-z0-9_-]{0,62}@v[1-9][0-9]*", "a label")
decimal = matching(r"0|[1-9][0-9]{0,14}", "a number in decimal")
instant = holding(is_instant, "an instant")
path = holding(is_path, "a path that stays inside")


def closed(**fields: Shape) -> Shape:
    """An object of exactly these fields."""

    def shape(value: Any, name: str) -> None:
        require(isinstance(value, dict) and value.keys() == fields.keys(), f"{name} has other fields than told")
        for key, of in fields.items():
            of(value[key], f"{name}.{key}")

    return shape


def holds(**fields: Shape) -> Shape:
    """An object of these fields, and perhaps more."""

    def shape(value: Any, name: str) -> None:
        require(isinstance(value, dict) and value.keys() >= fields.keys(), f"{name} has fewer fields than told")
        for key, of in fields.items():
            of(value[key], f"{name}.{key}")

    return shape


def listed(of: Shape, least: int = 0, most: int | None = None) -> Shape:
    """A list of one kind of thing."""

    def shape(value: Any, name: str) -> None:
        require(isinstance(value, list) and len(value) >= least, f"{name} is not such a list")
        require(most is None or len(value) <= most, f"{name} is too long")
        for place, one in enumerate(value):
            of(one, f"{name}[{place}]")

    return shape


def mapped(key: Shape, of: Shape) -> Shape:
    """An object with keys of one kind and values of another."""

    def shape(value: Any, name: str) -> None:
        require(isinstance(value, dict), f"{name} is no object")
        for one, other in value.items():
            key(one, f"a key of {name}")
            of(other, f"{name}.{one}")

    return shape


def nullable(of: Shape) -> Shape:
    """Null, or what another shape takes."""

    def shape(value: Any, name: str) -> None:
        if value is not None:
            of(value, name)

    return shape


def one_of(*values: Any) -> Shape:
    """One of a few values, of the same type."""
    return holding(lambda value: any(value == one and type(value) is type(one) for one in values), "one of its values")


def ascending(values: list[str]) -> bool:
    """Whether a list is sorted and holds nothing twice."""
    return all(one < other for one, other in itertools.pairwise(values))


def covers(wide: str, narrow: str) -> bool:
    """Whether a purpose covers another: itself, and what begins with it and a dot."""
    return narrow == wide or narrow.startswith(f"{wide}.")
