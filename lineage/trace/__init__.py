"""Following the evidence: from weights to consents, and from a person to weights."""

from lineage.models import NotVerifiedError
from lineage.trace.late import trace_late
from lineage.trace.model import trace_model
from lineage.trace.person import trace_person
from lineage.trace.record import trace_record

__all__ = ["NotVerifiedError", "trace_late", "trace_model", "trace_person", "trace_record"]
