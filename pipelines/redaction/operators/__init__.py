"""What replaces a value: a keyed surrogate of the same form, its type, stars, or nothing.

::

    canonical.py    the form in which two spellings of one value are equal
    pieces.py       the characters of a value, and the escapes each is spelt with
    drawing.py      choices that are a function of a tenant's key, a type and a value
    people.py       names, users, streets          contact.py      mail, telephones, addresses of machines
    accounts.py     cards, accounts, identities    credentials.py  secrets          dates.py  dates of birth
    surrogates.py   which of them a type gets      reserved.py     values that can belong to nobody
    replacer.py     Replacer: a text and its spans in, the new text and what became of each span out
"""

from pipelines.redaction.operators.canonical import canonical_value
from pipelines.redaction.operators.replacer import Done, KeptBecause, Replacer
from pipelines.redaction.operators.surrogates import OPERATORS, Surrogates

__all__ = ["OPERATORS", "Done", "KeptBecause", "Replacer", "Surrogates", "canonical_value"]
