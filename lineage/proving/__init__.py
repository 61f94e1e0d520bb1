"""Proofs: what shows one thing about a snapshot or a model to somebody who has nothing else."""
