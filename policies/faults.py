"""Faults of documents for the person who wrote them: where, what, and what to do about it."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policies.document import Policy
from policies.facts import FACT_FIELDS
from policies.rule import Case, Expected, Rule

KEYS = (*Policy.model_fields, *Rule.model_fields, *Case.model_fields, *Expected.model_fields, *FACT_FIELDS)
ANYTHING_ELSE = "Correct the place named; docs/policies.md describes every key."

_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        r"field required": "Add the key; `lineweight policy schema` lists all keys.",
        r"extra inputs": "Take the key out, or correct its name.",
        r"read in more than one way": "Say what is meant: true, false, a plain number, or text in quotes.",
        r"nothing stands here|null says nothing": "Write a value, or leave the line out.",
        r"valid integer": "Write a whole number without quotes and without a point.",
        r"valid boolean": "Write true or false without quotes.",
        r"valid string": "Put the text in quotes.",
        r"valid (tuple|list)": "Write a list, also of one value: [value].",
        r"valid dictionary": "Write keys with values: `key: value`.",
        r"greater than|less than": "Write a number in the range named.",
        r"match pattern": "Use small letters, digits and hyphens, at most 63 of them, the first no hyphen.",
        r"input should be '": "Write one of the words named.",
        r"repeated": "Keep one of the two.",
        r"an anchor|an alias|a tag": "Take it out, and write the value where it is needed.",
        r"has the same (id|one|name)|another (rule|case)": "Give one of the two another name.",
        r"lists no notices": "List the notices and their versions under `notices`, or take the condition out.",
        r"names no (fact|value)": "Name at least one.",
        r"utf-8|byte order": "Save the file as UTF-8 without a byte order mark.",
        r"larger than|nested more": "Write a smaller document; no policy needs as much.",
        r"a second document": "Keep one policy in a file.",
        r"is empty|holds no policy": "Write a policy; docs/policies.md has one to begin with.",
        r"cannot be read": "Check that the file is there and that you may read it.",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a file.

    Attributes:
        file: Its name.
        path: The place in it: a path such as ``deny.0.when``, a line, or empty where the file as a whole is meant.
        message: What is wrong, without what was written there.
        remedy: What to do about it.
    """

    file: str
    path: str
    message: str
    remedy: str

    def document(self) -> dict[str, str]:
        """Return the fault as JSON can carry it."""
        return {"file": self.file, "path": self.path, "message": self.message, "remedy": self.remedy}


def fault_of(told: str) -> Fault:
    """Return a fault as it is told in a ``DocumentError``: ``file: path: message``, or ``file: message``."""
    file, _, rest = told.partition(": ")
    path, _, message = rest.rpartition(": ") if ": " not in rest else rest.partition(": ")
    return Fault(file, path, message, _remedy(path, message))


def _remedy(path: str, message: str) -> str:
    found = (remedy for words, remedy in _REMEDIES.items() if re.search(words, message, re.IGNORECASE))
    remedy = next(found, ANYTHING_ELSE)
    if message.startswith("Extra inputs"):
        name = path.rpartition(".")[2]
        close = difflib.get_close_matches(name, KEYS, n=1) or [key for key in KEYS if key.startswith(f"{name}_")][:1]
        return f"{remedy} Is {close[0]} meant?" if close else remedy
    return remedy
