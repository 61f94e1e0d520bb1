from datetime import UTC, datetime

import pytest

from pipelines.sources import format_of
from pipelines.sources.declaration import DeclarationError, load_declaration, load_declarations

WHOLE = """
source: builder-web
format: openai_chat
files: logs/*.jsonl
tenant: {column: metadata.workspace}
controller: Bloom Labs GmbH
licence: CC0-1.0
person: {column: metadata.user_id}
occurred_at: {column: at, unit: s, starting: 2024-03-01T02:00:00+02:00}
data_categories: [user.content]
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="web.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return write


def fault_of(path):
    with pytest.raises(DeclarationError) as caught:
        load_declaration(path)
    return str(caught.value)


def test_a_declaration_reads_as_what_it_says(written):
    declaration = load_declaration(written(WHOLE))
    assert declaration.tenant.column == "metadata.workspace"
    assert declaration.files == ("logs/*.jsonl",)
    assert declaration.occurred_at.starting == datetime(2024, 3, 1, tzinfo=UTC)
    assert (declaration.jurisdiction, declaration.age_band) == ("unknown", "unknown")


def test_all_faults_are_told_together_each_by_its_path(written):
    told = fault_of(
        written("""
source: Builder
format: openai_chat
files: []
tenant: 7
controller: 1.10
licence: "bad\\nlicence"
person: {colunm: user}
occurred_at: {column: at, constant: 2024-01-01T00:00:00Z}
jurisdiction: Germany
age_band: old
data_categories: [user.content]
extra: 1
""")
    )
    places = ("source", "files", "tenant", "controller", "licence", "person.column", "person.colunm", "occurred_at")
    for place in (*places, "jurisdiction", "age_band", "extra"):
        assert f"web.yaml: {place}: " in told
    assert DeclarationError(()).remedy.startswith("Correct the declaration")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("CC0-1.0", "CC0-1.0\nlicence: MIT", "web.yaml: licence: repeated on line 8"),
        ("controller: Bloom Labs GmbH", "controller: [", "web.yaml: line 8: expected"),
        ("controller: Bloom Labs GmbH", "controller: &a x\nmodel: *a", "web.yaml: line 7: an alias"),
        ("CC0-1.0", "CC0-1.0\njurisdiction: no", "web.yaml: jurisdiction: 'no'"),
        ("starting: 2024-03-01T02:00:00+02:00", "starting: 2024-03-01T02:00:00", "web.yaml: occurred_at.starting: "),
        ("unit: s, ", "", "starting needs a unit"),
        ("{column: at, unit: s, starting: 2024-03-01T02:00:00+02:00}", "{}", "either a column or a constant"),
    ],
    ids=["a key twice", "not YAML", "alias", "Norway", "a start without a zone", "no unit", "no time at all"],
)
def test_what_reads_in_two_ways_is_refused(written, old, new, told):
    assert told in fault_of(written(WHOLE.replace(old, new)))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff\xfe", "web.yaml: byte 0: not UTF-8"),
        (b"- a\n", "web.yaml: document: Input should be a valid dictionary"),
        (b"", "web.yaml: line 1: the file is empty"),
        (b"#" * 1_000_001, "web.yaml: larger than"),
        (b"[" * 500_000, "web.yaml: line 1: nested more than"),
    ],
    ids=["not UTF-8", "a list", "empty", "too large", "too deep"],
)
def test_what_is_no_declaration_is_refused(written, data, told):
    assert told in fault_of(written(data))


def test_a_file_that_is_not_there_is_told_by_name(tmp_path):
    assert "absent.yaml: file: cannot be read" in fault_of(tmp_path / "absent.yaml")


def test_comments_and_the_order_of_keys_do_not_change_the_digest(written):
    lines = WHOLE.strip().splitlines()
    turned = written("# the same\n" + "\n".join(reversed(lines)), "turned.yaml")
    assert load_declaration(turned).digest == load_declaration(written(WHOLE)).digest
    other = written(WHOLE.replace("CC0-1.0", "MIT"), "other.yaml")
    assert load_declaration(other).digest != load_declaration(written(WHOLE)).digest


def test_the_faults_of_all_files_of_a_directory_are_told_together(written, tmp_path):
    written(WHOLE, "a.yaml")
    written(WHOLE, "b.yaml")
    written("source: x", "c.yaml")
    written("source: [", "d.yaml")
    with pytest.raises(DeclarationError) as caught:
        load_declarations(tmp_path)
    assert "b.yaml: source: builder-web is declared in a.yaml too" in caught.value.faults
    assert "c.yaml: format: Field required" in caught.value.faults
    assert {fault.split(":")[0] for fault in caught.value.faults} == {"b.yaml", "c.yaml", "d.yaml"}


def test_a_directory_without_declarations_is_refused(tmp_path):
    with pytest.raises(DeclarationError, match="holds no source declaration"):
        load_declarations(tmp_path)


def test_globs_are_relative_to_the_declaration_and_name_each_file_once(written, tmp_path):
    (tmp_path / "logs").mkdir()
    for name in ("b.jsonl", "a.jsonl", "c.txt"):
        (tmp_path / "logs" / name).write_text("")
    path = written(WHOLE.replace("files: logs/*.jsonl", "files: [logs/*.jsonl, logs/a.jsonl]"))
    assert [file.name for file in load_declaration(path).log_files(path.parent)] == ["a.jsonl", "b.jsonl"]


def test_a_format_that_is_not_there_is_refused_with_those_that_are(written):
    declaration = load_declaration(written(WHOLE.replace("openai_chat", "carrier_pigeon")))
    with pytest.raises(DeclarationError, match="carrier_pigeon is not one of claude_code, openai_chat, sharegpt"):
        format_of(declaration)


FLAG = """
consent:
  column: user.training_opt_in
  values: {"true": given, "false": refused}
  stale_days: 14
"""


def test_a_declaration_may_say_where_a_line_claims_consent(written):
    consent = load_declaration(written(WHOLE + FLAG)).consent
    assert consent.values == {"true": "given", "false": "refused"}
    assert (consent.purposes, consent.stale_days) == (("train_ai_system",), 14)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ((": given", ": yes-please"), "consent.values.true"),
        (('"true"', "true"), "a key that is not a word; write it in quotes"),
        (("14", "0"), "consent.stale_days"),
        (("14", "many"), "consent.stale_days"),
        (("stale_days: 14", "purposes: [marketing]"), "consent.purposes"),
        (("stale_days: 14", "purposes: []"), "consent.purposes"),
        (('{"true": given, "false": refused}', "{}"), "consent.values"),
        (("stale_days", "stale_day"), "consent.stale_day"),
    ],
)
def test_a_flag_that_is_declared_wrongly_is_refused_by_its_place(written, changed, place):
    assert place in fault_of(written(WHOLE + FLAG.replace(*changed)))
