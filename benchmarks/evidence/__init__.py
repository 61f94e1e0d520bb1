"""Measurements of evidence: what proofs, answers and exports cost."""
