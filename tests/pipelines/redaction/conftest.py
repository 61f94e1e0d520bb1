"""One redactor for all tests: its models take seconds to load, and its results do not depend on what came before."""

import hashlib
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lineage.record import RECORD_SCHEMA
from pipelines.redaction.engine import Redactor
from pipelines.redaction.profile import load_profile
from pipelines.redaction.spans import Span
from pipelines.redaction.tiers import shipped_tiers

MAIL = "jane@corp.internal"


def key_of(tenant):
    return hashlib.sha256(tenant.encode()).digest()


@pytest.fixture(scope="session")
def profile():
    return load_profile("strict-pseudonyms")


@pytest.fixture(scope="session")
def tiers(profile):
    return shipped_tiers(profile)


@pytest.fixture(scope="session")
def redactor(profile, tiers):
    return Redactor(profile, key_of, tiers=tiers)


def blind_redactor(profile):
    """Return a redactor in which nothing finds anything."""
    return Redactor(profile, key_of, tiers=())


class Finds:
    """A tier that finds one word, or fails on it, and remembers what it was asked."""

    name = "finds"

    def __init__(self, word, entity_type="PERSON", score=1.0, raising=None):
        self.word, self.entity_type, self.score, self.raising = word, entity_type, score, raising
        self.asked = []

    @property
    def version(self):
        return {"word": self.word}

    def find(self, texts, fields):
        self.asked += texts
        if self.raising is not None and any(self.word in text for text in texts):
            raise self.raising
        return [self._spans(text) for text in texts]

    def _spans(self, text):
        at = text.find(self.word)
        return [self._span(at, at + len(self.word))] if at >= 0 else []

    def _span(self, start, end):
        return Span(start, end, self.entity_type, self.score, self.name, "1")


def said(role, content=None, reasoning=None, tool_calls=None, tool_call_id=None):
    return {
        "role": role,
        "content": content,
        "reasoning": reasoning,
        "tool_calls": tool_calls,
        "tool_call_id": tool_call_id,
    }


def record(*messages, record_id="r1", tenant="acme", attributes=()):
    return {
        "record_id": record_id,
        "source": "web",
        "batch": "b",
        "line": 1,
        "tenant": tenant,
        "data_subject_id": None,
        "participants": [],
        "conversation_id": "c1",
        "position": 0,
        "occurred_at": datetime(2026, 1, 2, tzinfo=UTC),
        "messages": list(messages),
        "model": None,
        "outcome": None,
        "jurisdiction": "de",
        "age_band": "adult",
        "source_licence": "unknown",
        "attributes": list(attributes),
    }


def batch(*records):
    return pa.RecordBatch.from_pylist(list(records), schema=RECORD_SCHEMA)


@pytest.fixture
def redact_text(redactor):
    """Redact one text of one person's turn."""

    def redacted(text, tenant="acme"):
        done = redactor.redact(batch(record(said("user", text), tenant=tenant)))
        assert done.quarantined.num_rows == 0
        return done.batch["messages"][0].as_py()[0]["content"]

    return redacted
