"""Finding what has a shape: identifiers and secrets, by rules that are all searched in one pass.

``reading`` and ``syntax`` take an expression apart, ``prefilter`` says what the scanner looks for in its place,
``database`` scans, ``searching`` turns reports into exactly what searching the whole text would give, ``tier`` does it
for many texts at once. The rules themselves are in ``rules``; ``presidio`` makes rules of Presidio's recognisers.
"""

from pipelines.redaction.structured.shipped import structured_rules
from pipelines.redaction.structured.tier import StructuredTier

__all__ = ["StructuredTier", "structured_rules"]
