"""Replay: the decisions of a published snapshot made again from what was known then."""
