"""Weights that are recognised: what is kept of every tensor, and how a file from anywhere is held against it."""
