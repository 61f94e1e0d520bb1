"""Redaction: personal data and secrets leave a record before anything else reads it.

::

    profile.py    what is looked for, how surely, and what becomes of it (profiles/*.yaml)
    texts.py      every text of a record, JSON arguments included
    detector.py   Presidio's AnalyzerEngine over patterns.py, secrets.py, keyed.py and names.py
    spans.py      overlapping finds made disjoint, losing no character that was claimed
    operators.py  what replaces a value: a keyed pseudonym, a type tag, nothing
    findings.py   what was found where; never the value
    engine.py     Redactor: batch in, redacted batch and findings out

Import ``Redactor`` from ``engine`` where it is used: Presidio and spaCy take seconds to import.
"""
