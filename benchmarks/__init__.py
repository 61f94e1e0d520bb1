"""Measurements that are run by hand: how fast, in how much memory, on what.

Each of ``NAMES`` compares a part of Lineweight with what one would use instead, side by side in one run.
``first_run`` is the whole journey on real logs, and is started by itself.
"""

NAMES = (
    "redaction",
    "storage",
    "evidence.verifying",
    "evidence.independent",
    "evidence.proving",
    "evidence.tracing",
    "evidence.recognising",
    "deciding",
    "policy_diff",
    "training",
    "work_units",
)
