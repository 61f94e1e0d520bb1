"""Snapshots: what is asked for, decided, staged, published, compared and kept fit for use."""
