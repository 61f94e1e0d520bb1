"""Following the evidence: from weights to consents, and from a person, a file or a policy to weights."""

from lineage.models import NotVerifiedError
from lineage.trace.batch import trace_batch
from lineage.trace.late import trace_late
from lineage.trace.model import trace_model
from lineage.trace.person import trace_person
from lineage.trace.policy import trace_policy
from lineage.trace.record import trace_record
from lineage.trace.withdrawn import trace_withdrawn

__all__ = [
    "NotVerifiedError",
    "trace_batch",
    "trace_late",
    "trace_model",
    "trace_person",
    "trace_policy",
    "trace_record",
    "trace_withdrawn",
]
