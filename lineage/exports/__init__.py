"""Disclosure: files that other people's tools and regulators read, written from signed evidence and the ledger."""
