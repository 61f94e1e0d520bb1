"""One redactor for all tests: its models take seconds to load, and its results do not depend on what came before."""

import hashlib
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lineage.record import RECORD_SCHEMA
from pipelines.redaction.engine import Redactor
from pipelines.redaction.profile import load_profile


def key_of(tenant):
    return hashlib.sha256(tenant.encode()).digest()


@pytest.fixture(scope="session")
def profile():
    return load_profile("strict-pseudonyms")


@pytest.fixture(scope="session")
def redactor(profile):
    return Redactor(profile, key_of)


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
