"""`lineweight redact`: tried on texts, explained for a record, compared over a snapshot."""

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.redacting.showing import highlighted
from tests.commands import Ran, in_a_process, lineweight
from tests.lineage.small_snapshot import SmallWorld
from tests.pipelines.acme import Acme, shard_rows

MAIL = "ada.byron@engines.example.net".replace("example", "analytical")
PHONE = "+44 20 7946 1234"

# Profiles that need no model, so that they are loaded in a moment.
NARROW = """\
profile: narrow
version: 1
languages: [en]
names: {tagger: null}
entities:
  EMAIL_ADDRESS: {threshold: 0.5, operator: pseudonym}
"""
PAGES = (
    NARROW.replace("narrow", "pages") + "  PAGE: {threshold: 0.5, operator: tag}\nrecognizers: [pages/registry.yaml]\n"
)
REGISTRY = r"""
recognizers:
  - {name: Pages, supported_entity: PAGE, patterns: [{name: page, regex: 'page \d', score: 0.9}]}
"""
WIDE = NARROW.replace("narrow", "wide") + "  IP_ADDRESS: {threshold: 0.5, operator: tag}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A home that holds nothing but two profiles of its own."""
    return with_profiles(tmp_path_factory.mktemp("home"))


def with_profiles(home: Path) -> Path:
    directory = home / "redaction_profiles"
    (directory / "pages").mkdir(parents=True)
    for name, text in (("narrow", NARROW), ("wide", WIDE), ("pages", PAGES), ("pages/registry", REGISTRY)):
        (directory / f"{name}.yaml").write_text(text)
    return home


def tried(home: Path, text: bytes, *words: object) -> Ran:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
        return lineweight("redact", "try", "--home", home, "--profile", "wide", *words)


def lines(*documents: object) -> bytes:
    return "".join(f"{json.dumps(document)}\n" for document in documents).encode()


def test_a_text_is_redacted_and_every_span_counts_code_points_of_the_input(home: Path):
    text = f"é, mail {MAIL} from 10.20.30.40"
    document = tried(home, text.encode(), "--json").document
    assert MAIL not in document["text"]
    assert document["text"].endswith("from <IP_ADDRESS>")
    assert [(text[span["start"] : span["end"]], span["type"], span["action"]) for span in document["spans"]] == [
        (MAIL, "EMAIL_ADDRESS", "pseudonym"),
        ("10.20.30.40", "IP_ADDRESS", "tag"),
    ]
    assert document["profile"] == "wide"


def test_a_person_sees_the_redacted_text_and_a_table_of_why_but_no_value(home: Path, tmp_path: Path):
    file = tmp_path / "text.txt"
    file.write_text(f"Mail\n{MAIL} [not markup]")
    said = lineweight("redact", "try", file, "--home", home, "--profile", "wide")
    assert said.code == 0
    assert MAIL not in said.out
    assert "[not markup]" in said.out
    assert "replaced by a surrogate" in said.out
    assert "line 2" in said.out


def test_what_was_found_is_in_the_colour_of_its_kind():
    spans = [{"type": "SECRET", "start": 0, "end": 2}, {"type": "PERSON", "start": 3, "end": 4, "kept_because": "x"}]
    shown = highlighted("ab [c]", spans)
    assert shown.plain == "ab [c]"
    assert [(one.start, one.end, one.style) for one in shown.spans] == [(0, 2, "bold red"), (3, 4, "dim underline")]


def test_a_value_has_one_surrogate_a_tenant_and_another_in_every_other(home: Path):
    one = tried(home, MAIL.encode(), "--json", "--tenant", "acme").document["text"]
    assert tried(home, MAIL.encode(), "--json", "--tenant", "acme").document["text"] == one
    assert tried(home, MAIL.encode(), "--json", "--tenant", "zenith").document["text"] != one


def test_lines_are_answered_line_for_line_in_order(home: Path):
    given = [
        {"id": "a", "text": f"to {MAIL}", "more": 1},
        {"id": 2, "text": "nothing"},
        {"id": "a", "text": json.dumps({"mail": MAIL})},
    ]
    said = tried(home, lines(*given) + b"\n", "--jsonl")
    answers = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 0
    assert [answer["id"] for answer in answers] == ["a", 2, "a"]
    assert answers[1] == {"id": 2, "text": "nothing", "spans": []}
    assert MAIL not in said.out
    for line, answer in zip(given, answers, strict=True):
        assert [str(line["text"])[span["start"] : span["end"]] for span in answer["spans"]] == (
            [] if line["text"] == "nothing" else [MAIL]
        )
    assert json.loads(answers[2]["text"])["mail"].endswith("example.com")
    assert set(answers[0]["spans"][0]) == {"start", "end", "type", "detector", "score", "action"}


