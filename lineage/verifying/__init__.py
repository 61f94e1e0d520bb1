"""Verification: which links of the evidence hold, how far one looks, and what an auditor brings."""
