"""From source logs to published snapshots: the stages, and what composes and runs them."""
