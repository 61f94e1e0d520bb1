"""Asks the queries of figures as a reader would: commands are run, SQL is DuckDB's, in the home's directory."""

import contextlib
import json
import shlex
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from lineage.exports.figure import ANSWER, Query
from tests.commands import lineweight


@dataclass
class Answers:
    """What the commands of a home said, each run once."""

    home: Path
    said: dict[str, str] = field(default_factory=dict)
    database: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    def ask(self, query: Query) -> Any:
        """Return what a query answers."""
        with contextlib.chdir(self.home):
            if query.command:
                self._run(query.command)
            if not query.sql:
                return _at(json.loads(self.said[query.command]), query.place)
            return _shaped(self.database.sql(query.sql).fetchall())

    def _run(self, command: str) -> None:
        words, _, target = command.partition(" > ")
        assert target in ("", ANSWER)
        if command not in self.said:
            first, *rest = shlex.split(words)
            assert first == "lineweight"
            ran = lineweight(*rest)
            assert ran.code == 0, ran.err
            self.said[command] = ran.out
        if target:
            Path(target).write_text(self.said[command], encoding="utf-8")


def _at(document: Any, place: str) -> Any:
    for name in place.split("."):
        document = document[name]
    return document


def _shaped(rows: list[tuple[Any, ...]]) -> Any:
    if rows and len(rows[0]) == 2:
        return {_plain(name): _plain(value) for name, value in rows}
    values = [_plain(value) for (value,) in rows]
    return values[0] if len(values) == 1 else values or {}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
