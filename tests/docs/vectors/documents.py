"""Vectors of bytes and digests: canonical JSON, a record and its leaf, an auditor's draws."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from lineage import leaf
from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.merkle import EMPTY_ROOT
from lineage.proving.receipts import Opening
from lineage.record import RECORD_SCHEMA, conversation_id, record_id
from lineage.verifying.depth import Depth, Level, drawn
from policies.consent import ConsentEvent, ConsentStatus
from policies.facts import IN_ORDER

Vector = dict[str, Any]
MAY = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
TENANT, PERSON = "acme", "ds_" + "ad" * 16
SALT = bytes(range(32))

DOCUMENTS: dict[str, Any] = {
    "an empty object": {},
    "an empty list": [],
    "keys in order, no spaces": {"b": [True, False, None], "a": {"y": 1, "x": [1, 2]}},
    "keys by UTF-16 code units": {"\ufb33": 1, "\U0001f600": 2, "z": 3, "\u20ac": 4, "": 5},
    "whole floats, zeros": [1.0, -0.0, 0, 100.0],
    "numbers as ECMAScript writes them": [0.1, 1e-5, 1e-7, 1e16, 1e21, 333333333.3333333, 5e-324, 0.9626],
    "the largest whole numbers": [2**53 - 1, -(2**53 - 1)],
    "strings, escaped as little as may be": ['"\\/\b\f\n\r\t', "\u0000\u001f\u007f", "é €", "\U0001f600"],
}

NOT_CANONICAL = [
    ("keys out of order", b'{"b":1,"a":2}', "Keys are sorted."),
    ("a space", b'{"a": 1}', "There are no spaces."),
    ("a line feed at the end", b'{"a":1}\n', "Nothing follows the document."),
    ("a byte order mark", b'\xef\xbb\xbf{"a":1}', "Nothing precedes the document."),
    ("a key twice", b'{"a":1,"a":1}', "A key stands once: readers differ in which of two they take."),
    ("a whole float", b'{"a":1.0}', "A whole number has no decimals."),
    ("an exponent", b'{"a":1e2}', "ECMAScript writes 100."),
    ("an escaped letter", b'{"a":"\\u0041"}', "What need not be escaped is not."),
    ("an escaped slash", b'{"a":"\\/"}', "What need not be escaped is not."),
    ("capital hexadecimal", b'{"a":"\\u001F"}', "Escapes are in lower case."),
    ("NaN", b'{"a":NaN}', "JSON has no NaN."),
    ("a number too large", b'{"a":9007199254740992}', "Whole numbers end at 2^53 - 1."),
    ("a lone surrogate", b'{"a":"\\ud800"}', "It is no Unicode text."),
    ("not UTF-8", b'{"a":"\xff"}', "Text is UTF-8."),
]


def canonical() -> Vector:
    """Return documents with their canonical bytes, and bytes that are not canonical."""
    return {
        "about": "Canonical JSON (RFC 8785) and the digest of a document. `text` is the canonical form; "
        "`canonical` its bytes in hexadecimal.",
        "documents": [
            {
                "name": name,
                "document": document,
                "text": canonical_json(document).decode(),
                "canonical": canonical_json(document).hex(),
                "sha256": digest_of(document),
            }
            for name, document in DOCUMENTS.items()
        ],
        "refused": [{"name": name, "bytes": data.hex(), "because": why} for name, data, why in NOT_CANONICAL],
    }


def record() -> dict[str, Any]:
    """Return a row of ``RECORD_SCHEMA``, all of whose columns say something."""
    call = {"id": "call-1", "name": "search", "arguments": '{"q":"shoes"}'}
    said = {"role": "user", "content": "Find blue shoes für mich.", "reasoning": None, "tool_calls": None}
    answered = {"role": "assistant", "content": None, "reasoning": "Look.", "tool_calls": [call]}
    return {
        "record_id": record_id("web", TENANT, "chat 1", 0),
        "source": "web",
        "batch": sha256_hex(b"the file as delivered"),
        "line": 1,
        "tenant": TENANT,
        "data_subject_id": PERSON,
        "participants": [],
        "conversation_id": conversation_id("web", TENANT, "chat 1"),
        "position": 0,
        "occurred_at": MAY,
        "messages": [said | {"tool_call_id": None}, answered | {"tool_call_id": None}],
        "model": None,
        "outcome": {"label": "good", "score": 1.0, "signal": "build", "observed_at": MAY},
        "jurisdiction": "de",
        "age_band": "adult",
        "source_licence": "unknown",
        "attributes": [("branch", "main"), ("build", "7")],
    }


def consent() -> ConsentEvent:
    """Return the consent event that the record rests on."""
    return ConsentEvent(
        event_id="event-1",
        tenant=TENANT,
        data_subject_id=PERSON,
        state=ConsentStatus.GIVEN,
        purposes=("train_ai_system",),
        effective_at=MAY,
        recorded_at=MAY,
    )


def decision() -> dict[str, Any]:
    """Return a decision as it stands in ``decisions.json``, but for how often it was made."""
    said = {"facts": IN_ORDER.document(), "policy": sha256_hex(b"a policy")}
    decided = said | {"effect": "permit", "reason": "permitted", "rule": "consented"}
    return {"digest": digest_of(decided), **decided}


def leaf_of_record() -> Vector:
    """Return a record, its digest, its person's commitments, and its leaf; and openings that are of somebody else."""
    table = pa.Table.from_pylist([record()], RECORD_SCHEMA)
    (row,), (digest,) = table.to_pylist(), leaf.record_digests(table)
    document = leaf.record_document(row)
    opening = Opening(TENANT, PERSON, SALT)
    digests = {
        "record_commitment": leaf.record_commitment(SALT, digest),
        "data_subject_commitment": opening.commitment,
        "tenant_commitment": leaf.tenant_commitment(TENANT),
        "source_batch_digest": bytes.fromhex(str(document["batch"])),
        "consent_receipt": bytes.fromhex(consent().receipt()),
        "decision_digest": bytes.fromhex(decision()["digest"]),
        "policy_digest": bytes.fromhex(sha256_hex(b"a policy")),
        "redaction_digest": bytes.fromhex(digest_of({"findings": [], "redactor": sha256_hex(b"a redactor")})),
    }
    entry = b"".join(digests[name] for name in leaf.DIGEST_COLUMNS)
    wrong = [
        ("another salt", {"salt": bytes(32).hex()}, "The commitment is keyed with the person's salt."),
        ("another person", {"data_subject_id": "ds_" + "00" * 16}, "The commitment is of one person."),
        ("another tenant", {"tenant": "globex"}, "The commitment is of one tenant's person."),
    ]
    said = json.loads(opening.line())
    swapped = {**digests, "record_commitment": digests["policy_digest"], "policy_digest": digests["record_commitment"]}
    return {
        "about": "One record, from its document to its leaf. The salt is published with these vectors alone.",
        "record": document,
        "record_digest": digest.hex(),
        "consent_event": consent().document(),
        "consent_receipt": consent().receipt(),
        "decision": decision(),
        "redaction": {"findings": [], "redactor": sha256_hex(b"a redactor")},
        "opening": said,
        "digests": {name: value.hex() for name, value in digests.items()},
        "entry": entry.hex(),
        "leaf": hashlib.sha256(b"\x00" + entry).hexdigest(),
        "refused": [
            *(
                {"name": name, "opening": said | change, "data_subject_commitment": opening.commitment.hex()}
                | {"because": why}
                for name, change, why in wrong
            ),
            {
                "name": "two digests exchanged",
                "digests": {name: value.hex() for name, value in swapped.items()},
                "leaf": hashlib.sha256(b"\x00" + entry).hexdigest(),
                "because": "The order of the eight digests is fixed.",
            },
        ],
    }


