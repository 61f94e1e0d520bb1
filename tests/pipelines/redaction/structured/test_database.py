"""Compiled databases are kept, found whole or made again, and never needed to be kept."""

import pytest

from pipelines.redaction.rule import Rule
from pipelines.redaction.structured import StructuredTier
from pipelines.redaction.structured.database import Database, cache_directory

RULES = [Rule("number", "THING", r"\bn-\d{3}\b", 0.5)]


def finds(cache):
    return [(span.start, span.end) for span in StructuredTier(RULES, cache=cache).find(["see n-123"], [""])[0]]


def kept(cache):
    (path,) = cache.iterdir()
    return path


def test_a_database_is_compiled_once(tmp_path, monkeypatch):
    assert finds(tmp_path) == [(4, 9)]
    made = kept(tmp_path).read_bytes()
    monkeypatch.setattr("pipelines.redaction.structured.database._made", None)
    assert finds(tmp_path) == [(4, 9)]
    assert kept(tmp_path).read_bytes() == made


@pytest.mark.parametrize(
    "damage",
    [lambda whole: whole[:-40], lambda whole: b"", lambda whole: whole[:50] + b"\0" + whole[51:]],
    ids=["cut off", "empty", "changed"],
)
def test_a_damaged_one_is_made_again(tmp_path, damage):
    finds(tmp_path)
    path = kept(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert finds(tmp_path) == [(4, 9)]
    assert path.read_bytes() == whole


def test_where_nothing_can_be_kept_it_is_compiled_each_time(tmp_path):
    (tmp_path / "file").write_text("no directory")
    assert finds(tmp_path / "file" / "below") == [(4, 9)]


def test_other_expressions_are_another_database(tmp_path):
    finds(tmp_path)
    StructuredTier([*RULES, Rule("word", "THING", "abc", 0.5)], cache=tmp_path).find(["abc"], [""])
    assert len(list(tmp_path.iterdir())) == 2


def test_they_are_kept_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "lineweight" / "hyperscan"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_directory() == tmp_path / ".cache" / "lineweight" / "hyperscan"


def test_of_what_the_scanner_refuses_less_is_asked(tmp_path):
    refused = rb"(a)\1b"
    database = Database([[refused, b"b"], [refused], [b"ab"], []], tmp_path)
    assert database.chosen == (1, None, 0, None)
    assert database.reports(b"aab").tolist() == [0 << 40 | 3, 2 << 40 | 3]
    assert Database([[refused, b"b"], [refused], [b"ab"], []], tmp_path).chosen == (1, None, 0, None)


def test_without_expressions_nothing_is_found(tmp_path):
    assert StructuredTier([], cache=tmp_path).find(["a", ""], ["", ""]) == [[], []]
