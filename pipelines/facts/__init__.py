"""What is known of each record at an instant: columns in, one decision a row out.

A decision is a function of a small tuple of facts, so ten million records cost a few hundred decisions. All
that is left is to find each record's tuple, and that is done in columns: the consents of each person become
one step function of time (``history``), the tenants one row each (``tenants``), and a record looks up its
person, its tenant and two instants (``standing``). The rules themselves are in ``policies``: ``status_at`` is
the law that ``history`` has to agree with, event by event, and ``decide`` says who may pass.
"""

from pipelines.facts.deciding import decide_batches, decide_records
from pipelines.facts.drawing import Drawn, draw, draw_batches
from pipelines.facts.known import AsOf, Known, Terms
from pipelines.facts.standing import NO_RECEIPT
from pipelines.facts.verdicts import DECISION_SCHEMA, Decided, conclude

__all__ = [
    "DECISION_SCHEMA",
    "NO_RECEIPT",
    "AsOf",
    "Decided",
    "Drawn",
    "Known",
    "Terms",
    "conclude",
    "decide_batches",
    "decide_records",
    "draw",
    "draw_batches",
]
