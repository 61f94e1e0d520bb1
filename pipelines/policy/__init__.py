"""Policies in a deployment: which are in force, what they decided, and what a change of them would do."""
