"""The commands that look at a deployment: each a thin skin over a stage or a question."""
