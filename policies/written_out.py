"""Documents written out: the bytes that stand for what an event or a decision says, and their digest."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical_digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document's canonical bytes, in hexadecimal.

    Events and decisions hold texts, booleans, small whole numbers, nulls, and lists and objects of these, under
    names in ASCII. Of that the canonical form of RFC 8785 is JSON with sorted names, without blanks, in UTF-8.
    """
    told = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
