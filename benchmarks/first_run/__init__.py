"""The first run on real logs: three public logs, as three tenants, the whole way from a line to weights.

``python -m benchmarks.first_run --data DIR --home DIR``. The logs hold no consent, so a ledger is laid over their
people, as a function of each person's id. ``docs/first-run.md`` tells what came out.
"""
