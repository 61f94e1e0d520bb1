"""Training on a snapshot, and only on a snapshot."""