def test_more_lines_than_fit_into_one_portion_come_out_as_they_went_in(home: Path):
    said = tried(home, lines(*({"id": number, "text": f"{number} {MAIL}"} for number in range(1_100))), "--jsonl")
    answers = [json.loads(line) for line in said.out.splitlines()]
    assert [answer["id"] for answer in answers] == list(range(1_100))
    assert {answer["text"].split()[1] for answer in answers} == {answers[0]["text"].split()[1]}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"{\n", "Line 2: not JSON."),
        (b"[" * 100_000 + b"\n", "Line 2: not JSON."),
        (b"[]\n", "Line 2: not a JSON object."),
        (b'{"id": "b"}\n', "Line 2: text: not a text."),
        (b'{"id": "b", "text": 1}\n', "Line 2: text: not a text."),
        (b'{"text": "Ada"}\n', "Line 2: id: not a text or a whole number."),
        (b'{"id": true, "text": "Ada"}\n', "Line 2: id: not a text or a whole number."),
        (b'{"id": "b", "text": "\xff"}\n', "Line 2: byte 21 is not UTF-8."),
    ],
)
def test_a_bad_line_is_named_by_its_number_after_those_before_it_were_answered(home: Path, bad: bytes, message: str):
    said = tried(home, lines({"id": "a", "text": "well"}) + bad + lines({"id": "c", "text": "well"}), "--jsonl")
    assert said.code == 2
    assert said.err.splitlines()[0] == message
    assert "Each line is a JSON object" in said.err
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == ["a"]


def test_a_text_that_cannot_be_searched_is_not_written_and_the_command_says_so(home: Path):
    said = tried(home, b'{"id": 1, "text": "half \\ud800"}\n' + lines({"id": 2, "text": MAIL}), "--jsonl")
    first, second = map(json.loads, said.out.splitlines())
    assert said.code == 1
    assert first == {"id": 1, "text": None, "spans": [], "quarantined": "text-unreadable"}
    assert MAIL not in second["text"]


def test_a_text_in_a_language_that_the_profile_refuses_is_shown_with_a_word_of_warning(home: Path):
    german = (
        "Bitte schreiben Sie uns wegen der offenen Rechnung eine Nachricht, damit wir den Betrag noch in dieser Woche "
        "überweisen können. Wir antworten Ihnen sobald wie möglich und melden uns, wenn etwas fehlt. "
    )
    text = f"{german}{MAIL}"
    document = tried(home, text.encode(), "--json").document
    assert document["quarantined"] == "language-unsupported"
    assert MAIL not in document["text"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--jsonl", "--json"], "--jsonl writes JSON lines, --json one object."),
        (["--profile", "none-such"], "There is no redaction profile named 'none-such'."),
        (["/no/such/file"], "/no/such/file: cannot be read (FileNotFoundError)."),
    ],
)
def test_trying_called_wrongly_is_told_so(home: Path, words: list[str], message: str):
    said = tried(home, b"", *words)
    assert (said.code, said.err.splitlines()[0]) == (2, message)


def test_bytes_that_are_no_text_are_refused_by_their_place(home: Path):
    said = tried(home, b"well \xff")
    assert (said.code, said.err.splitlines()[0]) == (2, "-: byte 5 is not UTF-8.")


