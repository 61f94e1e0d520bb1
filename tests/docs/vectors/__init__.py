"""The published test vectors: what a verifier in another language must compute, and what it must refuse."""