def sample() -> Vector:
    """Return draws of an auditor, and draws that are not theirs."""
    empty, other = EMPTY_ROOT.hex(), sha256_hex(b"another root")
    asked = [("auditor", empty, 5, 3), ("auditor", empty, 1000, 8), ("auditor", other, 1000, 8), ("", empty, 1000, 4),
             ("Prüferin 2026", empty, 1000, 4), ("auditor", empty, 3, 3), ("auditor", empty, 2, 10),
             ("auditor", empty, 2**40, 4)]  # fmt: skip
    draws = [
        {"seed": seed, "root": root, "size": size, "records": records}
        | {"places": drawn(Depth(Level.SAMPLE, records, seed), root, size)}
        for seed, root, size, records in asked
    ]
    first, second = draws[1]["places"], draws[2]["places"]
    return {
        "about": "Which places a sample draws of `size`, sorted. `root` is in hexadecimal, and hashed as that text.",
        "draws": draws,
        "refused": [
            {**draws[1], "places": second, "name": "drawn from another root", "because": "The root is in the draw."},
            {**draws[1], "places": first[:-1], "name": "one too few", "because": "As many are drawn as asked for."},
            {**draws[1], "places": list(range(8)), "name": "chosen", "because": "Nobody chooses what is shown."},
        ],
    }