def test_help_is_quick_and_imports_no_engine():
    said = in_a_process("redact", "--help")
    assert said.code == 0
    code = "import sys; from pipelines.commands import redact; from pipelines import governed; "
    code += (
        "print([m for m in ('presidio_analyzer', 'spacy', 'hyperscan', 'torch', 'apache_beam') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A snapshot of records that were redacted with the narrow profile: addresses of machines are left in them."""
    home = with_profiles(tmp_path_factory.mktemp("published"))
    policies = home / "policies"
    policies.mkdir()
    shipped = Path("policies/documents/model-training.yaml").read_text()
    (policies / "model-training.yaml").write_text(shipped.replace("strict-pseudonyms", "narrow"))
    world = Acme(home, redaction_profile="narrow", policies=policies)
    world.asks()
    world.agrees("acme")
    world.consents("ada")
    world.consents("bob")
    world.says("ada", f"Write to {MAIL}, the host is 10.20.30.40.")
    world.says("bob", "Nothing here but 127.0.0.1.")
    world.delivers()
    world.lands()
    published = world.publishes()
    (home / "lineweight.yaml").write_text("redaction_profile: narrow\n")
    return world, published


def record_of(world: Acme, published, part: str) -> str:
    (found,) = (row["record_id"] for row in shard_rows(world, published) if part in row["messages"][0]["content"])
    return str(found)


def test_a_record_is_explained_by_its_redacted_texts_and_findings(published):
    world, snapshot = published
    document = lineweight(
        "redact", "explain", record_of(world, snapshot, "10.20"), "--home", world.home, "--json"
    ).document
    (delivery,) = document["deliveries"]
    assert (delivery["effect"], delivery["tenant"], delivery["profile"]) == ("permit", "acme", "narrow")
    text = next(one for one in delivery["texts"] if one["place"] == "messages[0].content")
    (span,) = text["spans"]
    assert text["text"][span["start"] : span["end"]].endswith(".example.com")
    assert (span["type"], span["action"], span["kept_because"]) == ("EMAIL_ADDRESS", "pseudonym", None)
    assert MAIL not in json.dumps(document)


def test_a_person_reads_where_and_why_and_may_ask_for_all_of_it(published):
    world, snapshot = published
    record = record_of(world, snapshot, "10.20")
    said = lineweight("redact", "explain", record, "--home", world.home)
    assert "messages[0].content" in said.out
    assert "replaced by a surrogate" in said.out
    assert "are not shown; --all shows them." in said.out
    assert "messages[1].content" not in said.out
    assert "messages[1].content" in lineweight("redact", "explain", record, "--all", "--home", world.home).out


@pytest.mark.parametrize(("record", "code"), [("nonsense", 2), (f"r{'0' * 32}", 1)])
def test_a_record_that_is_not_there_is_told_so(published, record: str, code: int):
    world, _ = published
    assert lineweight("redact", "explain", record, "--home", world.home).code == code


def test_what_a_wider_profile_finds_in_a_snapshot_is_listed_by_record_and_place_without_values(published):
    world, snapshot = published
    said = lineweight("redact", "compare", "narrow", "wide", "--snapshot", "all", "--home", world.home, "--json")
    document = said.document
    concerned = record_of(world, snapshot, "10.20")
    (missed,) = document["missed"]
    assert (missed["record_id"], missed["place"], missed["type"]) == (concerned, "messages[0].content", "IP_ADDRESS")
    row = next(row for row in shard_rows(world, snapshot) if row["record_id"] == concerned)
    assert row["messages"][0]["content"][missed["start"] : missed["end"]] == "10.20.30.40"
    assert document["by_type"] == [{"type": "IP_ADDRESS", "found": 1, "records": 1}]
    assert (document["records"], document["records_concerned"], document["models"]) == (2, 1, [])
    assert "10.20.30.40" not in said.out


def test_a_narrower_profile_finds_nothing_that_the_wider_misses(published):
    world, _ = published
    document = lineweight(
        "redact", "compare", "wide", "narrow", "--snapshot", "all@v1", "--home", world.home, "--json"
    ).document
    assert (document["missed"], document["stopped"], document["by_type"]) == ([], [], [])


def test_the_models_that_read_what_was_missed_are_named_with_the_steps_they_read_it_in(tmp_path: Path):
    world = SmallWorld(with_profiles(tmp_path))
    snapshot = world.publish()
    world.train(snapshot)
    words = ("redact", "compare", "narrow", "pages", "--snapshot", "demo", "--home", tmp_path)
    document = lineweight(*words, "--json").document
    assert document["by_type"] == [{"type": "PAGE", "found": snapshot.rows, "records": snapshot.rows}]
    (model,) = document["models"]
    assert (model["model"], model["run"], model["records"]) == ("little", "run-1", snapshot.rows)
    said = lineweight(*words).out
    assert "Models that read such records" in said
    assert "run-1" in said


def test_a_person_reads_how_many_records_are_concerned(published):
    world, _ = published
    said = lineweight("redact", "compare", "narrow", "wide", "--snapshot", "all", "--home", world.home)
    assert "In 1 of 2 records of all@v1, wide finds what narrow misses." in said.out
    assert "No model here read such a record." in said.out


def test_comparing_with_what_is_not_there_is_refused(published):
    world, _ = published
    assert lineweight("redact", "compare", "narrow", "none", "--snapshot", "all", "--home", world.home).code == 2
    assert lineweight("redact", "compare", "narrow", "wide", "--snapshot", "nosuch", "--home", world.home).code == 2
