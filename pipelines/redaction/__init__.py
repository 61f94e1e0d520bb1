"""Redaction: personal data and secrets leave a record before anything else reads it.

::

    profile.py     what is looked for, how surely, and what becomes of it (profiles/*.yaml)
    engine.py      Redactor: batch in, redacted batch and findings out
    carriers/      the texts of a record: JSON in JSON, JSON Lines, base64
    rewriting.py   what becomes of texts: remembered (cache.py), else searched and replaced
    searching.py   one text in all its views (views.py, units.py, wrapped.py), through all tiers, if its language
                   (language.py) is one of the profile's
    tiers.py       the tiers that ship: structured/ and credentials/ by shape, fields.py by name, people/ by model,
                   plugged.py for Presidio recognisers of one's own; tier.py and rule.py say what a tier and a rule are
    spans.py       overlapping finds made disjoint, losing no letter that was claimed
    repeating.py   names that a record tells once and repeats
    operators/     what replaces a value; markers.py knows what is redacted already
    findings.py    what was found where; never the value
    residual.py    what is still there, as far as it can be measured

Import ``Redactor`` from ``engine`` where it is used: making one loads models for seconds.
"""
