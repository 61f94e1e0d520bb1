"""Indices: where a person's records, a record or a landed file lie, found without reading what was published.

An index is derived from verified evidence and from nothing else, lies under ``index/`` in the warehouse, and may be
deleted at any time. It holds commitments, never a pseudonym: a person whose salt is destroyed is unlinkable in it too.
"""
